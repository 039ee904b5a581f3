"""The publisher's settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class PublisherSettings:
    """The core's table, the add-on's own, the bus and the dead-letter queue."""

    table_name: str
    told_table_name: str
    bus_name: str
    dead_letter_queue_url: str

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> PublisherSettings:
        """Read the environment; a variable that is missing is a KeyError, which names it."""
        names = ("TABLE_NAME", "TOLD_TABLE_NAME", "BUS_NAME", "DEAD_LETTER_QUEUE_URL")
        return cls(*(environ[name] for name in names))
