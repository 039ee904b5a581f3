"""Writing readings: used by the receiver and by everything else that stores readings.

The receiver pays for each import of this module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from smarther.domain.readings.arrival import is_after_hour, note, unusual
from smarther.domain.readings.reading import attributes, expiry, instant_text
from smarther.store import keys
from smarther.store.items import instant

if TYPE_CHECKING:
    from datetime import datetime

    from smarther.domain.readings.reading import Reading, Source, Stored
    from smarther.store.table import Table

_NEWER = "attribute_not_exists(pk) OR arrival < :arrival"


class Readings:
    """Writes readings. One that is there already is not changed, so a second write of it is harmless.

    With `retention_days`, readings expire that many days after their arrival. Every method raises StoreError.
    """

    def __init__(self, table: Table, *, retention_days: int | None = None) -> None:
        self._table = table
        self._retention_days = retention_days

    def rehearsing(self) -> Readings:
        """The same for a rehearsal: writes are sent, change nothing, and count as duplicates."""
        return Readings(self._table.rehearsing(), retention_days=self._retention_days)

    def store(
        self, reading: Reading, *, received_at: datetime, source: Source, stored_at: datetime | None = None
    ) -> bool:
        """Store one reading; False if it was there already. `stored_at` is now, where it arrived before.

        Where its own time is far from its arrival, a second write notes the arrival (`domain.readings.arrival`). If
        that write fails, storing the reading again writes the note.
        """
        new = self._table.add(
            stored(
                reading,
                received_at=received_at,
                stored_at=stored_at,
                source=source,
                retention_days=self._retention_days,
            )
        )
        if unusual(reading.time, received_at) is not None and not self._table.rehearses:
            arrived = received_at if new else self._arrival_of(reading)
            if arrived is not None:
                self._note_arrival(reading, arrived)
        return new

    def _arrival_of(self, reading: Reading) -> datetime | None:
        """When the stored reading with the same key arrived; None if there is none."""
        item = self._table.get(keys.reading_key(reading))
        return None if item is None else instant(item, "received_at")

    def _note_arrival(self, reading: Reading, received_at: datetime) -> None:
        """Note a reading as the last to arrive of its kind, unless a later one is noted."""
        kind = unusual(reading.time, received_at)
        if kind is None:
            return
        arrival = note(keys.sort_key(reading), received_at)
        expires_at = None if self._retention_days is None else expiry(received_at, self._retention_days)
        self._table.put(
            {
                **keys.arrival_key(kind, reading.module_id),
                "module_id": reading.module_id,
                "arrival": arrival,
                "expires_at": expires_at,
            },
            when=_NEWER,
            values={":arrival": arrival},
        )


def stored(
    reading: Reading,
    *,
    received_at: datetime,
    source: Source,
    retention_days: int | None,
    stored_at: datetime | None = None,
) -> dict[str, Stored]:
    """The item of a reading, with its key. `stored_at` is now, where it arrived before.

    Where its hour may have been made without it, `after_hour` says so: the rollup makes that hour again.
    """
    item: dict[str, Stored] = {
        **keys.reading_key(reading),
        **attributes(reading, received_at=received_at, source=source, retention_days=retention_days),
    }
    if is_after_hour(reading.time, stored_at or received_at):
        item["after_hour"] = instant_text(stored_at or received_at)
    return item
