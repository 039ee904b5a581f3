"""Reading the stored readings of a thermostat, and the one reader of the latest ones.

Reads for a page or a command take a `limit`, so that they cost the same however long the history is. An item that is
not a readable reading is left out and counted. A value of the wrong type, or beyond its bounds, counts as absent.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from smarther.domain.readings.arrival import AHEAD, LATE, is_ahead, noted
from smarther.domain.readings.home import Snapshot, load_of
from smarther.domain.readings.latest import SAID, SOON, StoredReading, is_doubtful, latest
from smarther.domain.summaries.series import LOOKED_THROUGH
from smarther.store import keys
from smarther.store.items import instant, measured, text, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, timedelta

    from smarther.domain.readings.latest import Latest
    from smarther.store.items import Item
    from smarther.store.table import Table

_SNAPSHOT_NAMES = ("time", "received_at", "temperature_c", "humidity_percent", "setpoint_c", "load_state", "function")
PAGES_BEHIND_IMPORTED: Final = 25
"""The most pages of LOOKED_THROUGH items that are read where imported readings are newer than all others: two months of
most thermostats. The imported ones are not returned."""
_TEXTS = {"function", "mode", "load_state"}  # these of SAID are texts; the rest are numbers


class History:
    """Readings, by the thermostats' own clocks. Every method raises TableUnavailableError.

    With `consistent`, `newest` sees each reading that was stored before it was asked, for twice the price.
    """

    def __init__(self, table: Table, *, consistent: bool = False) -> None:
        self._table = table
        self._consistent = consistent

    def newest(
        self,
        module_id: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int,
        arrived_since: datetime | None = None,
    ) -> list[StoredReading]:
        """The newest readings by the thermostat's own clock, newest first, from `since` up to but not `until`.

        Imported readings are not among them: they did not arrive from the thermostat. Of the `limit` that are read,
        only those are returned that have `arrived_since` then.
        """
        partition, between = keys.module_partition(module_id), keys.reading_range(since, until)
        found = list(self._table.query(partition, between, limit=limit, newest_first=True, consistent=self._consistent))
        if any(map(_is_imported, found)):
            pages = self._table.pages(
                partition,
                between,
                page_size=LOOKED_THROUGH,
                newest_first=True,
                without="imported_at",
                consistent=self._consistent,
            )
            arrived = (item for items, _ in islice(pages, PAGES_BEHIND_IMPORTED) for item in items)
            found = list(islice(arrived, limit))
        if arrived_since is not None:
            found = [item for item in found if (at := instant(item, "received_at")) is None or at >= arrived_since]
        return list(self._table.made(_stored_reading, found))

    def reading(self, module_id: str, key: str) -> StoredReading | None:
        """The reading with this sort key, if it is still there and was not imported."""
        items = self._table.query(keys.module_partition(module_id), (key, key), limit=1)
        return next(self._table.made(_stored_reading, (item for item in items if not _is_imported(item))), None)

    def unusual_arrivals(self) -> dict[str, list[str]]:
        """By module id: the sort keys of the last readings that arrived late or misdated, where there are any."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for module_id, key in self._table.made(_arrival, self._table.query(keys.ARRIVALS, keys.ALL_ARRIVALS)):
            found[module_id].append(key)
        return dict(found)

    def times_after_hour(self, module_id: str, *, since: datetime) -> list[datetime]:
        """The times of the readings that were stored after their hour was over, and since this instant.

        Reads all readings of the thermostat.
        """
        between = keys.reading_range(None, None)
        late = self._table.query(keys.module_partition(module_id), between, names=("time", "after_hour"))
        stored_late = (item for item in late if (stored_at := instant(item, "after_hour")) and stored_at >= since)
        return [time for item in stored_late if (time := instant(item, "time")) is not None]

    def snapshots(
        self, module_id: str, *, start: datetime, end: datetime, limit: int | None = None, consistent: bool = False
    ) -> list[Snapshot]:
        """The snapshots from `start` up to but not including `end`, oldest first; with a `limit` the newest ones.

        Mode, program and activation time are not read. A reading that arrived before its own time is left out: the
        thermostat's clock was ahead, so it says nothing about that time.
        """
        items = self._table.query(
            keys.module_partition(module_id),
            keys.reading_range(start, end),
            limit=None if limit is None else limit + LOOKED_THROUGH,
            page_size=limit,
            newest_first=True,
            consistent=consistent,
            names=_SNAPSHOT_NAMES,
        )
        possible = (item for item in items if not _came_before_its_time(item))
        return list(islice(self._table.made(_snapshot, possible), limit))[::-1]

    def spelling_of(self, module_id: str) -> str | None:
        """The spelling of a thermostat's id that its readings have, read strongly consistent; None without readings.

        A reading has the id as it was sent, which may differ in case from the id that the plant lists.
        """
        for spelling in dict.fromkeys((module_id, module_id.lower(), module_id.upper())):
            partition, between = keys.module_partition(spelling), keys.reading_range(None, None)
            if any(self._table.query(partition, between, limit=1, newest_first=True, consistent=True)):
                return spelling
        return None


@dataclass(frozen=True, slots=True)
class NewestReadings:
    """Readings of a thermostat, among them the latest, and the last to arrive.

    `newest_first` are the newest by its own clock, without a gap; `others` are older ones.
    """

    newest_first: Sequence[StoredReading] = ()
    others: Sequence[StoredReading] = ()

    @property
    def latest(self) -> Latest | None:
        """The latest state; None if there are no readings."""
        return latest([*self.newest_first, *self.others])


class LatestReader:
    """Reads the readings that decide a thermostat's latest state: one reader for keeper, widget and command line.

    A thermostat from which nothing has arrived for `stale_after` is silent. With `consistent`, no reading is missed
    that was stored just before. Every method raises TableUnavailableError.
    """

    def __init__(self, table: Table, *, stale_after: timedelta, consistent: bool = False) -> None:
        self._history = History(table, consistent=consistent)
        self._stale_after = stale_after

    def unusual(self) -> Mapping[str, Sequence[str]]:
        """What `readings` needs: by module id, the sort keys of the last readings that arrived late or misdated."""
        return self._history.unusual_arrivals()

    def readings(
        self, module_id: str, unusual: Mapping[str, Sequence[str]], *, now: datetime, newest: int = 1
    ) -> NewestReadings:
        """The readings that decide a thermostat's latest state and its silence, at least `newest` of them.

        As a rule that is one read. Where a clock was ahead, further readings are read up to one that is not misdated.
        Where the thermostat looks silent, readings that may have arrived late are read as well.
        """
        noted = [self._history.reading(module_id, key) for key in unusual.get(module_id, ())]
        others = [reading for reading in noted if reading is not None]
        newest_first = self._newest(module_id, now, newest, others)
        found = NewestReadings(newest_first, others)
        known = found.latest
        if known is None or not is_doubtful(known, now=now, limit=self._stale_after):
            return found
        return NewestReadings(newest_first, [*found.others, *self._late(module_id, known, now)])

    def _newest(
        self, module_id: str, now: datetime, newest: int, others: Iterable[StoredReading]
    ) -> list[StoredReading]:
        """The newest readings by the thermostat's clock, back to one that is not misdated, or to the `others`."""
        readings = self._history.newest(module_id, limit=newest)
        ahead = [reading for reading in readings if reading.time >= now + AHEAD]
        if ahead:
            readings = self._history.newest(module_id, until=now + AHEAD, limit=newest)
        if len(readings) == newest and all(reading.misdated for reading in readings):
            since = None
            if all(is_ahead(reading.time, reading.received_at) for reading in readings):
                # Readings that arrived much earlier cannot be the latest, so they need not be read, unless one that is
                # late may be taken for the newest.
                arrived = min(reading.received_at for reading in readings)
                since = min([arrived - SOON - LATE, *(reading.time for reading in others if not reading.misdated)])
            readings = self._history.newest(module_id, since=since, until=now + AHEAD, limit=LOOKED_THROUGH)
        return ahead + readings

    def _late(self, module_id: str, known: Latest, now: datetime) -> list[StoredReading]:
        """Readings that arrived after the last one known, and late by no more than is usual."""
        heard_at = known.heard.received_at
        return self._history.newest(
            module_id, since=heard_at - LATE, until=now + AHEAD, limit=LOOKED_THROUGH, arrived_since=heard_at
        )


def _snapshot(item: Item) -> Snapshot | None:
    time = instant(item, "time")
    if time is None:
        return None
    return Snapshot(
        time=time,
        temperature=measured(item, "temperature_c"),
        humidity=measured(item, "humidity_percent"),
        setpoint=measured(item, "setpoint_c"),
        load=load_of(text(item, "load_state"), text(item, "function")),
        mode=text(item, "mode"),
        program=whole(item, "program"),
        activation_time=text(item, "activation_time") or None,  # version 0.1.0 stored a blank one
    )


def _came_before_its_time(item: Item) -> bool:
    """Whether a reading arrived before its own time: the thermostat's clock was ahead."""
    time, received_at = instant(item, "time"), instant(item, "received_at")
    return time is not None and received_at is not None and is_ahead(time, received_at)


def _is_imported(item: Item) -> bool:
    return "imported_at" in item


def _stored_reading(item: Item) -> StoredReading | None:
    snapshot, received_at = _snapshot(item), instant(item, "received_at")
    if snapshot is None or received_at is None:
        return None
    return StoredReading(
        key=item["sk"]["S"],
        received_at=received_at,
        pushed=text(item, "source") == "push",
        snapshot=snapshot,
        said=tuple(text(item, name) if name in _TEXTS else measured(item, name) for name in SAID),
    )


def _arrival(item: Item) -> tuple[str, str] | None:
    """The module id of a noted arrival, and the sort key of the reading that arrived."""
    module_id, arrival = text(item, "module_id"), text(item, "arrival")
    return None if module_id is None or arrival is None else (module_id, noted(arrival))
