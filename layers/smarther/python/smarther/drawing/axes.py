"""The marks of an axis: round numbers for values, round local times for instants."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from smarther.drawing.text import day_text, in_zone, month_text, weekday_text
from smarther.drawing.words.english import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import tzinfo

    from smarther.drawing.words.language import Language

_ROUND = (1, 2, 5, 10, 20, 50)
_DAY = timedelta(days=1)
_FIRST_MONTH = 12  # of the calendar, which has no year 0


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the time axis. A `major` one is the beginning of a larger unit: of a day among hours, for example."""

    at: datetime
    label: str
    major: bool


def value_ticks(low: float, high: float, *, at_most: int) -> list[float]:
    """Round values between `low` and `high`: at least one, and no more than `at_most`."""
    power = 10.0 ** math.floor(math.log10((high - low) / at_most))
    for step in (factor * power for factor in _ROUND):
        first, last = math.ceil(low / step), math.floor(high / step)
        if last - first < at_most:
            break
    return [round(number * step, 6) for number in range(first, last + 1)]


def time_ticks(start: datetime, end: datetime, zone: tzinfo, *, at_most: int, words: Language = ENGLISH) -> list[Tick]:
    """Round local times within a period: no more than `at_most`, for a period of any length and at any date."""
    first, last = in_zone(start, zone).replace(tzinfo=None), in_zone(end, zone).replace(tzinfo=None)
    for step in _STEPS:
        if (last - first) / step.length <= at_most:
            break
    marks = ((local, _instant(local, zone)) for local in step.walk(first, last))
    return [
        Tick(instant, step.label(local, words), major=step.major(local))
        for local, instant in marks
        if instant is not None and start <= instant <= end
    ]


def _instant(local: datetime, zone: tzinfo) -> datetime | None:
    """The instant of a local time; `None` where the clocks skip it, or where it is beyond the calendar."""
    instant = in_zone(local.replace(tzinfo=zone), UTC)
    return instant if in_zone(instant, zone).replace(tzinfo=None) == local else None


@dataclass(frozen=True, slots=True)
class _Step:
    """One distance between marks: its length, how to list the marks, and how to label them."""

    length: timedelta
    walk: Callable[[datetime, datetime], Iterator[datetime]]
    label: Callable[[datetime, Language], str]
    major: Callable[[datetime], bool]


def _within_days(length: timedelta) -> _Step:
    def walk(first: datetime, last: datetime) -> Iterator[datetime]:
        midnight = datetime.combine(first.date(), time())
        for number in range((last - midnight) // length + 1):
            yield midnight + number * length

    def is_midnight(local: datetime) -> bool:
        return local.time() == time()

    def label(local: datetime, words: Language) -> str:
        return f"{weekday_text(local, words)} {local.day}" if is_midnight(local) else f"{local:%H:%M}"

    return _Step(length, walk, label, is_midnight)


def _days(count: int) -> _Step:
    def walk(first: datetime, last: datetime) -> Iterator[datetime]:
        # Counted from ordinal 1, a Monday: weeks begin on Mondays, and marks keep their dates when the period moves.
        ordinal = first.toordinal() - (first.toordinal() - 1) % count
        while ordinal <= last.toordinal():
            yield datetime.combine(date.fromordinal(ordinal), time())
            ordinal += count

    return _Step(count * _DAY, walk, day_text, lambda local: local.day == 1)


def _months(count: int) -> _Step:
    def walk(first: datetime, last: datetime) -> Iterator[datetime]:
        first_month, last_month = (each.year * 12 + each.month - 1 for each in (first, last))
        for month in range(first_month // count * count, last_month + 1, count):
            if month >= _FIRST_MONTH:
                yield datetime(month // 12, month % 12 + 1, 1)  # noqa: DTZ001 - local, as all here

    def label(local: datetime, words: Language) -> str:
        return f"{local:%Y}" if local.month == 1 else month_text(local, words)

    return _Step(count * 30 * _DAY, walk, label, lambda local: local.month == 1)


_STEPS = (
    *(_within_days(timedelta(minutes=minutes)) for minutes in (5, 10, 15, 30, 60, 120, 180, 360, 720)),
    *(_days(count) for count in (1, 2, 7, 14)),
    *(_months(count) for count in (1, 3, 6, 12, 24, 60, 120, 600, 6000, 12_000, 60_000)),
)
