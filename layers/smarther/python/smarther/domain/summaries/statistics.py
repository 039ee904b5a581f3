"""Hours and days of a thermostat, from what it said at irregular moments.

A thermostat speaks when something changes, so its snapshots are the steps of a step function: each holds from its
own instant until the next one replaces it as a whole, what it does not say being unknown from then on. Means are
means of that function over time, minutes are time spent in a state, minimum and maximum are over the states that held
for some time.

Two bounds keep this honest:

- A state holds for `LONGEST_HOLD` at most. Silence beyond that is not known time: it adds to no mean and no minutes.
- Nothing is known of what lies after `until`, the instant at which the statistics are made.

Hours are hours of UTC, so summer time neither doubles nor skips one. A day is the home's local day, because people
heat by the clock on their wall; it is the sum of the hours that begin in it, 23 or 25 of them when the clocks change.
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
"""How long a state is believed without a word. Thermostats report each change of a tenth of a degree, so hours of
silence are an outage rather than a steady room; an hour of it is normal. A constant, and not the owner's
`StaleAfterHours`, so that a stored hour means the same for ever."""

HOUR = timedelta(hours=1)

_PLACES = Decimal("0.0001")
_MICROSECOND = timedelta(microseconds=1)
_MICROSECONDS_PER_MINUTE = Decimal(60_000_000)
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Measure:
    """A quantity over a stretch of time: time-weighted mean, extremes, and for how many minutes it was known."""

    mean: Decimal
    minimum: Decimal
    maximum: Decimal
    minutes: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """One hour or one day. Temperatures in °C, humidity in percent; what was never known is `None` or no minutes.

    `count` is the number of snapshots taken in it; an hour may well be known without any, from the one before.
    `load_minutes` is for how long it was known what the relay does: heating, cooling, or neither.
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
    """A snapshot and the time for which it is believed, from `start` up to but not including `end`."""

    snapshot: Snapshot
    start: datetime
    end: datetime


def hour_of(instant: datetime) -> datetime:
    """The beginning of the UTC hour that holds the instant."""
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def held(snapshots: Sequence[Snapshot], *, until: datetime) -> Iterator[Held]:
    """For how long each snapshot is believed; those that held for no time are left out.

    The snapshots stand in the order of their instants; of several with the same instant the last one counts.
    """
    for snapshot, following in zip_longest(snapshots, snapshots[1:]):
        end = until if following is None else min(until, following.time)
        if end > snapshot.time:
            # Added to what it held and not to its bound: the calendar may end within those hours.
            yield Held(snapshot, snapshot.time, snapshot.time + min(end - snapshot.time, LONGEST_HOLD))


def hourly(
    snapshots: Sequence[Snapshot], *, start: datetime, end: datetime, until: datetime
) -> dict[datetime, Statistics]:
    """The hours from `start` up to but not including `end`, both full hours, of which anything is known.

    For the first hour to be right the snapshots have to reach back `LONGEST_HOLD` before `start`.
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
    """The hours gathered by the local day in which they begin."""
    days: defaultdict[date, list[Statistics]] = defaultdict(list)
    for hour, statistics in hours.items():
        days[local_day(hour, zone)].append(statistics)
    return {day: _together(parts) for day, parts in sorted(days.items())}


def local_day(hour: datetime, zone: tzinfo) -> date:
    """The day to which an hour belongs: the one on the home's calendar when the hour begins."""
    return hour.astimezone(zone).date()


def hours_of_day(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """The first hour that begins in a local day, and the first of the day after."""
    first, after = (_first_hour(each, zone) for each in (day, day + timedelta(days=1)))
    return first, after


def _over(pieces: Sequence[Held], count: int) -> Statistics:
    """The statistics of these pieces of one stretch of time, in which `count` snapshots were taken."""
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
    """Several stretches as one. Minutes are added as they stand, so a day's are exactly those of its hours."""
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
    """The stretches cut at the full hours, and what lies outside thrown away."""
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
