"""Makes statistics: hours from readings and days from hours, day by day and thermostat by thermostat.

The days of thermostats are independent: one that cannot be made is reported, and all others are made. Several runs may
make the same hour at the same time: the schedule's, the stream's, the owner's.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from smarther.domain.keeper.fault import fault_of
from smarther.domain.summaries.rollup_window import affected_hours, split_by_day, unexpired
from smarther.domain.summaries.statistics import LONGEST_HOLD, daily, hourly, hours_of_day
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.listings import Listings
from smarther.store.past.history import History

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date, datetime, timedelta, tzinfo

    from smarther.domain.keeper.fault import Fault
    from smarther.domain.summaries.rollup_window import HourRange
    from smarther.domain.summaries.statistics import Statistics
    from smarther.store.hours_and_days import Versioned
    from smarther.store.table import Table

    type Day = tuple[date, HourRange]

_TRIES: Final = 3
"""How often a day is tried while other runs write the same hours."""


class OvertakenError(Exception):
    """Other runs wrote the same hours during each try."""


class Rollup:
    """One run over one table; `zone` decides which hours make a day.

    With a `retention`, only hours are made whose readings cannot have expired. A `consistent` run reads consistently:
    it sees what was written a moment ago.

    `behind` has, by module id, the hour from which statistics may be missing; `failed` has the module ids of which
    something could not be made; `faults` counts errors by type and place.
    """

    def __init__(  # noqa: PLR0913 - all but the first by keyword
        self,
        table: Table,
        *,
        zone: tzinfo,
        now: datetime,
        out_of_time: Callable[[], bool],
        retention: timedelta | None = None,
        consistent: bool = False,
    ) -> None:
        self._table = table
        self._history = History(table)
        self._statistics = HoursAndDays(table)
        self._zone = zone
        self._now = now
        self._out_of_time = out_of_time
        self._retention = retention
        self._consistent = consistent
        self._hours_written = self._days_written = 0
        self.behind: dict[str, datetime] = {}
        self.failed: set[str] = set()
        self.faults: Counter[Fault] = Counter()

    def figures(self) -> dict[str, str | int]:
        """What was made so far, in counts, as keys of a log record."""
        return {
            "hours_written": self._hours_written,
            "days_written": self._days_written,
            "items_read": self._table.items_read,
            "items_left_out": self._table.items_left_out,
            "thermostats_failed": len(self.failed),
        }

    def unexpired(self, hours: HourRange) -> HourRange:
        """The part of `hours` whose readings cannot have expired."""
        return unexpired(hours, now=self._now, retention=self._retention)

    def thermostats(self) -> dict[str, datetime | None]:
        """The module ids of the directory, each with the time since when it is there."""
        return {one.module_id: one.known_since for one in Listings(self._table).thermostats()}

    def make(self, module_ids: Iterable[str], hours: HourRange) -> datetime:
        """Make the hours of these thermostats, and the days that are over; returns up to which hour all were tried.

        That is the end of the hours, or where time ran out. Only what differs from the stored statistics is written.
        Days are made one by one, oldest first, so that the next run can continue there.
        """
        unexpired = self.unexpired(hours)
        reached = unexpired.start
        for day, part in split_by_day(unexpired, self._zone):
            for module_id in module_ids:
                if self._out_of_time():
                    return reached
                if not self._try_day(module_id, day, part):
                    self.behind.setdefault(module_id, part.start)
            reached = part.end
        return reached

    def catch_up(self, missing: Mapping[str, HourRange], listed: Iterable[str]) -> None:
        """Make what is missing of thermostats, each up to the first day that cannot be made.

        A thermostat that is not `listed` stays behind until the directory has it again.
        """
        for module_id, hours in missing.items():
            part = self.unexpired(hours)
            reached = self._make_in_order(module_id, part) if module_id in listed else part.start
            if reached < part.end:
                self.behind[module_id] = reached

    def remake(self, module_id: str, times: Iterable[datetime]) -> bool:
        """Make the hours and days again that late readings of these times affect; False if some could not be made."""
        for hours in affected_hours(times, now=self._now):
            part = self.unexpired(hours)
            reached = self._make_in_order(module_id, part)
            if reached < part.end:
                self.behind[module_id] = min(reached, self.behind.get(module_id, reached))
                return False
        return True

    def remake_missed(self, module_ids: Iterable[str], *, since: datetime, after: str) -> str | None:
        """Search the table for late readings stored since an instant, and remake what they affect.

        Goes through the module ids in order, from the first one after `after`. Returns None when all were searched;
        otherwise the id after which the next run continues: where time ran out, or before the first that failed.
        """
        continue_after = None
        for module_id in sorted(each for each in module_ids if each > after):
            if self._out_of_time():
                return after if continue_after is None else continue_after
            try:
                times = self._history.times_after_hour(module_id, since=since)
            except Exception as error:  # as for a day: it concerns this thermostat alone
                self._note_failure(module_id, error)
                continue_after = after if continue_after is None else continue_after
            else:
                self.remake(module_id, times)
            after = module_id
        return continue_after

    def _make_in_order(self, module_id: str, hours: HourRange) -> datetime:
        """Make the hours of one thermostat, up to the first day that cannot be made; returns the hour reached."""
        for day, part in split_by_day(hours, self._zone):
            if self._out_of_time() or not self._try_day(module_id, day, part):
                return part.start
        return hours.end

    def _try_day(self, module_id: str, day: date, part: HourRange) -> bool:
        """Make a thermostat's hours of one day, and the day if it is over; notes a failure and returns False."""
        try:
            self._hours_written += self._make_hours(module_id, part)
            first, after = hours_of_day(day, self._zone)
            if after <= self._now:
                self._days_written += self._make_day(module_id, day, first, after)
        except Exception as error:  # it concerns this thermostat alone; the run reports it at its end
            self._note_failure(module_id, error)
            return False
        return True

    def _note_failure(self, module_id: str, error: Exception) -> None:
        self.failed.add(module_id)
        self.faults[fault_of(error)] += 1

    def _make_hours(self, module_id: str, part: HourRange) -> int:
        """Write the hours that differ from the stored ones; returns how many.

        An hour whose readings have expired keeps its stored statistics.
        """
        for attempt in range(_TRIES):
            consistent = self._consistent or attempt > 0
            stored = self._statistics.versioned_hours(module_id, start=part.start, end=part.end, consistent=consistent)
            before = part.start - LONGEST_HOLD
            held = self._history.snapshots(module_id, start=before, end=part.start, limit=1, consistent=consistent)
            within = self._history.snapshots(module_id, start=part.start, end=part.end, consistent=consistent)
            changed = _changed(hourly(held + within, start=part.start, end=part.end, until=self._now), stored)
            if self._statistics.store(module_id, changed, {}, over=stored):
                return len(changed)
        raise OvertakenError

    def _make_day(self, module_id: str, day: date, first: datetime, after: datetime) -> int:
        """Write a day that is over from its stored hours, if it differs from the stored one; returns how many."""
        for attempt in range(_TRIES):
            stored = self._statistics.versioned_day(module_id, day, consistent=self._consistent or attempt > 0)
            made = daily(self._statistics.hours(module_id, start=first, end=after, consistent=True), self._zone)
            changed = _changed(made, stored)
            if self._statistics.store(module_id, {}, changed, over=stored):
                return len(changed)
        raise OvertakenError


def _changed[At](made: Mapping[At, Statistics], stored: Mapping[At, Versioned]) -> dict[At, Statistics]:
    """Those statistics that are not stored yet, or stored otherwise."""
    return {at: each for at, each in made.items() if at not in stored or stored[at].statistics != each}
