"""Partial loss of pushes: suspected when fewer arrive than usual, confirmed by polls.

In December 2025 Legrand "divided requests by 2" for two weeks: half of the pushes never came, without a backlog
(bticino_x8000_component issue 66). No thermostat was silent.

- Loss is **suspected** when all thermostats together pushed far less in the last `WINDOW` than in the same hours of
  the weeks before. A holiday looks the same, so the keeper then polls thermostats to find out.
- A change is **missed** when a poll shows it and no push has told it by the next run. A push counts if the thermostat
  made it no later than `PUSH_EXPECTED_WITHIN` after the answer. A thermostat whose clock is wrong misses none: a push
  is found by that clock.
- Loss is **confirmed** when `MISSED_TO_CONFIRM` changes were missed within a day. Loss and suspicion end when
  `CLEAN_TO_END` answers in a row show no missed change; no suspicion begins in the day after that.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import sqrt
from typing import TYPE_CHECKING, Final

from smarther.domain.keeper.frozen_model import FrozenModel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

WINDOW: Final = timedelta(hours=12)
"""How many hours are compared with the habit: enough for a slow home, and few enough to notice loss within a day."""

WEEK: Final = timedelta(weeks=1)
WEEKS: Final = 4
"""The habit is the mean of the same hours in up to so many weeks before, and at least `FEWEST_WEEKS`."""
FEWEST_WEEKS: Final = 2

COUNT_EVERY: Final = timedelta(hours=3)
"""How often pushes are counted. A count reads 60 hours of statistics for each thermostat."""

ROLLUP_DELAY: Final = timedelta(hours=1)
"""How long after its end an hour is counted: the rollup has made its statistics by then."""

SUSPICIOUS_SHARE: Final = 0.7
"""Fewer pushes than this share of the habit are suspicious. In the known case half were lost."""
_DEVIATIONS: Final = 3
"""Standard deviations by which the count must be below the habit, if pushes come at random."""

PUSH_EXPECTED_WITHIN: Final = timedelta(minutes=5)
"""How long after a poll's answer its push may come: programs change set points in the minute of the keeper's polls."""

RECENT: Final = timedelta(days=1)
MISSED_TO_CONFIRM: Final = 2
CLEAN_TO_END: Final = 24
MOST_ANSWERS: Final = 100
"""How many of the newest answers are remembered."""


class Answer(FrozenModel):
    """A poll made on suspicion of loss: whether it showed a missed change."""

    module_id: str
    at: datetime
    missed: bool


class UnpushedChange(FrozenModel):
    """A change that a poll showed at `at`, before any push told it.

    By the thermostat's clock it happened after `after` and no later than `time`.
    """

    module_id: str
    at: datetime
    after: datetime
    time: datetime


class Suspicion(FrozenModel):
    """The suspicion of loss, and what polls have shown.

    `looked_at` is the last count of pushes. `since` is when the loss seems to have begun; None without suspicion.
    `untold` are changes that a push may still tell. `asked_through` is the thermostat polled last. No suspicion begins
    before `calm_until`.
    """

    looked_at: datetime | None = None
    since: datetime | None = None
    answers: tuple[Answer, ...] = ()
    untold: tuple[UnpushedChange, ...] = ()
    asked_through: str = ""
    calm_until: datetime | None = None

    def is_count_due(self, now: datetime) -> bool:
        """Whether pushes are to be counted now: there is no suspicion, and the last count is old enough."""
        if self.since is not None or (self.calm_until is not None and now < self.calm_until):
            return False
        return self.looked_at is None or now - self.looked_at >= COUNT_EVERY

    def counted(self, now: datetime, *, suspicious: bool) -> Suspicion:
        """After a count."""
        return self.model_copy(update={"looked_at": now, "since": now - WINDOW if suspicious else None})

    def asked(self, module_id: str) -> Suspicion:
        """With this thermostat as the one polled last."""
        return self.model_copy(update={"asked_through": module_id})

    def change_seen(self, untold: UnpushedChange) -> Suspicion:
        """After a poll that showed a change which no push has told yet."""
        return self.model_copy(update={"untold": (*self.untold, untold)})

    def changes_settled(self) -> Suspicion:
        """Without the changes that a push could still tell."""
        return self.model_copy(update={"untold": ()})

    def answered(self, answer: Answer) -> Suspicion:
        """After a poll whose result is known."""
        answers = (*self.answers, answer)[-MOST_ANSWERS:]
        if len(answers) >= CLEAN_TO_END and not any(each.missed for each in answers[-CLEAN_TO_END:]):
            return Suspicion(looked_at=answer.at, calm_until=answer.at + RECENT)
        return self.model_copy(update={"answers": answers})

    def asked_between(self, start: datetime, end: datetime) -> int:
        """How many polls were made from `start` up to, not including, `end`."""
        asked_at = [*(each.at for each in self.answers), *(each.at for each in self.untold)]
        return sum(start <= at < end for at in asked_at)

    def missed(self, now: datetime) -> tuple[Answer, ...]:
        """The answers of the last day that showed a missed change."""
        return tuple(each for each in self.answers if each.missed and now - each.at <= RECENT)

    def is_confirmed(self, now: datetime) -> bool:
        """Whether loss is confirmed."""
        return len(self.missed(now)) >= MISSED_TO_CONFIRM


def recent_window(now: datetime) -> tuple[datetime, datetime]:
    """The full hours to compare with the habit: their start, and their end (not included)."""
    end = (now - ROLLUP_DELAY).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return end - WINDOW, end


def habit_windows(now: datetime) -> list[tuple[datetime, datetime]]:
    """The hours that a count needs: the recent window, and the same hours of each week before."""
    start, end = recent_window(now)
    return [(start - week * WEEK, end - week * WEEK) for week in range(WEEKS + 1)]


def is_suspicious(hours: Iterable[Mapping[datetime, int]], *, asked: int, now: datetime) -> bool:
    """Whether these thermostats together pushed far less than usual.

    `hours` gives for each thermostat the number of readings in each hour of `habit_windows`. `asked` is how many
    readings of the recent window are answers to polls. A new thermostat, which has no habit, is not counted.
    """
    start, end = recent_window(now)
    came, usual = -float(asked), 0.0
    for of_one in hours:
        weeks = [week for week in range(1, WEEKS + 1) if of_one and min(of_one) <= start - week * WEEK]
        if len(weeks) >= FEWEST_WEEKS:
            came += _pushes(of_one, start, end)
            usual += sum(_pushes(of_one, start - week * WEEK, end - week * WEEK) for week in weeks) / len(weeks)
    return came < SUSPICIOUS_SHARE * usual and usual - came > _DEVIATIONS * sqrt(usual)


def _pushes(hours: Mapping[datetime, int], start: datetime, end: datetime) -> int:
    return sum(count for hour, count in hours.items() if start <= hour < end)
