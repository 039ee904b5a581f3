"""Pushes of which a part is missing though some arrive: suspected by habit, known by asking.

In December 2025 Legrand "divided requests by 2" for two weeks: half of the pushes never came, without a backlog
(bticino_x8000_component issue 66). No thermostat was silent.

- **Suspected** is it when all thermostats together have pushed far less in the last `WINDOW` than in the same hours of
  the weeks before. A holiday looks the same, so this alone says nothing: it is why thermostats are asked.
- **Missed** is a change that an answer shows and that no push has told by the next run either, be it one that was made
  `PUSH_EXPECTED_WITHIN` after the answer: one that was on its way has arrived by then. A push is found by the
  thermostat's clock, so where that is wrong nothing is missed.
- **Known** is it when `MISSED_TO_CONFIRM` changes were missed within a day. It is over, and so is a suspicion, when
  `CLEAN_TO_END` answers in a row show nothing that was missed; then nobody is suspected for a day.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import sqrt
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

WINDOW: Final = timedelta(hours=12)
"""The last full hours that are held against the habit: long enough for a slow home, short enough to tell in a day."""

WEEK: Final = timedelta(weeks=1)
WEEKS: Final = 4
"""Of so many weeks the same hours are the habit; fewer where there are no more, but no less than `FEWEST_WEEKS`."""
FEWEST_WEEKS: Final = 2

COUNT_EVERY: Final = timedelta(hours=3)
"""A look reads five half days of hours of each thermostat, so it is not taken at every run."""

SETTLED: Final = timedelta(hours=1)
"""An hour is counted once the rollup has made it; that is after it is over, and late ones come later still."""

SUSPICIOUS_SHARE: Final = 0.7
"""Half is lost: with this bound, and chance allowed for, a window of a busy home shows it before its end."""
_BY_CHANCE: Final = 3
"""Standard deviations, of pushes that come at random."""

PUSH_EXPECTED_WITHIN: Final = timedelta(minutes=5)
"""An answer may be ahead of the push: the keeper asks at the very minute at which programs change the set point."""

RECENT: Final = timedelta(days=1)
MISSED_TO_CONFIRM: Final = 2
CLEAN_TO_END: Final = 24
MOST_ANSWERS: Final = 100
"""Answers that are remembered, those of last."""


class Answer(BaseModel):
    """A thermostat that was asked because pushes are suspected to be missing, and whether a change was missed."""

    model_config = ConfigDict(frozen=True)

    module_id: str
    at: datetime
    missed: bool


class UnpushedChange(BaseModel):
    """A change that an answer showed at `at`, and that no push had told by then.

    By the thermostat's clock it was so at `time`, and not yet at `after`.
    """

    model_config = ConfigDict(frozen=True)

    module_id: str
    at: datetime
    after: datetime
    time: datetime


class Suspicion(BaseModel):
    """What is suspected, and what was found by asking. `looked_at` is when pushes were counted last.

    `since` is when a part began to be missing, as far as the count tells; None while nothing is suspected. `untold` are
    changes that a push may tell yet, `asked_through` is the thermostat that was asked last, and nothing is suspected
    again before `calm_until`.
    """

    model_config = ConfigDict(frozen=True)

    looked_at: datetime | None = None
    since: datetime | None = None
    answers: tuple[Answer, ...] = ()
    untold: tuple[UnpushedChange, ...] = ()
    asked_through: str = ""
    calm_until: datetime | None = None

    def is_count_due(self, now: datetime) -> bool:
        """Whether pushes are to be counted now: they were not lately, and nobody is being asked."""
        if self.since is not None or (self.calm_until is not None and now < self.calm_until):
            return False
        return self.looked_at is None or now - self.looked_at >= COUNT_EVERY

    def counted(self, now: datetime, *, is_suspicious: bool) -> Suspicion:
        """After a count."""
        return self.model_copy(update={"looked_at": now, "since": now - WINDOW if is_suspicious else None})

    def asked(self, module_id: str) -> Suspicion:
        """With this thermostat as the one that was asked last."""
        return self.model_copy(update={"asked_through": module_id})

    def change_seen(self, untold: UnpushedChange) -> Suspicion:
        """After an answer with a change that no push has told yet."""
        return self.model_copy(update={"untold": (*self.untold, untold)})

    def changes_settled(self) -> Suspicion:
        """With no change that a push may tell yet."""
        return self.model_copy(update={"untold": ()})

    def answered(self, answer: Answer) -> Suspicion:
        """After an answer."""
        answers = (*self.answers, answer)[-MOST_ANSWERS:]
        if len(answers) >= CLEAN_TO_END and not any(each.missed for each in answers[-CLEAN_TO_END:]):
            return Suspicion(looked_at=answer.at, calm_until=answer.at + RECENT)
        return self.model_copy(update={"answers": answers})

    def asked_between(self, start: datetime, end: datetime) -> int:
        """How many answers were given then."""
        asked_at = [*(each.at for each in self.answers), *(each.at for each in self.untold)]
        return sum(start <= at < end for at in asked_at)

    def missed(self, now: datetime) -> tuple[Answer, ...]:
        """The answers of the last day that showed a change that was missed."""
        return tuple(each for each in self.answers if each.missed and now - each.at <= RECENT)

    def is_confirmed(self, now: datetime) -> bool:
        """Whether a part of the pushes is known to be missing."""
        return len(self.missed(now)) >= MISSED_TO_CONFIRM


def recent_window(now: datetime) -> tuple[datetime, datetime]:
    """The full hours that are held against the habit: from, and up to but not including."""
    end = (now - SETTLED).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return end - WINDOW, end


def habit_windows(now: datetime) -> list[tuple[datetime, datetime]]:
    """The hours that a look needs: those of the window, and the same hours of each week before."""
    start, end = recent_window(now)
    return [(start - week * WEEK, end - week * WEEK) for week in range(WEEKS + 1)]


def is_suspicious(hours: Iterable[Mapping[datetime, int]], *, asked: int, now: datetime) -> bool:
    """Whether these thermostats together pushed far less than they usually do.

    `hours` are, for each thermostat, how many readings each hour of `habit_windows` has; `asked` is how many of those
    in the window are answers. A thermostat without a habit, because it is new, counts for nothing.
    """
    start, end = recent_window(now)
    came, usual = -float(asked), 0.0
    for of_one in hours:
        weeks = [week for week in range(1, WEEKS + 1) if of_one and min(of_one) <= start - week * WEEK]
        if len(weeks) >= FEWEST_WEEKS:
            came += _pushes(of_one, start, end)
            usual += sum(_pushes(of_one, start - week * WEEK, end - week * WEEK) for week in weeks) / len(weeks)
    return came < SUSPICIOUS_SHARE * usual and usual - came > _BY_CHANCE * sqrt(usual)


def _pushes(hours: Mapping[datetime, int], start: datetime, end: datetime) -> int:
    return sum(count for hour, count in hours.items() if start <= hour < end)
