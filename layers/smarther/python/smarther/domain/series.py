"""What a chart shows of a period: spans of time with what was measured, told and done in each.

Short periods are drawn from every reading, longer ones from hours, long ones from days. Whatever the period, however
busy the thermostat and however long its history, one answer reads no more than `ITEM_BOUND` items from the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from smarther.domain.home import Load
from smarther.domain.statistics import (
    HOUR,
    LONGEST_HOLD,
    Held,
    Measure,
    Statistics,
    held,
    hour_of,
    hours_of_day,
    over,
    together,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, tzinfo

    from smarther.domain.home import Snapshot

READINGS_UP_TO = timedelta(days=2)
HOURS_UP_TO = timedelta(days=62)

# The bound on what one answer reads, stated here and nowhere else.
DIRECTORY_ITEMS = 300
"""Plants and thermostats; no home has as many."""
MOST_THERMOSTATS = 48
"""Thermostats drawn at once; the others are one click away."""
NEWEST_SNAPSHOTS = 40
"""Per thermostat, to tell since when it heats: a few hours of a busy one."""
CHART_ITEMS = 10_000
"""For all charts together, in equal shares: twelve thermostats have room for a month of hours each."""
ITEM_BOUND = DIRECTORY_ITEMS + MOST_THERMOSTATS * NEWEST_SNAPSHOTS + CHART_ITEMS


class Grain(StrEnum):
    """What one span stands for."""

    READINGS = "every reading"
    HOURS = "hourly means"
    DAYS = "daily means"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of time for which something is known. Temperatures in °C, humidity in percent.

    `low` and `high` are the extremes around the mean `temperature`; of a reading all three are the same. `heating` and
    `cooling` are the share of the span in which the relay did that, from 0 to 1.
    """

    start: datetime
    end: datetime
    temperature: Decimal | None
    low: Decimal | None
    high: Decimal | None
    humidity: Decimal | None
    setpoint: Decimal | None
    heating: Decimal
    cooling: Decimal


@dataclass(frozen=True, slots=True)
class Series:
    """The spans of a period in their order, none overlapping, and the statistics of all of it together."""

    grain: Grain
    start: datetime
    end: datetime
    spans: Sequence[Span]
    summary: Statistics


def share_of_items(charts: int) -> int:
    """How many items each of so many charts may read."""
    return CHART_ITEMS // max(charts, 1)


def finest_grain(period: timedelta, limit: int) -> Grain:
    """The finest grain that suits the period and can fit into `limit` items."""
    if period <= READINGS_UP_TO:
        return Grain.READINGS
    if period <= HOURS_UP_TO and hours_in(period) <= limit:
        return Grain.HOURS
    return Grain.DAYS


def hours_in(period: timedelta) -> int:
    """The most hours that a period of this length can touch."""
    return period // HOUR + 2


def of_snapshots(snapshots: Sequence[Snapshot], *, start: datetime, end: datetime, now: datetime) -> Series:
    """Every reading as a span from its instant to the next, as long as it is believed.

    The snapshots reach back `LONGEST_HOLD` before `start`, so that the state at the left edge is known.
    """
    pieces = [
        Held(piece.snapshot, max(piece.start, start), piece.end)
        for piece in held(snapshots, until=min(end, now))
        if piece.end > start
    ]
    count = sum(start <= snapshot.time < end for snapshot in snapshots)
    return Series(Grain.READINGS, start, end, [_of_piece(piece) for piece in pieces], over(pieces, count))


def of_hours(hours: Mapping[datetime, Statistics], *, start: datetime, end: datetime) -> Series:
    """Stored hours as spans."""
    spans = [_of_statistics(made, hour, hour + HOUR) for hour, made in sorted(hours.items())]
    return Series(Grain.HOURS, start, end, spans, together(list(hours.values())))


def of_days(days: Mapping[date, Statistics], *, start: datetime, end: datetime, zone: tzinfo) -> Series:
    """Stored local days as spans."""
    spans = [_of_statistics(made, *hours_of_day(day, zone)) for day, made in sorted(days.items())]
    return Series(Grain.DAYS, start, end, spans, together(list(days.values())))


def snapshots_from(start: datetime) -> datetime:
    """How far back readings are needed for a chart that begins at `start`."""
    return start - LONGEST_HOLD


def hours_between(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """The full hours that cover a period."""
    return hour_of(start), hour_of(end) + HOUR


def _of_piece(piece: Held) -> Span:
    snapshot = piece.snapshot
    return Span(
        start=piece.start,
        end=piece.end,
        temperature=snapshot.temperature,
        low=snapshot.temperature,
        high=snapshot.temperature,
        humidity=snapshot.humidity,
        setpoint=snapshot.setpoint,
        heating=Decimal(snapshot.load is Load.HEATING),
        cooling=Decimal(snapshot.load is Load.COOLING),
    )


def _of_statistics(made: Statistics, start: datetime, end: datetime) -> Span:
    minutes = Decimal((end - start) // timedelta(minutes=1))
    return Span(
        start=start,
        end=end,
        temperature=_mean(made.temperature),
        low=made.temperature.minimum if made.temperature else None,
        high=made.temperature.maximum if made.temperature else None,
        humidity=_mean(made.humidity),
        setpoint=_mean(made.setpoint),
        heating=made.heating_minutes / minutes,
        cooling=made.cooling_minutes / minutes,
    )


def _mean(measure: Measure | None) -> Decimal | None:
    return measure.mean if measure else None
