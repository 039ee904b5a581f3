"""The mirror's settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorSettings:
    """The core's table, its stack's name and after how long it calls a thermostat silent; the rest is the add-on's own.

    `language` is that of the entities' names: `en` or `it`.
    """

    table_name: str
    recorder: str
    stale_after: timedelta
    language: str
    dead_letter_queue_url: str

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> MirrorSettings:
        """Read the environment; a variable that is missing is a KeyError, which names it."""
        return cls(
            table_name=environ["TABLE_NAME"],
            recorder=environ["RECORDER"],
            stale_after=timedelta(hours=int(environ["STALE_AFTER_HOURS"])),
            language=environ["LANGUAGE"],
            dead_letter_queue_url=environ["DEAD_LETTER_QUEUE_URL"],
        )
