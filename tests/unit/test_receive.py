"""The time from an event to its answer, and where a notification is kept: whatever is slow and whatever fails.

Time is a number here. Each service takes as long as it is told to, and a deadline ends the waiting for it.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from smarther import telemetry
from smarther.aws.spill_queue import SpillUnavailableError
from smarther.domain.account import webhook
from smarther.domain.account.webhook import AcceptedDigests
from smarther.domain.readings.notification import parse
from smarther.receiver import deadlines
from smarther.receiver.authenticate import Authenticator
from smarther.receiver.deadlines import Deadlines
from smarther.receiver.receive import UNVERIFIED_IN_LOG, Receiver
from smarther.receiver.record import Recorder
from smarther.store.table import TableUnavailableError
from tests.support.mutated import mutated

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from smarther.domain.readings.notification import Reject
    from smarther.domain.readings.reading import Reading
    from smarther.domain.readings.spilled import Spilled

SECRET = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
OTHER = "A" * 43
NOW = datetime(2026, 1, 14, 6, 30, 6, tzinfo=UTC)


@dataclass(frozen=True)
class Manner:
    """How long a service takes to answer, and whether it then fails."""

    seconds: float = 0.005
    fails: bool = False


GOOD = Manner()
HANGS = Manner(seconds=3600)
REFUSES = Manner(seconds=0.001, fails=True)


class LeftBehind(BaseException):
    """Nobody waits for this work any more; nothing of ours may catch it, as nothing can in a thread left behind."""


@dataclass
class Clouds:
    """The table, the spill queue and the log, on one clock."""

    looks: Manner = GOOD
    puts: Manner = GOOD
    spills: Manner = GOOD
    time: float = 1000.0
    deadline: float = float("inf")
    stored: list[Reading] = field(default_factory=list)
    quarantined: list[tuple[bytes, int]] = field(default_factory=list)
    spilled: list[Spilled] = field(default_factory=list)
    logged: list[Spilled] = field(default_factory=list)

    def accepted(self) -> AcceptedDigests:
        self._take(self.looks, TableUnavailableError)
        return AcceptedDigests(current=webhook.secret_digest(SECRET))

    def store(self, reading: Reading, **_: Any) -> bool:
        self._take(self.puts, TableUnavailableError)
        self.stored.append(reading)
        return True

    def keep(self, body: bytes, rejects: Sequence[Reject], **_: Any) -> bool:
        self._take(self.puts, TableUnavailableError)
        self.quarantined.append((body, len(rejects)))
        return True

    def put(self, spilled: Spilled) -> None:
        self._take(self.spills, SpillUnavailableError)
        self.spilled.append(spilled)

    def spill_to_log(self, spilled: Spilled, *, reason: str) -> None:
        assert reason
        self.logged.append(spilled)

    def within(self, seconds: float, work: Callable[[], Any]) -> Any:
        """The deadline of `budget.within`, on this clock."""
        if seconds <= 0:
            raise TimeoutError
        self.deadline = self.time + seconds
        try:
            return work()
        except LeftBehind:
            raise TimeoutError from None

    def _take(self, manner: Manner, failure: type[Exception]) -> None:
        if self.time + manner.seconds > self.deadline:
            self.time = self.deadline
            raise LeftBehind
        self.time += manner.seconds
        if manner.fails:
            raise failure("told in a test")


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("log", "warn", "measure"):
        monkeypatch.setattr(telemetry, name, lambda *_, **__: None)


@pytest.fixture
def clouds(monkeypatch: pytest.MonkeyPatch) -> Clouds:
    clouds = Clouds()
    monkeypatch.setattr(telemetry, "spill_to_log", clouds.spill_to_log)
    return clouds


def receiver(clouds: Clouds, *, known: bool = True, queue: bool = True) -> Receiver:
    stand_in: Any = clouds
    authenticator = Authenticator(stand_in, lambda: NOW + timedelta(seconds=clouds.time))
    if known:
        looks, clouds.looks = clouds.looks, GOOD
        authenticator.look(lambda work: work())
        clouds.looks = looks
    return Receiver(
        recorder=Recorder(readings=stand_in, quarantine=stand_in),
        spill=stand_in if queue else None,
        authenticator=authenticator,
        now=lambda: NOW,
        deadlines=lambda: Deadlines(lambda: clouds.time, clouds.within),
    )


def notification(statuses: int = 1, secret: str = SECRET) -> dict[str, Any]:
    status = {"time": "2026-01-14T06:30:04Z", "sender": {"plant": {"id": "P", "module": {"id": "M"}}}}
    content = {"chronothermostats": [{**status, "mode": str(number)} for number in range(statuses)]}
    return {"pathParameters": {"secret": secret}, "body": json.dumps(content), "isBase64Encoded": False}


def answer(clouds: Clouds, event: dict[str, Any] | None = None, **options: Any) -> tuple[int, dict[str, Any], float]:
    """Status, content, and how long it took."""
    made = receiver(clouds, **options)
    started = clouds.time
    said = made.answer(event or notification())
    return said["statusCode"], json.loads(said["body"]), clouds.time - started


def test_on_a_good_day_the_table_takes_it(clouds: Clouds) -> None:
    status, content, _ = answer(clouds)
    assert (status, content) == (200, {"stored": 1, "duplicates": 0, "quarantined": 0, "deferred": 0})
    assert (len(clouds.stored), clouds.spilled, clouds.logged) == (1, [], [])


@pytest.mark.shows("table hangs")
@pytest.mark.parametrize("puts", [HANGS, REFUSES, Manner(0.3), Manner(0.27, fails=True)])
def test_what_the_table_does_not_take_goes_to_the_queue(clouds: Clouds, puts: Manner) -> None:
    clouds.puts = puts
    status, content, took = answer(clouds)
    assert (status, content["deferred"]) == (200, 1)
    assert took <= deadlines.ANSWER_SECONDS
    (spilled,) = clouds.spilled
    assert (spilled.body, spilled.received_at) == (notification()["body"].encode(), NOW)
    assert (spilled.presented, spilled.verified) == (webhook.secret_digest(SECRET), True)
    assert clouds.logged == []


@pytest.mark.shows("queue fails too")
@pytest.mark.parametrize("spills", [HANGS, REFUSES, Manner(0.5)])
@pytest.mark.parametrize("puts", [HANGS, REFUSES])
def test_what_the_queue_does_not_take_either_goes_to_the_log(clouds: Clouds, puts: Manner, spills: Manner) -> None:
    clouds.puts, clouds.spills = puts, spills
    status, content, took = answer(clouds)
    assert (status, content["deferred"]) == (200, 1)
    assert took <= deadlines.ANSWER_SECONDS
    assert [spilled.verified for spilled in clouds.logged] == [True]


def test_without_a_queue_it_goes_to_the_log_at_once(clouds: Clouds) -> None:
    clouds.puts = REFUSES
    assert answer(clouds, queue=False)[0] == 200
    assert (len(clouds.logged), clouds.spilled) == (1, [])


@pytest.mark.shows("cold start in an outage")
@pytest.mark.parametrize("looks", [HANGS, REFUSES])
def test_a_caller_whom_nobody_can_check_is_kept_to_be_checked(clouds: Clouds, looks: Manner) -> None:
    clouds.looks = looks
    status, content, took = answer(clouds, notification(secret=OTHER), known=False)
    assert (status, content) == (200, {"deferred": 1})
    assert took <= deadlines.ANSWER_SECONDS
    assert [(kept.presented, kept.verified) for kept in clouds.spilled] == [(webhook.secret_digest(OTHER), False)]
    assert clouds.stored == []


@pytest.mark.shows("cold start without the queue")
@pytest.mark.parametrize("looks", [HANGS, REFUSES])
def test_when_the_queue_is_away_too_it_is_kept_in_the_log_to_be_checked(clouds: Clouds, looks: Manner) -> None:
    clouds.looks, clouds.spills = looks, HANGS
    status, _, took = answer(clouds, known=False)
    assert (status, [kept.verified for kept in clouds.logged]) == (200, [False])
    assert took <= deadlines.ANSWER_SECONDS


@pytest.mark.shows("unknown callers are bounded")
@pytest.mark.parametrize("secret", [SECRET, OTHER])
def test_the_log_takes_a_limited_body_of_callers_who_cannot_be_authenticated(clouds: Clouds, secret: str) -> None:
    """Otherwise a thousand calls a second of six megabytes each would be written to it, at the owner's cost."""
    clouds.looks, clouds.spills = HANGS, REFUSES
    made = receiver(clouds, known=False)
    bodies = [b"x" * UNVERIFIED_IN_LOG, b"x" * (UNVERIFIED_IN_LOG + 1), b"x" * 6_000_000]
    answers = [made.answer(notification(secret=secret) | {"body": body.decode()}) for body in bodies]

    assert [each["statusCode"] for each in answers] == [200, 404, 404]
    assert answers[1]["body"] == answers[2]["body"] == json.dumps({"message": "Not Found"}, separators=(",", ":"))
    assert [kept.body for kept in clouds.logged] == bodies[:1]
    assert clouds.spilled == []


@pytest.mark.shows("unknown callers are bounded")
def test_what_a_known_caller_brings_goes_to_the_log_whole_whatever_its_length(clouds: Clouds) -> None:
    clouds.puts = clouds.spills = REFUSES
    body = b"x" * (100 * UNVERIFIED_IN_LOG)
    assert answer(clouds, notification() | {"body": body.decode()})[0] == 200
    assert [kept.body for kept in clouds.logged] == [body]


@pytest.mark.parametrize("secret", ["", "guess", SECRET[:-1], SECRET + "A"])
def test_what_cannot_be_a_secret_is_refused_even_then(clouds: Clouds, secret: str) -> None:
    clouds.looks = REFUSES
    assert answer(clouds, notification(secret=secret), known=False)[:2] == (404, {"message": "Not Found"})
    assert (clouds.spilled, clouds.logged) == ([], [])


def test_the_second_caller_does_not_wait_for_a_table_that_just_failed_the_first(clouds: Clouds) -> None:
    clouds.looks = HANGS
    made = receiver(clouds, known=False)
    made.answer(notification())
    started = clouds.time
    made.answer(notification())
    assert clouds.time - started < 0.1
    assert len(clouds.spilled) == 2


@pytest.mark.shows("warm in an outage")
def test_while_the_table_is_away_a_known_caller_is_known(clouds: Clouds) -> None:
    made = receiver(clouds)
    clouds.looks = clouds.puts = HANGS
    clouds.time += 3600
    made.answer(notification())
    assert [kept.verified for kept in clouds.spilled] == [True]


def test_a_caller_known_since_a_moment_ago_is_accepted(clouds: Clouds) -> None:
    status, content, _ = answer(clouds, known=False)
    assert (status, content["stored"]) == (200, 1)


def test_a_look_that_took_long_leaves_the_rest_to_the_queue(clouds: Clouds) -> None:
    clouds.looks = Manner(0.2)
    _, content, took = answer(clouds, known=False)
    assert (content["deferred"], len(clouds.spilled), took <= deadlines.ANSWER_SECONDS) == (1, 1, True)


@pytest.mark.shows("backlog of 500 in one body")
def test_a_long_batch_stores_what_it_can_and_leaves_the_rest_to_the_queue(clouds: Clouds) -> None:
    clouds.puts = Manner(0.01)
    _, content, took = answer(clouds, notification(statuses=500))
    assert 10 <= content["stored"] == len(clouds.stored) < 500
    assert len(clouds.spilled) == 1
    assert took <= deadlines.ANSWER_SECONDS


@pytest.mark.shows("fault of our own")
@pytest.mark.parametrize("fault", [ValueError("odd"), MemoryError(), RuntimeError("can't start new thread")])
@pytest.mark.parametrize("where", ["store", "within"])
def test_a_fault_of_ours_costs_no_notification(
    clouds: Clouds, monkeypatch: pytest.MonkeyPatch, fault: Exception, where: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(clouds, where, fail)
    assert answer(clouds)[0] == 200
    assert len(clouds.spilled) + len(clouds.logged) == 1


manners = st.builds(Manner, st.floats(0, 2), st.booleans())


@pytest.mark.shows("anything is slow or fails")
@given(manners, manners, manners, st.booleans(), st.integers(1, 40))
def test_whatever_is_slow_or_fails_the_answer_is_in_time_and_the_notification_is_kept(
    looks: Manner,
    puts: Manner,
    spills: Manner,
    known: bool,  # noqa: FBT001 - drawn
    statuses: int,
) -> None:
    clouds = Clouds(looks, puts, spills)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(telemetry, "spill_to_log", clouds.spill_to_log)
        status, content, took = answer(clouds, notification(statuses), known=known)
    assert status == 200
    assert took <= deadlines.ANSWER_SECONDS
    assert content.get("stored") == statuses or len(clouds.spilled) + len(clouds.logged) >= 1


@pytest.mark.shows("unreadable body")
@given(st.binary() | mutated().map(lambda document: json.dumps(document).encode()), st.booleans())
def test_of_any_bytes_every_status_is_stored_or_its_whole_body_quarantined(raw: bytes, packed: bool) -> None:  # noqa: FBT001 - drawn
    read = parse(raw)
    body = base64.b64encode(raw).decode() if packed else raw.decode(errors="replace")
    assume(packed or body.encode() == raw)
    clouds = Clouds(puts=Manner(0))
    status, content, _ = answer(clouds, {**notification(), "body": body, "isBase64Encoded": packed})
    assert status == 200
    assert (content["stored"], content["quarantined"]) == (len(read.readings), len(read.rejects))
    assert tuple(clouds.stored) == read.readings
    assert clouds.quarantined == ([(raw, len(read.rejects))] if read.rejects else [])


def test_the_schedules_touch_opens_the_connection_and_brings_nothing(clouds: Clouds) -> None:
    made = receiver(clouds, known=False)
    assert made.answer({"keep_warm": True}) == {"warm": True}
    assert (clouds.stored, clouds.spilled, clouds.logged) == ([], [], [])
    assert json.loads(made.answer(notification())["body"])["stored"] == 1


@pytest.mark.parametrize("looks", [HANGS, REFUSES])
def test_a_touch_that_fails_says_so(clouds: Clouds, looks: Manner) -> None:
    clouds.looks = looks
    assert receiver(clouds, known=False).answer({"keep_warm": True}) == {"warm": False}


@pytest.mark.parametrize("value", ["true", 1, None, False])
def test_nothing_else_is_such_a_touch(clouds: Clouds, value: object) -> None:
    assert receiver(clouds).answer({**notification(), "keep_warm": value})["statusCode"] == 200
    assert len(clouds.stored) == 1
