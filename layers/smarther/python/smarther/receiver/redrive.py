"""The redriver: records spilled notifications as the receiver would have, with the time of their arrival."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from smarther import telemetry
from smarther.domain.readings.notification import parse
from smarther.domain.readings.spilled import MalformedError, Spilled
from smarther.receiver import deadlines
from smarther.store.table import TableUnavailableError
from smarther.telemetry import Metric

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from smarther.receiver.record import Recorder
    from smarther.store.digests import Digests


@dataclass(frozen=True, slots=True)
class Redriver:
    """Stores spilled notifications. `seconds` is a monotonic clock; `now` returns aware datetimes."""

    recorder: Recorder
    digests: Digests
    seconds: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def redrive(self, event: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
        """Store each message of an SQS event; returns those to deliver again (a partial batch response).

        Messages are independent: one that fails, or for which no time is left, is delivered again alone. One that fails
        every time goes to the dead-letter queue.
        """
        started = self.seconds()

        def in_time() -> bool:
            return self.seconds() - started < deadlines.REDRIVE_SECONDS

        failed = [
            message["messageId"]
            for message in event["Records"]
            if not (in_time() and self._is_done(message["body"], in_time))
        ]
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    def _is_done(self, message: str, in_time: Callable[[], bool]) -> bool:
        """Whether the queue may delete a message: it is stored, or from a stranger."""
        try:
            spilled = Spilled.from_message(message)
            return self._is_from_stranger(spilled) or self._is_stored(spilled, in_time)
        except (MalformedError, TableUnavailableError) as error:
            telemetry.warn("redrive_failed", error=type(error).__name__, reason=str(error))
        except Exception as error:  # a bug: this message stays in the queue, and the next one is handled
            telemetry.warn("redrive_failed", error=type(error).__name__)
        return False

    def _is_from_stranger(self, spilled: Spilled) -> bool:
        """Authenticate a message for which the receiver had no digests.

        Raises TableUnavailableError if the table still has none.
        """
        if spilled.verified:
            return False
        digests = self.digests.accepted()
        if digests.accept(spilled.presented):
            return False
        if not digests.known():
            raise TableUnavailableError("no accepted digests in the table")  # without them nobody can be refused
        telemetry.log("notification_refused", kept="no")
        return True

    def _is_stored(self, spilled: Spilled, in_time: Callable[[], bool]) -> bool:
        notification = parse(spilled.body)
        recorded = self.recorder.record(
            notification, spilled.body, received_at=spilled.received_at, stored_at=self.now(), in_time=in_time
        )
        telemetry.measure(
            "notification_redriven",
            {
                Metric.READINGS_STORED: recorded.stored,
                Metric.READINGS_DUPLICATE: recorded.duplicates,
                Metric.BODIES_QUARANTINED: int(recorded.quarantined > 0),
            },
            rejected=recorded.quarantined or None,
            failed=recorded.failed or None,
            failure=recorded.failure,
            **notification.oddities(),
        )
        return recorded.failed == 0
