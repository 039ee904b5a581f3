"""The one logger and the one set of metrics, and all their names.

A record is an event with keys, one per outcome; never a payload, a token, an address that holds the secret, a user id.
The exception is a recovery record, which holds a whole body because no other place took it. Nothing here raises: a
notification must not be lost to its own log line.

A custom metric costs money by its name and dimensions, and ten are free: so there are ten, with one dimension that is
the same everywhere. What the platform counts already has no metric of ours: answers that took long or were refused (API
Gateway), messages in the queues (SQS), durations (Lambda). docs/running/metrics.md says what each means and who uses
it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import sys
from contextlib import suppress
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from smarther.domain.readings.spilled import Spilled

    type Key = str | int | float | bool | None


class Metric(StrEnum):
    """Every custom metric: of the notification's way, then of the keeper's care."""

    READINGS_STORED = "ReadingsStored"
    READINGS_DUPLICATE = "ReadingsDuplicate"
    BODIES_QUARANTINED = "BodiesQuarantined"
    NOTIFICATIONS_SPILLED = "NotificationsSpilled"
    DELIVERY_LAG = "DeliveryLag"
    PERSON_NEEDED = "PersonNeeded"
    SUBSCRIPTIONS_MISSING = "SubscriptionsMissing"
    THERMOSTATS_SILENT = "ThermostatsSilent"
    LEGRAND_CALLS_TODAY = "LegrandCallsToday"
    DAYS_TO_RENEWAL = "DaysToRenewal"


_EVENTS = frozenset(
    {
        Metric.READINGS_STORED,
        Metric.READINGS_DUPLICATE,
        Metric.BODIES_QUARANTINED,
        Metric.NOTIFICATIONS_SPILLED,
    }
)
"""What is counted as it happens; none of it is no news. Of everything else zero is a value like any other."""

_UNITS = {Metric.DELIVERY_LAG: MetricUnit.Seconds, Metric.DAYS_TO_RENEWAL: MetricUnit.NoUnit}

RECOVERABLE = "notification_recoverable"
_RECOVERABLE_PART = 150_000  # characters; a log event may have 256 KB

logger = Logger(use_rfc3339=True)  # in its JSON mode Lambda takes a record with any other form of time for INFO
logger.remove_keys(["location"])  # always the same lines of this module
metrics = Metrics(service="recorder")
logging.getLogger("botocore").setLevel(logging.WARNING)  # it would tell each start where it found its credentials


def log(event: str, **keys: Key) -> None:
    """One record for one outcome."""
    _guarded(lambda: logger.info(event, extra=keys), event, keys)


def warn(event: str, **keys: Key) -> None:
    """One record for an outcome that somebody may have to look at."""
    _guarded(lambda: logger.warning(event, extra=keys), event, keys)


def measure(event: str, values: Mapping[Metric, float | None], **keys: Key) -> None:
    """One line that is both: the record of an outcome, and its metrics (embedded metric format).

    Left out is what is None, because nobody knows it, and the zero of what is counted as it happens.
    """
    measured = {
        metric: value for metric, value in values.items() if value or (value is not None and metric not in _EVENTS)
    }

    def emit() -> None:
        try:
            for metric, value in measured.items():
                metrics.add_metric(name=metric, unit=_UNITS.get(metric, MetricUnit.Count), value=value)
            for key, fact in {"event": event, **keys}.items():
                metrics.add_metadata(key=key, value=fact)
            metrics.flush_metrics()
        finally:
            metrics.clear_metrics()  # what could not be written must not count with the next outcome

    if measured:
        _guarded(emit, event, keys)
    else:
        log(event, **keys)


def keep_in_log(spilled: Spilled, *, reason: str) -> None:
    """The last place for a notification that no other place took: the whole body as records marked for recovery.

    A record holds the fields of the spilled notification; a long body takes several, each with a `part` of it, which
    belong together by `digest` (SHA-256 of the body) and `received_at`.
    """
    fields = spilled.fields()
    text = str(fields["body"])
    parts = [text[start : start + _RECOVERABLE_PART] for start in range(0, len(text), _RECOVERABLE_PART)] or [""]
    digest = hashlib.sha256(spilled.body).hexdigest()
    for number, part in enumerate(parts, start=1):
        keys: dict[str, Key] = {
            **fields,
            "body": part,
            "part": number,
            "parts": len(parts),
            "digest": digest,
            "reason": reason,
        }
        _guarded(partial(logger.error, RECOVERABLE, extra=keys), RECOVERABLE, keys)


def _guarded(emit: Callable[[], None], event: str, keys: Mapping[str, Key]) -> None:
    try:
        emit()
    except Exception as error:  # whatever a logging library can raise: the record is written by hand, and work goes on
        record = {"message": event, "level": "ERROR", "telemetry_failed": type(error).__name__, **keys}
        with suppress(Exception):  # nowhere is left to tell that there is nowhere left
            sys.stdout.write(json.dumps(record, default=str) + "\n")
