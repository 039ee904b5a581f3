"""The digests by which the receiver knows its callers: the keeper publishes them, the receiver accepts them.

The receiver pays for each import of this module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from smarther.domain.account.webhook import AcceptedDigests
from smarther.domain.readings.reading import instant_text
from smarther.store import keys
from smarther.store.items import instant, text

if TYPE_CHECKING:
    from datetime import datetime

    from smarther.store.items import Item
    from smarther.store.table import Table


class Digests:
    """The one item of them. Every method raises StoreError."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def accepted(self) -> AcceptedDigests:
        """The digests by which a caller is known now, strongly consistent; none before the keeper's first run."""
        return _digests(self._table.get(keys.DIGESTS) or {})

    def published(self) -> tuple[AcceptedDigests, datetime] | None:
        """The same, and since when it is just these; None before the first publication."""
        item = self._table.get(keys.DIGESTS) or {}
        at = instant(item, "published_at")
        return None if at is None else (_digests(item), at)

    def publish(self, digests: AcceptedDigests, now: datetime) -> None:
        """Have the receivers accept these digests, and no others."""
        self._table.put(
            {
                **keys.DIGESTS,
                "current": digests.current,
                "pending": digests.pending,
                "previous": digests.previous,
                "published_at": instant_text(now),
            }
        )


def _digests(item: Item) -> AcceptedDigests:
    return AcceptedDigests(
        current=text(item, "current"), pending=text(item, "pending"), previous=text(item, "previous")
    )
