"""Stored statistics of hours and days, and how far they are made.

They are in the partition of the readings that they are made of, and stay when those expire. An item that is not
readable statistics is left out and counted. A value of the wrong type, or beyond its bounds, counts as absent.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from smarther.domain.readings.reading import bounded
from smarther.domain.summaries.rollup_window import RollupState
from smarther.domain.summaries.series import Shown
from smarther.domain.summaries.statistics import HOUR, Measure, Statistics
from smarther.store import keys
from smarther.store.items import fields, instant, number, plain, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date

    from smarther.store.items import Item, Storable
    from smarther.store.table import Table

_SHOWN_NAMES = (
    *("sk", "temperature_mean", "temperature_min", "temperature_max", "temperature_minutes"),
    *("humidity_mean", "setpoint_mean", "heating_minutes", "cooling_minutes"),
)
_COUNT_NAMES = ("sk", "count")
_VERSION_NAMES = ("sk", "version")
_MEASURES = {"temperature": "temperature_c", "humidity": "humidity_percent", "setpoint": "setpoint_c"}
"""Each measured quantity, and the attribute of a reading whose bounds apply to it."""
_MEASURE_PARTS = {"mean": "mean", "minimum": "min", "maximum": "max", "minutes": "minutes"}
_MINUTE = timedelta(minutes=1)
_LONGEST_DAY = timedelta(hours=25)  # when the clocks go back
_MOST_SNAPSHOTS = 1_000_000  # of an hour or a day; a greater count is an error


class _Kind[At](NamedTuple):
    """Hours or days: the longest one, the sort key of one, and the hour or day of a sort key."""

    length: timedelta
    key: Callable[[At], str]
    named: Callable[[str], At | None]


_HOURS: _Kind[datetime] = _Kind(HOUR, keys.hour_key, keys.hour_in)
_DAYS: _Kind[date] = _Kind(_LONGEST_DAY, keys.day_key, keys.day_in)


class Versioned(NamedTuple):
    """A stored hour or day, and its version as it is stored; None for one of a release that had none."""

    statistics: Statistics
    version: Storable


class HoursAndDays:
    """Statistics of the hours of UTC and the local days of one home. Every method raises StoreError."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def hours(
        self, module_id: str, *, start: datetime, end: datetime, limit: int | None = None, consistent: bool = False
    ) -> dict[datetime, Statistics]:
        """The stored hours from `start` up to but not including `end`, both full hours; with a `limit`, the newest."""
        stretch = (start, end - HOUR)
        return dict(self._stored(_HOURS, _statistics, module_id, stretch, limit=limit, consistent=consistent))

    def counts(self, module_id: str, *, start: datetime, end: datetime) -> dict[datetime, int]:
        """How many readings each of the hours has that `hours` returns: only that is read of them."""
        return dict(
            self._stored(_HOURS, lambda item, _: _count(item), module_id, (start, end - HOUR), names=_COUNT_NAMES)
        )

    def days(self, module_id: str, *, first: date, last: date, limit: int | None = None) -> dict[date, Statistics]:
        """The stored local days from `first` to `last`, both included; with a `limit`, the newest."""
        return dict(self._stored(_DAYS, _statistics, module_id, (first, last), limit=limit))

    def shown_hours(
        self, module_id: str, *, start: datetime, end: datetime, limit: int | None = None
    ) -> dict[datetime, Shown]:
        """What a chart shows of the hours that `hours` returns: fewer attributes, so that many are read fast."""
        return dict(self._stored(_HOURS, _shown, module_id, (start, end - HOUR), limit=limit, names=_SHOWN_NAMES))

    def shown_days(self, module_id: str, *, first: date, last: date, limit: int | None = None) -> dict[date, Shown]:
        """What a chart shows of the local days that `days` returns."""
        return dict(self._stored(_DAYS, _shown, module_id, (first, last), limit=limit, names=_SHOWN_NAMES))

    def versioned_hours(
        self, module_id: str, *, start: datetime, end: datetime, consistent: bool
    ) -> dict[datetime, Versioned]:
        """What `hours` returns, with versions for `store`."""
        return dict(self._stored(_HOURS, _versioned, module_id, (start, end - HOUR), consistent=consistent))

    def versioned_day(self, module_id: str, day: date, *, consistent: bool) -> dict[date, Versioned]:
        """A stored local day with its version for `store`; empty if there is none."""
        return dict(self._stored(_DAYS, _versioned, module_id, (day, day), consistent=consistent))

    def day_versions(self, module_id: str, *, first: date, last: date) -> dict[date, Storable]:
        """The version of each stored local day from `first` to `last`, both included: another one says other things."""
        return dict(self._stored(_DAYS, lambda item, _: _version(item), module_id, (first, last), names=_VERSION_NAMES))

    def store(
        self,
        module_id: str,
        hours: Mapping[datetime, Statistics],
        days: Mapping[date, Statistics],
        *,
        over: Mapping[Any, Versioned] = MappingProxyType({}),
    ) -> bool:
        """Write these hours and days over those that were read; False where another run has written one since.

        That one is not changed: its maker may have read readings that were not there before. They never expire.
        """
        written = [self._put(module_id, keys.hour_key(hour), made, over.get(hour)) for hour, made in hours.items()]
        written += [self._put(module_id, keys.day_key(day), made, over.get(day)) for day, made in days.items()]
        return all(written)

    def rollup_state(self) -> RollupState | None:
        """The state that the last run of the rollup left; `None` before the first run, or where it is unreadable."""
        items = self._table.query(keys.ROLLUP_STATE["pk"], (keys.ROLLUP_STATE["sk"],) * 2, limit=1, consistent=True)
        return next(self._table.made(_rollup_state, items), None)

    def store_rollup_state(self, state: RollupState) -> None:
        """Write the state that this run of the rollup leaves."""
        self._table.put(
            {
                **keys.ROLLUP_STATE,
                "ran_at": state.ran_at.isoformat(),
                "complete_through": state.complete_through.isoformat(),
                "behind": {each: since.isoformat() for each, since in state.behind.items()},
                **({} if state.late_through is None else {"late_through": state.late_through.isoformat()}),
                **({} if state.late_after is None else {"late_after": state.late_after}),
            }
        )

    def _put(self, module_id: str, key: str, made: Statistics, over: Versioned | None) -> bool:
        seen = None if over is None else over.version
        item = statistics_item(module_id, key, made, version=int(seen) + 1 if isinstance(seen, Decimal) else 1)
        if seen is None:
            return self._table.put(item, when="attribute_not_exists(version)")
        return self._table.put(item, when="version = :seen", values={":seen": seen})

    def _stored[At, Made](  # noqa: PLR0913 - what the reads differ in
        self,
        kind: _Kind[At],
        make: Callable[[Item, timedelta], Made],
        module_id: str,
        between: tuple[At, At],
        *,
        limit: int | None = None,
        names: tuple[str, ...] = (),
        consistent: bool = False,
    ) -> Iterator[tuple[At, Made]]:
        """The stored hours, or days, between two, both included, newest first, each with what `make` reads of it."""
        first, last = between
        partition, stretch = keys.module_partition(module_id), (kind.key(first), kind.key(last))
        items = self._table.query(
            partition, stretch, limit=limit, newest_first=True, names=names, consistent=consistent
        )
        return self._table.made(partial(_made_of, kind, make), items)


def statistics_item(module_id: str, key: str, made: Statistics, *, version: int) -> dict[str, Storable]:
    """The item of an hour or a day, by its sort key."""
    identity = {"pk": keys.module_partition(module_id), "sk": key, "module_id": module_id}
    return {**identity, "version": version, **_attributes(made)}


def hour_made(item: Item) -> tuple[datetime, Statistics] | None:
    """The hour of an item and its statistics; None if its key names no hour."""
    return _made_of(_HOURS, _statistics, item)


def day_made(item: Item) -> tuple[date, Statistics] | None:
    """The local day of an item and its statistics; None if its key names no day."""
    return _made_of(_DAYS, _statistics, item)


def _made_of[At, Made](kind: _Kind[At], make: Callable[[Item, timedelta], Made], item: Item) -> tuple[At, Made] | None:
    at = kind.named(item["sk"]["S"])
    return None if at is None else (at, make(item, kind.length))


def _rollup_state(item: Item) -> RollupState | None:
    ran_at, complete_through = instant(item, "ran_at"), instant(item, "complete_through")
    if ran_at is None or complete_through is None:
        return None
    noted = fields(item, "behind") or {}
    behind = {module_id: since for module_id in noted if (since := instant(noted, module_id)) is not None}
    return RollupState(
        ran_at=ran_at,
        complete_through=complete_through,
        behind=behind,
        late_through=instant(item, "late_through"),
        late_after=text(item, "late_after"),
    )


def _statistics(item: Item, length: timedelta) -> Statistics:
    """The statistics of an item; `length` bounds its minutes."""
    return Statistics(
        count=_count(item),
        temperature=_measure(item, "temperature", length),
        humidity=_measure(item, "humidity", length),
        setpoint=_measure(item, "setpoint", length),
        load_minutes=_minutes(item, "load_minutes", length) or Decimal(0),
        heating_minutes=_minutes(item, "heating_minutes", length) or Decimal(0),
        cooling_minutes=_minutes(item, "cooling_minutes", length) or Decimal(0),
    )


def _versioned(item: Item, length: timedelta) -> Versioned:
    return Versioned(_statistics(item, length), _version(item))


def _version(item: Item) -> Storable:
    version: Storable = plain(item["version"]) if "version" in item else None
    return version


def _count(item: Item) -> int:
    count = number(item, "count")
    return int(count) if count is not None and 0 <= count <= _MOST_SNAPSHOTS else 0


def _shown(item: Item, length: timedelta) -> Shown:
    heating = _minutes(item, "heating_minutes", length)
    return Shown(
        temperature=_part(item, "temperature", "mean"),
        low=_part(item, "temperature", "min"),
        high=_part(item, "temperature", "max"),
        minutes=_minutes(item, "temperature_minutes", length) or Decimal(0),
        humidity=_part(item, "humidity", "mean"),
        setpoint=_part(item, "setpoint", "mean"),
        heating_minutes=heating,
        cooling_minutes=None if heating is None else _minutes(item, "cooling_minutes", length) or Decimal(0),
    )


def _measure(item: Item, name: str, length: timedelta) -> Measure | None:
    mean, minimum, maximum = (_part(item, name, part) for part in ("mean", "min", "max"))
    minutes = _minutes(item, f"{name}_minutes", length)
    if mean is None or minimum is None or maximum is None or not minutes:
        return None
    return Measure(mean=mean, minimum=minimum, maximum=maximum, minutes=minutes)


def _part(item: Item, name: str, part: str) -> Decimal | None:
    """A mean or an extreme, within the bounds of its quantity."""
    return bounded(_MEASURES[name], number(item, f"{name}_{part}"))


def _minutes(item: Item, name: str, length: timedelta) -> Decimal | None:
    found = number(item, name)
    return found if found is not None and 0 <= found <= length // _MINUTE else None


def _attributes(made: Statistics) -> dict[str, Storable]:
    attributes: dict[str, Storable] = {"count": made.count}
    for name in _MEASURES:
        measure: Measure | None = getattr(made, name)
        if measure is not None:
            attributes |= {f"{name}_{suffix}": getattr(measure, part) for part, suffix in _MEASURE_PARTS.items()}
    if made.load_minutes:
        attributes |= {"load_minutes": made.load_minutes, "heating_minutes": made.heating_minutes}
        if made.cooling_minutes:
            attributes["cooling_minutes"] = made.cooling_minutes
    return attributes
