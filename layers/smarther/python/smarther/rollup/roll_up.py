"""A run of the rollup: statistics of a stretch of time, made from readings day by day and thermostat by thermostat.

Thermostats' days are independent: one that cannot be made is reported, and all others are made.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from smarther.domain.keeper.fault import fault_of
from smarther.domain.summaries.rollup_window import by_day
from smarther.domain.summaries.statistics import LONGEST_HOLD, daily, hourly, hours_of_day
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.listings import Listings
from smarther.store.past.history import History

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date, datetime, tzinfo

    from smarther.domain.keeper.fault import Fault
    from smarther.domain.summaries.rollup_window import Stretch
    from smarther.domain.summaries.statistics import Statistics
    from smarther.store.table import Table

    type Day = tuple[date, Stretch]


class StatisticsMissingError(Exception):
    """The statistics of some thermostats could not be made; all others were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupReport:
    """What a run did. `complete_through` is the end of its stretch, or the hour at which its time ran out.

    `behind` has, by module id, the hour from which statistics of a thermostat may be missing; thermostats that `failed`
    are among them. `faults` counts the errors by type and place.
    """

    stretch: Stretch
    complete_through: datetime
    hours_written: int
    days_written: int
    items_read: int
    items_left_out: int
    behind: Mapping[str, datetime]
    failed: frozenset[str]
    faults: Mapping[Fault, int]

    def figures(self) -> dict[str, str | int]:
        """The report as keys of a log record; `continue_from` only where time ran out."""
        unfinished = self.complete_through < self.stretch.end
        return {
            "from": self.stretch.start.isoformat(),
            "to": self.stretch.end.isoformat(),
            "hours_written": self.hours_written,
            "days_written": self.days_written,
            "items_read": self.items_read,
            "items_left_out": self.items_left_out,
            "thermostats_failed": len(self.failed),
            **({"continue_from": self.complete_through.isoformat()} if unfinished else {}),
        }


class Rollup:
    """One run: makes the statistics of one table, by the local days of one home."""

    def __init__(self, table: Table, *, zone: tzinfo, now: datetime, out_of_time: Callable[[], bool]) -> None:
        self._table = table
        self._history = History(table)
        self._statistics = HoursAndDays(table)
        self._zone = zone
        self._now = now
        self._out_of_time = out_of_time
        self._hours_written = self._days_written = 0
        self._behind: dict[str, datetime] = {}
        self._failed: set[str] = set()
        self._faults: Counter[Fault] = Counter()

    def run(self, stretch: Stretch, *, owed: Mapping[str, Stretch]) -> RollupReport:
        """Make the statistics of a stretch anew and write those that differ from the stored ones; then what is `owed`.

        `owed` has, by module id, a stretch that is still missing. Days are finished one by one, oldest first, so that
        the next run can continue where the time ran out.
        """
        module_ids = list(dict.fromkeys(one.module_id for one in Listings(self._table).thermostats()))
        reached = self._make_all(module_ids, by_day(stretch, self._zone), reached=stretch.start)
        for module_id, part in owed.items():
            # A thermostat that is no longer in the directory stays behind until it returns.
            before = self._make_up(module_id, part) if module_id in module_ids else part.start
            if before < part.end:
                self._behind[module_id] = before
        return RollupReport(
            stretch=stretch,
            complete_through=reached,
            hours_written=self._hours_written,
            days_written=self._days_written,
            items_read=self._table.items_read,
            items_left_out=self._table.items_left_out,
            behind=self._behind,
            failed=frozenset(self._failed),
            faults=self._faults,
        )

    def _make_all(self, module_ids: Iterable[str], days: Iterable[Day], *, reached: datetime) -> datetime:
        """Make these days of all thermostats; returns the instant up to which they are made."""
        for day, part in days:
            for module_id in module_ids:
                if self._out_of_time():
                    return reached
                if not self._is_made(module_id, day, part):
                    self._behind.setdefault(module_id, part.start)
            reached = part.end
        return reached

    def _make_up(self, module_id: str, stretch: Stretch) -> datetime:
        """Make what one thermostat is owed, up to the first day that cannot be made; returns that instant."""
        for day, part in by_day(stretch, self._zone):
            if self._out_of_time() or not self._is_made(module_id, day, part):
                return part.start
        return stretch.end

    def _is_made(self, module_id: str, day: date, part: Stretch) -> bool:
        """Make a thermostat's day; False where it cannot be made, for whatever reason, which is noted."""
        try:
            hours, days = self._make_day(module_id, day, part)
        except Exception as error:  # whatever it is, it concerns this thermostat; the run reports it at its end
            self._failed.add(module_id)
            self._faults[fault_of(error)] += 1
            return False
        self._hours_written += hours
        self._days_written += days
        return True

    def _make_day(self, module_id: str, day: date, part: Stretch) -> tuple[int, int]:
        """Write what changed of one thermostat's local day; returns the numbers of hours and of days written.

        A day that is over is made from all of its hours; hours outside the stretch are read as stored. An hour whose
        readings have expired keeps its stored statistics.
        """
        held_before = self._history.snapshots(module_id, start=part.start - LONGEST_HOLD, end=part.start, limit=1)
        snapshots = held_before + self._history.snapshots(module_id, start=part.start, end=part.end)
        made = hourly(snapshots, start=part.start, end=part.end, until=self._now)
        if not made:
            return 0, 0
        first, after = hours_of_day(day, self._zone)
        over = after <= self._now
        stored = self._statistics.hours(module_id, start=first if over else part.start, end=after if over else part.end)
        hours = {hour: statistics for hour, statistics in made.items() if stored.get(hour) != statistics}
        days = self._changed_day(module_id, day, stored | made) if over else {}
        self._statistics.store(module_id, hours, days)
        return len(hours), len(days)

    def _changed_day(self, module_id: str, day: date, hours: Mapping[datetime, Statistics]) -> dict[date, Statistics]:
        """The day made of its hours; empty where that is what is stored."""
        stored = self._statistics.days(module_id, first=day, last=day)
        return {each: made for each, made in daily(hours, self._zone).items() if stored.get(each) != made}
