"""One answer of the widget: from the console's event to a page, within the bound on what is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smarther.domain.home import standing
from smarther.domain.overview import DESCRIPTION, Card, View, home_page, nobody_page, refusal_page, thermostat_page
from smarther.domain.series import (
    MOST_THERMOSTATS,
    NEWEST_SNAPSHOTS,
    Grain,
    Series,
    finest_grain,
    hours_between,
    hours_in,
    of_days,
    of_hours,
    of_snapshots,
    share_of_items,
    snapshots_from,
)
from smarther.domain.statistics import hours_of_day, local_day
from smarther.domain.widget_call import WidgetCallError, wants_description, widget_call

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta, tzinfo

    from smarther.adapters.history import History
    from smarther.domain.home import Thermostat
    from smarther.domain.widget_call import WidgetCall


class Widget:
    """Draws one home from its history; `home` is the time zone in which its days were made."""

    def __init__(self, history: History, *, home: tzinfo, stale_after: timedelta) -> None:
        self._history = history
        self._home = home
        self._stale_after = stale_after

    def answer(self, event: Mapping[str, object], *, now: datetime, endpoint: str) -> str | dict[str, str]:
        """HTML for the console to show, or the widget's documentation as Markdown when it asks to `describe`.

        `endpoint` is the function's ARN, which the page's links call. No answer reads more than `ITEM_BOUND` items.
        """
        if wants_description(event):
            return {"markdown": DESCRIPTION}
        try:
            call = widget_call(event, now=now, home=self._home)
        except WidgetCallError as refused:
            return refusal_page(str(refused))
        view = View(call=call, now=now, stale_after=self._stale_after, endpoint=endpoint)
        thermostats = self._history.thermostats()
        if call.module_id is None:
            shown, others = thermostats[:MOST_THERMOSTATS], thermostats[MOST_THERMOSTATS:]
            return home_page([self._card(each, call, now, charts=len(shown)) for each in shown], view, others=others)
        for thermostat in thermostats:
            if thermostat.module_id == call.module_id:
                return thermostat_page(self._card(thermostat, call, now, charts=1), view)
        return nobody_page(call.module_id, view)

    def _card(self, thermostat: Thermostat, call: WidgetCall, now: datetime, *, charts: int) -> Card:
        newest = self._history.newest(thermostat.module_id, limit=NEWEST_SNAPSHOTS)
        series = self._series(thermostat.module_id, call, now, limit=share_of_items(charts))
        return Card(thermostat, standing(newest), series)

    def _series(self, module_id: str, call: WidgetCall, now: datetime, *, limit: int) -> Series:
        """The finest series that `limit` items allow; a thermostat with too many readings is drawn from hours."""
        period = call.end - call.start
        grain = finest_grain(period, limit)
        if grain is Grain.READINGS:
            most = limit - hours_in(period)
            since = snapshots_from(call.start)
            snapshots = self._history.snapshots(module_id, start=since, end=call.end, limit=most)
            if len(snapshots) < most:
                return of_snapshots(snapshots, start=call.start, end=call.end, now=now)
        if grain is not Grain.DAYS:
            first, after = hours_between(call.start, call.end)
            hours = self._history.hours(module_id, start=first, end=after, limit=hours_in(period))
            return of_hours(hours, start=call.start, end=call.end)
        days = self._history.days(
            module_id, first=local_day(call.start, self._home), last=local_day(call.end, self._home), limit=limit
        )
        # A period longer than its share of items is drawn from where the items begin.
        start = call.start if len(days) < limit else hours_of_day(min(days), self._home)[0]
        return of_days(days, start=start, end=call.end, zone=self._home)
