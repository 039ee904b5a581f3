"""Which stretch of time a run of the rollup makes anew, so that late readings are never missed and no run costs much.

Readings come late: up to 18 hours were seen, and after an outage of the provider's cloud a backlog of days. The table
has no index of what arrived when, and needs none. Each run makes a recent stretch anew and writes only what differs
from what is stored, whatever the reason:

- every run, from `RECENT` before the point up to which the last one left nothing to make: what came in time, and
  most of what came late; a pause or a run that was stopped leaves no stretch out;
- the first run of each local day, the last `DEEP`: what came hours or days late.

An hour and a day are made when they are over, so that as a rule each is written once. Every run reads `RECENT` again,
and one a day reads `DEEP`: their lengths are most of what statistics cost (docs/running/cost.md).

What arrives later than that is for `smarther rollup --from --to`.

A thermostat of which something cannot be made stays behind, alone. It keeps the hour from which on it may be owed
something, and every run, after all else, goes on from there: day by day, oldest first, to the next that cannot be
made. So a fault that passes is made good by the next run. One that does not costs a run no more than the one day that
it tries again, however long it lasts; days after it are made as far as the runs' own stretches reach. And once it is
mended, however late, a run makes all that is owed, as long as its readings are there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from smarther.domain.summaries.statistics import HOUR, LONGEST_HOLD, hour_of, hours_of_day, local_day

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import tzinfo

RECENT = timedelta(hours=3)
DEEP = timedelta(days=8)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Before which no statistics are made. No thermostat is older, and one that forgot the time begins here."""


_LAST_DATE = date(9999, 1, 1)  # far enough from the calendar's end to count on from it


class RollupRequestError(Exception):
    """The range asked for cannot be understood; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupState:
    """When the rollup ran last, and up to which hour, not included, it left nothing to make.

    Except of the thermostats that are `behind`: each from its own hour on.
    """

    ran_at: datetime
    complete_through: datetime
    behind: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Full hours, from `start` up to but not including `end`."""

    start: datetime
    end: datetime


def due(state: RollupState | None, *, now: datetime, zone: tzinfo) -> Stretch:
    """What a scheduled run makes anew; it ends before the hour that is running.

    A state that lies ahead of now is none: the last run's clock was wrong, or somebody wrote it.
    """
    if state is None or not all(EARLIEST <= each <= now for each in (state.ran_at, state.complete_through)):
        start = now - DEEP
    elif local_day(state.ran_at, zone) == local_day(now, zone):
        start = state.complete_through - RECENT
    else:
        start = state.complete_through - DEEP
    return Stretch(hour_of(start), hour_of(now))


def owed(state: RollupState | None, stretch: Stretch) -> dict[str, Stretch]:
    """What lies between the hour from which on a thermostat is behind and the stretch that a run makes of all."""
    behind = {} if state is None else state.behind
    starts = {module_id: hour_of(max(since, EARLIEST)) for module_id, since in behind.items()}
    return {module_id: Stretch(min(start, stretch.start), stretch.start) for module_id, start in starts.items()}


def asked_for(event: Mapping[str, object], *, now: datetime, zone: tzinfo) -> Stretch | None:
    """The range of `{"from": …, "to": …}`, or `None` when the event asks for none, as the schedule's does.

    Dates are the home's local days, both included; instants are ISO 8601 with their zone; without `to` it is up to
    now. The range is widened to full hours, begins with `EARLIEST` at the earliest and ends before the hour that is
    running. Raises `RollupRequestError`.
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
    """The part of which no reading may have expired, because an hour made of what is left would overwrite a right one.

    An hour needs the readings of `LONGEST_HOLD` before it as well.
    """
    if retention is None:
        return stretch
    earliest = hour_of(now - retention + LONGEST_HOLD) + HOUR
    return Stretch(min(max(stretch.start, earliest), stretch.end), stretch.end)


def by_day(stretch: Stretch, zone: tzinfo) -> Iterator[tuple[date, Stretch]]:
    """The local days of a stretch with the hours of each that lie in it, oldest first."""
    start = stretch.start
    while start < stretch.end:
        day = local_day(start, zone)
        _, after = hours_of_day(day, zone)
        yield day, Stretch(start, min(after, stretch.end))
        start = after


def _bound(text: object, zone: tzinfo, *, following: Literal[0, 1]) -> datetime:
    """An instant as it is; of a date, its first hour or that of the day `following` it."""
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
