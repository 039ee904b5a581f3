"""Who may notify, and how seldom the table is asked for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from smarther.adapters.table import TableUnavailableError
from smarther.authentication import REFRESH_SECONDS, RETRY_SECONDS, Authenticator, Verdict
from smarther.domain.webhook import AcceptedDigests, digest

if TYPE_CHECKING:
    import pytest

OURS, NEXT, STRANGE = digest("ours"), digest("next"), digest("strange")


@dataclass
class Keeper:
    """The table's item, and whether the table answers."""

    digests: AcceptedDigests = field(default_factory=lambda: AcceptedDigests(current=OURS))
    fails: bool = False
    reads: int = 0

    def accepted_digests(self) -> AcceptedDigests:
        self.reads += 1
        if self.fails:
            raise TableUnavailableError("told in a test")
        return self.digests


class Scene:
    def __init__(self, **keeper: Any) -> None:
        self.keeper = Keeper(**keeper)
        self.time = 1000.0
        table: Any = self.keeper
        self.authenticator = Authenticator(table, lambda: self.time)

    def look(self) -> None:
        try:
            self.authenticator.look()
        except TableUnavailableError:
            assert self.keeper.fails


def test_before_the_first_look_nobody_is_known() -> None:
    scene = Scene()
    assert scene.authenticator.judge(OURS) is Verdict.UNKNOWN
    assert scene.authenticator.may_look()
    assert scene.keeper.reads == 0


def test_after_it_callers_are_judged_from_memory() -> None:
    scene = Scene()
    scene.look()
    assert scene.authenticator.judge(OURS) is Verdict.ACCEPTED
    assert scene.authenticator.judge(STRANGE) is Verdict.REFUSED
    assert scene.keeper.reads == 1


def test_a_stranger_is_worth_a_look_only_once_a_minute() -> None:
    scene = Scene()
    scene.look()
    scene.time += REFRESH_SECONDS - 1
    assert scene.authenticator.judge(STRANGE) is Verdict.REFUSED
    scene.time += 1
    assert scene.authenticator.judge(STRANGE) is Verdict.UNKNOWN
    assert scene.authenticator.judge(OURS) is Verdict.ACCEPTED


def test_a_new_secret_is_known_after_the_next_look() -> None:
    scene = Scene()
    scene.look()
    scene.keeper.digests = AcceptedDigests(current=OURS, pending=NEXT)
    scene.time += REFRESH_SECONDS
    assert scene.authenticator.judge(NEXT) is Verdict.UNKNOWN
    scene.look()
    assert scene.authenticator.judge(NEXT) is Verdict.ACCEPTED


def test_a_secret_that_was_withdrawn_is_refused_after_the_next_look() -> None:
    scene = Scene()
    scene.look()
    scene.keeper.digests = AcceptedDigests(current=NEXT)
    scene.look()
    assert scene.authenticator.judge(OURS) is Verdict.REFUSED


def test_while_the_table_is_away_what_is_known_stays_good() -> None:
    scene = Scene()
    scene.look()
    scene.keeper.fails = True
    scene.time += REFRESH_SECONDS
    scene.look()
    assert scene.authenticator.judge(OURS) is Verdict.ACCEPTED
    assert scene.authenticator.judge(STRANGE) is Verdict.UNKNOWN


def test_a_table_that_lost_the_digests_makes_no_stranger_of_anybody() -> None:
    scene = Scene()
    scene.look()
    scene.keeper.digests = AcceptedDigests()
    scene.time += REFRESH_SECONDS
    scene.look()
    assert scene.authenticator.judge(OURS) is Verdict.ACCEPTED
    assert scene.authenticator.judge(STRANGE) is Verdict.UNKNOWN


def test_before_there_are_digests_nobody_is_a_stranger_and_nobody_waits_for_them() -> None:
    scene = Scene(digests=AcceptedDigests())
    scene.look()
    assert scene.authenticator.judge(OURS) is Verdict.UNKNOWN
    assert not scene.authenticator.may_look()
    scene.time += RETRY_SECONDS
    assert scene.authenticator.may_look()


def test_right_after_a_look_that_failed_nobody_waits_for_another() -> None:
    scene = Scene(fails=True)
    scene.look()
    assert not scene.authenticator.may_look()
    scene.time += RETRY_SECONDS
    assert scene.authenticator.may_look()


def test_a_look_that_never_returns_counts_as_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene()

    def hang() -> AcceptedDigests:
        assert not scene.authenticator.may_look()
        return AcceptedDigests(current=OURS)

    monkeypatch.setattr(scene.keeper, "accepted_digests", hang)
    scene.look()
    assert scene.authenticator.may_look()
