"""Readings that their owner brings along: from an earlier table, or from another system that recorded the same rooms.

Whatever is stored already stays. A reading of an earlier table has its key, so it is there or not. One from elsewhere
has the key of its instant and its source. It stands back where the recorder's own readings tell of the time, for as
long as one of them holds: two records of one room, mixed, would be right in neither. Brought again with other values,
it replaces what was imported before, so that a mistake in a mapping can be corrected.

What was imported has `imported_at`. It did not arrive from the thermostat, so it is never the latest (`history`).
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from enum import StrEnum
from itertools import chain, groupby
from typing import TYPE_CHECKING, Final

from smarther.domain.readings.reading import DIGEST_LENGTH, attributes, expiry, instant_text
from smarther.domain.summaries.statistics import LONGEST_HOLD
from smarther.store import keys
from smarther.store.items import decoded, instant_of, text
from smarther.store.table import TableUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from smarther.domain.readings.reading import Reading, Source, Stored
    from smarther.store.items import Item
    from smarther.store.table import Table

type Importing = Mapping[str, Stored]
"""A reading on its way into the table, as the item that it is to be."""

FOREIGN: Final = "import:"
_OF_THE_WRITE: Final = frozenset({"received_at", "imported_at", "after_hour", "expires_at"})
_PAUSES: Final = (1, 2, 4, 8, 16)
"""Seconds, one after each time that the table hands something back: it grows with what is written."""


class Fate(StrEnum):
    """What becomes of a reading that is imported."""

    NEW = "new"
    KNOWN = "known"
    CORRECTED = "corrected"
    TOLD = "told"
    """The recorder's own readings tell of that time."""


class Import:
    """One import: how its readings are stored, and which of them are. Raises StoreError."""

    def __init__(self, table: Table, *, now: datetime, retention_days: int | None) -> None:
        self._table = table
        self._now = now
        self._retention_days = retention_days

    def own(
        self, reading: Reading, *, received_at: datetime | None, source: Source | None, digest: str | None
    ) -> Importing:
        """A reading of an earlier table, or of a file like its export, as an item: all that it was, and imported."""
        return self._item(reading, received_at=received_at or self._now, source=source or "import:file", digest=digest)

    def foreign(self, reading: Reading, source: Source) -> Importing:
        """A reading that another system recorded, as an item."""
        digest = hashlib.sha256(source.encode()).hexdigest()[:DIGEST_LENGTH]
        return self._item(reading, received_at=self._now, source=source, digest=digest)

    def fates(self, items: Iterable[Importing], *, stands_back: bool) -> Iterator[tuple[Fate, Importing]]:
        """What becomes of each item. They come by partition and sort key; the table is read along with them.

        An import that `stands_back` is of what another system recorded.
        """
        for partition, of_one in groupby(items, key=lambda item: str(item["pk"])):
            yield from self._fates_of_one(partition, of_one, LONGEST_HOLD if stands_back else timedelta())

    def store(self, items: Sequence[Importing], *, sleep: Callable[[float], None]) -> None:
        """Write some items, more slowly where the table does not take them all at once."""
        for pause in _PAUSES:
            try:
                return self._table.put_all(items)
            except TableUnavailableError as error:
                if error.__cause__ is not None:  # DynamoDB refused the call itself, again and again
                    raise
                sleep(pause)
        return self._table.put_all(items)

    def _item(self, reading: Reading, *, received_at: datetime, source: Source, digest: str | None) -> Importing:
        kept = {} if self._retention_days is None else {"expires_at": expiry(self._now, self._retention_days)}
        return {
            **keys.reading_key(reading, digest),
            **attributes(reading, received_at=received_at, source=source, retention_days=None),
            "imported_at": instant_text(self._now),
            "after_hour": instant_text(self._now),
            **kept,
        }

    def _fates_of_one(
        self, partition: str, items: Iterator[Importing], hold: timedelta
    ) -> Iterator[tuple[Fate, Importing]]:
        first = next(items)
        stored = _Alongside(self._table.query(partition, keys.reading_range(_time(first) - hold, None)), hold)
        before = None
        for item in chain([first], items):
            sk = str(item["sk"])
            there = stored.at(sk)
            if sk == before:
                yield Fate.KNOWN, item
            elif there is not None:
                yield Fate.CORRECTED if _says_otherwise(item, there) else Fate.KNOWN, item
            elif stored.tells_of(_time(item)):
                yield Fate.TOLD, item
            else:
                yield Fate.NEW, item
            before = sk


class _Alongside:
    """What is stored of one thermostat, read along with what is to be."""

    def __init__(self, items: Iterator[Item], hold: timedelta) -> None:
        self._items = items
        self._hold = hold
        self._next = next(self._items, None)
        self._told: datetime | None = None

    def at(self, sk: str) -> Item | None:
        """The item under this sort key, which lies behind those that were asked for before."""
        while self._next is not None and self._next["sk"]["S"] < sk:
            self._note(self._next)
            self._next = next(self._items, None)
        return self._next if self._next is not None and self._next["sk"]["S"] == sk else None

    def tells_of(self, time: datetime) -> bool:
        """Whether a reading of the recorder's own holds at the time of what was asked for last."""
        if self._next is not None and instant_of(keys.time_in(self._next["sk"]["S"])) == time:
            self._note(self._next)
        return self._told is not None and time - self._told < self._hold

    def _note(self, item: Item) -> None:
        if not _is_foreign(text(item, "source") or ""):
            self._told = instant_of(keys.time_in(item["sk"]["S"])) or self._told


def _is_foreign(source: str) -> bool:
    return source.startswith(FOREIGN)


def _time(item: Importing) -> datetime:
    time = instant_of(str(item["time"]))
    if time is None:
        raise ValueError("a reading has a time")
    return time


def _says_otherwise(item: Importing, there: Item) -> bool:
    """Whether an import of the same instant said something else; what the recorder itself stored is right."""
    if not _is_foreign(text(there, "source") or ""):
        return False
    return _said(item) != _said(decoded(there))


def _said(item: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in item.items() if name not in _OF_THE_WRITE}
