"""The names of thermostats' programs, asked for once a day with spare calls."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from smarther.domain.account.legrand_answers import Kind
from smarther.domain.account.quota import Need
from smarther.legrand.client import LegrandError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from smarther.keeper.journal import Run
    from smarther.keeper.plants import Plants
    from smarther.legrand.client import Api
    from smarther.store.listings import Module

ASK_EVERY: Final = timedelta(days=1)

MOST_ASKED: Final = 3
"""Calls in one run. That is 144 a day at a run each half hour."""


class ProgramNames:
    """A run's share of the daily round of program names."""

    def __init__(self, run: Run, plants: Plants) -> None:
        self._run = run
        self._plants = plants

    def ask(self, api: Api, modules: Sequence[Module], *, at_once: bool) -> None:
        """Ask some thermostats, in a round through all of them once a day.

        `at_once` and a new thermostat begin a round early. A round pauses while there are no spare calls, and while
        thermostats are polled on suspicion of lost pushes.
        """
        memory, now = self._run.memory, self._run.dependencies.clock()
        through = memory.programs_asked_through
        if through is None:
            if not (at_once or _is_due(memory.programs_asked_at, modules, now)):
                return
            through = ""
            self._run.remember(programs_asked_at=now)
        waiting = sorted((each for each in modules if each.module_id > through), key=lambda each: each.module_id)
        for module in waiting[:MOST_ASKED]:
            if memory.suspicion.since is not None or not api.may_call(Need.SPARE):
                break
            with self._run.journal.isolated("programs"):
                self._ask(api, module)
            if api.may_call(Need.SPARE):
                through = module.module_id
        is_over = not waiting or through == waiting[-1].module_id
        self._run.remember(programs_asked_through=None if is_over else through)

    def _ask(self, api: Api, module: Module) -> None:
        """Ask one thermostat, and store the names. Raises LegrandError for failures that may not pass by themselves.

        After any other failure it is asked again in the next round: names can wait.
        """
        try:
            told = api.programs(module.plant_id, module.module_id)
        except LegrandError as error:
            if error.answer.kind is Kind.NOT_FOUND or error.answer.may_pass:  # perhaps its gateway is offline
                return
            raise
        self._plants.name_programs(module, told)


def _is_due(asked_at: datetime | None, modules: Sequence[Module], now: datetime) -> bool:
    if asked_at is None or now - asked_at >= ASK_EVERY:
        return True
    return any(each.known_since is not None and each.known_since > asked_at for each in modules)
