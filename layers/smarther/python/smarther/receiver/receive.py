"""The receiver: one HTTP request in, one answer out; the notification is stored or spilled.

The provider wants a status below 300 within 750 ms, bans endpoints that fail, and never sends again (its support, as
quoted in github.com/andrea-mattioli/mattiols_hassio_repository issue 16). So a genuine caller always gets 200, whatever
the body holds and whatever fails here. Any other caller gets the answer of an unknown path.

A notification goes to the first of three places that takes it before its deadline:

    table ──fails──▶ spill queue ──fails──▶ log
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from smarther import telemetry
from smarther.domain.account import webhook
from smarther.domain.readings.notification import Notification, parse
from smarther.domain.readings.spilled import Spilled
from smarther.receiver.authenticate import Acceptance
from smarther.receiver.deadlines import Deadlines
from smarther.receiver.record import Recorded
from smarther.telemetry import Metric

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from smarther.aws.spill_queue import SpillQueue
    from smarther.receiver.authenticate import Authenticator
    from smarther.receiver.record import Recorder

    type Answer = dict[str, Any]

UNVERIFIED_IN_LOG = 65_536
"""The longest body, in bytes, that is spilled to the log while its caller cannot be checked; about forty notifications
long. Anybody can send such bodies, and of the three places the log costs most."""


class Receiver:
    """Answers the events of one container. `spill` is None if there is no queue.

    `now` returns aware datetimes, `deadlines` the deadlines of an event that arrives now.
    """

    def __init__(
        self,
        *,
        recorder: Recorder,
        authenticator: Authenticator,
        now: Callable[[], datetime],
        spill: SpillQueue | None = None,
        deadlines: Callable[[], Deadlines] = Deadlines,
    ) -> None:
        self._recorder = recorder
        self._authenticator = authenticator
        self._now = now
        self._spill = spill
        self._deadlines = deadlines
        self._calls = 0

    def answer(self, event: Mapping[str, Any]) -> Answer:
        """Answer one event: an HTTP API request (payload format 2.0), or an event that only this account can send.

        Those are `{"keep_warm": true}` from the schedule, and `{"rehearsal": <request>}` before a new version goes
        live. Never raises for a request.
        """
        deadlines = self._deadlines()
        self._calls += 1
        if event.get("keep_warm") is True:
            return {"warm": self._authenticator.look(deadlines.for_table)}
        if isinstance(request := event.get("rehearsal"), dict):
            return self._rehearse(_body(request), deadlines)
        secret = _secret(event)
        presented = webhook.secret_digest(secret)
        match self._authenticator.authenticate(presented, deadlines.for_table):
            case Acceptance.ACCEPTED:
                return self._receive(_body(event), presented, deadlines)
            case Acceptance.UNKNOWN if webhook.has_secret_form(secret):
                return self._receive_unverified(_body(event), presented, deadlines)
            case _:
                return _refusal()

    def warm_up(self) -> bool:
        """Connect to the table and read the accepted digests before the first event; False if that fails.

        Then the first notification makes the receiver read them, or is spilled unverified.
        """
        return self._authenticator.look(self._deadlines().for_table)

    def _rehearse(self, body: bytes, deadlines: Deadlines) -> Answer:
        """Record a notification without storing it, and answer with the counts.

        It is read, and its writes are sent under a condition that never holds. All of it must count as duplicates.
        Failures are raised, not spilled.
        """
        recorded = self._record(parse(body), body, self._recorder.rehearsing(), self._now(), deadlines)
        return {
            "stored": recorded.stored,
            "duplicates": recorded.duplicates,
            "quarantined": recorded.quarantined,
            "failed": recorded.failed,
            "failure": recorded.failure,
        }

    def _receive(self, body: bytes, presented: str, deadlines: Deadlines) -> Answer:
        received_at = self._now()
        notification, recorded = Notification(), Recorded()
        try:
            notification = parse(body)
            recorded = self._record(notification, body, self._recorder, received_at, deadlines)
        except Exception as error:  # a fault of ours must not lose the notification or get the endpoint banned
            recorded = Recorded(failed=1, failure=type(error).__name__)
        kept = "table"
        if recorded.failed:
            spilled = Spilled(body=body, received_at=received_at, presented=presented, verified=True)
            kept = self._keep(spilled, recorded.failure or "unknown", deadlines)
        _tell(notification, recorded, received_at, kept, deadlines)
        counts = {"stored": recorded.stored, "duplicates": recorded.duplicates, "quarantined": recorded.quarantined}
        return _answer(200, counts | {"deferred": int(recorded.failed > 0)} | self._handshake(notification))

    def _record(
        self, notification: Notification, body: bytes, recorder: Recorder, received_at: datetime, deadlines: Deadlines
    ) -> Recorded:
        """Record a body until the time for the table is over."""
        return deadlines.for_table(
            lambda: recorder.record(notification, body, received_at=received_at, in_time=deadlines.may_write)
        )

    def _handshake(self, notification: Notification) -> dict[str, str | bool]:
        """The answer to a validation event; empty if the notification is none.

        Event Grid reads `validationResponse`, the provider's page shows `validationCode`: the answer has both.
        `new_container` tells the keeper's probe whether it measured a cold start.
        """
        code = notification.validation_code
        if code is None:
            return {}
        return {"validationCode": code, "validationResponse": code, "new_container": self._calls == 1}

    def _receive_unverified(self, body: bytes, presented: str, deadlines: Deadlines) -> Answer:
        """Spill a notification whose caller cannot be checked now: the redriver checks it before it is stored.

        Refusing it would lose the notification of a genuine caller.
        """
        spilled = Spilled(body=body, received_at=self._now(), presented=presented, verified=False)
        kept = self._keep(spilled, "Unverified", deadlines)
        if kept == "no":
            return _refusal(kept=kept)
        telemetry.measure(
            "notification_unverified",
            {Metric.NOTIFICATIONS_SPILLED: 1},
            kept=kept,
            answer_ms=deadlines.elapsed_ms(),
        )
        return _answer(200, {"deferred": 1})

    def _keep(self, spilled: Spilled, reason: str, deadlines: Deadlines) -> str:
        """Spill a notification; returns where to ("spill" or "log"), or "no" for a long body that is not verified."""
        spill = self._spill
        if spill is not None:
            try:
                deadlines.for_spill(lambda: spill.put(spilled))
            except Exception as error:  # whatever it is, the log is left
                reason = f"{reason}, then {str(error) or type(error).__name__}"
            else:
                return "spill"
        if not spilled.verified and len(spilled.body) > UNVERIFIED_IN_LOG:
            return "no"
        telemetry.spill_to_log(spilled, reason=reason)
        return "log"


def _tell(
    notification: Notification, recorded: Recorded, received_at: datetime, kept: str, deadlines: Deadlines
) -> None:
    lags = [(received_at - reading.time).total_seconds() for reading in notification.readings]
    telemetry.measure(
        "notification_recorded",
        {
            Metric.READINGS_STORED: recorded.stored,
            Metric.READINGS_DUPLICATE: recorded.duplicates,
            Metric.BODIES_QUARANTINED: int(recorded.quarantined > 0),
            Metric.NOTIFICATIONS_SPILLED: int(kept != "table"),
            Metric.DELIVERY_LAG: round(max(0.0, *lags)) if lags and recorded.stored else None,
        },
        rejected=recorded.quarantined or None,
        handshake=notification.validation_code is not None or None,
        kept=None if kept == "table" else kept,
        failure=recorded.failure,
        answer_ms=deadlines.elapsed_ms(),
        **notification.oddities(),
    )


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


def _refusal(**keys: str) -> Answer:
    """The answer of an unknown path."""
    telemetry.log("notification_refused", **keys)
    return _answer(404, {"message": "Not Found"})


def _answer(status: int, content: dict[str, Any]) -> Answer:
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},  # as API Gateway writes it, so that our 404 looks like its own
        "body": json.dumps(content, separators=(",", ":")),
    }
