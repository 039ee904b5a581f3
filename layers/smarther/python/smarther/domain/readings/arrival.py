"""A reading's own time beside its arrival: in the usual order, late, or dated by a clock that is wrong.

The table finds readings by the thermostat's own time. So one that arrives far from that time is not where its arrival
would have it, and is noted (`smarther.store.readings`).
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from datetime import datetime

type Unusual = Literal["late", "misdated"]
"""`late`: later than a single push is known to come. `misdated`: by a clock that is wrong."""

AHEAD: Final = timedelta(minutes=15)
"""No reading is older than itself, so only a clock can be ahead. Less than this is drift; a zone that was mistaken for
another is at least half an hour off."""

LATE: Final = timedelta(hours=36)
"""Twice as late as single pushes were (18 hours: andrea-mattioli/bticino_x8000_component issue 37)."""

BEHIND: Final = timedelta(days=7)
"""Beyond all lateness that is known: after outages of a weekend, and of days in December 2025 (issues 29, 66 there),
what had been held back came at once. Whatever is less may be late, and is believed."""


def is_ahead(time: datetime, received_at: datetime) -> bool:
    """Whether a reading arrived before the time that it says it is of, and not just by a drift of the clock."""
    return time - received_at > AHEAD


def unusual(time: datetime, received_at: datetime) -> Unusual | None:
    """What is unusual about a reading of `time` that arrived at `received_at`; None when nothing is."""
    late_by = received_at - time
    if late_by > BEHIND or is_ahead(time, received_at):
        return "misdated"
    return "late" if late_by > LATE else None


def note(sort_key: str, received_at: datetime) -> str:
    """The note of a reading's arrival. Of two the greater is of the later arrival."""
    return f"{fixed_width(received_at)} {sort_key}"


def noted(arrival: str) -> str:
    """The sort key of the reading whose arrival was noted."""
    return arrival.partition(" ")[2]


def fixed_width(instant: datetime) -> str:
    """UTC ISO 8601 with microseconds and `Z`: from year 1 to 9999 the texts are in the order of the instants."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
