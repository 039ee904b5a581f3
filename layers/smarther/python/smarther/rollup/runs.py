"""The three kinds of runs: the schedule's, the owner's for a range, and the stream's for late readings."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from smarther import telemetry
from smarther.domain.summaries.rollup_window import (
    RollupState,
    catch_up_hours,
    dropped_by_stream_since,
    due_hours,
    plausible,
)
from smarther.store import keys
from smarther.store.items import instant_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from smarther.domain.summaries.rollup_window import HourRange
    from smarther.rollup.roll_up import Rollup
    from smarther.store.hours_and_days import HoursAndDays


class StatisticsMissingError(Exception):
    """Some thermostats' statistics could not be made; all others were."""


def make_range(rollup: Rollup, hours: HourRange) -> dict[str, Any]:
    """Make a requested range again; if the answer has `continue_from`, time ran out there."""
    unexpired = rollup.unexpired(hours)
    figures = _figures(rollup, unexpired, rollup.make(rollup.thermostats(), unexpired))
    _log("statistics_made", figures, rollup)
    return {**figures, "failed": sorted(rollup.failed)}


def make_scheduled(rollup: Rollup, statistics: HoursAndDays, now: datetime) -> dict[str, Any]:
    """Make the due hours, catch up what is missing, and store how far that went.

    Raises `StatisticsMissingError` at its end if something could not be made, so that an alarm fires.
    """
    state = plausible(statistics.rollup_state(), now=now)
    hours = rollup.unexpired(due_hours(state, now=now))
    listed = rollup.thermostats()
    reached = rollup.make(listed, hours)
    rollup.catch_up(catch_up_hours(state, hours, listed), listed)
    late_after = None
    since = dropped_by_stream_since(state, now=now)
    if state is not None and since is not None:
        late_after = rollup.remake_missed(listed, since=since, after=state.late_after or "")
    statistics.store_rollup_state(
        RollupState(
            ran_at=now,
            complete_through=reached,
            behind=rollup.behind,
            late_through=now if state is None or late_after is None else state.late_through,
            late_after=late_after,
        )
    )
    figures = _figures(rollup, hours, reached)
    _log("statistics_made", figures, rollup)
    if rollup.failed:
        raise StatisticsMissingError(f"{len(rollup.failed)} thermostats' statistics could not be made")
    return {**figures, "failed": []}


def remake_late(rollup: Rollup, records: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Make the hours and days again that late readings affect, from the records of the table's stream.

    Returns the records to deliver again: those of thermostats whose statistics could not be made. Thermostats are
    independent. Records that are not of a reading are counted and skipped.
    """
    times: defaultdict[str, dict[str, datetime]] = defaultdict(dict)
    strange = 0
    for record in records:
        found = _reading_of(record)
        if found is None:
            strange += 1
        else:
            module_id, time, number = found
            times[module_id][number] = time
    failed = [module_id for module_id, late in times.items() if not rollup.remake(module_id, late.values())]
    readings = sum(map(len, times.values()))
    _log("late_readings_counted", {"readings": readings, "strange_records": strange, **rollup.figures()}, rollup)
    return {"batchItemFailures": [{"itemIdentifier": number} for module_id in failed for number in times[module_id]]}


def _reading_of(record: Mapping[str, Any]) -> tuple[str, datetime, str] | None:
    """The module id, time and sequence number of a stream record; None if it is not of a reading."""
    try:
        change = record["dynamodb"]
        module_id = keys.module_in(change["Keys"]["pk"]["S"])
        time = instant_of(keys.time_in(change["Keys"]["sk"]["S"]))
        number = str(change["SequenceNumber"])
    except (KeyError, TypeError, AttributeError):
        return None
    return None if module_id is None or time is None else (module_id, time, number)


def _figures(rollup: Rollup, hours: HourRange, reached: datetime) -> dict[str, str | int]:
    """What a run made of a range, as keys of a log record; `continue_from` only if time ran out before its end."""
    told = {"from": hours.start.isoformat(), "to": hours.end.isoformat(), **rollup.figures()}
    return told if reached >= hours.end else told | {"continue_from": reached.isoformat()}


def _log(message: str, figures: Mapping[str, str | int], rollup: Rollup) -> None:
    for fault, count in rollup.faults.items():
        telemetry.warn("statistics_failed", error=fault.error, place=fault.place, count=count)
    telemetry.log(message, **figures)
