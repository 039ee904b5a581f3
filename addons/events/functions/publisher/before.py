"""The reading before: the newest one that is older by the thermostat's own clock, in the core's table.

A reading that comes late, behind a newer one that was told already, changes nothing of the present: it has none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from smarther.store import items, keys

if TYPE_CHECKING:
    from smarther.store.items import Item
    from smarther.store.table import Table

_LOOKED_THROUGH: Final = 25
"""Of the readings that are newer: so many are looked through for one that arrived earlier. There are none, unless this
reading is late, or the stream is read hours after it was written."""


def before(table: Table, item: Item) -> Item | None:
    """The reading before a stored one; None if there is none, or if this one is late.

    As a rule that is one read of two items, strongly consistent. Raises TableUnavailableError.
    """
    partition, key = item["pk"]["S"], item["sk"]["S"]
    first, last = keys.reading_range(None, None)
    newest = list(table.query(partition, (first, last), limit=2, newest_first=True, consistent=True))
    if newest and newest[0]["sk"]["S"] != key:
        newer = table.query(partition, (key, last), limit=_LOOKED_THROUGH + 1, consistent=True)
        if any(_arrived_earlier(each, item) for each in newer):
            return None
        newest = list(table.query(partition, (first, key), limit=2, newest_first=True, consistent=True))
    return next((each for each in newest if each["sk"]["S"] < key), None)


def _arrived_earlier(other: Item, item: Item) -> bool:
    there, here = items.instant(other, "received_at"), items.instant(item, "received_at")
    return there is not None and here is not None and there < here
