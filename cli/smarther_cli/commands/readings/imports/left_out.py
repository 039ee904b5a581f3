"""What of a file is not stored, and why: counted, with the first places by line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

FIRST: Final = 5
"""So many places of each kind are told; the rest is counted."""

_MOST_NAMES: Final = 10_000
"""Other names are counted together."""


@dataclass(slots=True)
class LeftOut:
    """Lines that were refused with the reason of each, values that cannot be read, and what was not asked for.

    `unread` and `unread_at` are by attribute, `not_mapped` and `strangers` by name: series that the mapping does not
    name, thermostats that the directory does not list.
    """

    rows: int = 0
    refused: int = 0
    refusals: list[tuple[str, str]] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)
    unread_at: dict[str, str] = field(default_factory=dict)
    not_mapped: Counter[str] = field(default_factory=Counter)
    columns: set[str] = field(default_factory=set)
    strangers: Counter[str] = field(default_factory=Counter)

    def refuse(self, place: str, why: str) -> None:
        """A row says of nothing what it says, or not when."""
        self.refused += 1
        if len(self.refusals) < FIRST:
            self.refusals.append((place, why))

    def not_read(self, attribute: str, place: str) -> None:
        """A value cannot be read, or is nothing that a thermostat can have."""
        self.unread[attribute] += 1
        self.unread_at.setdefault(attribute, place)

    def skip(self, series: str) -> None:
        """A row is of something that the mapping does not name."""
        known = series in self.not_mapped or len(self.not_mapped) < _MOST_NAMES
        self.not_mapped[series if known else "others"] += 1
