"""A thermostat that fails costs nobody else anything: not their statistics, nor the point up to which they are made.
What it is owed is made once it is mended, and until then a run spends little on it and rings."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError
from hypothesis import event, given, settings
from hypothesis import strategies as st

from smarther.domain.readings.reading import Reading
from smarther.domain.summaries.statistics import HOUR
from smarther.rollup.runs import StatisticsMissingError
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.items import attribute
from smarther.store.readings import stored
from smarther.store.table import Table
from tests.support.memory_table import MemoryTable
from tests.support.odd_home import entry

if TYPE_CHECKING:
    from tests.functions.conftest import Apps, Log

BEGIN = datetime(2026, 3, 20, 9, 5, tzinfo=UTC)
DAY = timedelta(days=1)
WELL, ILL = ("module-1", "module-2"), "module-odd"
FAULTS = {
    "throttled": ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, "Query"),
    "a bug": TypeError("words that quote 19.5"),
}


@dataclass
class FailingTable(MemoryTable):
    """A table that fails when one thermostat's readings are read: of all days, or of those from one of them on.

    `failed` counts how often it did, `asked` how often such readings were asked for.
    """

    fault: Exception | None = None
    day: str | None = None
    writing: bool = False
    failed: int = 0
    asked: int = field(default=0)

    def query(self, **request: Any) -> dict[str, Any]:
        values = request["ExpressionAttributeValues"]
        first, last = values[":first"]["S"], values[":last"]["S"]
        if values[":partition"]["S"] == f"MODULE#{ILL}" and first.startswith("READING#"):
            self.asked += 1
            touched = self.day is None or first[:18] <= f"READING#{self.day}" <= last[:18]
            if self.fault is not None and touched and not self.writing:
                self.failed += 1
                raise self.fault
        return super().query(**request)

    def put_item(self, **request: Any) -> None:
        if self.fault is not None and self.writing and request["Item"]["pk"]["S"] == f"MODULE#{ILL}":
            self.failed += 1
            raise self.fault
        super().put_item(**request)


@dataclass(frozen=True)
class Step:
    """A run so many hours after the one before, and what fails in it."""

    hours: int
    fault: str | None
    poisoned_days_ago: int | None
    writing: bool


STEPS = st.lists(
    st.builds(
        Step,
        hours=st.sampled_from([1, 1, 1, 2, 5, 24, 30, 24 * 11]),
        fault=st.none() | st.sampled_from(sorted(FAULTS)),
        poisoned_days_ago=st.none() | st.integers(0, 12),
        writing=st.booleans(),
    ),
    max_size=8,
)


def a_reading(module_id: str, at: datetime, minutes: int) -> dict[str, Any]:
    reading = Reading(
        plant_id="plant-1",
        module_id=module_id,
        time=at,
        load_state="ACTIVE" if minutes % 2 else "INACTIVE",
        temperature_c=Decimal(15 + minutes % 9),
    )
    item = stored(reading, received_at=at, source="push", retention_days=None)
    return {name: attribute(value) for name, value in item.items()}


@st.composite
def homes(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Three thermostats that spoke now and then from days before the first run until long after it."""
    items = [entry(module_id) for module_id in (*WELL, ILL)]
    for module_id in (*WELL, ILL):
        minutes = draw(st.sets(st.integers(-10 * 24 * 60, 20 * 24 * 60), min_size=3, max_size=20))
        items += [a_reading(module_id, BEGIN + timedelta(minutes=each), each) for each in minutes]
    return items


def run(apps: Apps, table: MemoryTable, now: datetime, **event: Any) -> Any:
    apps.at(now).rollup.client = table
    return apps.rollup.handler(event, Mock(**{"get_remaining_time_in_millis.return_value": 900_000}))


def statistics(table: MemoryTable, *module_ids: str) -> list[Any]:
    return [
        item
        for module_id in module_ids
        for item in table.partition(f"MODULE#{module_id}")
        if not item["sk"]["S"].startswith("READING#")
    ]


def _but_versions(table: MemoryTable) -> list[dict[str, Any]]:
    """All items. How often an hour or day was written may differ, and what it says may not."""
    return [{name: value for name, value in item.items() if name != "version"} for item in table.partition("")]


@pytest.mark.shows("statistics fail")
@settings(max_examples=40, deadline=None)
@given(items=homes(), steps=STEPS)
def test_others_go_on_and_what_failed_is_made_once_it_is_mended(
    apps: Apps, items: list[Any], steps: list[Step]
) -> None:
    well, table, now = MemoryTable.of(items), FailingTable.of(items), BEGIN
    assert isinstance(table, FailingTable)
    for step in steps:
        now += step.hours * HOUR
        run(apps, well, now)
        table.fault, table.writing, table.failed = FAULTS.get(step.fault or ""), step.writing, 0
        days_ago = step.poisoned_days_ago
        table.day = None if days_ago is None else f"{now - days_ago * DAY:%Y-%m-%d}"
        try:
            run(apps, table, now)
            assert not table.failed, "a run in which something failed has to ring"
        except StatisticsMissingError:
            assert table.failed, "a run in which nothing failed has nothing to ring for"
            event("rings")
        assert statistics(table, *WELL) == statistics(well, *WELL)
        states = [each.items["ROLLUP", "STATE"] for each in (table, well)]
        reached = [(state["ran_at"], state["complete_through"]) for state in states]
        assert reached[0] == reached[1]
    now += HOUR
    table.fault = None
    for each in (well, table):
        run(apps, each, now)
    assert _but_versions(table) == _but_versions(well)


@pytest.mark.shows("statistics fail")
@pytest.mark.parametrize("writing", [False, True])
@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_one_that_fails_for_ever_costs_a_run_no_more_than_one_day_beyond_the_usual(
    apps: Apps, fault: str, *, writing: bool
) -> None:
    items = [entry(ILL), *(a_reading(ILL, BEGIN + number * 5 * HOUR, number) for number in range(-50, 50))]
    well, table, now = FailingTable.of(items), FailingTable.of(items), BEGIN
    assert isinstance(well, FailingTable)
    assert isinstance(table, FailingTable)
    table.fault, table.writing = FAULTS[fault], writing
    for _ in range(12):
        now += 13 * HOUR
        well.asked = table.asked = 0
        run(apps, well, now)
        with pytest.raises(StatisticsMissingError):
            run(apps, table, now)
        a_day = 2  # what was held before it, and what was said in it
        assert table.asked <= well.asked + a_day


def test_a_run_that_rings_tells_what_failed_and_quotes_nothing(apps: Apps, log: Log) -> None:
    table = FailingTable.of([entry(ILL), entry(WELL[0]), a_reading(ILL, BEGIN - HOUR, 1)])
    assert isinstance(table, FailingTable)
    table.fault = FAULTS["a bug"]
    with pytest.raises(StatisticsMissingError, match=r"^1 thermostats' statistics could not be made$") as rung:
        run(apps, table, BEGIN)
    assert rung.value.__cause__ is rung.value.__context__ is None, "Lambda writes down the whole chain"
    failed, made = log.records
    assert (failed["message"], failed["level"], failed["error"]) == ("statistics_failed", "WARNING", "TypeError")
    assert re.fullmatch(r"aws/service_call\.py:[0-9]+", failed["place"])
    assert failed["count"] == 9, "a day of eight and the one that is running"
    assert (made["message"], made["thermostats_failed"]) == ("statistics_made", 1)
    assert "19.5" not in log.text
    assert ILL not in log.text


def test_a_range_that_a_person_asks_for_is_answered_with_what_failed(apps: Apps) -> None:
    table = FailingTable.of([entry(ILL), entry(WELL[0])])
    assert isinstance(table, FailingTable)
    table.fault = FAULTS["throttled"]
    answer = run(apps, table, BEGIN, **{"from": "2026-03-01"})
    assert (answer["thermostats_failed"], answer["failed"]) == (1, [ILL])
    assert "continue_from" not in answer
    assert HoursAndDays(Table(table, "table")).rollup_state() is None  # type: ignore[arg-type]  # the call that it reads with
