"""The latest state of a thermostat, and its silence: one rule for keeper, dashboard and command line.

Two clocks tell of a reading: the thermostat's own (`time`) and ours (`received_at`, its arrival).

- **Silent** is who has not been heard for too long, by our clock. A push is heard, and so is an answer to a question.
- **The latest state** is the newest by the thermostat's own clock, because pushes come late and out of order. A reading
  whose clock is wrong counts only when it came more than `SOON` after that one. Where readings have gone on arriving
  for longer than any push is late, and none of them is newer, the clock was set back: then the last to arrive counts.
- **A clock is wrong** when the newest reading says so, be it the one that is shown or one that came since.
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
"""One odd reading among good ones changes nothing that is shown. A thermostat speaks more often than this."""

_SET_BACK: Final = LATE + AHEAD
"""A reading that came so long after a newer one is further behind than `LATE`, even if that one was ahead."""

SAID: Final = ("function", "mode", "load_state", "temperature_c", "humidity_percent", "setpoint_c", "program")
"""What a reading says, by the names it has typed and stored alike."""

_UNPUSHED: Final = {"temperature_c": Decimal("0.2"), "humidity_percent": Decimal(2)}
"""Twice the step by which a measure changes before it is pushed (°C, percent): an answer may be a step on its way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A stored reading, as far as it may be the latest. `said` is what it said, without the times."""

    key: str
    received_at: datetime
    pushed: bool
    snapshot: Snapshot
    said: tuple[object, ...]

    @property
    def time(self) -> datetime:
        """By the thermostat's clock."""
        return self.snapshot.time

    @property
    def misdated(self) -> bool:
        """Whether the clock that dated it was wrong."""
        return unusual(self.time, self.received_at) == "misdated"


@dataclass(frozen=True, slots=True)
class WrongClock:
    """What a thermostat's clock said, and the right time then."""

    told: datetime
    at: datetime

    @property
    def ahead(self) -> timedelta:
        """How far the clock is ahead; below zero when it is behind."""
        return self.told - self.at


@dataclass(frozen=True, slots=True)
class Latest:
    """A thermostat's latest word, the last that was heard of it at all, and its clock where that is wrong.

    `at` is when it was as the latest word says: that word's own time, or its arrival where the clock is wrong.
    """

    word: Word
    heard: Word
    at: datetime
    wrong_clock: WrongClock | None


@dataclass(frozen=True, slots=True)
class ThermostatState:
    """Where a thermostat stands: its latest word, and since when its relay is as it is.

    `load_since` is the first of the unbroken run of equal states among the words looked at; when the run reaches back
    to the oldest of them, `load_since_before` says that it may have begun earlier.
    """

    latest: Latest
    load_since: datetime
    load_since_before: bool

    @property
    def last(self) -> Snapshot:
        """What the latest word said."""
        return self.latest.word.snapshot


def latest(words: Collection[Word]) -> Latest | None:
    """The latest of a thermostat's words, in whatever order; None when it never spoke."""
    if not words:
        return None
    heard = _last_to_arrive(words)
    newest = max((word for word in words if not word.misdated), key=lambda word: word.key, default=None)
    if newest is None:
        return Latest(heard, heard, heard.received_at, _clock_of(heard))
    later = [word for word in words if word.received_at - newest.received_at > (SOON if word.misdated else _SET_BACK)]
    if later:
        word = _last_to_arrive(later)
        return Latest(word, heard, word.received_at, _clock_of(word))
    odd = [word for word in words if word.misdated and word.received_at > newest.received_at]
    at = min(newest.time, newest.received_at)
    return Latest(newest, heard, at, _clock_of(_last_to_arrive(odd)) if odd else None)


def thermostat_state(newest_first: Sequence[Word], others: Sequence[Word] = ()) -> ThermostatState | None:
    """The state that a thermostat's words tell, or `None` when it never spoke.

    `newest_first` are its newest by its own clock, with none left out between them; `others` may be the latest as well.
    """
    found = latest([*newest_first, *others])
    if found is None:
        return None
    since = found.at
    run = [word for word in newest_first if not word.misdated]
    for word in run if found.word in run[:1] else ():
        if word.snapshot.load is not found.word.snapshot.load:
            return ThermostatState(found, since, load_since_before=False)
        since = word.time
    return ThermostatState(found, since, load_since_before=True)


def silent_since(
    found: Latest | None, *, known_since: datetime | None, now: datetime, limit: timedelta
) -> datetime | None:
    """Since when a thermostat has been silent, if that is for as long as `limit`; else None.

    One that never spoke counts from when it became known; where nobody noted that, it was long ago.
    """
    heard = known_since or now - limit if found is None else found.heard.received_at
    return heard if now - heard >= limit else None


def is_doubtful(found: Latest | None, *, now: datetime, limit: timedelta) -> bool:
    """Whether it matters that a word may have come since `found.heard`, late, and so stands before the newest.

    That is so when the thermostat looks silent, or as if it had only answered.
    """
    return found is not None and (now - found.heard.received_at >= limit or not found.heard.pushed)


def is_news(time: datetime, found: Latest | None, *, now: datetime) -> bool:
    """Whether an answer of that time by the thermostat's clock, which came now, says more than its latest word.

    Of a thermostat that the provider does not reach it may tell what it remembers: nothing newer than the latest word,
    and of the same time where that is misdated. What is older by more than any push is late was dated by another clock.
    """
    if found is None:
        return True
    last = found.word
    if last.misdated:
        return time != last.time if unusual(time, now) == "misdated" else time > found.at
    return time > last.time or last.time - time > BEHIND


def said(reading: Reading) -> tuple[object, ...]:
    """What a reading says, without the times."""
    return tuple(getattr(reading, name) for name in SAID)


def should_have_pushed(reading: Reading, found: Latest | None) -> bool:
    """Whether an answer says what a push should have told before it: more than a step beside the latest word."""
    if found is None:
        return True
    return any(
        abs(now - before) >= _UNPUSHED[name]
        if name in _UNPUSHED and isinstance(now, Decimal) and isinstance(before, Decimal)
        else now != before
        for name, now, before in zip(SAID, said(reading), found.word.said, strict=True)
    )


def _last_to_arrive(words: Collection[Word]) -> Word:
    return max(words, key=lambda word: (word.received_at, word.key))


def _clock_of(word: Word) -> WrongClock:
    return WrongClock(told=word.time, at=word.received_at)
