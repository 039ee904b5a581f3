"""Instants and stretches of time as people write and read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from smarther.drawing.text import in_zone, time_text
from smarther_cli.archive import TimeRange
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
_EDGE: Final = timedelta(days=30)
_FIRST: Final = datetime.min.replace(tzinfo=UTC) + _EDGE
_LAST: Final = datetime.max.replace(tzinfo=UTC) - _EDGE
"""Between these a period begins and ends, so that hours, days and zones can be counted on from there."""


def period(since: str, until: str | None, *, now: datetime) -> tuple[datetime, datetime]:
    """From when to when --since and --until mean; without --until, up to now.

    Raises WrongUse for a time that is none, and for a period that ends before it begins.
    """
    return _in_order(instant(since, now=now), now if until is None else instant(until, now=now))


def time_range(since: str | None, until: str | None, *, now: datetime) -> TimeRange:
    """The same, open where one of them is None."""
    begin, end = (None if text is None else instant(text, now=now) for text in (since, until))
    if begin is not None and end is not None:
        _in_order(begin, end)
    return TimeRange(since=begin, until=end)


def _in_order(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    if end <= start:
        what = "ends before it begins" if end < start else "is empty"
        raise WrongUse(
            f"This period {what}: {local_text(start)} to {local_text(end)}.",
            "--since lies before --until, and before now where --until is not given.",
        )
    return start, end


def instant(text: str, *, now: datetime) -> datetime:
    """The instant that `90m`, `36h`, `7d`, `2w` (back from now) or an ISO date or time means; without a zone, local.

    One at the calendar's very ends is taken for one a month from them. Raises WrongUse for anything else.
    """
    try:
        if back := _BACK.fullmatch(text.strip()):
            return _counted_back(now, int(back[1]) * _UNITS[back[2].lower()])
        found = in_zone(datetime.fromisoformat(text.strip()), UTC)
    except ValueError as unreadable:
        raise WrongUse(
            f"{text!r} is no time that can be understood.",
            "Write 90m, 36h, 7d or 2w (back from now), or a date or time such as 2026-01-31 or 2026-01-31T18:00.",
        ) from unreadable
    return min(max(found if found.tzinfo else found.replace(tzinfo=UTC), _FIRST), _LAST)


def _counted_back(now: datetime, length: timedelta) -> datetime:
    return now - length if length < now - _FIRST else _FIRST


def local_text(moment: datetime, *, seconds: bool = True) -> str:
    """Date and time on this machine's clock, with the offset from UTC when that shows the time twice."""
    local = in_zone(moment, None)
    wall = local.replace(tzinfo=None)
    first, second = (in_zone(wall.replace(fold=fold), UTC) for fold in (0, 1))
    return f"{local.date()} {time_text(local, seconds=seconds, doubled=first < second)}"


def ahead_text(moment: datetime, now: datetime) -> str:
    """How long until then, in the coarsest unit that still tells something; `ended` when it has passed."""
    left = moment - now
    if left <= timedelta(0):
        return "ended"
    if left < 2 * _HOUR:
        return f"{left // timedelta(minutes=1)} min"
    return f"{left // _HOUR} h" if left < 2 * _DAY else f"{left // _DAY} days"
