"""Statistics of hours and days of a thermostat, from readings at irregular instants.

A thermostat sends a reading when something changes, so its snapshots form a step function: each holds from its own
instant until the next one replaces all of it, and what the next one does not say is unknown from then on. Means are
means of that function over time. Minutes are the time spent in a state. Minimum and maximum are taken over the
snapshots that held for some time.

Two bounds limit what counts as known:

- A snapshot holds for at most `LONGEST_HOLD`. The time after that counts in no mean and in no minutes.
- Nothing is known after `until`, the instant at which the statistics are made.

Hours are hours of UTC, so daylight saving time neither repeats nor skips one. A day is a local day of the home, because
people heat by local time. It is the sum of the hours that begin in it: 23 or 25 when the clocks change.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import zip_longest
from typing import TYPE_CHECKING

from smarther.domain.readings.home import Load

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import tzinfo

    from smarther.domain.readings.home import Snapshot

LONGEST_HOLD = timedelta(hours=6)
"""The longest time for which a snapshot holds. Thermostats report each change of a tenth of a degree: an hour without a
reading is normal, many hours are an outage rather than a steady room. It is a constant, and not the owner's
`StaleAfterHours`, so that stored statistics always mean the same."""

HOUR = timedelta(hours=1)

_PLACES = Decimal("0.0001")
_MICROSECOND = timedelta(microseconds=1)
_MICROSECONDS_PER_MINUTE = Decimal(60_000_000)
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Measure:
    """A quantity over a stretch of time: time-weighted mean, extremes, and the minutes for which it was known."""

    mean: Decimal
    minimum: Decimal
    maximum: Decimal
    minutes: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Statistics of one hour or one day. Temperatures are in °C, humidity in percent.

    A quantity that was never known is `None`. `count` is the number of readings in the hour or day; it may be 0 where
    an earlier reading still holds. `load_minutes` is for how long it was known whether it heated, cooled or was idle.
    """

    count: int
    temperature: Measure | None = None
    humidity: Measure | None = None
    setpoint: Measure | None = None
    load_minutes: Decimal = _NOTHING
    heating_minutes: Decimal = _NOTHING
    cooling_minutes: Decimal = _NOTHING


@dataclass(frozen=True, slots=True)
class Held:
    """A snapshot and the time for which it holds, from `start` up to but not including `end`."""

    snapshot: Snapshot
    start: datetime
    end: datetime


def hour_of(instant: datetime) -> datetime:
    """The beginning of the UTC hour that holds the instant."""
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def held(snapshots: Sequence[Snapshot], *, until: datetime) -> Iterator[Held]:
    """The time for which each snapshot holds; those that held for no time are left out.

    The snapshots must be in the order of their instants. Of several with the same instant the last one counts.
    """
    for snapshot, following in zip_longest(snapshots, snapshots[1:]):
        end = until if following is None else min(until, following.time)
        if end > snapshot.time:
            # Not `snapshot.time + LONGEST_HOLD`: that may be after the end of the calendar.
            yield Held(snapshot, snapshot.time, snapshot.time + min(end - snapshot.time, LONGEST_HOLD))


def hourly(
    snapshots: Sequence[Snapshot], *, start: datetime, end: datetime, until: datetime
) -> dict[datetime, Statistics]:
    """Statistics of each hour from `start` up to but not including `end`, both full hours, of which anything is known.

    The snapshots must reach back `LONGEST_HOLD` before `start`, or the first hours are incomplete.
    """
    pieces: defaultdict[datetime, list[Held]] = defaultdict(list)
    for piece in _by_hour(held(snapshots, until=until), start, end):
        pieces[hour_of(piece.start)].append(piece)
    counts: defaultdict[datetime, int] = defaultdict(int)
    for snapshot in snapshots:
        if start <= snapshot.time < min(end, until):
            counts[hour_of(snapshot.time)] += 1
    return {hour: _over(pieces[hour], counts[hour]) for hour in sorted(pieces.keys() | counts.keys())}


def daily(hours: Mapping[datetime, Statistics], zone: tzinfo) -> dict[date, Statistics]:
    """Statistics of each local day, from the hours that begin in it."""
    days: defaultdict[date, list[Statistics]] = defaultdict(list)
    for hour, statistics in hours.items():
        days[local_day(hour, zone)].append(statistics)
    return {day: _together(parts) for day, parts in sorted(days.items())}


def local_day(hour: datetime, zone: tzinfo) -> date:
    """The local day in which an hour begins."""
    return hour.astimezone(zone).date()


def hours_of_day(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """The first hour that begins in a local day, and the first hour of the next day."""
    first, after = (_first_hour(each, zone) for each in (day, day + timedelta(days=1)))
    return first, after


def _over(pieces: Sequence[Held], count: int) -> Statistics:
    """The statistics of one stretch of time from these pieces of it, with `count` readings."""
    return Statistics(
        count=count,
        temperature=_measure((piece.snapshot.temperature, piece) for piece in pieces),
        humidity=_measure((piece.snapshot.humidity, piece) for piece in pieces),
        setpoint=_measure((piece.snapshot.setpoint, piece) for piece in pieces),
        load_minutes=_minutes(piece for piece in pieces if piece.snapshot.load is not None),
        heating_minutes=_minutes(piece for piece in pieces if piece.snapshot.load is Load.HEATING),
        cooling_minutes=_minutes(piece for piece in pieces if piece.snapshot.load is Load.COOLING),
    )


def _together(parts: Sequence[Statistics]) -> Statistics:
    """The statistics of several stretches together. Minutes are summed, so a day has exactly those of its hours."""
    return Statistics(
        count=sum(part.count for part in parts),
        temperature=_combined([part.temperature for part in parts]),
        humidity=_combined([part.humidity for part in parts]),
        setpoint=_combined([part.setpoint for part in parts]),
        load_minutes=sum((part.load_minutes for part in parts), _NOTHING),
        heating_minutes=sum((part.heating_minutes for part in parts), _NOTHING),
        cooling_minutes=sum((part.cooling_minutes for part in parts), _NOTHING),
    )


def _first_hour(day: date, zone: tzinfo) -> datetime:
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    hour = hour_of(midnight)
    return hour if hour == midnight else hour + HOUR


def _by_hour(stretches: Iterable[Held], start: datetime, end: datetime) -> Iterator[Held]:
    """Cut the stretches at full hours, within `start` and `end`."""
    for stretch in stretches:
        at, last = max(stretch.start, start), min(stretch.end, end)
        while at < last:
            cut = min(hour_of(at) + HOUR, last)
            yield Held(stretch.snapshot, at, cut)
            at = cut


def _measure(values: Iterable[tuple[Decimal | None, Held]]) -> Measure | None:
    known = [(value, piece) for value, piece in values if value is not None]
    minutes = _minutes(piece for _, piece in known)
    if not minutes:
        return None
    weighted = sum((value * _microseconds(piece) for value, piece in known), _NOTHING)
    return Measure(
        mean=(weighted / sum(_microseconds(piece) for _, piece in known)).quantize(_PLACES),
        minimum=min(value for value, _ in known),
        maximum=max(value for value, _ in known),
        minutes=minutes,
    )


def _combined(measures: Iterable[Measure | None]) -> Measure | None:
    known = [measure for measure in measures if measure is not None]
    if not known:
        return None
    minutes = sum((measure.minutes for measure in known), _NOTHING)
    return Measure(
        mean=(sum((measure.mean * measure.minutes for measure in known), _NOTHING) / minutes).quantize(_PLACES),
        minimum=min(measure.minimum for measure in known),
        maximum=max(measure.maximum for measure in known),
        minutes=minutes,
    )


def _microseconds(piece: Held) -> int:
    return (piece.end - piece.start) // _MICROSECOND


def _minutes(pieces: Iterable[Held]) -> Decimal:
    return (sum(_microseconds(piece) for piece in pieces) / _MICROSECONDS_PER_MINUTE).quantize(_PLACES)
