"""Reads the series of a chart from the table, within a number of items."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from smarther.domain.summaries.series import (
    RUNNING_HOURS,
    RUNNING_SNAPSHOTS,
    Grain,
    Series,
    finest_grain,
    hours_between,
    hours_in,
    of_days,
    of_hours,
    of_snapshots,
    shown_of,
)
from smarther.domain.summaries.statistics import HOUR, LONGEST_HOLD, daily, hour_of, hourly, hours_of_day, local_day
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.past.history import History

if TYPE_CHECKING:
    from datetime import date, datetime, tzinfo

    from smarther.domain.summaries.statistics import Statistics
    from smarther.store.table import Table

_DAY = timedelta(days=1)


class SeriesReader:
    """Reads the series of charts; `home` is the time zone of the daily statistics."""

    def __init__(self, table: Table, *, home: tzinfo) -> None:
        self._history = History(table)
        self._statistics = HoursAndDays(table)
        self._home = home

    def read(self, module_id: str, start: datetime, end: datetime, *, now: datetime, limit: int) -> Series:
        """The finest series of a period that needs at most `limit` items, and a few for the current hour and day.

        A thermostat with too many readings is drawn from hours. If a period has more days than `limit`, the series
        begins with the oldest day that was read.
        """
        grain = finest_grain(end - start, limit)
        if grain is Grain.READINGS:
            most = limit - hours_in(end - start)
            snapshots = self._history.snapshots(module_id, start=start - LONGEST_HOLD, end=end, limit=most)
            if len(snapshots) < most:
                return of_snapshots(snapshots, start=start, end=end, now=now)
        if grain is not Grain.DAYS:
            first, after = hours_between(start, end)
            stored = self._statistics.shown_hours(module_id, start=first, end=after, limit=hours_in(end - start))
            running = self._running_hours(module_id, now) if first <= now and after > hour_of(now) - HOUR else {}
            shown = {hour: shown_of(made) for hour, made in running.items() if first <= hour < after}
            return of_hours(shown | stored, start=start, end=end, now=now)
        first_day, last_day = local_day(start, self._home), local_day(end, self._home)
        days = self._statistics.shown_days(module_id, first=first_day, last=last_day, limit=limit)
        begin = start if len(days) < limit else hours_of_day(min(days), self._home)[0]
        made_days = self._running_days(module_id, now) if last_day >= local_day(now, self._home) - _DAY else {}
        unstored = {day: shown_of(made) for day, made in made_days.items() if first_day <= day <= last_day}
        return of_days(unstored | days, start=begin, end=end, now=now, zone=self._home)

    def _running_hours(self, module_id: str, now: datetime) -> dict[datetime, Statistics]:
        """The current hour so far and the one before, which the rollup may not have made yet."""
        first = hour_of(now) - HOUR
        snapshots = self._history.snapshots(module_id, start=first - LONGEST_HOLD, end=now, limit=RUNNING_SNAPSHOTS)
        return hourly(snapshots, start=first, end=first + 2 * HOUR, until=now)

    def _running_days(self, module_id: str, now: datetime) -> dict[date, Statistics]:
        """The current day so far and the one before, which the rollup may not have made yet."""
        first, _ = hours_of_day(local_day(now, self._home) - _DAY, self._home)
        stored = self._statistics.hours(module_id, start=first, end=hour_of(now) + HOUR, limit=RUNNING_HOURS)
        return daily(self._running_hours(module_id, now) | stored, self._home)
