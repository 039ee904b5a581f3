"""Which hours of which thermostats a run of the rollup makes: the due ones, late readings' ones, and missed ones.

An hour is made once, when it is over, and a day with its last hour: a scheduled run makes the hours since the point up
to which the last run made everything. So no hour is left out after a pause, or after a run that was stopped.

A reading that is stored after its hour may have been made says so in its item. The table's stream brings it to the
rollup, which makes the affected hours and days again, however old they are. The stream keeps its records for a day, so
a scheduled run after a longer pause searches the table for such readings.

A scheduled run makes the hours of the thermostats in the directory. For one that is new there since the last run, it
also makes the days before.

If something of a thermostat cannot be made, only that thermostat is behind: the state stores the hour from which its
statistics may be missing. Every scheduled run ends by catching up from there, day by day, oldest first, up to the next
day that cannot be made. So the next run repairs a passing fault, and a lasting one costs each run the one day that it
tries again, while new hours are still made. After the repair a run makes all that is missing, if its readings are still
stored.
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
"""How far back a run begins that does not know which late readings are counted: a stack's first run. Also how far back
it begins for a thermostat that has just come into the directory."""
STREAM_RETENTION: Final = timedelta(hours=24)
"""https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html"""
LONGEST_PAUSE: Final = timedelta(hours=20)
"""After a longer pause the stream may have dropped late readings, or may do so soon."""
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""No statistics are made before this: no thermostat is older, and a clock that lost the time restarts here."""


_CLOCKS_APART: Final = HOUR
"""Far longer than the clocks of two functions are apart."""
_LAST_DATE = date(9999, 1, 1)  # far enough from the calendar's end to add to it


class RollupRequestError(Exception):
    """The requested range cannot be used; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupState:
    """When the rollup ran last, and up to which hour (not included) all statistics are made.

    Except those of thermostats that are `behind`: by module id, the hour from which some may be missing.

    Late readings that were stored before `late_through` are counted, or still in the stream; None if that is unknown.
    While runs search for dropped ones, `late_after` is the module id after which the search continues.
    """

    ran_at: datetime
    complete_through: datetime
    behind: Mapping[str, datetime] = field(default_factory=dict)
    late_through: datetime | None = None
    late_after: str | None = None


@dataclass(frozen=True, slots=True)
class HourRange:
    """Full hours, from `start` up to but not including `end`."""

    start: datetime
    end: datetime


def plausible(state: RollupState | None, *, now: datetime) -> RollupState | None:
    """The state; None if it is in the future, because the last run's clock was wrong or somebody edited the item."""
    if state is None:
        return None
    instants = (state.ran_at, state.complete_through, state.late_through or state.ran_at)
    return state if all(EARLIEST <= each <= now for each in instants) else None


def due_hours(state: RollupState | None, *, now: datetime) -> HourRange:
    """The hours that a scheduled run makes, up to the last one that is over."""
    if state is None:
        start = now - FIRST_LOOK_BACK
    elif state.late_through is None:
        start = state.complete_through - FIRST_LOOK_BACK
    else:
        start = state.complete_through
    return HourRange(hour_of(start), hour_of(now))


def dropped_by_stream_since(state: RollupState | None, *, now: datetime) -> datetime | None:
    """Since when the stream may have dropped late readings; None if it has dropped none."""
    if state is None or state.late_through is None or now - state.late_through <= LONGEST_PAUSE:
        return None
    return state.late_through - STREAM_RETENTION


def affected_hours(times: Iterable[datetime], *, now: datetime) -> list[HourRange]:
    """The hours whose statistics depend on readings of these times, if over; in ranges that do not overlap.

    A reading holds for `LONGEST_HOLD` at most, so it affects no later hour.
    """
    ranges: list[HourRange] = []
    for time in sorted(each for each in times if EARLIEST <= each < now):
        end = min(hour_of(time + LONGEST_HOLD) + HOUR, hour_of(now))
        if ranges and hour_of(time) <= ranges[-1].end:
            ranges[-1] = HourRange(ranges[-1].start, end)
        else:
            ranges.append(HourRange(hour_of(time), end))
    return ranges


def catch_up_hours(
    state: RollupState | None, hours: HourRange, listed: Mapping[str, datetime | None]
) -> dict[str, HourRange]:
    """By module id, for thermostats that are behind or newly listed: the hours before `hours` that may be missing.

    `listed` has, by module id, since when a thermostat is in the directory. One that was not there in the run before
    may have pushed for days: it is new, or has moved to another plant.
    """
    if state is None:
        return {}
    starts = {module_id: hour_of(max(since, EARLIEST)) for module_id, since in state.behind.items()}
    for module_id, since in listed.items():
        if since is not None and since > state.ran_at - _CLOCKS_APART:
            look_back = hours.start - FIRST_LOOK_BACK
            starts[module_id] = min(starts.get(module_id, look_back), look_back)
    return {module_id: HourRange(min(start, hours.start), hours.start) for module_id, start in starts.items()}


def requested_hours(event: Mapping[str, object], *, now: datetime, zone: tzinfo) -> HourRange | None:
    """The hours of `{"from": …, "to": …}`; None if the event has neither, as the schedule's.

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
    return HourRange(hour_of(start), min(whole_end, hour_of(now)))


def unexpired(hours: HourRange, *, now: datetime, retention: timedelta | None) -> HourRange:
    """The part of `hours` whose readings cannot have expired, those of `LONGEST_HOLD` before each hour included.

    An hour made from only some of its readings would overwrite a correct one.
    """
    if retention is None:
        return hours
    earliest = hour_of(now - retention + LONGEST_HOLD) + HOUR
    return HourRange(min(max(hours.start, earliest), hours.end), hours.end)


def split_by_day(hours: HourRange, zone: tzinfo) -> Iterator[tuple[date, HourRange]]:
    """The local days of `hours`, oldest first, each with its part of them."""
    start = hours.start
    while start < hours.end:
        day = local_day(start, zone)
        _, after = hours_of_day(day, zone)
        yield day, HourRange(start, min(after, hours.end))
        start = after


def _bound(text: object, zone: tzinfo, *, following: Literal[0, 1]) -> datetime:
    """An instant as given; for a date, its first hour, or with `following` 1 the first hour of the next day."""
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
    except (ValueError, OverflowError) as unreadable:  # not an instant, or outside the calendar in UTC
        raise RollupRequestError(f"neither a date nor an instant: {text[:40]!r}") from unreadable
    raise RollupRequestError(f"an instant needs its zone, such as Z: {text[:40]!r}")
