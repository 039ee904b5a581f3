"""What really became of pushes and calls, held against the incidents that the keeper tells.

None is told for which nothing has happened, and each that lasts is told. What has happened is known here from each push
and each call, not from the faults that were ordered: those meet.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from smarther.domain.account.legrand_answers import Reason
from smarther.domain.keeper.incidents import OUTAGE_AFTER, Cause

if TYPE_CHECKING:
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
    Reason.PROVIDER_GONE: 5 * HOUR,
    Reason.SUBSCRIPTION_KEY_REFUSED: 5 * HOUR,
}
"""A silence is one after a day. Of missing pushes nobody is suspected for a day after a suspicion that was none. An
access token lasts an hour, and a run may rest for two. A reason is told by the run that meets it."""
OF_SERVICES: Final = frozenset({Cause.API, Cause.LOGIN})
OF_CLOSED_API: Final = frozenset({Reason.PROVIDER_GONE, Reason.SUBSCRIPTION_KEY_REFUSED})
"""Why the API answers nothing else. Meanwhile nobody can look at anything behind it."""
OPEN_END: Final = datetime.max.replace(tzinfo=UTC)
HABIT_AFTER: Final = 16 * DAY
"""Before this there is no habit against which pushes could be missing."""
FEWEST_RUNS: Final = 6
"""That come to their end after the bound's first half: with fewer, nobody could tell."""


@dataclass(slots=True, eq=False)
class Trial:
    """One thing that is played, from `began` to `until`, and whether it was told. `runs`: that could have told it.

    It is to be told of only once it has lasted `needs_after`.
    """

    cause: Cause | Reason
    began: datetime
    until: datetime
    told: bool = False
    runs: int = 0
    needs_after: timedelta = timedelta()

    @property
    def told_within(self) -> timedelta:
        """By then somebody is told."""
        return self.needs_after + TOLD_WITHIN[self.cause]


class Verdicts:
    """The keeper's incidents, judged."""

    def __init__(self, year: Year) -> None:
        self._year = year
        self._failed: dict[str, datetime] = {}
        """By module: when a push of it was last lost, or late."""
        self._good: Counter[Cause] = Counter({Cause.API: MOST_GOOD + 1, Cause.LOGIN: MOST_GOOD + 1})
        """How many calls went well since the last that did not."""
        self._address_failed: datetime | None = None
        self._closed: set[Reason] = set()
        """Why the API answered nothing else, until many calls went well."""
        self._good_since_closed = 0
        self._end_untold = False
        """Whether the API was told to be gone, is back, and nobody was told that."""
        self._trials: list[Trial] = []
        self._ended: list[Trial] = []

    # ---- what happens

    def push_failed(self, module_id: str | None) -> None:
        """A push was lost, or is late."""
        if module_id is not None:
            self._failed[module_id] = self._year.clock.now()

    def call_answered(self, cause: Cause, *, good: bool) -> None:
        """The login, or the list of subscriptions, has answered; a refusal that has its reason is good as well."""
        self._good[cause] = self._good[cause] + 1 if good else 0
        if cause is Cause.API:
            self._good_since_closed = self._good_since_closed + good if self._year.closure is None else 0
            if self._good_since_closed > MOST_GOOD:
                self._closed.clear()

    def address_failed(self) -> None:
        """Our own address does not answer as it should, or may not."""
        self._address_failed = self._year.clock.now()

    def plays(self, cause: Cause, lasts: timedelta) -> None:
        """From now on something is so for a while."""
        trial = self._begins(Trial(cause, self._year.clock.now(), self._year.clock.now() + lasts))
        self._year.later(lasts, lambda: self.ends(trial))

    def is_closed(self, reason: Reason, needs_after: timedelta) -> Trial:
        """From now on the API answers nothing else. After so long a person is needed."""
        self._closed.add(reason)
        return self._begins(Trial(reason, self._year.clock.now(), OPEN_END, needs_after=needs_after))

    def all_is_well(self) -> None:
        """All that is played is over, but for a closed API."""
        for trial in [each for each in self._trials if each.cause not in OF_CLOSED_API]:
            self.ends(trial)

    def run_is_lost(self) -> None:
        """A run ended before its report, which may have told that something is over."""
        self._end_untold = False

    def _begins(self, trial: Trial) -> Trial:
        self._trials.append(trial)
        return trial

    def ends(self, trial: Trial) -> None:
        """It is over, if it was not before its time; was it told?"""
        if trial not in self._trials:
            return
        trial.until = self._year.clock.now()
        self._end_untold |= trial.told and trial.cause is Reason.PROVIDER_GONE
        self._trials.remove(trial)
        self._ended.append(trial)
        self._year.chronicle.count(f"incident {trial.cause} {'told' if trial.told else 'passed untold'}")
        if not trial.told and self._can_be_told(trial):
            self._year.chronicle.wrong(
                f"nobody was told of {trial.cause} in {(trial.until - trial.began) / HOUR:.0f} h"
            )

    def _can_be_told(self, trial: Trial) -> bool:
        """It lasted, for long enough without another that hides it, and runs came to their end meanwhile."""
        if self._alone(trial) <= trial.told_within or trial.runs < FEWEST_RUNS:
            return False
        if trial.cause in OF_SERVICES | OF_CLOSED_API:
            return True
        outlines = self._year.home.outlines.values()
        awake = all(each.asleep_until is None or each.asleep_until < trial.began for each in outlines)
        known = trial.cause is not Cause.PUSHES_THINNED or trial.began - self._year.began > HABIT_AFTER
        return awake and known

    def _alone(self, trial: Trial) -> timedelta:
        """The longest time in it in which nothing hid it."""
        longest, at = timedelta(), trial.began
        for other in sorted([*self._trials, *self._ended], key=lambda each: each.began):
            if other is not trial and _hides(other.cause, trial.cause):
                longest, at = max(longest, min(other.began, trial.until) - at), max(at, other.until)
        return max(longest, trial.until - at)

    # ---- what is told

    def hear(self, report: Report) -> None:
        """Judge what a run has told."""
        now = self._year.clock.now()
        causes = {each.cause for each in report.incidents}
        reasons = {each.reason for each in report.person}
        for trial in self._trials:
            if trial.cause in causes | reasons or (trial.cause is Cause.API and Cause.LOGIN in causes):
                trial.told = True  # without the login's tokens nobody knows of the API, and both were stopped
            if trial.cause not in OF_CLOSED_API and now - trial.began >= trial.told_within / 2:
                trial.runs += trial.cause in OF_SERVICES or report.outcome == "healthy"
        for reason in reasons & OF_CLOSED_API - self._closed:
            self._year.chronicle.wrong(f"told of {reason}, and nothing of it is so")
        self._hear_ends(report)
        for each in report.incidents:
            self._year.chronicle.count(f"told {each.cause}")
            # A run that does not get as far as the thermostats says again what the run before it found.
            if (not each.cause.seen_in_thermostats or report.outcome == "healthy") and not self._is_so(each, now):
                self._year.chronicle.wrong(f"told of {each.cause} since {each.since:%d %H:%M}, and nothing of it is so")

    def _hear_ends(self, report: Report) -> None:
        """What is told to be over is over; and that the API is back is told."""
        moved = "provider_moved" in report.actions  # what was said of the old address is over
        for each in report.over:
            self._year.chronicle.count(f"told over {each.cause}")
            if each.cause in OF_SERVICES and not self._good[each.cause] and not moved:
                self._year.chronicle.wrong(f"{each.cause} is told to be over, and it is not")
        if moved or "provider_as_before" in report.actions:
            self._end_untold = False
        elif self._end_untold and report.outcome == "healthy" and report.provider is None:
            self._end_untold = False
            self._year.chronicle.wrong("nobody was told that the API is back")

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


def _hides(other: Cause | Reason, cause: Cause | Reason) -> bool:
    """Whether one thing that is wrong hides another: all that is wrong with pushes, and a closed API all but itself."""
    if other in OF_CLOSED_API:
        return cause not in OF_CLOSED_API
    return other not in OF_SERVICES and cause not in OF_SERVICES | OF_CLOSED_API
