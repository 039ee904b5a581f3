"""What really happened to pushes and calls, compared with the incidents that the keeper reports.

Every reported incident has really happened, and every one that lasts is reported. What has happened is noted here for
each push and each call, because the faults that are ordered overlap.
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
"""A push that is later than this has failed to come in time."""
REMEMBERED: Final = 3 * DAY
"""How long after the last lost or late push the keeper may still report that pushes are late or missing."""
BEFORE_SILENCE: Final = DAY
"""How long before the last push another may have been lost, so that a poll in the silence shows its change."""
ADDRESS_LAG: Final = 3 * HOUR
"""How long after our address last failed the keeper may still report it: the next run may rest for two hours."""
MOST_GOOD: Final = 10
"""How many calls may succeed while a service is still reported as ill: a run that ends early remembers none of them."""

TOLD_WITHIN: Final = {
    Cause.PUSHES_STOPPED: 2 * DAY,
    Cause.PUSHES_LATE: DAY,
    Cause.PUSHES_THINNED: 2 * DAY,
    Cause.API: OUTAGE_AFTER + 4 * HOUR,
    Cause.LOGIN: OUTAGE_AFTER + 5 * HOUR,
    Reason.PROVIDER_GONE: 5 * HOUR,
    Reason.SUBSCRIPTION_KEY_REFUSED: 5 * HOUR,
}
"""How soon each is told. A thermostat is silent after a day. A wrong suspicion of missing pushes is followed by a day
without one. An access token lasts an hour, and a run may rest for two. A reason is told by the run that meets it."""
OF_SERVICES: Final = frozenset({Cause.API, Cause.LOGIN})
OF_CLOSED_API: Final = frozenset({Reason.PROVIDER_GONE, Reason.SUBSCRIPTION_KEY_REFUSED})
"""Reasons for which the API answers every call in the same way. Nothing behind it can be seen meanwhile."""
OPEN_END: Final = datetime.max.replace(tzinfo=UTC)
HABIT_AFTER: Final = 16 * DAY
"""How long a home must have pushed before there is a habit with which its pushes are compared."""
FEWEST_RUNS: Final = 6
"""How many runs must succeed in the second half of the bound. With fewer, the keeper could not tell."""


@dataclass(slots=True, eq=False)
class Trial:
    """One thing that really happens, from `began` to `until`, and whether it was told.

    `runs`: how many runs could have told it. It need not be told before it has lasted `needs_after`.
    """

    cause: Cause | Reason
    began: datetime
    until: datetime
    told: bool = False
    runs: int = 0
    needs_after: timedelta = timedelta()

    @property
    def told_within(self) -> timedelta:
        """How soon after its beginning it is told."""
        return self.needs_after + TOLD_WITHIN[self.cause]


class Verdicts:
    """Judges the incidents that the keeper reports."""

    def __init__(self, year: Year) -> None:
        self._year = year
        self._failed: dict[str, datetime] = {}
        """By module: when one of its pushes was last lost or late."""
        self._good: Counter[Cause] = Counter({Cause.API: MOST_GOOD + 1, Cause.LOGIN: MOST_GOOD + 1})
        """How many calls have succeeded since the last one that failed."""
        self._address_failed: datetime | None = None
        self._closed: set[Reason] = set()
        """The reasons for which the API was closed, until many calls have succeeded."""
        self._good_since_closed = 0
        self._end_untold = False
        """Whether the API was told to be gone and is back, and nobody has been told that it is back."""
        self._trials: list[Trial] = []
        self._ended: list[Trial] = []

    # ---- what happens

    def push_failed(self, module_id: str | None) -> None:
        """A push was lost, or is late."""
        if module_id is not None:
            self._failed[module_id] = self._year.clock.now()

    def call_answered(self, cause: Cause, *, good: bool) -> None:
        """The login or the list of subscriptions has answered. A refusal with a reason is a good answer too."""
        self._good[cause] = self._good[cause] + 1 if good else 0
        if cause is Cause.API:
            self._good_since_closed = self._good_since_closed + good if self._year.closure is None else 0
            if self._good_since_closed > MOST_GOOD:
                self._closed.clear()

    def address_failed(self) -> None:
        """Our own address fails, or may fail."""
        self._address_failed = self._year.clock.now()

    def plays(self, cause: Cause, lasts: timedelta) -> None:
        """From now on this happens, and it lasts so long."""
        trial = self._begins(Trial(cause, self._year.clock.now(), self._year.clock.now() + lasts))
        self._year.later(lasts, lambda: self.ends(trial))

    def is_closed(self, reason: Reason, needs_after: timedelta) -> Trial:
        """From now on the API is closed for this reason. A person is needed after `needs_after`."""
        self._closed.add(reason)
        return self._begins(Trial(reason, self._year.clock.now(), OPEN_END, needs_after=needs_after))

    def all_is_well(self) -> None:
        """Everything that was happening is over, except a closed API."""
        for trial in [each for each in self._trials if each.cause not in OF_CLOSED_API]:
            self.ends(trial)

    def run_is_lost(self) -> None:
        """A run ended before its report. That report may have told that something is over."""
        self._end_untold = False

    def _begins(self, trial: Trial) -> Trial:
        self._trials.append(trial)
        return trial

    def ends(self, trial: Trial) -> None:
        """It is over, unless it already was. Check that it was told."""
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
        """Whether it lasted long enough with nothing to hide it, and enough runs succeeded meanwhile."""
        if self._alone(trial) <= trial.told_within or trial.runs < FEWEST_RUNS:
            return False
        if trial.cause in OF_SERVICES | OF_CLOSED_API:
            return True
        outlines = self._year.home.outlines.values()
        awake = all(each.asleep_until is None or each.asleep_until < trial.began for each in outlines)
        known = trial.cause is not Cause.PUSHES_THINNED or trial.began - self._year.began > HABIT_AFTER
        return awake and known

    def _alone(self, trial: Trial) -> timedelta:
        """The longest time during which nothing else hid it."""
        longest, at = timedelta(), trial.began
        for other in sorted([*self._trials, *self._ended], key=lambda each: each.began):
            if other is not trial and _hides(other.cause, trial.cause):
                longest, at = max(longest, min(other.began, trial.until) - at), max(at, other.until)
        return max(longest, trial.until - at)

    # ---- what is told

    def hear(self, report: Report) -> None:
        """Judge the report of a run."""
        now = self._year.clock.now()
        causes = {each.cause for each in report.incidents}
        reasons = {each.reason for each in report.person}
        for trial in self._trials:
            if trial.cause in causes | reasons or (trial.cause is Cause.API and Cause.LOGIN in causes):
                trial.told = True  # without tokens from the login, the API cannot be asked
            if trial.cause not in OF_CLOSED_API and now - trial.began >= trial.told_within / 2:
                trial.runs += trial.cause in OF_SERVICES or report.outcome == "healthy"
        for reason in reasons & OF_CLOSED_API - self._closed:
            self._year.chronicle.wrong(f"told of {reason}, but it is not so")
        self._hear_ends(report)
        for each in report.incidents:
            self._year.chronicle.count(f"told {each.cause}")
            # A run that does not reach the thermostats repeats what the run before found.
            if (not each.cause.seen_in_thermostats or report.outcome == "healthy") and not self._is_so(each, now):
                self._year.chronicle.wrong(f"told of {each.cause} since {each.since:%d %H:%M}, but it is not so")

    def _hear_ends(self, report: Report) -> None:
        """Judge what the report tells to be over. That the API is back must be told."""
        moved = "provider_moved" in report.actions  # what was told about the old address is over
        for each in report.over:
            self._year.chronicle.count(f"told over {each.cause}")
            if each.cause in OF_SERVICES and not self._good[each.cause] and not moved:
                self._year.chronicle.wrong(f"{each.cause} is told to be over, but it is not")
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
                return True  # silence is checked with each report (`books.check_silence`)

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
    """Whether one trial hides another. Those of pushes hide each other; a closed API hides everything but itself."""
    if other in OF_CLOSED_API:
        return cause not in OF_CLOSED_API
    return other not in OF_SERVICES and cause not in OF_SERVICES | OF_CLOSED_API
