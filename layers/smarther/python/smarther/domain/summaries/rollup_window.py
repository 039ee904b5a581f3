"""Which hours of which thermostats a run of the rollup makes.

An hour is made once, when it is over, and a day with its last hour: a scheduled run makes the hours since the point up
to which the last run made everything. So no hour is left out after a pause, or after a run that was stopped.

A reading that is stored after its hour may have been made says so in its item. The table's stream brings it to the
rollup, which makes the hours and days that it touches anew, however old they are. The stream keeps what it has for a
day. A scheduled run that comes after a longer pause therefore looks for such readings itself.

Where something of a thermostat cannot be made, only that thermostat is behind. The state stores the hour from which its
statistics may be missing. Every scheduled run, after all else, continues from there: day by day, oldest first, up to
the next day that cannot be made. So the next run makes good what a passing fault left out. A lasting fault costs each
run the one day that is tried again; later days are still made in the runs' own stretches. Once the fault is mended, a
run makes all that is missing, as far as the readings are still stored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from smarther.domain.summaries.statistics import HOUR, LONGEST_HOLD, hour_of, hours_of_day, local_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import tzinfo

FIRST_LOOK_BACK: Final = timedelta(days=8)
"""How far back a run looks that does not know which late readings count: the first one of a stack."""
STREAM_KEEPS: Final = timedelta(hours=24)
"""https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html"""
LONGEST_PAUSE: Final = timedelta(hours=20)
"""After a longer pause the stream may soon drop, or has dropped, readings that were stored late."""
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""No statistics are made before this. No thermostat is older, and one that has lost the time starts here."""


_LAST_DATE = date(9999, 1, 1)  # far enough from the calendar's end to add to it


class RollupRequestError(Exception):
    """The requested range cannot be used; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupState:
    """When the rollup ran last, and up to which hour (not included) all statistics are made.

    Except those of the thermostats that are `behind`: by module id, the hour from which some may be missing.

    Readings that were stored late before `late_through` count, or are still in the stream; None where that is not
    known. While runs look for what the stream has dropped, `late_after` is the thermostat behind which to go on.
    """

    ran_at: datetime
    complete_through: datetime
    behind: Mapping[str, datetime] = field(default_factory=dict)
    late_through: datetime | None = None
    late_after: str | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Full hours, from `start` up to but not including `end`."""

    start: datetime
    end: datetime


def believed(state: RollupState | None, *, now: datetime) -> RollupState | None:
    """The state, unless it is in the future: the last run's clock was wrong, or the item was edited by hand."""
    if state is None:
        return None
    instants = (state.ran_at, state.complete_through, state.late_through or state.ran_at)
    return state if all(EARLIEST <= each <= now for each in instants) else None


def due(state: RollupState | None, *, now: datetime) -> Stretch:
    """The stretch that a scheduled run makes; it ends with the last hour that is over."""
    if state is None:
        start = now - FIRST_LOOK_BACK
    elif state.late_through is None:
        start = state.complete_through - FIRST_LOOK_BACK
    else:
        start = state.complete_through
    return Stretch(hour_of(start), hour_of(now))


def dropped_since(state: RollupState | None, *, now: datetime) -> datetime | None:
    """Since when the stream may have dropped readings that were stored late; None where it has dropped none."""
    if state is None or state.late_through is None or now - state.late_through <= LONGEST_PAUSE:
        return None
    return state.late_through - STREAM_KEEPS


def touched(times: Iterable[datetime], *, now: datetime) -> list[Stretch]:
    """The hours that are over and that readings of these times tell of, in stretches that do not overlap.

    A reading holds for `LONGEST_HOLD` at most, so it changes nothing later.
    """
    stretches: list[Stretch] = []
    for time in sorted(each for each in times if EARLIEST <= each < now):
        end = min(hour_of(time + LONGEST_HOLD) + HOUR, hour_of(now))
        if stretches and hour_of(time) <= stretches[-1].end:
            stretches[-1] = Stretch(stretches[-1].start, end)
        else:
            stretches.append(Stretch(hour_of(time), end))
    return stretches


def owed(state: RollupState | None, stretch: Stretch) -> dict[str, Stretch]:
    """By thermostat that is behind: from the hour where its statistics may be missing to the run's own stretch."""
    behind = {} if state is None else state.behind
    starts = {module_id: hour_of(max(since, EARLIEST)) for module_id, since in behind.items()}
    return {module_id: Stretch(min(start, stretch.start), stretch.start) for module_id, start in starts.items()}


def asked_for(event: Mapping[str, object], *, now: datetime, zone: tzinfo) -> Stretch | None:
    """The range of `{"from": …, "to": …}`; `None` where the event names no range, as the schedule's.

    Dates are local days of the home, both included; instants are ISO 8601 with their zone; without `to` the range ends
    now. It is widened to full hours, begins at `EARLIEST` or later, and ends with the last hour that is over. Raises
    `RollupRequestError`.
    """
    if "from" not in event and "to" not in event:
        return None
    start = max(_bound(event.get("from"), zone, following=0), EARLIEST)
    end = min(now if event.get("to") is None else _bound(event["to"], zone, following=1), now)
    if end <= start:
        raise RollupRequestError("the range ends before it begins, or lies ahead")
    whole_end = hour_of(end) if hour_of(end) == end else hour_of(end) + HOUR
    return Stretch(hour_of(start), min(whole_end, hour_of(now)))


def still_whole(stretch: Stretch, *, now: datetime, retention: timedelta | None) -> Stretch:
    """The part of a stretch of which no reading can have expired.

    An hour made of only some of its readings would overwrite a right one. An hour also needs the readings of
    `LONGEST_HOLD` before it.
    """
    if retention is None:
        return stretch
    earliest = hour_of(now - retention + LONGEST_HOLD) + HOUR
    return Stretch(min(max(stretch.start, earliest), stretch.end), stretch.end)


def by_day(stretch: Stretch, zone: tzinfo) -> Iterator[tuple[date, Stretch]]:
    """The local days of a stretch, oldest first, each with those of its hours that are in the stretch."""
    start = stretch.start
    while start < stretch.end:
        day = local_day(start, zone)
        _, after = hours_of_day(day, zone)
        yield day, Stretch(start, min(after, stretch.end))
        start = after


def _bound(text: object, zone: tzinfo, *, following: Literal[0, 1]) -> datetime:
    """An instant as it is; of a date, its first hour, or with `following` 1 the first hour of the next day."""
    parsed = _parsed(text)
    return parsed if isinstance(parsed, datetime) else hours_of_day(parsed, zone)[following]


def _parsed(text: object) -> date | datetime:
    if not isinstance(text, str):
        raise RollupRequestError("a range needs `from`, a date or an instant, and may have `to`")
    try:
        if len(text) == len("2026-01-31"):
            return min(max(date.fromisoformat(text), EARLIEST.date()), _LAST_DATE)
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except (ValueError, OverflowError) as unreadable:  # no instant; one that lies beyond the calendar in UTC
        raise RollupRequestError(f"neither a date nor an instant: {text[:40]!r}") from unreadable
    raise RollupRequestError(f"an instant needs its zone, such as Z: {text[:40]!r}")
