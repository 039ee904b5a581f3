"""From the table to a series, within a limit on what is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smarther.domain.series import (
    Grain,
    Series,
    finest_grain,
    hours_between,
    hours_in,
    of_days,
    of_hours,
    of_snapshots,
    snapshots_from,
)
from smarther.domain.statistics import hours_of_day, local_day

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from smarther.store.history import History


class SeriesReader:
    """Reads what charts show; `home` is the time zone in which the days were made."""

    def __init__(self, history: History, *, home: tzinfo) -> None:
        self._history = history
        self._home = home

    def read(self, module_id: str, start: datetime, end: datetime, *, now: datetime, limit: int) -> Series:
        """The finest series of a period for which no more than `limit` items are read.

        A thermostat that said too much for every reading is drawn from hours, and a period with more days than the
        limit begins where the items begin.
        """
        grain = finest_grain(end - start, limit)
        if grain is Grain.READINGS:
            most = limit - hours_in(end - start)
            snapshots = self._history.snapshots(module_id, start=snapshots_from(start), end=end, limit=most)
            if len(snapshots) < most:
                return of_snapshots(snapshots, start=start, end=end, now=now)
        if grain is not Grain.DAYS:
            first, after = hours_between(start, end)
            hours = self._history.shown_hours(module_id, start=first, end=after, limit=hours_in(end - start))
            return of_hours(hours, start=start, end=end)
        days = self._history.shown_days(
            module_id, first=local_day(start, self._home), last=local_day(end, self._home), limit=limit
        )
        begin = start if len(days) < limit else hours_of_day(min(days), self._home)[0]
        return of_days(days, start=begin, end=end, zone=self._home)
