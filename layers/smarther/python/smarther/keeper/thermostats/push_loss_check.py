"""While pushes seem to be missing, thermostats are polled in turn, to confirm the loss and to fill the gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from smarther.domain.account.legrand_answers import Kind
from smarther.domain.account.quota import Need
from smarther.domain.keeper import push_loss
from smarther.domain.keeper.push_loss import Answer, UnpushedChange
from smarther.domain.readings.arrival import unusual
from smarther.keeper.thermostats.polls import Polls
from smarther.legrand.client import LegrandError
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.past.history import History

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from smarther.domain.readings.latest import Latest
    from smarther.keeper.journal import Run
    from smarther.legrand.client import Api
    from smarther.store.listings import Module

MOST_COUNTED: Final = 50
"""Pushes are counted for so many thermostats: loss affects all alike, and each takes five reads."""

MOST_ASKED: Final = 3
"""Polls in one run. That is 144 a day at a run each half hour."""

_PUSHES_READ: Final = 50


class PushLossCheck:
    """A run's check for partial loss of pushes."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._dependencies = run.dependencies
        self._journal = run.journal
        self._polls = Polls(run)

    def check(self, api: Api, modules: Sequence[Module], found: Mapping[str, Latest | None]) -> None:
        """Count the pushes if that is due, and poll some thermostats while loss is suspected.

        `found` is the latest reading of each thermostat that the run has checked for silence.
        """
        now = self._dependencies.clock()
        suspicion = self._settle_changes(self._run.memory.suspicion)
        if suspicion.is_count_due(now):
            suspicion = suspicion.counted(now, suspicious=self._is_suspicious(modules, suspicion, now))
        self._run.remember(suspicion=suspicion)
        if suspicion.since is not None:
            by_turn = sorted(modules, key=lambda each: (each.module_id <= suspicion.asked_through, each.module_id))
            for module in [each for each in by_turn if each.module_id in found][:MOST_ASKED]:
                if not api.may_call(Need.SPARE):
                    return
                self._ask(api, module, found[module.module_id])

    def _is_suspicious(self, modules: Sequence[Module], suspicion: push_loss.Suspicion, now: datetime) -> bool:
        hours = [self._hours(each.module_id, now) for each in modules[:MOST_COUNTED]]
        return push_loss.is_suspicious(hours, asked=suspicion.asked_between(*push_loss.recent_window(now)), now=now)

    def _hours(self, module_id: str, now: datetime) -> dict[datetime, int]:
        statistics = HoursAndDays(self._dependencies.table)
        hours: dict[datetime, int] = {}
        for start, end in push_loss.habit_windows(now):
            hours |= statistics.counts(module_id, start=start, end=end)
        return hours

    def _ask(self, api: Api, module: Module, found: Latest | None) -> None:
        """Poll one thermostat, store what is new, and remember whether a push should have told it."""
        now = self._dependencies.clock()
        before = self._run.memory.suspicion
        self._run.remember(suspicion=before.asked(module.module_id))
        with self._journal.isolated("status"):
            try:
                body = api.status(module.plant_id, module.module_id, need=Need.SPARE)
            except LegrandError as error:
                if error.answer.kind is Kind.QUOTA:  # no call was made, so it keeps its turn
                    self._run.remember(suspicion=before)
                if error.answer.kind is Kind.NOT_FOUND:
                    return  # its gateway is offline: it pushes nothing either
                raise
            news = self._polls.news(module, body, found, now=now)
            self._polls.store(news, now=now)
            changed = self._polls.unpushed(news, found)
            if changed and found is not None:
                memory, time = self._run.memory, changed[-1].time
                # A thermostat that answers is not silent, so the silence check would not find its dead subscription.
                self._run.remember(changed_unheard={**memory.changed_unheard, module.plant_id: now})
                if found.wrong_clock is None and unusual(time, now) != "misdated":  # by its clock a push is counted for
                    untold = UnpushedChange(module_id=module.module_id, at=now, after=found.reading.time, time=time)
                    self._run.remember(suspicion=memory.suspicion.change_seen(untold))
            else:
                answer = Answer(module_id=module.module_id, at=now, missed=False)
                self._run.remember(suspicion=self._run.memory.suspicion.answered(answer))

    def _settle_changes(self, suspicion: push_loss.Suspicion) -> push_loss.Suspicion:
        """The suspicion with each unpushed change settled: missed, unless a push of about its time has come."""
        history = History(self._dependencies.table)
        untold, suspicion = suspicion.untold, suspicion.changes_settled()
        for each in untold:
            pushed = history.newest(
                each.module_id, since=each.after, until=each.time + push_loss.PUSH_EXPECTED_WITHIN, limit=_PUSHES_READ
            )
            told = any(reading.pushed and reading.time > each.after for reading in pushed)
            suspicion = suspicion.answered(Answer(module_id=each.module_id, at=each.at, missed=not told))
        return suspicion
