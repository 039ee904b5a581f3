"""The receiver: one HTTP request in, one answer out, and what it brought is kept.

The provider wants an answer below 300 within 750 ms, bans endpoints that fail, and never sends again (its support, as
relayed in github.com/andrea-mattioli/mattiols_hassio_repository issue 16). So a genuine caller always gets 200,
whatever the body holds and whatever fails here; and anybody else gets exactly what an unknown path gets.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smarther import telemetry
from smarther.authentication import Verdict
from smarther.domain import webhook
from smarther.domain.notification import Notification, parse
from smarther.domain.reading import instant_text
from smarther.recorder import Outcome, record
from smarther.telemetry import Metric

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from smarther.adapters.table import Table
    from smarther.authentication import Authenticator

    type Answer = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """What an invocation needs. `now` gives aware datetimes, `seconds` is a monotonic clock."""

    table: Table
    authenticator: Authenticator
    now: Callable[[], datetime]
    seconds: Callable[[], float]

    def answer(self, event: Mapping[str, Any]) -> Answer:
        """Answer one event: an HTTP API request (payload format 2.0), or `{"keep_warm": true}` from the schedule."""
        started = self.seconds()
        if event.get("keep_warm") is True:
            return {"warm": self.authenticator.look()}
        secret = _secret(event)
        presented = webhook.digest(secret)
        match self.authenticator.judge(presented):
            case Verdict.ACCEPTED:
                return self._receive(_body(event), presented, started)
            case Verdict.UNKNOWN if webhook.has_secret_form(secret):
                # Refusing a genuine caller would lose what it brought; so it is kept, and checked before it is stored.
                self._keep(_body(event), presented, self.now(), verified=False, reason="unverified")
                telemetry.measure("notification_unverified", {Metric.NOTIFICATIONS_RECOVERABLE: 1})
                return _answer(200, {"deferred": 1})
            case _:
                telemetry.measure("notification_refused", {Metric.NOTIFICATIONS_REFUSED: 1})
                return _answer(404, {"message": "Not Found"})

    def _receive(self, body: bytes, presented: str, started: float) -> Answer:
        received_at = self.now()
        notification, outcome = Notification(), Outcome()
        try:
            notification = parse(body)
            outcome = record(notification, body, table=self.table, received_at=received_at)
        except Exception as error:  # a fault of ours must cost neither the notification nor the endpoint's standing
            outcome = Outcome(failed=1, failure=type(error).__name__)
        if outcome.failed:
            self._keep(body, presented, received_at, verified=True, reason=outcome.failure or "unknown")
        self._tell(notification, outcome, received_at, started)
        counts = {"stored": outcome.stored, "duplicates": outcome.duplicates, "quarantined": outcome.quarantined}
        return _answer(200, counts | {"deferred": int(outcome.failed > 0)} | _handshake(notification))

    def _tell(self, notification: Notification, outcome: Outcome, received_at: datetime, started: float) -> None:
        lags = [(received_at - reading.time).total_seconds() for reading in notification.readings]
        telemetry.measure(
            "notification_recorded",
            {
                Metric.READINGS_STORED: outcome.stored,
                Metric.READINGS_DUPLICATE: outcome.duplicates,
                Metric.BODIES_QUARANTINED: int(outcome.quarantined > 0),
                Metric.NOTIFICATIONS_RECOVERABLE: int(outcome.failed > 0),
                Metric.DELIVERY_LAG: round(max(0.0, *lags)) if lags and outcome.stored else 0,
            },
            rejected=outcome.quarantined,
            handshake=notification.validation_code is not None,
            answer_ms=round((self.seconds() - started) * 1000),
        )

    def _keep(self, body: bytes, presented: str, received_at: datetime, *, verified: bool, reason: str) -> None:
        """Somewhere else than in the table, to be stored later."""
        telemetry.keep_in_log(
            body, received_at=instant_text(received_at), presented=presented, verified=verified, reason=reason
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
        "headers": {"content-type": "application/json"},
        "body": json.dumps(content, separators=(",", ":")),
    }
