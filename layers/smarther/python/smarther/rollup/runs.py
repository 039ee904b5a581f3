"""The three kinds of runs: what is due, what the owner asked for, and what late readings tell of."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smarther import telemetry
from smarther.domain.summaries.rollup_window import RollupState, believed, dropped_since, due, owed
from smarther.store import keys
from smarther.store.items import instant_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from smarther.domain.summaries.rollup_window import Stretch
    from smarther.rollup.roll_up import Rollup, RollupCounts
    from smarther.store.hours_and_days import HoursAndDays


class StatisticsMissingError(Exception):
    """The statistics of some thermostats could not be made; all others were."""


@dataclass(frozen=True, slots=True)
class RangeMade:
    """What a run of a stretch did. `complete_through` is the end of the stretch, or the hour at which time ran out."""

    stretch: Stretch
    complete_through: datetime
    made: RollupCounts

    def figures(self) -> dict[str, str | int]:
        """The answer as keys of a log record; `continue_from` only where time ran out."""
        unfinished = self.complete_through < self.stretch.end
        return {
            "from": self.stretch.start.isoformat(),
            "to": self.stretch.end.isoformat(),
            **self.made.figures(),
            **({"continue_from": self.complete_through.isoformat()} if unfinished else {}),
        }


def make_range(rollup: Rollup, stretch: Stretch) -> dict[str, Any]:
    """Make a range that was asked for; where the answer has `continue_from`, the rest begins there."""
    whole = rollup.whole(stretch)
    answer = RangeMade(whole, rollup.make(rollup.thermostats(), whole), rollup.made())
    _tell("statistics_made", answer.figures(), answer.made)
    return answer.figures() | {"failed": sorted(answer.made.failed)}


def make_due(rollup: Rollup, statistics: HoursAndDays, now: datetime) -> dict[str, Any]:
    """Make the hours that are due, then what is owed, and store how far that went.

    Raises `StatisticsMissingError` at its end where something could not be made, so that an alarm fires.
    """
    state = believed(statistics.rollup_state(), now=now)
    stretch = rollup.whole(due(state, now=now))
    listed = rollup.thermostats()
    reached = rollup.make(listed, stretch)
    rollup.make_up(owed(state, stretch), listed)
    late_after = None
    since = dropped_since(state, now=now)
    if state is not None and since is not None:
        late_after = rollup.make_missed(listed, since=since, after=state.late_after or "")
    answer = RangeMade(stretch, reached, rollup.made())
    statistics.store_rollup_state(
        RollupState(
            ran_at=now,
            complete_through=reached,
            behind=answer.made.behind,
            late_through=now if state is None or late_after is None else state.late_through,
            late_after=late_after,
        )
    )
    _tell("statistics_made", answer.figures(), answer.made)
    if answer.made.failed:
        raise StatisticsMissingError(f"{len(answer.made.failed)} thermostats' statistics could not be made")
    return answer.figures() | {"failed": []}


def make_late(rollup: Rollup, records: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Make anew the hours and days of readings that were stored late: the records of a DynamoDB stream.

    Returns the records to deliver again: those of thermostats of which something could not be made. Thermostats are
    independent. What is no record of a reading is counted and left out.
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
    failed = [module_id for module_id, late in times.items() if not rollup.make_late(module_id, late.values())]
    made = rollup.made()
    readings = sum(map(len, times.values()))
    _tell("late_readings_counted", {"readings": readings, "strange_records": strange, **made.figures()}, made)
    return {"batchItemFailures": [{"itemIdentifier": number} for module_id in failed for number in times[module_id]]}


def _reading_of(record: Mapping[str, Any]) -> tuple[str, datetime, str] | None:
    """The thermostat, the time and the sequence number of a record of a stored reading."""
    try:
        change = record["dynamodb"]
        module_id = keys.module_in(change["Keys"]["pk"]["S"])
        time = instant_of(keys.time_in(change["Keys"]["sk"]["S"]))
        number = str(change["SequenceNumber"])
    except (KeyError, TypeError, AttributeError):
        return None
    return None if module_id is None or time is None else (module_id, time, number)


def _tell(message: str, figures: Mapping[str, str | int], made: RollupCounts) -> None:
    for fault, count in made.faults.items():
        telemetry.warn("statistics_failed", error=fault.error, place=fault.place, count=count)
    telemetry.log(message, **figures)
