"""`smarther authorize` waits for the outcome of just its own consent, whatever else runs in any order."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smarther.callback.return_from_consent import Callback
from smarther.domain.account.consent import ConsentProgress
from smarther.store.keeper_items import Consents, ConsentState, KeeperNotes
from smarther_cli.commands.account import authorize
from smarther_cli.errors import Failure
from tests.support.world import World

if TYPE_CHECKING:
    from smarther.domain.keeper.keeper_report import Report
    from smarther.store.table import Table

ALLOWED, BAD_CODE, DECLINED = "accepted", "refused", "You did not give consent."


class Keeper:
    """The keeper as the callback asks it, without Lambda between them."""

    def __init__(self, world: World) -> None:
        self._world = world

    def consent(self, code: str, *, consent_id: str) -> Report:
        """One run with a consent's code."""
        return self._world.run(consent={"code": code, "id": consent_id})


class Scene:
    """Two owners who consent, each before a terminal of their own, while the keeper runs by itself."""

    def __init__(self) -> None:
        self.world = World(in_memory=True, checked=True)
        self.world.configure()
        self.world.consent()
        self.states = ["A" * 43, "B" * 43]
        for state in self.states:
            Consents(self.world.table).begin(state, self.world.clock.now())

    def does(self, what: str, who: int) -> None:
        """One thing that happens."""
        if what == "run":
            self.world.run()
            return
        query = {"state": self.states[who], **({"error": "access_denied"} if what == DECLINED else {"code": "bad"})}
        if what == ALLOWED:
            query["code"] = self.world.code()
        keeper: Any = Keeper(self.world)
        page = Callback(consents=Consents(self.world.table), keeper=keeper, now=self.world.clock.now)
        page.answer({"queryStringParameters": query})

    def told(self, who: int, happens: list[list[tuple[str, int]]], consents: Any = None) -> str:
        """What this terminal ends with; each time that it waits, the next few things happen."""
        waited = [0.0]
        consents = consents or Consents(self.world.table)

        def sleep(seconds: float) -> None:
            waited[0] += seconds
            self.world.later(timedelta(seconds=seconds))
            for each in happens.pop(0) if happens else []:
                self.does(*each)
                self.world.later(timedelta(milliseconds=250))

        with patch.object(authorize, "sleep", sleep), patch.object(authorize, "monotonic", lambda: waited[0]):
            try:
                return str(authorize.wait_for(consents, self.states[who], lambda _: None).consent)
            except Failure as failure:
                return str(failure)


RUN = ("run", 0)
ends_of_both = st.tuples(*[st.sampled_from([ALLOWED, BAD_CODE, DECLINED])] * 2)


@st.composite
def orders(draw: st.DrawFn) -> tuple[tuple[str, str], list[list[tuple[str, int]]], int]:
    """How the two consents end, what happens between two looks of a terminal, and which terminal looks first."""
    ends = draw(ends_of_both)
    order = draw(st.permutations([(ends[0], 0), (ends[1], 1), RUN, RUN]))
    cut = draw(st.integers(0, len(order)))
    return ends, [order[:cut], order[cut:]], draw(st.integers(0, 1))


@settings(max_examples=25)
@given(orders())
def test_each_terminal_is_told_the_outcome_of_its_own_consent(
    drawn: tuple[tuple[str, str], list[list[tuple[str, int]]], int],
) -> None:
    ends, happens, first = drawn
    scene = Scene()
    assert scene.told(first, happens) == ends[first]
    assert scene.told(1 - first, happens) == ends[1 - first]


class LatestReport:
    """Consents that take the latest report for the outcome of whatever is waited for."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._before = KeeperNotes(table).report()

    def of(self, state: str) -> ConsentState:
        """How far a consent seems to have come."""
        report = KeeperNotes(self._table).report()
        if report is not None and report != self._before and report.consent is not None:
            return ConsentState(ConsentProgress.SETTLED, report=report)
        return ConsentState(Consents(self._table).of(state).progress)


@pytest.mark.parametrize(
    "happens", [[[(ALLOWED, 0), RUN]], [[(BAD_CODE, 1)], [(ALLOWED, 0)]]], ids=["a run behind it", "another's consent"]
)
def test_a_terminal_that_went_by_the_latest_report_would_be_told_wrongly(happens: list[list[tuple[str, int]]]) -> None:
    scene = Scene()
    assert scene.told(0, happens, LatestReport(scene.world.table)) != ALLOWED
