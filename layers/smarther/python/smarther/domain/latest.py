"""Silence: since when a thermostat has said nothing, and whether it only seems so.

The provider pushes changes and sends no heartbeat, so an hour without a push is ordinary and a day is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from smarther.domain.reading import Reading


@dataclass(frozen=True, slots=True)
class LastWord:
    """A thermostat's newest reading, as far as silence is judged by it. `said` is what it said, without the times."""

    sort_key: str
    time: datetime
    received_at: datetime
    pushed: bool
    said: tuple[object, ...]


def silent_since(
    last: LastWord | None, *, known_since: datetime | None, now: datetime, limit: timedelta
) -> datetime | None:
    """Since when a thermostat has been silent, if that is longer than it should be; else None.

    One that never spoke counts from when it became known.
    """
    heard = known_since if last is None else last.received_at
    return heard if heard is not None and now - heard >= limit else None


def said(reading: Reading) -> tuple[object, ...]:
    """What a reading says, without the times: two readings that say the same are no news to anybody."""
    return (
        reading.function,
        reading.mode,
        reading.load_state,
        reading.temperature_c,
        reading.humidity_percent,
        reading.setpoint_c,
        reading.program,
    )


SAID = ("function", "mode", "load_state", "temperature_c", "humidity_percent", "setpoint_c", "program")
"""The same in a stored reading's attributes, in the same order."""
