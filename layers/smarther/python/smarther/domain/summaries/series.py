"""The series that a chart shows of a period: spans of time with their temperature, humidity and load.

Short periods are drawn from every reading, longer ones from hours, long ones from days. The current hour and day, for
which no statistics are stored yet, are made from their readings so far. Whatever the period, one answer reads at most
`ITEM_BOUND` items from the table, besides the directory and `NOTES` items of each thermostat.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from smarther.domain.readings.home import Load
from smarther.domain.summaries.statistics import HOUR, Held, held, hour_of, hours_of_day, local_day

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, tzinfo

    from smarther.domain.readings.home import Snapshot
    from smarther.domain.summaries.statistics import Statistics

_MICROSECOND = timedelta(microseconds=1)
_MICROSECONDS_PER_MINUTE = Decimal(60_000_000)
_ALL = Decimal(1)

READINGS_UP_TO = timedelta(days=2)
HOURS_UP_TO = timedelta(days=62)

# The bound on what one answer reads, stated here and nowhere else.
MOST_THERMOSTATS = 48
"""The most thermostats on one page; the others are one click away."""
NEWEST_SNAPSHOTS = 40
"""The newest readings of each thermostat, to tell since when it heats: a few hours of a busy one."""
RUNNING_SNAPSHOTS = 100
"""Readings of each thermostat, for the current hour, the one before, and the state at the beginning of that one."""
RUNNING_HOURS = 50
"""Hours of each thermostat, for the current day and the one before, of at most 25 hours each."""
LOOKED_THROUGH = 400
"""Further readings of each thermostat, for each search that the newest do not answer: past readings of a clock that was
ahead, and for late readings of a thermostat that looks silent. Two days of most thermostats."""
NOTES = 2
"""Notes of arrivals of each thermostat: the last late one and the last misdated one."""
CHART_ITEMS = 10_000
"""For all charts of a page, in equal shares: enough for a month of hours of each of twelve thermostats."""
_BEHIND_IMPORTED = 3 * LOOKED_THROUGH  # each of the three reads for the latest state may go behind what was imported
_LATEST_ITEMS = 2 * NEWEST_SNAPSHOTS + 2 * LOOKED_THROUGH + _BEHIND_IMPORTED + NOTES
_RUNNING_ITEMS = RUNNING_SNAPSHOTS + LOOKED_THROUGH + RUNNING_HOURS
_OF_EACH = _LATEST_ITEMS + _RUNNING_ITEMS + LOOKED_THROUGH
ITEM_BOUND = MOST_THERMOSTATS * _OF_EACH + CHART_ITEMS


class Grain(StrEnum):
    """What one span is: the time for which a reading holds, an hour, or a day."""

    READINGS = "every reading"
    HOURS = "hourly means"
    DAYS = "daily means"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a chart shows of an hour or a day: a part of its `Statistics`, which is faster to read.

    Temperatures are in °C, humidity in percent. `minutes` is for how long the temperature was known. What was not known
    is `None`.
    """

    temperature: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    minutes: Decimal = Decimal(0)
    humidity: Decimal | None = None
    setpoint: Decimal | None = None
    heating_minutes: Decimal | None = None
    cooling_minutes: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of time for which something is known. Temperatures are in °C, humidity in percent.

    `low` and `high` are the minimum and maximum, `temperature` is the mean; of a reading all three are equal. `minutes`
    is for how long they are known. `heating_share` and `cooling_share` are the part of the span in which the thermostat
    heated or cooled, from 0 to 1. What is not known is `None`.
    """

    start: datetime
    end: datetime
    temperature: Decimal | None
    low: Decimal | None
    high: Decimal | None
    minutes: Decimal
    humidity: Decimal | None
    setpoint: Decimal | None
    heating_share: Decimal | None
    cooling_share: Decimal | None


@dataclass(frozen=True, slots=True)
class Series:
    """The spans of a period in order, without overlap. `until` is the present, after which nothing is known."""

    grain: Grain
    start: datetime
    end: datetime
    until: datetime
    spans: Sequence[Span]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A series in a few values: means over time, extremes, and the minutes of heating and cooling.

    Temperatures are in °C, humidity in percent; `None` where nothing is known.
    """

    temperature: Decimal | None
    low: Decimal | None
    high: Decimal | None
    humidity: Decimal | None
    heating_minutes: Decimal | None
    cooling_minutes: Decimal | None


def share_of_items(charts: int) -> int:
    """How many items each of `charts` charts may read."""
    return CHART_ITEMS // max(charts, 1)


def finest_grain(period: timedelta, limit: int) -> Grain:
    """The finest grain that suits the period and can fit into `limit` items."""
    if period <= READINGS_UP_TO:
        return Grain.READINGS
    if period <= HOURS_UP_TO and hours_in(period) <= limit:
        return Grain.HOURS
    return Grain.DAYS


def hours_in(period: timedelta) -> int:
    """The most hours of the clock that a period of this length can touch."""
    return period // HOUR + 2


def of_snapshots(snapshots: Sequence[Snapshot], *, start: datetime, end: datetime, now: datetime) -> Series:
    """A series of every reading, each as a span from its instant to the next, of at most `LONGEST_HOLD`.

    The snapshots must reach back `LONGEST_HOLD` before `start`, so that the state at `start` is known.
    """
    pieces = [
        Held(piece.snapshot, max(piece.start, start), piece.end)
        for piece in held(snapshots, until=min(end, now))
        if piece.end > start
    ]
    return Series(Grain.READINGS, start, end, now, [_of_piece(piece) for piece in pieces])


def of_hours(hours: Mapping[datetime, Shown], *, start: datetime, end: datetime, now: datetime) -> Series:
    """A series of hours; the current hour ends now."""
    spans = [_of_shown(each, hour, min(hour + HOUR, now)) for hour, each in sorted(hours.items()) if hour < now]
    return Series(Grain.HOURS, start, end, now, spans)


def of_days(days: Mapping[date, Shown], *, start: datetime, end: datetime, now: datetime, zone: tzinfo) -> Series:
    """A series of local days; the current day ends now."""
    begun = [(day, each) for day, each in sorted(days.items()) if day <= local_day(now, zone)]
    bounds = [(*hours_of_day(day, zone), each) for day, each in begun]
    spans = [_of_shown(each, first, min(after, now)) for first, after, each in bounds if first < now]
    return Series(Grain.DAYS, start, end, now, spans)


def shown_of(made: Statistics) -> Shown:
    """What a chart shows of these statistics."""
    temperature, known = made.temperature, bool(made.load_minutes)
    return Shown(
        temperature=temperature.mean if temperature else None,
        low=temperature.minimum if temperature else None,
        high=temperature.maximum if temperature else None,
        minutes=temperature.minutes if temperature else Decimal(0),
        humidity=made.humidity.mean if made.humidity else None,
        setpoint=made.setpoint.mean if made.setpoint else None,
        heating_minutes=made.heating_minutes if known else None,
        cooling_minutes=made.cooling_minutes if known else None,
    )


def summary(series: Series) -> Summary:
    """Sum up all spans of a series. Humidity counts as known for as long as the temperature."""
    spans = series.spans
    lows = [span.low for span in spans if span.low is not None]
    highs = [span.high for span in spans if span.high is not None]
    return Summary(
        temperature=_weighted([(span.temperature, span.minutes) for span in spans]),
        low=min(lows, default=None),
        high=max(highs, default=None),
        humidity=_weighted([(span.humidity, span.minutes or _minutes(span.start, span.end)) for span in spans]),
        heating_minutes=_total([(span.heating_share, span) for span in spans]),
        cooling_minutes=_total([(span.cooling_share, span) for span in spans]),
    )


def hours_between(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """The full hours that cover a period."""
    return hour_of(start), hour_of(end) + HOUR


def _of_piece(piece: Held) -> Span:
    snapshot = piece.snapshot
    known = snapshot.load is not None
    return Span(
        start=piece.start,
        end=piece.end,
        temperature=snapshot.temperature,
        low=snapshot.temperature,
        high=snapshot.temperature,
        minutes=Decimal(0) if snapshot.temperature is None else _minutes(piece.start, piece.end),
        humidity=snapshot.humidity,
        setpoint=snapshot.setpoint,
        heating_share=Decimal(snapshot.load is Load.HEATING) if known else None,
        cooling_share=Decimal(snapshot.load is Load.COOLING) if known else None,
    )


def _of_shown(shown: Shown, start: datetime, end: datetime) -> Span:
    minutes = _minutes(start, end)
    return Span(
        start=start,
        end=end,
        temperature=shown.temperature,
        low=shown.low,
        high=shown.high,
        minutes=shown.minutes,
        humidity=shown.humidity,
        setpoint=shown.setpoint,
        heating_share=None if shown.heating_minutes is None else min(shown.heating_minutes / minutes, _ALL),
        cooling_share=None if shown.cooling_minutes is None else min(shown.cooling_minutes / minutes, _ALL),
    )


def _minutes(start: datetime, end: datetime) -> Decimal:
    return Decimal((end - start) // _MICROSECOND) / _MICROSECONDS_PER_MINUTE


def _weighted(values: Sequence[tuple[Decimal | None, Decimal]]) -> Decimal | None:
    known = [(value, weight) for value, weight in values if value is not None]
    total = sum((weight for _, weight in known), Decimal(0))
    return sum((value * weight for value, weight in known), Decimal(0)) / total if total else None


def _total(shares: Sequence[tuple[Decimal | None, Span]]) -> Decimal | None:
    known = [share * _minutes(span.start, span.end) for share, span in shares if share is not None]
    return sum(known, Decimal(0)) if known else None
