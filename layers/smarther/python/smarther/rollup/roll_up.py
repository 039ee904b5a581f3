"""A run of the rollup: a stretch of time, day by day and thermostat by thermostat, from readings to statistics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from smarther.domain.rollup_window import by_day
from smarther.domain.statistics import LONGEST_HOLD, daily, hourly, hours_of_day

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime, tzinfo

    from smarther.domain.rollup_window import Stretch
    from smarther.domain.statistics import Statistics
    from smarther.store.history import History


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupReport:
    """What a run did. `complete_through` is the end of its stretch, or where it stopped because time ran out."""

    stretch: Stretch
    complete_through: datetime
    hours_written: int
    days_written: int
    items_read: int

    def figures(self) -> dict[str, str | int]:
        """The report as its record and its answer have it; `continue_from` only when time ran out."""
        unfinished = self.complete_through < self.stretch.end
        return {
            "from": self.stretch.start.isoformat(),
            "to": self.stretch.end.isoformat(),
            "hours_written": self.hours_written,
            "days_written": self.days_written,
            "items_read": self.items_read,
            **({"continue_from": self.complete_through.isoformat()} if unfinished else {}),
        }


class Rollup:
    """Makes statistics of one table, by the local days of one home."""

    def __init__(self, history: History, *, zone: tzinfo) -> None:
        self._history = history
        self._zone = zone

    def run(self, stretch: Stretch, *, now: datetime, out_of_time: Callable[[], bool]) -> RollupReport:
        """Make the stretch's statistics anew and write those that differ from what is stored.

        Days are finished one by one, oldest first, so that a run that is `out_of_time` says where the next goes on.
        """
        thermostats = self._history.thermostats()
        hours_written = days_written = 0
        reached = stretch.start
        for day, part in by_day(stretch, self._zone):
            if out_of_time():
                break
            for thermostat in thermostats:
                hours, days = self._make_day(thermostat.module_id, day, part, now)
                hours_written += hours
                days_written += days
            reached = part.end
        return RollupReport(
            stretch=stretch,
            complete_through=reached,
            hours_written=hours_written,
            days_written=days_written,
            items_read=self._history.items_read,
        )

    def _make_day(self, module_id: str, day: date, part: Stretch, now: datetime) -> tuple[int, int]:
        """Write what changed of one thermostat's local day; returns how many hours and days that were.

        A day that is over is made from all of its hours, those outside the stretch as they are stored. An hour of
        which nothing is known any more, because its readings expired, keeps what is stored of it.
        """
        held_before = self._history.snapshots(module_id, start=part.start - LONGEST_HOLD, end=part.start, limit=1)
        snapshots = held_before + self._history.snapshots(module_id, start=part.start, end=part.end)
        made = hourly(snapshots, start=part.start, end=part.end, until=now)
        if not made:
            return 0, 0
        first, after = hours_of_day(day, self._zone)
        over = after <= now
        stored = self._history.hours(module_id, start=first if over else part.start, end=after if over else part.end)
        hours = {hour: statistics for hour, statistics in made.items() if stored.get(hour) != statistics}
        days = self._changed_day(module_id, day, stored | made) if over else {}
        self._history.store_statistics(module_id, hours, days)
        return len(hours), len(days)

    def _changed_day(self, module_id: str, day: date, hours: Mapping[datetime, Statistics]) -> dict[date, Statistics]:
        """The day as its hours make it, unless that is what is stored."""
        stored = self._history.days(module_id, first=day, last=day)
        return {each: made for each, made in daily(hours, self._zone).items() if stored.get(each) != made}
