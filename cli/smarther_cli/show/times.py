"""Instants and stretches of time as people write and read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from smarther_cli.errors import WrongUse

_BACK: Final = re.compile(r"(\d{1,6})\s*(m|min|h|d|w)", re.IGNORECASE)
_UNITS: Final = {
    "m": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


def instant(text: str, *, now: datetime) -> datetime:
    """The instant that `90m`, `36h`, `7d`, `2w` (back from now) or an ISO date or time means; without a zone, local.

    Raises WrongUse for anything else.
    """
    try:
        if back := _BACK.fullmatch(text.strip()):
            return now - int(back[1]) * _UNITS[back[2].lower()]
        return datetime.fromisoformat(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError) as unreadable:
        raise WrongUse(
            f"{text!r} is no time that can be understood.",
            "Write 90m, 36h, 7d or 2w (back from now), or a date or time such as 2026-01-31 or 2026-01-31T18:00.",
        ) from unreadable


def local_text(moment: datetime) -> str:
    """Date and time on this machine's clock."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S}"


def ahead_text(moment: datetime, now: datetime) -> str:
    """How long until then, in the coarsest unit that still tells something; `ended` when it has passed."""
    left = moment - now
    if left <= timedelta(0):
        return "ended"
    if left < 2 * _HOUR:
        return f"{left // timedelta(minutes=1)} min"
    return f"{left // _HOUR} h" if left < 2 * _DAY else f"{left // _DAY} days"
