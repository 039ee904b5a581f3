"""Answers the console's event with a page, and bounds how many items that reads.

Cards are independent: the place of one that cannot be read or drawn says so.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from smarther.domain.keeper.fault import fault_of
from smarther.domain.readings.latest import thermostat_state
from smarther.domain.summaries.series import MOST_THERMOSTATS, NEWEST_SNAPSHOTS, share_of_items
from smarther.drawing.home_page import Card, UnreadCard, View, home_page, nobody_page, thermostat_page
from smarther.drawing.incident_text import notices
from smarther.drawing.widget_request import wants_description, widget_call, words_asked_for
from smarther.store.keeper_items import KeeperNotes
from smarther.store.listings import Listings
from smarther.store.past.history import LatestReader
from smarther.store.table import TableUnavailableError
from smarther.widget.read_series import SeriesReader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta, tzinfo

    from smarther.domain.keeper.fault import Fault
    from smarther.domain.readings.home import Thermostat
    from smarther.drawing.widget_request import WidgetCall
    from smarther.drawing.words.language import Told
    from smarther.store.table import Table

    type Unusual = Mapping[str, Sequence[str]]


class Widget:
    """Draws one home from its table; `home` is the time zone of its daily statistics.

    A thermostat is silent after `stale_after`; the keeper's schedule runs `keeper_every`. `faults` counts the errors of
    cards that could not be shown, by type and place.
    """

    def __init__(self, table: Table, *, home: tzinfo, stale_after: timedelta, keeper_every: timedelta) -> None:
        self._listings = Listings(table)
        self._series = SeriesReader(table, home=home)
        self._notes = KeeperNotes(table)
        self._latest = LatestReader(table, stale_after=stale_after)
        self._home = home
        self._stale_after = stale_after
        self._keeper_every = keeper_every
        self.faults: Counter[Fault] = Counter()

    def answer(self, event: Mapping[str, object], *, now: datetime, endpoint: str) -> str | dict[str, str]:
        """HTML for the console, or for `{"describe": true}` the widget's documentation as Markdown.

        `endpoint` is the function's ARN, which the page's links call. Reads at most `ITEM_BOUND` items, besides the
        directory. Raises TableUnavailableError.
        """
        if wants_description(event):
            return {"markdown": words_asked_for(event).description}
        call = widget_call(event, now=now, home=self._home)
        view = View(call=call, now=now, stale_after=self._stale_after, endpoint=endpoint, on_failure=self._count)
        thermostats = self._listings.thermostats()
        unusual = self._latest.unusual() if thermostats else {}
        if call.module_id is None:
            shown, others = thermostats[:MOST_THERMOSTATS], thermostats[MOST_THERMOSTATS:]
            cards = [self._card_or_failure(each, call, now, unusual, charts=len(shown)) for each in shown]
            return home_page(cards, view, others=others, notices=self._notices(thermostats, cards, view))
        for thermostat in thermostats:
            if thermostat.module_id == call.module_id:
                return thermostat_page(self._card_or_failure(thermostat, call, now, unusual, charts=1), view)
        return nobody_page(call.module_id, view)

    def _notices(
        self, thermostats: Sequence[Thermostat], cards: Sequence[Card | UnreadCard], view: View
    ) -> list[Told] | None:
        """The problems that the keeper's last run reported; None if its report is missing or cannot be read."""
        try:
            report = self._notes.report()
            if report is None:
                return None
            names = {each.module_id: each.name for each in thermostats}
            heard = {card.thermostat.module_id for card in cards if isinstance(card, Card) and not view.is_silent(card)}
            zone, words = view.call.zone, view.words
            return notices(report, names, heard, zone=zone, now=view.now, keeper_every=self._keeper_every, words=words)
        except TableUnavailableError:
            raise
        except Exception as error:  # a report of another form; the cards do not need it
            self._count(error)
            return None

    def _card_or_failure(
        self, thermostat: Thermostat, call: WidgetCall, now: datetime, unusual: Unusual, *, charts: int
    ) -> Card | UnreadCard:
        try:
            return self._card(thermostat, call, now, unusual, charts=charts)
        except Exception as error:  # it concerns this card alone, which says that it failed
            self._count(error)
            return UnreadCard(thermostat)

    def _count(self, error: Exception) -> None:
        self.faults[fault_of(error)] += 1

    def _card(self, thermostat: Thermostat, call: WidgetCall, now: datetime, unusual: Unusual, *, charts: int) -> Card:
        readings = self._latest.readings(thermostat.module_id, unusual, now=now, newest=NEWEST_SNAPSHOTS)
        limit = share_of_items(charts)
        series = self._series.read(thermostat.module_id, call.start, call.end, now=now, limit=limit)
        return Card(thermostat, thermostat_state(readings.newest_first, readings.others), series)
