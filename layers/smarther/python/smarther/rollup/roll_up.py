"""Making statistics: hours from readings and days from hours, day by day and thermostat by thermostat.

Thermostats' days are independent: one that cannot be made is reported, and all others are made. Several runs may make
the same hour at the same time: the schedule's, one that follows a late reading, one that the owner asked for.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from smarther.domain.keeper.fault import fault_of
from smarther.domain.summaries.rollup_window import by_day, still_whole, touched
from smarther.domain.summaries.statistics import LONGEST_HOLD, daily, hourly, hours_of_day
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.listings import Listings
from smarther.store.past.history import History

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date, datetime, timedelta, tzinfo

    from smarther.domain.keeper.fault import Fault
    from smarther.domain.summaries.rollup_window import Stretch
    from smarther.domain.summaries.statistics import Statistics
    from smarther.store.hours_and_days import Versioned
    from smarther.store.table import Table

    type Day = tuple[date, Stretch]

_TRIES: Final = 3
"""How often a day is made where other runs write the same hours at the same time."""


class OvertakenError(Exception):
    """Other runs wrote the same hours each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupCounts:
    """What was made, in counts. `failed` are the ids of thermostats of which something could not be made.

    `behind` has, by module id, the hour from which statistics may be missing. `faults` counts errors by type and place.
    """

    hours_written: int
    days_written: int
    items_read: int
    items_left_out: int
    behind: Mapping[str, datetime]
    failed: frozenset[str]
    faults: Mapping[Fault, int]

    def figures(self) -> dict[str, str | int]:
        """The counts as keys of a log record."""
        return {
            "hours_written": self.hours_written,
            "days_written": self.days_written,
            "items_read": self.items_read,
            "items_left_out": self.items_left_out,
            "thermostats_failed": len(self.failed),
        }


class Rollup:
    """One run: makes the statistics of one table, by the local days of one home.

    With a `retention`, only hours are made of which no reading can have expired. A `consistent` run sees what was
    written a moment ago.
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
        self._behind: dict[str, datetime] = {}
        self._failed: set[str] = set()
        self._faults: Counter[Fault] = Counter()

    def made(self) -> RollupCounts:
        """What was made so far."""
        return RollupCounts(
            hours_written=self._hours_written,
            days_written=self._days_written,
            items_read=self._table.items_read,
            items_left_out=self._table.items_left_out,
            behind=self._behind,
            failed=frozenset(self._failed),
            faults=self._faults,
        )

    def whole(self, stretch: Stretch) -> Stretch:
        """The part of a stretch of which no reading can have expired."""
        return still_whole(stretch, now=self._now, retention=self._retention)

    def thermostats(self) -> list[str]:
        """The ids of all thermostats in the directory."""
        return list(dict.fromkeys(one.module_id for one in Listings(self._table).thermostats()))

    def make(self, module_ids: Iterable[str], stretch: Stretch) -> datetime:
        """Make a stretch of these thermostats; returns the hour up to which it is made, or at which time ran out.

        Only what differs from the stored hours and days is written. Days are finished one by one, oldest first, so that
        the next run can continue where the time ran out.
        """
        whole = self.whole(stretch)
        reached = whole.start
        for day, part in by_day(whole, self._zone):
            for module_id in module_ids:
                if self._out_of_time():
                    return reached
                if not self._is_made(module_id, day, part):
                    self._behind.setdefault(module_id, part.start)
            reached = part.end
        return reached

    def make_up(self, owed: Mapping[str, Stretch], listed: Iterable[str]) -> None:
        """Make what thermostats are owed, up to the first day that cannot be made.

        A thermostat that is not `listed` stays behind until it returns.
        """
        for module_id, stretch in owed.items():
            part = self.whole(stretch)
            reached = self._reached(module_id, part) if module_id in listed else part.start
            if reached < part.end:
                self._behind[module_id] = reached

    def make_late(self, module_id: str, times: Iterable[datetime]) -> bool:
        """Make anew what readings of these times tell of, wherever they lie; False where not all of it is made."""
        for stretch in touched(times, now=self._now):
            part = self.whole(stretch)
            reached = self._reached(module_id, part)
            if reached < part.end:
                self._behind[module_id] = min(reached, self._behind.get(module_id, reached))
                return False
        return True

    def make_missed(self, module_ids: Iterable[str], *, since: datetime, after: str) -> str | None:
        """Find what was stored late since an instant, and make it; for the thermostats behind `after`, by their ids.

        Returns the thermostat behind which to go on: where time ran out, or the first one could not be looked through.
        None when all were.
        """
        go_on = None
        for module_id in sorted(each for each in module_ids if each > after):
            if self._out_of_time():
                return after if go_on is None else go_on
            try:
                times = self._history.times_after_hour(module_id, since=since)
            except Exception as error:  # as for a day: it concerns this thermostat alone
                self._note(module_id, error)
                go_on = after if go_on is None else go_on
            else:
                self.make_late(module_id, times)
            after = module_id
        return go_on

    def _reached(self, module_id: str, stretch: Stretch) -> datetime:
        """Make a stretch of one thermostat, up to the first day that cannot be made; returns that instant."""
        for day, part in by_day(stretch, self._zone):
            if self._out_of_time() or not self._is_made(module_id, day, part):
                return part.start
        return stretch.end

    def _is_made(self, module_id: str, day: date, part: Stretch) -> bool:
        """Make a thermostat's day; False where it cannot be made, for whatever reason, which is noted."""
        try:
            self._hours_written += self._make_hours(module_id, part)
            first, after = hours_of_day(day, self._zone)
            if after <= self._now:
                self._days_written += self._make_day(module_id, day, first, after)
        except Exception as error:  # whatever it is, it concerns this thermostat; the run reports it at its end
            self._note(module_id, error)
            return False
        return True

    def _note(self, module_id: str, error: Exception) -> None:
        self._failed.add(module_id)
        self._faults[fault_of(error)] += 1

    def _make_hours(self, module_id: str, part: Stretch) -> int:
        """Write the hours of a stretch that differ from the stored ones; returns how many.

        An hour whose readings have expired keeps its stored statistics.
        """
        for again in range(_TRIES):
            consistent = self._consistent or again > 0
            stored = self._statistics.versioned_hours(module_id, start=part.start, end=part.end, consistent=consistent)
            before = part.start - LONGEST_HOLD
            held = self._history.snapshots(module_id, start=before, end=part.start, limit=1, consistent=consistent)
            said = self._history.snapshots(module_id, start=part.start, end=part.end, consistent=consistent)
            made = hourly(held + said, start=part.start, end=part.end, until=self._now)
            changed = {
                hour: each for hour, each in made.items() if hour not in stored or stored[hour].statistics != each
            }
            if self._statistics.store(module_id, changed, {}, over=stored):
                return len(changed)
        raise OvertakenError

    def _make_day(self, module_id: str, day: date, first: datetime, after: datetime) -> int:
        """Write a day that is over from its stored hours, where it differs from the stored one; returns how many."""
        for again in range(_TRIES):
            stored = self._statistics.versioned_day(module_id, day, consistent=self._consistent or again > 0)
            made = daily(self._statistics.hours(module_id, start=first, end=after, consistent=True), self._zone)
            changed = _changed(made, stored)
            if self._statistics.store(module_id, {}, changed, over=stored):
                return len(changed)
        raise OvertakenError


def _changed[At](made: Mapping[At, Statistics], stored: Mapping[At, Versioned]) -> dict[At, Statistics]:
    """What was made that is not what is stored."""
    return {at: each for at, each in made.items() if at not in stored or stored[at].statistics != each}
