"""The latest state of a thermostat, and its silence: one rule for keeper, dashboard and command line.

A reading has two times: by the thermostat's own clock (`time`), and by ours (`received_at`, its arrival).

- **Silent** is a thermostat from which nothing has arrived for too long, by our clock. Pushes and polls both count.
- **The latest state** is the newest reading by the thermostat's own clock, because pushes come late and out of order. A
  reading that is misdated counts only when it arrived more than `SOON` after that one. Where readings have arrived for
  longer than any push is late, and none of them is newer, the clock was set back: then the last to arrive counts.
- **A clock is wrong** when the newest reading is misdated: the one that is shown, or one that arrived since.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from smarther.domain.readings.arrival import AHEAD, BEHIND, LATE, unusual

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from smarther.domain.readings.home import Snapshot
    from smarther.domain.readings.reading import Reading

SOON: Final = timedelta(hours=1)
"""How much later a misdated reading must arrive to count, so that one odd reading among good ones changes nothing. A
thermostat that works sends more often than this."""

_SET_BACK: Final = LATE + AHEAD
"""A reading that arrived this long after a newer one is further behind than `LATE`, even if the newer one was ahead."""

SAID: Final = ("function", "mode", "load_state", "temperature_c", "humidity_percent", "setpoint_c", "program")
"""What a reading says, by names that are both the attributes of a Reading and those of its item."""

_UNPUSHED: Final = {"temperature_c": Decimal("0.2"), "humidity_percent": Decimal(2)}
"""Twice the step by which a measure changes before it is pushed (°C, percent): an answer may be a step on its way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReading:
    """A stored reading, with what is needed to find the latest one.

    `key` is its sort key; `said` are its values of `SAID`, in that order, without the times.
    """

    key: str
    received_at: datetime
    pushed: bool
    snapshot: Snapshot
    said: tuple[object, ...]

    @property
    def time(self) -> datetime:
        """The reading's own time, by the thermostat's clock."""
        return self.snapshot.time

    @property
    def misdated(self) -> bool:
        """Whether it was dated by a clock that is wrong."""
        return unusual(self.time, self.received_at) == "misdated"


@dataclass(frozen=True, slots=True)
class WrongClock:
    """The time that a thermostat's clock `told`, and the right time then (`at`)."""

    told: datetime
    at: datetime

    @property
    def ahead(self) -> timedelta:
        """How far the clock is ahead; below zero when it is behind."""
        return self.told - self.at


@dataclass(frozen=True, slots=True)
class Latest:
    """A thermostat's latest reading (`reading`), the last one to arrive (`heard`), and its clock where that is wrong.

    `at` is the instant of the latest reading: its own time, or its arrival where the clock is wrong.
    """

    reading: StoredReading
    heard: StoredReading
    at: datetime
    wrong_clock: WrongClock | None


@dataclass(frozen=True, slots=True)
class ThermostatState:
    """A thermostat's latest reading, and since when its relay has been in its present state.

    `load_since` is the time of the first reading in the unbroken run of equal states, among the readings given. Where
    the run reaches back to the oldest of them, `load_since_before` is true: the state may have begun earlier.
    """

    latest: Latest
    load_since: datetime
    load_since_before: bool

    @property
    def last(self) -> Snapshot:
        """What the latest reading says."""
        return self.latest.reading.snapshot


def latest(readings: Collection[StoredReading]) -> Latest | None:
    """The latest of a thermostat's readings, given in any order; None if there are none."""
    if not readings:
        return None
    heard = _last_to_arrive(readings)
    newest = max(
        (reading for reading in readings if not reading.misdated), key=lambda reading: reading.key, default=None
    )
    if newest is None:
        return Latest(heard, heard, heard.received_at, _clock_of(heard))
    later = [
        reading
        for reading in readings
        if reading.received_at - newest.received_at > (SOON if reading.misdated else _SET_BACK)
    ]
    if later:
        reading = _last_to_arrive(later)
        return Latest(reading, heard, reading.received_at, _clock_of(reading))
    odd = [reading for reading in readings if reading.misdated and reading.received_at > newest.received_at]
    at = min(newest.time, newest.received_at)
    return Latest(newest, heard, at, _clock_of(_last_to_arrive(odd)) if odd else None)


def thermostat_state(
    newest_first: Sequence[StoredReading], others: Sequence[StoredReading] = ()
) -> ThermostatState | None:
    """The state of a thermostat by its readings; `None` where there are none.

    `newest_first` are its newest readings by its own clock, without a gap. `others` are older ones, of which one may be
    the latest, because it arrived late or misdated.
    """
    found = latest([*newest_first, *others])
    if found is None:
        return None
    since = found.at
    run = [reading for reading in newest_first if not reading.misdated]
    for reading in run if found.reading in run[:1] else ():
        if reading.snapshot.load is not found.reading.snapshot.load:
            return ThermostatState(found, since, load_since_before=False)
        since = reading.time
    return ThermostatState(found, since, load_since_before=True)


def silent_since(
    found: Latest | None, *, known_since: datetime | None, now: datetime, limit: timedelta
) -> datetime | None:
    """Since when a thermostat has been silent, if for at least `limit`; else None.

    One without any reading counts from `known_since`; where that is unknown, from long ago.
    """
    heard = known_since or now - limit if found is None else found.heard.received_at
    return heard if now - heard >= limit else None


def is_doubtful(found: Latest, *, now: datetime, limit: timedelta) -> bool:
    """Whether to look for a late reading, which may have arrived after `found.heard` and is sorted before the newest.

    It is so when the thermostat looks silent, or when only answers to polls seem to have arrived.
    """
    return now - found.heard.received_at >= limit or not found.heard.pushed


def is_news(time: datetime, found: Latest | None, *, now: datetime) -> bool:
    """Whether the answer to a poll, dated `time` by the thermostat's clock, is newer than its latest reading.

    For a thermostat that it does not reach, the provider may answer with what it remembers: nothing newer than the
    latest reading, or the same time again where that is misdated. An answer that is older than the latest reading by
    more than any push is late was dated by a clock that has been set back since, and is news.
    """
    if found is None:
        return True
    last = found.reading
    if last.misdated:
        return time != last.time if unusual(time, now) == "misdated" else time > found.at
    return time > last.time or last.time - time > BEHIND


def said(reading: Reading) -> tuple[object, ...]:
    """What a reading says, without the times."""
    return tuple(getattr(reading, name) for name in SAID)


def should_have_pushed(reading: Reading, found: Latest | None) -> bool:
    """Whether an answer says what a push should have told before it: more than a step beside the latest reading.

    A value that either of them lacks, or that could not be read, is no change.
    """
    if found is None:
        return True
    return any(
        abs(now - before) >= _UNPUSHED[name]
        if name in _UNPUSHED and isinstance(now, Decimal) and isinstance(before, Decimal)
        else now != before
        for name, now, before in zip(SAID, said(reading), found.reading.said, strict=True)
        if now is not None and before is not None
    )


def _last_to_arrive(readings: Collection[StoredReading]) -> StoredReading:
    return max(readings, key=lambda reading: (reading.received_at, reading.key))


def _clock_of(reading: StoredReading) -> WrongClock:
    return WrongClock(told=reading.time, at=reading.received_at)
