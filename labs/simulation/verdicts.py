"""What really became of pushes and calls, held against the incidents that the keeper tells.

None is told for which nothing has happened, and each that lasts is told. What has happened is known here from each push
and each call, not from the faults that were ordered: those meet.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from smarther.domain.keeper.incidents import OUTAGE_AFTER, Cause

if TYPE_CHECKING:
    from datetime import datetime

    from labs.simulation.year import Year
    from smarther.domain.keeper.incidents import Incident
    from smarther.domain.keeper.keeper_report import Report

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

LATE: Final = 10 * MINUTE
"""A push that comes later than this has not come in time."""
REMEMBERED: Final = 3 * DAY
"""So long after the last push that was lost or late, pushes may still be told to be late or to be missing."""
BEFORE_SILENCE: Final = DAY
"""So long before the last push that came, one may have been lost of which a poll tells in the silence after it."""
ADDRESS_LAG: Final = 3 * HOUR
"""So long after our own address failed last, a run may still have it that it does: the next may rest for two hours."""
MOST_GOOD: Final = 10
"""Calls that went well while a service is still told to be ill: a run that ends early remembers nothing of them."""

TOLD_WITHIN: Final = {
    Cause.PUSHES_STOPPED: 2 * DAY,
    Cause.PUSHES_LATE: DAY,
    Cause.PUSHES_THINNED: 2 * DAY,
    Cause.API: OUTAGE_AFTER + 4 * HOUR,
    Cause.LOGIN: OUTAGE_AFTER + 5 * HOUR,
}
"""A silence is one after a day. Of missing pushes nobody is suspected for a day after a suspicion that was none. An
access token lasts an hour, and a run may rest for two."""
OF_SERVICES: Final = frozenset({Cause.API, Cause.LOGIN})
HABIT_AFTER: Final = 16 * DAY
"""Before this there is no habit against which pushes could be missing."""
FEWEST_RUNS: Final = 6
"""That come to their end after the bound's first half: with fewer, nobody could tell."""


@dataclass(slots=True)
class Trial:
    """One thing that is played, from `began` to `until`, and whether it was told. `runs`: that could have told it."""

    cause: Cause
    began: datetime
    until: datetime
    told: bool = False
    runs: int = 0


class Verdicts:
    """The keeper's incidents, judged."""

    def __init__(self, year: Year) -> None:
        self._year = year
        self._failed: dict[str, datetime] = {}
        """By module: when a push of it was last lost, or late."""
        self._good: Counter[Cause] = Counter({Cause.API: MOST_GOOD + 1, Cause.LOGIN: MOST_GOOD + 1})
        """How many calls went well since the last that did not."""
        self._address_failed: datetime | None = None
        self._trials: list[Trial] = []
        self._ended: list[Trial] = []

    # ---- what happens

    def push_failed(self, module_id: str | None) -> None:
        """A push was lost, or is late."""
        if module_id is not None:
            self._failed[module_id] = self._year.clock.now()

    def call_answered(self, cause: Cause, *, good: bool) -> None:
        """The login, or the list of subscriptions, has answered."""
        self._good[cause] = self._good[cause] + 1 if good else 0

    def address_failed(self) -> None:
        """Our own address does not answer as it should, or may not."""
        self._address_failed = self._year.clock.now()

    def plays(self, cause: Cause, lasts: timedelta) -> None:
        """From now on something is so for a while."""
        now = self._year.clock.now()
        trial = Trial(cause, now, now + lasts)
        self._trials.append(trial)
        self._year.later(lasts, lambda: self._ends(trial))

    def _ends(self, trial: Trial) -> None:
        self._trials.remove(trial)
        self._ended.append(trial)
        self._year.chronicle.count(f"incident {trial.cause} {'told' if trial.told else 'passed untold'}")
        if not trial.told and self._can_be_told(trial):
            self._year.chronicle.wrong(
                f"nobody was told of {trial.cause} in {(trial.until - trial.began) / HOUR:.0f} h"
            )

    def _can_be_told(self, trial: Trial) -> bool:
        """It lasted, for long enough without another that hides it, and runs came to their end meanwhile."""
        of_service = trial.cause in OF_SERVICES
        lasted = trial.until - trial.began if of_service else self._alone(trial)
        if lasted <= TOLD_WITHIN[trial.cause] or trial.runs < FEWEST_RUNS:
            return False
        if of_service:
            return True
        outlines = self._year.home.outlines.values()
        awake = all(each.asleep_until is None or each.asleep_until < trial.began for each in outlines)
        known = trial.cause is not Cause.PUSHES_THINNED or trial.began - self._year.began > HABIT_AFTER
        return awake and known

    def _alone(self, trial: Trial) -> timedelta:
        """The longest time in it in which nothing else was wrong with the pushes."""
        longest, at = timedelta(), trial.began
        for other in sorted([*self._trials, *self._ended], key=lambda each: each.began):
            if other is not trial and other.cause not in OF_SERVICES:
                longest, at = max(longest, min(other.began, trial.until) - at), max(at, other.until)
        return max(longest, trial.until - at)

    # ---- what is told

    def hear(self, report: Report) -> None:
        """Judge what a run has told."""
        now = self._year.clock.now()
        causes = {each.cause for each in report.incidents}
        for trial in self._trials:
            if trial.cause in causes or (trial.cause is Cause.API and Cause.LOGIN in causes):
                trial.told = True  # without the login's tokens nobody knows of the API, and both were stopped
            if now - trial.began >= TOLD_WITHIN[trial.cause] / 2:
                trial.runs += trial.cause in {Cause.API, Cause.LOGIN} or report.outcome == "healthy"
        for each in report.incidents:
            self._year.chronicle.count(f"told {each.cause}")
            # A run that does not get as far as the thermostats says again what the run before it found.
            if (not each.cause.seen_in_thermostats or report.outcome == "healthy") and not self._is_so(each, now):
                self._year.chronicle.wrong(f"told of {each.cause} since {each.since:%d %H:%M}, and nothing of it is so")

    def _is_so(self, told: Incident, now: datetime) -> bool:
        match told.cause:
            case Cause.API | Cause.LOGIN:
                return self._good[told.cause] <= MOST_GOOD
            case Cause.STACK:
                return self._address_failed is not None and now - self._address_failed <= ADDRESS_LAG
            case Cause.PUSHES_LATE | Cause.PUSHES_THINNED:
                return any(self._has_failed(each, now - REMEMBERED) for each in told.module_ids)
            case Cause.PUSHES_STOPPED:
                return self._have_stopped(told)
            case _:
                return True  # who is silent is checked with each report (`books.check_silence`)

    def _have_stopped(self, told: Incident) -> bool:
        failed = [self._has_failed(each, told.since - BEFORE_SILENCE) for each in told.module_ids]
        if told.changed:
            return any(failed)
        asleep = {
            module_id
            for (_, module_id), each in self._year.home.outlines.items()
            if each.asleep_until is not None and each.asleep_until > told.since
        }
        return all(each in asleep or is_lost for each, is_lost in zip(told.module_ids, failed, strict=True))

    def _has_failed(self, module_id: str, since: datetime) -> bool:
        return module_id in self._failed and self._failed[module_id] >= since
