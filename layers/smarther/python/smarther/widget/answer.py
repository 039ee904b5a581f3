"""One answer of the widget: from the console's event to a page, within the bound on what is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smarther.domain.home import thermostat_state
from smarther.domain.series import MOST_THERMOSTATS, NEWEST_SNAPSHOTS, share_of_items
from smarther.drawing.home_page import DESCRIPTION, Card, View, home_page, nobody_page, refusal_page, thermostat_page
from smarther.drawing.widget_request import WidgetCallError, wants_description, widget_call
from smarther.widget.read_series import SeriesReader

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta, tzinfo

    from smarther.domain.home import Thermostat
    from smarther.drawing.widget_request import WidgetCall
    from smarther.store.history import History


class Widget:
    """Draws one home from its history; `home` is the time zone in which its days were made."""

    def __init__(self, history: History, *, home: tzinfo, stale_after: timedelta) -> None:
        self._history = history
        self._series = SeriesReader(history, home=home)
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
        limit = share_of_items(charts)
        series = self._series.read(thermostat.module_id, call.start, call.end, now=now, limit=limit)
        return Card(thermostat, thermostat_state(newest), series)
