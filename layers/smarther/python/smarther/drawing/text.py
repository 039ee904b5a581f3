"""Values as text for people: temperatures with one decimal, whole percents, times of day."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from smarther.drawing.words.english import ENGLISH

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from smarther.drawing.words.language import Language

_FAHRENHEIT_STEP, _FAHRENHEIT_ZERO = Decimal("1.8"), Decimal(32)
_MINUTE = timedelta(minutes=1)
_MINUTES_OF_HOUR = 60
_HOURS_BEFORE_DAYS = 48
_DAYS_BEFORE_YEARS = 730


def in_unit(celsius: Decimal, *, fahrenheit: bool) -> Decimal:
    """A temperature in the unit in which it is shown."""
    return celsius * _FAHRENHEIT_STEP + _FAHRENHEIT_ZERO if fahrenheit else celsius


def number_text(number: Decimal | float, words: Language = ENGLISH, *, form: str = ".1f") -> str:
    """A number with the language's decimal and thousands marks; one decimal where no other `form` is given."""
    return f"{number:{form}}".translate({ord("."): words.decimal_mark, ord(","): words.thousands_mark})


def temperature_text(celsius: Decimal | None, *, fahrenheit: bool, words: Language = ENGLISH) -> str:
    """A temperature with one decimal and its unit; a dash where it is not known."""
    if celsius is None:
        return "–"
    return f"{number_text(in_unit(celsius, fahrenheit=fahrenheit), words)} °{'F' if fahrenheit else 'C'}"


def percent_text(percent: Decimal | None) -> str:
    """A whole percent; a dash where it is not known."""
    return "–" if percent is None else f"{percent:.0f} %"


def minutes_text(minutes: Decimal) -> str:
    """A duration in hours and minutes."""
    whole = int(minutes.to_integral_value())
    hours, rest = divmod(whole, _MINUTES_OF_HOUR)
    return " ".join(
        part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest or not hours else "") if part
    )


def ago_text(instant: datetime, now: datetime, words: Language = ENGLISH) -> str:
    """How long ago an instant is: in minutes, hours, days or years."""
    length = now - instant
    return words.just_now if length < _MINUTE else words.ago.format(length=length_text(length, words))


def length_text(length: timedelta, words: Language = ENGLISH) -> str:
    """A length of time, not below zero: in minutes, hours, days or years."""
    minutes = length // _MINUTE
    if minutes < _MINUTES_OF_HOUR:
        return f"{minutes} min"
    hours = minutes // _MINUTES_OF_HOUR
    if hours < _HOURS_BEFORE_DAYS:
        return f"{hours} h"
    days = hours // 24
    return words.days.format(count=days) if days < _DAYS_BEFORE_YEARS else words.years.format(count=days // 365)


def clock_error_text(ahead: timedelta, words: Language = ENGLISH) -> str:
    """By how much a clock is ahead, or behind where `ahead` is below zero."""
    return (words.ahead if ahead > timedelta() else words.behind).format(length=length_text(abs(ahead), words))


def in_zone(instant: datetime, zone: tzinfo | None) -> datetime:
    """The instant in the zone, or in this machine's where it is None; in UTC where it is beyond the calendar."""
    try:
        return instant.astimezone(zone)
    except (OverflowError, ValueError):  # the zone's offset takes it beyond the year 1 or 9999
        return instant


def time_text(local: datetime, *, seconds: bool = False, doubled: bool | None = None) -> str:
    """The time of day, with the offset from UTC where the clocks show it twice on that day.

    `doubled` says whether they do; where it is None, the zone of `local` decides.
    """
    text = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    return f"{text} UTC{local:%:z}" if (_is_doubled(local) if doubled is None else doubled) else text


def _is_doubled(local: datetime) -> bool:
    """Whether there are two instants of this local time, the second with the smaller offset (PEP 495)."""
    first, second = (local.replace(fold=fold).utcoffset() for fold in (0, 1))
    return first is not None and second is not None and first > second


def clock_text(instant: datetime, *, zone: tzinfo | None, now: datetime, words: Language = ENGLISH) -> str:
    """The time of day in the reader's zone, with the date unless it is today, and the year unless it is this year."""
    local, today = in_zone(instant, zone), in_zone(now, zone)
    if _is_today(instant, zone=zone, now=now):
        return time_text(local)
    year = "" if local.year == today.year else f" {local.year}"
    return f"{day_text(local, words)}{year} {time_text(local)}"


def clock_phrase(
    forms: tuple[str, str], instant: datetime, *, zone: tzinfo | None, now: datetime, words: Language
) -> str:
    """The same within a phrase: the first of `forms` for a time of today, the second for one with a date."""
    form = forms[0] if _is_today(instant, zone=zone, now=now) else forms[1]
    return form.format(clock=clock_text(instant, zone=zone, now=now, words=words))


def _is_today(instant: datetime, *, zone: tzinfo | None, now: datetime) -> bool:
    return in_zone(instant, zone).date() == in_zone(now, zone).date()


def period_text(start: datetime, end: datetime, *, zone: tzinfo, words: Language = ENGLISH) -> str:
    """A period in the reader's zone; its date once where both ends have the same."""
    first, last = in_zone(start, zone), in_zone(end, zone)
    if first.date() == last.date():
        return words.period.format(start=f"{day_text(first, words)} {time_text(first)}", end=time_text(last))
    years = (f" {first.year}", f" {last.year}") if first.year != last.year else ("", "")
    return words.period.format(
        start=f"{day_text(first, words)}{years[0]} {time_text(first)}",
        end=f"{day_text(last, words)}{years[1]} {time_text(last)}",
    )


def day_text(local: datetime, words: Language = ENGLISH) -> str:
    """Day and month."""
    return f"{local.day} {month_text(local, words)}"


def month_text(local: datetime, words: Language = ENGLISH) -> str:
    """The month, short."""
    return words.months[local.month - 1]


def weekday_text(local: datetime, words: Language = ENGLISH) -> str:
    """The day of the week, short."""
    return words.weekdays[local.weekday()]
