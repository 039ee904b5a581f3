"""The accepted digests of the webhook secrets: the keeper publishes them, the receiver reads them.

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
    """The one item with the accepted digests. Every method raises StoreError."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def accepted(self) -> AcceptedDigests:
        """The accepted digests, read strongly consistent; none before the keeper's first run."""
        return _digests(self._table.get(keys.DIGESTS) or {})

    def published(self) -> tuple[AcceptedDigests, datetime] | None:
        """The accepted digests, and since when they are these; None before the first publication."""
        item = self._table.get(keys.DIGESTS) or {}
        at = instant(item, "published_at")
        return None if at is None else (_digests(item), at)

    def publish(self, digests: AcceptedDigests, now: datetime) -> None:
        """Write these digests over the old ones. Receivers accept them, and no others, once they have read them."""
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
