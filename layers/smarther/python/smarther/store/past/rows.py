"""Whole readings, and statistics of hours and days, read page by page for exports and lists.

Memory holds one page at a time, whatever the length of the history.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from smarther.domain.readings.reading import BOUNDS, Reading, instant_text
from smarther.store import items, keys
from smarther.store.hours_and_days import day_made, hour_made

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime, tzinfo

    from smarther.domain.summaries.statistics import Statistics
    from smarther.store.items import Item
    from smarther.store.table import Key, Table

type Row = dict[str, Any]
"""The attributes of a reading by name, without those that only the table needs, and the `digest` of its key.

Each has its type: numbers are within their bounds, instants have a zone. A stored value of another type, written by an
older release or by hand, is under `unread`, beside what could not be read when the reading arrived.
"""

COLUMNS: Final = (
    *("module_id", "plant_id", "time", "received_at", "source", "function", "mode", "load_state"),
    *("temperature_c", "humidity_percent", "setpoint_c", "program", "activation_time"),
    *("temperature_f", "setpoint_f", "temperature_time", "humidity_time", "temperature_format", "online"),
    *("sender_system", "sender_address_type", "event_id", "event_type", "event_time"),
    *("extra", "event_extra", "unread", "digest"),
)
"""All values that a row may have, the most useful first."""
INSTANTS: Final = ("time", "received_at", "temperature_time", "humidity_time", "event_time")
FIELDS: Final = ("extra", "event_extra", "unread")
"""Values that hold others by name."""

_ONLY_THE_TABLES: Final = frozenset({"pk", "sk", "expires_at", "imported_at", "after_hour"})
_READ: Final[Mapping[str, Callable[[Any, str], object]]] = {
    **dict.fromkeys((*Reading._fields, "source"), items.text),
    **dict.fromkeys(BOUNDS, items.measured),
    **dict.fromkeys(INSTANTS, items.instant),
    **dict.fromkeys(FIELDS, items.fields),
    "program": items.whole,
    "online": items.flag,
}


class Every(StrEnum):
    """The kind of rows: readings, or statistics of hours or of days."""

    READING = "reading"
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRange:
    """From `since` up to but not including `until`, by the thermostats' own clocks; None is open.

    For hours and days it is from the one that holds `since` to the one that holds `until`, both included.
    """

    since: datetime | None = None
    until: datetime | None = None

    def keys(self, every: Every, zone: tzinfo) -> tuple[str, str]:
        """The sort keys between which the readings, hours or days of the range lie; `zone` decides the days."""
        match every:
            case Every.READING:
                return keys.reading_range(self.since, self.until)
            case Every.HOUR:
                return keys.hour_range(self.since, self.until)
            case Every.DAY:
                ends = (None if end is None else end.astimezone(zone).date() for end in (self.since, self.until))
                return keys.day_range(*ends)


@dataclass(frozen=True, slots=True)
class RowPage:
    """A page of rows. The next page begins behind `next_key`, which is None on the last page."""

    rows: list[Row]
    next_key: Key | None


class Rows:
    """Whole readings, hours and days of one table; `left_out` counts the items that could not be read.

    Every method raises TableUnavailableError.
    """

    def __init__(self, table: Table, *, zone: tzinfo = UTC, consistent: bool = False) -> None:
        """`zone` is the home's time zone, by which the stored days were made.

        With `consistent`, all is seen that was stored before it was asked for, for twice the price.
        """
        self._table = table
        self._zone = zone
        self._consistent = consistent
        self.left_out = 0

    def newest(self, module_id: str, time_range: TimeRange, *, limit: int) -> list[Row]:
        """The newest readings of a thermostat in a time range, newest first."""
        found: list[Row] = []
        for page in self.pages(time_range, module_id=module_id, newest_first=True, page_size=limit):
            found += page.rows
            if len(found) >= limit:
                break
        return found[:limit]

    def pages(  # noqa: PLR0913 - all but the first by keyword; each is a choice of its own
        self,
        time_range: TimeRange,
        *,
        every: Every = Every.READING,
        module_id: str | None = None,
        newest_first: bool = False,
        page_size: int | None = None,
        key: Key | None = None,
    ) -> Iterator[RowPage]:
        """All readings, hours or days in a time range, of one thermostat or, without `module_id`, of all thermostats.

        Rows of one thermostat are in chronological order. Rows of all thermostats are in no particular order: they come
        from a scan, so that they include thermostats that are no longer in the directory. `key` continues behind an
        earlier page.
        """
        made = _ROWS[every]
        for found, next_key in self._table.pages(
            keys.module_partition(module_id or ""),
            time_range.keys(every, self._zone),
            behind=key,
            page_size=page_size,
            newest_first=newest_first,
            every_partition=module_id is None,
            consistent=self._consistent,
        ):
            rows = [row for item in found if (row := made(item)) is not None]
            self.left_out += len(found) - len(rows)
            yield RowPage(rows, next_key)


def _row(item: Item) -> Row | None:
    """The reading of an item; None if neither its attributes nor its key tell its time."""
    said = {name: value for name, value in item.items() if name not in _ONLY_THE_TABLES}
    whose = item["pk"]["S"].removeprefix(keys.module_partition(""))
    unread = {name for name in said if name in _READ and _READ[name](item, name) is None}
    if items.decoded({"module_id": said.get("module_id", {"S": whose})}) != {"module_id": whose}:
        unread.add("module_id")  # the key says whose reading it is
    row = items.decoded({name: value for name, value in said.items() if name not in unread})
    if unread:
        row["unread"] = row.get("unread", {}) | items.decoded({name: said[name] for name in unread})
    row.setdefault("module_id", whose)
    row.setdefault("time", _time_of(item["sk"]["S"]))
    row["digest"] = keys.reading_digest_in(item["sk"]["S"])
    return None if row["time"] is None else row


def figures_of(statistics: Statistics) -> Row:
    """The values of an hour or a day by name; what is not known is left out."""
    figures: Row = {"count": Decimal(statistics.count)}
    for name, unit in MEASURES.items():
        if (measure := getattr(statistics, name)) is not None:
            figures |= {f"{name}_{part}_{unit}": getattr(measure, part) for part in EXTREMES}
            figures[f"{name}_minutes"] = measure.minutes
    if statistics.load_minutes:
        figures |= {name: getattr(statistics, name) for name in LOADS}
    return figures


MEASURES: Final = {"temperature": "c", "humidity": "percent", "setpoint": "c"}
EXTREMES: Final = ("mean", "minimum", "maximum")
LOADS: Final = ("load_minutes", "heating_minutes", "cooling_minutes")


def _hour(item: Item) -> Row | None:
    made = hour_made(item)
    return None if made is None else {**_whose(item), "hour": instant_text(made[0]), **figures_of(made[1])}


def _day(item: Item) -> Row | None:
    made = day_made(item)
    return None if made is None else {**_whose(item), "day": made[0].isoformat(), **figures_of(made[1])}


def _whose(item: Item) -> Row:
    return {"module_id": item["pk"]["S"].removeprefix(keys.module_partition(""))}


_ROWS: Final[Mapping[Every, Callable[[Item], Row | None]]] = {
    Every.READING: _row,
    Every.HOUR: _hour,
    Every.DAY: _day,
}


def _time_of(key: str) -> str | None:
    """The instant in a reading's key."""
    text = keys.time_in(key)
    return None if items.instant_of(text) is None else text
