"""Whole readings, hours and days, as their owner takes them out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from unittest.mock import Mock
from zoneinfo import ZoneInfo

import pytest

from smarther.domain.readings.reading import Reading, instant_text
from smarther.domain.summaries.statistics import HOUR, Statistics
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.past.rows import Every, Rows, TimeRange
from smarther.store.readings import Readings
from tests.adapters.conftest import WARM

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table as PlainTable

    from smarther.store.past.rows import Row
    from smarther.store.table import Table

START = datetime(2026, 1, 10, 22, tzinfo=UTC)
ROME = ZoneInfo("Europe/Rome")
MINUTE = timedelta(minutes=1)


def store(table: Table, *times: datetime, module_id: str = "m") -> None:
    """Readings that arrived as they were made."""
    for time in times:
        Readings(table).store(Reading(plant_id="p", module_id=module_id, time=time), received_at=time, source="push")


def all_rows(rows: Rows, span: TimeRange, every: Every = Every.READING, module_id: str | None = "m") -> list[Row]:
    return [row for page in rows.pages(span, every=every, module_id=module_id, page_size=2) for row in page.rows]


def test_the_newest_are_as_many_as_were_asked_for(table: Table) -> None:
    times = [START + number * MINUTE for number in range(5)]
    store(table, *times)

    newest = Rows(table).newest("m", TimeRange(until=times[-1]), limit=3)
    all_there_are = Rows(table).newest("m", TimeRange(since=times[-2]), limit=3)

    assert [row["time"] for row in newest] == [instant_text(time) for time in (times[3], times[2], times[1])]
    assert [row["time"] for row in all_there_are] == [instant_text(time) for time in (times[4], times[3])]


def test_without_a_thermostat_all_there_ever_were_are_read(table: Table) -> None:
    store(table, START, START + MINUTE)
    store(table, START, module_id="n")

    assert sorted(row["module_id"] for row in all_rows(Rows(table), TimeRange(), module_id=None)) == ["m", "m", "n"]


def test_they_are_read_consistently_where_that_is_asked_for(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = Mock(return_value=iter(()))
    monkeypatch.setattr(table, "pages", pages)

    for consistent in (True, False):
        all_rows(Rows(table, consistent=consistent), TimeRange())

    assert [each.kwargs["consistent"] for each in pages.call_args_list] == [True, False]


@pytest.mark.parametrize(
    ("span", "hours", "days"),
    [
        (TimeRange(), [22, 23, 0], [10, 11]),
        (TimeRange(since=START + 90 * MINUTE), [23, 0], [11]),
        (TimeRange(until=START + 30 * MINUTE), [22], [10]),
        (TimeRange(since=START + 59 * MINUTE, until=START + 60 * MINUTE), [22, 23], [10, 11]),
    ],
)
def test_a_span_takes_the_hours_and_the_homes_days_that_hold_its_ends(
    table: Table, span: TimeRange, hours: list[int], days: list[int]
) -> None:
    """The tenth ends in Rome at 23 o'clock of UTC."""
    made = {START + number * HOUR: WARM for number in range(3)}
    HoursAndDays(table).store("m", made, {START.date(): WARM, (START + 2 * HOUR).date(): WARM})
    rows = Rows(table, zone=ROME)

    found_hours = all_rows(rows, span, Every.HOUR)
    found_days = all_rows(rows, span, Every.DAY)

    assert [datetime.fromisoformat(row["hour"]).hour for row in found_hours] == hours
    assert [int(row["day"][-2:]) for row in found_days] == days
    assert {row["module_id"] for row in found_hours + found_days} == {"m"}


def test_what_of_an_hour_is_not_known_is_left_out(table: Table) -> None:
    unknown = Statistics(count=0)
    without_load = replace(WARM, load_minutes=Decimal(0), heating_minutes=Decimal(0))
    HoursAndDays(table).store("m", {START: WARM, START + HOUR: without_load, START + 2 * HOUR: unknown}, {})

    whole, loadless, empty = all_rows(Rows(table), TimeRange(), Every.HOUR)

    assert WARM.temperature is not None
    assert whole["temperature_mean_c"] == WARM.temperature.mean
    assert whole["temperature_minutes"] == WARM.temperature.minutes
    assert whole["heating_minutes"] == WARM.heating_minutes
    assert not [name for name in whole if name.startswith(("humidity", "setpoint"))]
    assert set(whole) - set(loadless) == {"load_minutes", "heating_minutes", "cooling_minutes"}
    assert set(empty) == {"module_id", "hour", "count"}


def test_items_that_are_no_readings_hours_or_days_are_counted_and_left_out(table: Table, plain: PlainTable) -> None:
    for key in ("READING#yesterday#x", "HOUR#yesterday", "DAY#yesterday"):
        plain.put_item(Item={"pk": "MODULE#m", "sk": key})
    rows = Rows(table)

    assert [all_rows(rows, TimeRange(), every) for every in Every] == [[], [], []]
    assert rows.left_out == 3


def test_the_key_says_whose_reading_it_is_and_when_where_the_item_does_not(table: Table, plain: PlainTable) -> None:
    key = f"READING#{instant_text(START)}#x"
    plain.put_item(Item={"pk": "MODULE#m", "sk": key, "module_id": "another", "time": "yesterday", "mode": "MANUAL"})

    (row,) = all_rows(Rows(table), TimeRange())

    assert row == {
        "module_id": "m",
        "time": instant_text(START),
        "mode": "MANUAL",
        "digest": "x",
        "unread": {"module_id": "another", "time": "yesterday"},
    }
