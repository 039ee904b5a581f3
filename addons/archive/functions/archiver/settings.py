"""What the archiver is told by its environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiverSettings:
    """The core's table and the home's time zone, by which its days begin; bucket and queue are the add-on's own."""

    table_name: str
    zone: tzinfo
    bucket: str
    dead_letter_queue_url: str

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> ArchiverSettings:
        """Read the environment; a variable that is missing is a KeyError, which names it."""
        return cls(
            table_name=environ["TABLE_NAME"],
            zone=ZoneInfo(environ["TIMEZONE"]),
            bucket=environ["BUCKET"],
            dead_letter_queue_url=environ["DEAD_LETTER_QUEUE_URL"],
        )
