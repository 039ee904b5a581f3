"""A reading's own time compared with its arrival: as usual, late, or dated by a clock that is wrong.

The table is sorted by the thermostats' own times. A reading that arrives far from its own time is therefore not among
the newest in the table, and its arrival is noted in an item of its own (`smarther.store.readings`).
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from datetime import datetime

type Unusual = Literal["late", "misdated"]
"""`late`: later than single pushes are known to come. `misdated`: dated by a clock that is wrong."""

AHEAD: Final = timedelta(minutes=15)
"""How far a reading's time may be ahead of its arrival: as much as a clock drifts. More is a wrong clock; a wrong time
zone is at least half an hour off."""

LATE: Final = timedelta(hours=36)
"""Twice the longest delay known of a single push (18 hours: andrea-mattioli/bticino_x8000_component issue 37)."""

BEHIND: Final = timedelta(days=7)
"""More than any delay that is known: after outages of a weekend, and of several days in December 2025 (issues 29 and 66
there), all that had waited came at once. A reading that is less than this behind counts as late, not as misdated."""

HOUR_IS_OPEN: Final = timedelta(hours=1, minutes=4)
"""How long from its beginning an hour has no statistics yet: scheduled runs begin five minutes past the hour."""


def is_ahead(time: datetime, received_at: datetime) -> bool:
    """Whether a reading's own time is after its arrival, by more than a clock drifts."""
    return time - received_at > AHEAD


def unusual(time: datetime, received_at: datetime) -> Unusual | None:
    """What is unusual about a reading of `time` that arrived at `received_at`; None if nothing is."""
    late_by = received_at - time
    if late_by > BEHIND or is_ahead(time, received_at):
        return "misdated"
    return "late" if late_by > LATE else None


def is_after_hour(time: datetime, stored_at: datetime) -> bool:
    """Whether the statistics of a reading's hour may have been made before it was stored at `stored_at`."""
    return stored_at - time.astimezone(UTC).replace(minute=0, second=0, microsecond=0) >= HOUR_IS_OPEN


def note(sort_key: str, received_at: datetime) -> str:
    """The note of a reading's arrival. Notes sort, as texts, by arrival."""
    return f"{fixed_width(received_at)} {sort_key}"


def noted(arrival: str) -> str:
    """The sort key of the reading that a note is of."""
    return arrival.partition(" ")[2]


def fixed_width(instant: datetime) -> str:
    """UTC ISO 8601 with microseconds and `Z`. From year 1 to 9999 these texts sort as their instants do."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
