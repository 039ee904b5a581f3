"""The one logger and the one set of metrics, with all their names.

A record is an event with keys, one per outcome. It never holds a payload, a token, an address with the secret or a user
id. The exception is `notification_recoverable`, which holds a whole body that neither the table nor the spill queue
took. Nothing here raises, so that no notification is lost because logging fails.

AWS charges custom metrics by name and dimensions, and ten are free: so there are ten, with one dimension that is the
same everywhere. What AWS counts itself has no metric here: slow and refused answers (API Gateway), messages in the
queues (SQS), durations (Lambda). docs/running/metrics.md says what each metric means and who uses it.
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

    from smarther.domain.keeper.keeper_report import Report
    from smarther.domain.readings.spilled import Spilled

    type Key = str | int | float | bool | None


class Metric(StrEnum):
    """Every custom metric: first those about notifications, then those of the keeper."""

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
"""Metrics that count events. Their zero is not sent; of all other metrics zero is a value like any other."""

_UNITS = {Metric.DELIVERY_LAG: MetricUnit.Seconds, Metric.DAYS_TO_RENEWAL: MetricUnit.NoUnit}

RECOVERABLE = "notification_recoverable"
_RECOVERABLE_PART = 150_000  # characters; a log event may have 256 KB

logger = Logger(use_rfc3339=True)  # Lambda's JSON mode takes a record with another form of time for INFO
logger.remove_keys(["location"])  # they would always be lines of this module
metrics = Metrics(service="recorder")
logging.getLogger("botocore").setLevel(logging.WARNING)  # at INFO it logs at each start where it found its credentials


def log(event: str, **keys: Key) -> None:
    """Log one record for one outcome."""
    _guarded(lambda: logger.info(event, extra=keys), event, keys)


def warn(event: str, **keys: Key) -> None:
    """Log one record for an outcome that somebody may have to look at."""
    _guarded(lambda: logger.warning(event, extra=keys), event, keys)


def metrics_of(report: Report) -> dict[Metric, float | None]:
    """The metrics that a run of the keeper gives."""
    return {
        Metric.PERSON_NEEDED: report.reasons_now,
        Metric.SUBSCRIPTIONS_MISSING: report.subscriptions_missing,
        Metric.THERMOSTATS_SILENT: report.thermostats_silent,
        Metric.LEGRAND_CALLS_TODAY: report.calls_today,
        Metric.DAYS_TO_RENEWAL: report.days_to_renewal,
    }


def measure(event: str, values: Mapping[Metric, float | None], **keys: Key) -> None:
    """Log one record for an outcome together with its metrics, in one line (embedded metric format).

    Values and keys that are None (unknown, or as usual) are left out, and zeros of metrics that count events: each
    notification has such a line, and AWS charges logs by their bytes.
    """
    measured = {
        metric: value for metric, value in values.items() if value or (value is not None and metric not in _EVENTS)
    }
    said = {key: fact for key, fact in keys.items() if fact is not None}

    def emit() -> None:
        try:
            for metric, value in measured.items():
                metrics.add_metric(name=metric, unit=_UNITS.get(metric, MetricUnit.Count), value=value)
            for key, fact in {"event": event, **said}.items():
                metrics.add_metadata(key=key, value=fact)
            metrics.flush_metrics()
        finally:
            metrics.clear_metrics()  # values that could not be written must not be added to the next record

    if measured:
        _guarded(emit, event, said)
    else:
        log(event, **said)


def spill_to_log(spilled: Spilled, *, reason: str) -> None:
    """Spill a notification to the log, where neither the table nor the queue took it: `notification_recoverable`.

    A record holds the fields of the spilled notification. A long body takes several records, each with a `part` of it;
    records with the same `digest` (SHA-256 of the body) and `received_at` belong together.
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
    except Exception as error:  # the logging library may raise anything: write the record by hand, and go on
        record = {"message": event, "level": "ERROR", "telemetry_failed": type(error).__name__, **keys}
        with suppress(Exception):  # there is no further place to report this to
            sys.stdout.write(json.dumps(record, default=str) + "\n")
