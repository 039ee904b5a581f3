"""Instants and stretches of time as people write and read them."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from smarther.domain.readings.reading import instant_text
from smarther.drawing.text import in_zone, time_text
from smarther.store.past.rows import TimeRange
from smarther_cli.errors import WrongUse

if TYPE_CHECKING:
    from datetime import tzinfo

_BACK: Final = re.compile(r"([0-9]{1,6}) ?(m|min|h|d|w)", re.IGNORECASE)
_MONTHS_BACK: Final = re.compile(r"([0-9]{1,4}) ?(mo|y)", re.IGNORECASE)
_MONTH: Final = re.compile(r"([0-9]{4})-([0-9]{2})")
_YEAR: Final = re.compile(r"[0-9]{4}")
_UNITS: Final = {
    "m": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_MONTHS_OF_A_YEAR: Final = 12
_DAYS_AGO: Final = {"today": 0, "yesterday": 1}
TIMES: Final = "90m, 36h, 7d, 2w, 3mo, 1y, yesterday, or a date or time"
"""For the help of options."""
_EXAMPLES: Final = (
    "Write 90m, 36h, 7d, 2w, 3mo or 1y (back from now), today, yesterday, or a year, month, date or time such as 2026,"
    " 2026-01, 2026-01-31 or 2026-01-31T18:00."
)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_EDGE: Final = timedelta(days=30)
_FIRST: Final = datetime.min.replace(tzinfo=UTC) + _EDGE
_LAST: Final = datetime.max.replace(tzinfo=UTC) - _EDGE
"""The bounds of a period, so that adding hours, days and zones stays within the calendar."""


def period(since: str, until: str | None, *, now: datetime) -> tuple[datetime, datetime]:
    """The period of --since and --until; without --until, up to now.

    Raises WrongUse for a text that is no time, and for a period that ends before it begins.
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

    `3mo` and `1y` count back in the calendar; `today`, `yesterday`, a year, a month and a date are their beginning. One
    at the calendar's very ends is taken for one a month from them. Raises WrongUse for anything else.
    """
    try:
        if back := _BACK.fullmatch(text.strip()):
            length = int(back[1]) * _UNITS[back[2].lower()]
            return now - length if length < now - _FIRST else _FIRST
        found = in_zone(_written(text.strip(), today=in_zone(now, None), whole_days=False), UTC)
    except ValueError:
        raise _no_time(text) from None
    return min(max(found if found.tzinfo else found.replace(tzinfo=UTC), _FIRST), _LAST)


def bound(text: str, *, now: datetime, zone: tzinfo, last: bool = False) -> str:
    """An end of the range that the rollup is asked for: a local day of the zone, or an instant with its zone.

    For a month or year it is the first day, or the `last`. Raises WrongUse for a text that is no time.
    """
    told = text.strip()
    try:
        if not (_BACK.fullmatch(told) or "T" in told or " " in told):
            day = _written(told, today=in_zone(now, zone), whole_days=last)
            if day.tzinfo is None and day == datetime.combine(day, time()):
                return day.date().isoformat()
    except ValueError:
        raise _no_time(text) from None
    return instant_text(instant(text, now=now))


def _written(text: str, *, today: datetime, whole_days: bool) -> datetime:
    """The time that is written; without a zone where none is. For a month or year, its last day with `whole_days`."""
    midnight = datetime.combine(today.date(), time())
    if (ago := _DAYS_AGO.get(text.lower())) is not None:
        return midnight - timedelta(days=ago)
    if back := _MONTHS_BACK.fullmatch(text):
        return _months_back(today, int(back[1]) * (_MONTHS_OF_A_YEAR if back[2].lower() == "y" else 1))
    if month := _MONTH.fullmatch(text):
        year, number = int(month[1]), int(month[2])
        first = datetime(year, number, 1)  # noqa: DTZ001 - whose zone is not written
        return first.replace(day=monthrange(year, number)[1]) if whole_days else first
    if _YEAR.fullmatch(text):
        return datetime(int(text), *((12, 31) if whole_days else (1, 1)))  # noqa: DTZ001 - as above
    return datetime.fromisoformat(text)


def _months_back(today: datetime, months: int) -> datetime:
    """The same time of day on the same day of an earlier month, or on its last day where that month is shorter."""
    year, month = divmod(today.year * _MONTHS_OF_A_YEAR + today.month - 1 - months, _MONTHS_OF_A_YEAR)
    if year < _FIRST.year:
        return _FIRST
    day = min(today.day, monthrange(year, month + 1)[1])
    return today.replace(year=year, month=month + 1, day=day, tzinfo=None)


def _no_time(text: str) -> WrongUse:
    return WrongUse(f"{text!r} is no time that can be understood.", _EXAMPLES)


def local_text(moment: datetime, *, seconds: bool = True) -> str:
    """Date and time on this machine's clock, with the offset from UTC where the clock shows the time twice."""
    local = in_zone(moment, None)
    wall = local.replace(tzinfo=None)
    first, second = (in_zone(wall.replace(fold=fold), UTC) for fold in (0, 1))
    return f"{local.date()} {time_text(local, seconds=seconds, doubled=first < second)}"


def ahead_text(moment: datetime, now: datetime) -> str:
    """How long until `moment`, in minutes, hours or days; `ended` where it has passed."""
    left = moment - now
    if left <= timedelta(0):
        return "ended"
    if left < 2 * _HOUR:
        return f"{left // timedelta(minutes=1)} min"
    return f"{left // _HOUR} h" if left < 2 * _DAY else f"{left // _DAY} days"
