"""What was told of the keeper's reports and has not ended, in the one item of the add-on's own table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from smarther.store.items import decoded

from .report import Told

if TYPE_CHECKING:
    from smarther.store.table import Table

_KEY: Final = {"pk": "TOLD"}


def read_told(table: Table) -> Told:
    """What was told; nothing before the first report. Raises TableUnavailableError."""
    item = decoded(table.get(_KEY) or {})
    return Told(item.get("silent", {}), item.get("person", {}))


def keep_told(table: Table, told: Told) -> None:
    """Keep what is told now. Raises StoreError."""
    table.put({**_KEY, "silent": told.silent, "person": told.person})
