"""Who may notify, and how seldom the table is asked for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarther import telemetry
from smarther.domain.account.webhook import AcceptedDigests, secret_digest
from smarther.domain.account.webhook_rotation import SETTLING
from smarther.receiver.authenticate import REFRESH, RETRY, Acceptance, Authenticator
from smarther.store.table import TableUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

OURS, NEXT, STRANGE = secret_digest("ours"), secret_digest("next"), secret_digest("strange")
SECOND = timedelta(seconds=1)
ACCEPTED, REFUSED, UNKNOWN = Acceptance.ACCEPTED, Acceptance.REFUSED, Acceptance.UNKNOWN


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "warn", lambda *_, **__: None)


@dataclass
class Keeper:
    """The table's item, and whether the table answers."""

    digests: AcceptedDigests = field(default_factory=lambda: AcceptedDigests(current=OURS))
    fails: bool = False
    reads: int = 0

    def accepted(self) -> AcceptedDigests:
        self.reads += 1
        if self.fails:
            raise TableUnavailableError("told in a test")
        return self.digests


def at_once(work: Callable[[], None]) -> None:
    """A deadline that nothing misses."""
    work()


def never(_: Callable[[], None]) -> None:
    """A deadline that is over before the work has begun."""
    raise TimeoutError


class Scene:
    """A container of the receiver, with the wall clock that it sees."""

    def __init__(self, **keeper: Any) -> None:
        self.keeper = Keeper(**keeper)
        self.now = datetime(2026, 1, 14, 6, 30, tzinfo=UTC)
        table: Any = self.keeper
        self.authenticator = Authenticator(table, lambda: self.now)

    def asks(self, presented: str, in_time: Callable[[Callable[[], None]], None] = at_once) -> tuple[Acceptance, int]:
        """What a caller gets, and how many times the table was read for it."""
        before = self.keeper.reads
        return self.authenticator.authenticate(presented, in_time), self.keeper.reads - before


def test_the_first_caller_makes_it_look_and_the_others_are_judged_from_memory() -> None:
    scene = Scene()
    assert scene.asks(OURS) == (ACCEPTED, 1)
    assert scene.asks(OURS) == (ACCEPTED, 0)
    assert scene.asks(STRANGE) == (REFUSED, 0)


@pytest.mark.shows("guessing the webhook is cheap")
def test_a_stranger_is_worth_a_look_only_now_and_then() -> None:
    scene = Scene()
    scene.asks(OURS)
    scene.now += REFRESH - SECOND
    assert scene.asks(STRANGE) == (REFUSED, 0)
    scene.now += SECOND
    assert scene.asks(OURS) == (ACCEPTED, 0)
    assert scene.asks(STRANGE) == (REFUSED, 1)
    assert scene.asks(STRANGE) == (REFUSED, 0)


def test_a_new_secret_is_known_after_the_next_look() -> None:
    scene = Scene()
    scene.asks(OURS)
    scene.keeper.digests = AcceptedDigests(current=OURS, pending=NEXT)
    assert scene.asks(NEXT) == (REFUSED, 0)
    scene.now += REFRESH
    assert scene.asks(NEXT) == (ACCEPTED, 1)


def test_a_secret_that_was_withdrawn_is_refused_after_the_next_look() -> None:
    scene = Scene()
    scene.asks(OURS)
    scene.keeper.digests = AcceptedDigests(current=NEXT)
    scene.now += REFRESH
    assert scene.asks(NEXT) == (ACCEPTED, 1)
    assert scene.asks(OURS) == (REFUSED, 0)


def test_while_the_table_is_away_what_is_known_stays_good() -> None:
    scene = Scene()
    scene.asks(OURS)
    scene.keeper.fails = True
    scene.now += REFRESH
    assert scene.asks(OURS) == (ACCEPTED, 0)
    assert scene.asks(STRANGE) == (UNKNOWN, 1)


def test_a_table_that_lost_the_digests_makes_no_stranger_of_anybody() -> None:
    scene = Scene()
    scene.asks(OURS)
    scene.keeper.digests = AcceptedDigests()
    scene.now += REFRESH
    assert scene.asks(STRANGE) == (UNKNOWN, 1)
    assert scene.asks(OURS) == (ACCEPTED, 0)


@pytest.mark.parametrize("keeper", [{"fails": True}, {"digests": AcceptedDigests()}])
def test_right_after_a_look_that_failed_nobody_waits_for_another(keeper: dict[str, Any]) -> None:
    scene = Scene(**keeper)
    assert scene.asks(OURS) == (UNKNOWN, 1)
    scene.now += RETRY - SECOND
    assert scene.asks(OURS) == (UNKNOWN, 0)
    scene.now += SECOND
    assert scene.asks(OURS) == (UNKNOWN, 1)


def test_who_comes_in_the_middle_of_a_look_does_not_wait_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    scene, others = Scene(), []

    def slow() -> AcceptedDigests:
        others.append(scene.asks(OURS))
        return AcceptedDigests(current=OURS)

    monkeypatch.setattr(scene.keeper, "accepted", slow)
    assert scene.asks(OURS)[0] is ACCEPTED
    assert others == [(UNKNOWN, 0)]


def test_without_time_for_a_look_the_caller_stays_unknown_and_the_next_one_looks() -> None:
    scene = Scene()
    assert scene.asks(OURS, never) == (UNKNOWN, 0)
    assert scene.asks(OURS) == (ACCEPTED, 1)


steps = st.timedeltas(-30 * SECOND, 30 * SECOND)
gaps = st.timedeltas(timedelta(0), timedelta(hours=9))


@given(
    before=st.lists(st.tuples(gaps, st.sampled_from([OURS, NEXT, STRANGE]), st.booleans()), max_size=6),
    step=steps,
    within=st.timedeltas(timedelta(0), SETTLING),
    after=gaps,
)
def test_a_settled_secret_is_accepted_whoever_called_before_and_however_the_clock_stepped(
    before: list[tuple[timedelta, str, bool]], step: timedelta, within: timedelta, after: timedelta
) -> None:
    scene = Scene()
    for gap, presented, fails in before:
        scene.now += gap
        scene.keeper.fails = fails
        scene.asks(presented)
    scene.keeper.digests, scene.keeper.fails = AcceptedDigests(current=OURS, pending=NEXT), False
    scene.asks(STRANGE)
    scene.now += within + step
    scene.asks(STRANGE)
    scene.now += SETTLING - within + after

    assert scene.asks(NEXT)[0] is ACCEPTED


@given(back=st.timedeltas(SECOND, timedelta(days=400)))
def test_an_age_below_zero_has_expired(back: timedelta) -> None:
    known = Scene()
    known.asks(OURS)
    known.keeper.digests = AcceptedDigests(current=NEXT)
    known.now -= back
    assert known.asks(NEXT) == (ACCEPTED, 1)

    failed = Scene(fails=True)
    failed.asks(OURS)
    failed.keeper.fails = False
    failed.now -= back
    assert failed.asks(OURS) == (ACCEPTED, 1)
