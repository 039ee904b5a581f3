"""The receiver: one HTTP request in, one answer out, and what it brought is kept.

The provider wants an answer below 300 within 750 ms, bans endpoints that fail, and never sends again (its support, as
relayed in github.com/andrea-mattioli/mattiols_hassio_repository issue 16). So a genuine caller always gets 200,
whatever the body holds and whatever fails here; and anybody else gets exactly what an unknown path gets.

There are three places to keep a notification, and each is tried until its deadline:

    table ──fails──▶ spill queue ──fails──▶ log, marked for recovery
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smarther import budget, telemetry
from smarther.authentication import Verdict
from smarther.domain import webhook
from smarther.domain.deferred import Deferred
from smarther.domain.notification import Notification, parse
from smarther.recorder import Outcome, record
from smarther.telemetry import Metric

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from smarther.adapters.spill import SpillQueue
    from smarther.adapters.table import Table
    from smarther.authentication import Authenticator

    type Answer = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """What an invocation needs. `spill` is None where there is no queue.

    `now` gives aware datetimes, `seconds` is a monotonic clock, `within` holds a deadline as `budget.within` does.
    """

    table: Table
    authenticator: Authenticator
    now: Callable[[], datetime]
    seconds: Callable[[], float]
    spill: SpillQueue | None = None
    within: Callable[[float, Callable[[], Any]], Any] = budget.within

    def answer(self, event: Mapping[str, Any]) -> Answer:
        """Answer one event: an HTTP API request (payload format 2.0), or what only this account can send.

        That is `{"keep_warm": true}` from the schedule, and `{"rehearsal": <request>}` before a new version goes live.
        """
        started = self.seconds()
        if event.get("keep_warm") is True:
            return {"warm": self.look(started)}
        if isinstance(request := event.get("rehearsal"), dict):
            return self._rehearse(_body(request), started)
        secret = _secret(event)
        presented = webhook.digest(secret)
        verdict = self.authenticator.judge(presented)
        if verdict is Verdict.UNKNOWN and self.authenticator.may_look():
            self.look(started)
            verdict = self.authenticator.judge(presented)
        match verdict:
            case Verdict.ACCEPTED:
                return self._receive(_body(event), presented, started)
            case Verdict.UNKNOWN if webhook.has_secret_form(secret):
                return self._receive_unverified(_body(event), presented, started)
            case _:
                telemetry.log("notification_refused")
                return _answer(404, {"message": "Not Found"})

    def look(self, started: float) -> bool:
        """Read the accepted digests over the connection that notifications need too; False where that fails."""
        try:
            self._until(budget.TABLE_UNTIL_SECONDS, started, self.authenticator.look)
        except Exception as error:  # not knowing who calls is handled by whoever asked
            telemetry.warn("digests_unreadable", error=str(error) or type(error).__name__)
            return False
        return True

    def _rehearse(self, body: bytes, started: float) -> Answer:
        """What would become of a notification, in numbers: it is read and written, and nothing is kept anywhere.

        Good is all of it as duplicates. Whatever fails is raised, and not put aside as a notification would be.
        """
        outcome = self._record(parse(body), body, self.table.rehearsing(), self.now(), started)
        return {
            "stored": outcome.stored,
            "duplicates": outcome.duplicates,
            "quarantined": outcome.quarantined,
            "failed": outcome.failed,
            "failure": outcome.failure,
        }

    def _receive(self, body: bytes, presented: str, started: float) -> Answer:
        received_at = self.now()
        notification, outcome = Notification(), Outcome()
        try:
            notification = parse(body)
            outcome = self._record(notification, body, self.table, received_at, started)
        except Exception as error:  # a fault of ours must cost neither the notification nor the endpoint's standing
            outcome = Outcome(failed=1, failure=type(error).__name__)
        kept = "table"
        if outcome.failed:
            deferred = Deferred(body=body, received_at=received_at, presented=presented, verified=True)
            kept = self._keep(deferred, outcome.failure or "unknown", started)
        self._tell(notification, outcome, received_at, started, kept)
        counts = {"stored": outcome.stored, "duplicates": outcome.duplicates, "quarantined": outcome.quarantined}
        return _answer(200, counts | {"deferred": int(outcome.failed > 0)} | _handshake(notification))

    def _record(
        self, notification: Notification, body: bytes, table: Table, received_at: datetime, started: float
    ) -> Outcome:
        """Write what a body said, as far as the time for the table goes."""
        return self._until(
            budget.TABLE_UNTIL_SECONDS,
            started,
            lambda: record(
                notification, body, table=table, received_at=received_at, in_time=lambda: self._early(started)
            ),
        )

    def _receive_unverified(self, body: bytes, presented: str, started: float) -> Answer:
        """Refusing a genuine caller would lose what it brought; so it is kept, and checked before it is stored."""
        deferred = Deferred(body=body, received_at=self.now(), presented=presented, verified=False)
        kept = self._keep(deferred, "Unverified", started)
        telemetry.measure(
            "notification_unverified",
            {Metric.NOTIFICATIONS_SPILLED: 1},
            kept=kept,
            answer_ms=self._elapsed_ms(started),
        )
        return _answer(200, {"deferred": 1})

    def _keep(self, deferred: Deferred, reason: str, started: float) -> str:
        """Keep a notification outside the table; tells where."""
        spill = self.spill
        if spill is not None:
            try:
                self._until(budget.SPILL_UNTIL_SECONDS, started, lambda: spill.put(deferred))
            except Exception as error:  # whatever went wrong, there is one place left
                reason = f"{reason}, then {str(error) or type(error).__name__}"
            else:
                return "spill"
        telemetry.keep_in_log(deferred, reason=reason)
        return "log"

    def _until[Result](self, deadline: float, started: float, work: Callable[[], Result]) -> Result:
        result: Result = self.within(deadline - (self.seconds() - started), work)
        return result

    def _early(self, started: float) -> bool:
        return self.seconds() - started < budget.TABLE_LAST_CALL_SECONDS

    def _elapsed_ms(self, started: float) -> int:
        return round((self.seconds() - started) * 1000)

    def _tell(
        self, notification: Notification, outcome: Outcome, received_at: datetime, started: float, kept: str
    ) -> None:
        lags = [(received_at - reading.time).total_seconds() for reading in notification.readings]
        telemetry.measure(
            "notification_recorded",
            {
                Metric.READINGS_STORED: outcome.stored,
                Metric.READINGS_DUPLICATE: outcome.duplicates,
                Metric.BODIES_QUARANTINED: int(outcome.quarantined > 0),
                Metric.NOTIFICATIONS_SPILLED: int(kept != "table"),
                Metric.DELIVERY_LAG: round(max(0.0, *lags)) if lags and outcome.stored else None,
            },
            rejected=outcome.quarantined,
            handshake=notification.validation_code is not None,
            kept=kept,
            failure=outcome.failure,
            answer_ms=self._elapsed_ms(started),
        )


def _handshake(notification: Notification) -> dict[str, str]:
    """Event Grid reads `validationResponse`, the provider's own page shows `validationCode`: both."""
    code = notification.validation_code
    return {} if code is None else {"validationCode": code, "validationResponse": code}


def _secret(event: Mapping[str, Any]) -> str:
    parameters = event.get("pathParameters")
    secret = parameters.get("secret") if isinstance(parameters, dict) else None
    return secret if isinstance(secret, str) else ""


def _body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body")
    if not isinstance(body, str):
        return b""
    raw = body.encode("utf-8", "surrogatepass")
    if event.get("isBase64Encoded") is not True:
        return raw
    try:
        return base64.b64decode(raw, validate=True)
    except binascii.Error:
        return raw


def _answer(status: int, content: dict[str, Any]) -> Answer:
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},  # as API Gateway itself writes it: a 404 tells nothing
        "body": json.dumps(content, separators=(",", ":")),
    }
