"""The redriver: what waited in the spill queue goes the same way into the table, with the time of its arrival."""

from __future__ import annotations

import time
from dataclasses import dataclass
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
    """What an invocation needs; `seconds` is a monotonic clock."""

    recorder: Recorder
    digests: Digests
    seconds: Callable[[], float] = time.monotonic

    def redrive(self, event: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
        """Store each message of an SQS event; the answer names those to be tried again (partial batch response).

        A message that fails takes no other along; neither does one for which the time was too short. One that fails
        each time ends in the dead-letter queue.
        """
        started = self.seconds()

        def in_time() -> bool:
            return self.seconds() - started < deadlines.REDRIVE_SECONDS

        failed = [
            message["messageId"]
            for message in event["Records"]
            if not (in_time() and self._settled(message["body"], in_time))
        ]
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    def _settled(self, message: str, in_time: Callable[[], bool]) -> bool:
        """Whether the queue may forget a message."""
        try:
            spilled = Spilled.from_message(message)
            return self._refused(spilled) or self._stored(spilled, in_time)
        except (MalformedError, TableUnavailableError) as error:
            telemetry.warn("redrive_failed", error=type(error).__name__, reason=str(error))
        except Exception as error:  # a fault of ours: the message stays, and its neighbours get their turn
            telemetry.warn("redrive_failed", error=type(error).__name__)
        return False

    def _refused(self, spilled: Spilled) -> bool:
        """Check a caller whom the receiver could not check. A stranger's message is forgotten."""
        if spilled.verified:
            return False
        digests = self.digests.accepted()
        if digests.accept(spilled.presented):
            return False
        if not digests.known():
            raise TableUnavailableError("no accepted digests in the table")  # so nobody can be called a stranger
        telemetry.log("notification_refused", kept="no")
        return True

    def _stored(self, spilled: Spilled, in_time: Callable[[], bool]) -> bool:
        notification = parse(spilled.body)
        recorded = self.recorder.record(notification, spilled.body, received_at=spilled.received_at, in_time=in_time)
        telemetry.measure(
            "notification_redriven",
            {
                Metric.READINGS_STORED: recorded.stored,
                Metric.READINGS_DUPLICATE: recorded.duplicates,
                Metric.BODIES_QUARANTINED: int(recorded.quarantined > 0),
            },
            rejected=recorded.quarantined,
            failed=recorded.failed,
            failure=recorded.failure,
            **notification.oddities(),
        )
        return recorded.failed == 0
