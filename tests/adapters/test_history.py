"""The history as it lies in the table: what is read comes back typed, in order, and within its limit."""

from __future__ import annotations

from copy import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from smarther.domain.readings.home import Load, Snapshot
from smarther.domain.readings.latest import said
from smarther.domain.readings.reading import Reading
from smarther.domain.summaries.statistics import HOUR
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.keys import sort_key
from smarther.store.past.history import History
from smarther.store.readings import Readings, stored
from smarther.store.table import Table
from tests.adapters.conftest import WARM
from tests.support import deployed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.service_resource import Table as PlainTable

TABLE = deployed.TABLE
START = datetime(2026, 1, 10, tzinfo=UTC)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
READING = Reading(
    plant_id="plant",
    module_id="module",
    time=START,
    function="HEATING",
    mode="MANUAL",
    load_state="ACTIVE",
    temperature_c=Decimal("19.5"),
    humidity_percent=Decimal("55.5"),
    setpoint_c=Decimal(21),
    program=Decimal(1),
    activation_time="2026-01-10T22:30:00",
)
SNAPSHOT = Snapshot(
    time=START,
    temperature=Decimal("19.5"),
    humidity=Decimal("55.5"),
    setpoint=Decimal(21),
    load=Load.HEATING,
    mode="MANUAL",
    program=1,
    activation_time="2026-01-10T22:30:00",
)


def put(plain: PlainTable, *readings: Reading) -> None:
    for reading in readings:
        plain.put_item(Item=stored(reading, received_at=reading.time, source="push", retention_days=None))


def every_five_minutes(count: int) -> list[Reading]:
    return [
        replace(READING, time=START + timedelta(minutes=5 * n), temperature_c=Decimal(n) / 10) for n in range(count)
    ]


def test_the_newest_comes_first_and_whole(table: Table, plain: PlainTable) -> None:
    put(plain, *(replace(READING, time=START - hours * HOUR) for hours in range(5)))
    newest = History(table).newest("module", limit=3)
    assert [word.snapshot for word in newest] == [replace(SNAPSHOT, time=START - hours * HOUR) for hours in range(3)]
    assert (newest[0].received_at, newest[0].pushed, newest[0].said) == (START, True, said(READING))
    assert newest[0].key == sort_key(READING)
    assert table.items_read == 3


def test_words_are_had_from_a_stretch_or_by_their_key(table: Table, plain: PlainTable) -> None:
    put(plain, *(replace(READING, time=START - hours * HOUR) for hours in range(5)))
    found = History(table).newest("module", since=START - 3 * HOUR, until=START, limit=10)
    assert [word.time for word in found] == [START - hours * HOUR for hours in (1, 2, 3)]
    assert History(table).reading("module", found[0].key) == found[0]
    assert History(table).reading("module", found[0].key + "0") is None


def test_a_stored_reading_may_hold_numbers_that_dynamodb_writes_in_full(table: Table, dynamodb: DynamoDBClient) -> None:
    reading = replace(READING, setpoint_c=Decimal("2E+1"), extra={"x": Decimal("1E+125")})
    Readings(Table(dynamodb, TABLE)).store(reading, received_at=START, source="push")
    (item,) = deployed.items(dynamodb, "MODULE#module")
    in_full = {**item, "setpoint_c": {"N": "20.000"}, "extra": {"M": {"x": {"N": "1" + "0" * 125}}}}
    dynamodb.put_item(TableName=TABLE, Item=in_full)

    (word,) = History(table).newest("module", limit=1)

    assert word.said == said(reading)


def test_what_came_late_and_misdated_last_is_known_of_each_thermostat(table: Table, dynamodb: DynamoDBClient) -> None:
    readings = Readings(Table(dynamodb, TABLE))
    late, misdated = (replace(READING, time=START - days * timedelta(days=1)) for days in (2, 400))
    for reading in (READING, late, misdated, replace(late, module_id="another")):
        readings.store(reading, received_at=START, source="push")
    found = History(table).unusual_arrivals()
    assert {module_id: sorted(keys) for module_id, keys in found.items()} == {
        "module": sorted((sort_key(late), sort_key(misdated))),
        "another": [sort_key(replace(late, module_id="another"))],
    }


def test_what_was_not_sent_is_none(table: Table, plain: PlainTable) -> None:
    put(plain, Reading(plant_id="plant", module_id="module", time=START))
    assert [word.snapshot for word in History(table).newest("module", limit=1)] == [Snapshot(time=START)]


def test_nobody_else_s_items_are_taken_for_snapshots(table: Table, plain: PlainTable) -> None:
    put(plain, replace(READING, module_id="module2"))
    HoursAndDays(table).store("module", {START: WARM}, {START.date(): WARM})
    assert History(table).newest("module", limit=5) == []
    assert History(table).snapshots("module", start=START - HOUR, end=START + HOUR) == []


def test_an_item_whose_time_nobody_can_read_is_left_out_and_counted(table: Table, plain: PlainTable) -> None:
    first, second, third = every_five_minutes(3)
    put(plain, first, third)
    plain.put_item(
        Item=stored(second, received_at=START, source="push", retention_days=None) | {"time": "in the morning"}
    )
    times = [each.time for each in History(table).snapshots("module", start=START, end=START + HOUR)]
    assert (times, table.items_left_out) == ([first.time, third.time], 1)
    newest = [each.time for each in History(table).newest("module", limit=5)]
    assert (newest, table.items_left_out) == ([third.time, first.time], 2)


def test_a_stretch_is_half_open_and_oldest_first(table: Table, plain: PlainTable) -> None:
    readings = every_five_minutes(13)
    put(plain, *readings)
    found = History(table).snapshots("module", start=START, end=START + HOUR)
    assert [snapshot.time for snapshot in found] == [reading.time for reading in readings[:12]]
    assert found[3].temperature == Decimal("0.3")
    assert found[3].mode is None, "the mode is not asked for"


def test_a_limit_keeps_the_newest(table: Table, plain: PlainTable) -> None:
    put(plain, *every_five_minutes(12))
    found = History(table).snapshots("module", start=START, end=START + HOUR, limit=4)
    assert [snapshot.temperature for snapshot in found] == [Decimal(n) / 10 for n in (8, 9, 10, 11)]
    assert table.items_read == 4


@pytest.mark.parametrize("limit", [None, 1, 3, 24])
def test_what_a_clock_that_was_ahead_dated_tells_nothing_of_that_time(
    table: Table, plain: PlainTable, limit: int | None
) -> None:
    """Two weeks later its readings stand among those that are right then."""
    right = every_five_minutes(12)
    put(plain, *right)
    for reading in right:
        ahead = replace(reading, time=reading.time + timedelta(minutes=2), temperature_c=Decimal(99))
        arrival = ahead.time - timedelta(days=14)
        plain.put_item(Item=stored(ahead, received_at=arrival, source="push", retention_days=None))
    found = History(table).snapshots("module", start=START, end=START + HOUR, limit=limit)
    assert [snapshot.time for snapshot in found] == [reading.time for reading in right][-(limit or 12) :]


@pytest.mark.parametrize("instant", [FIRST, LAST])
def test_stretches_reach_from_the_first_instant_to_the_last(table: Table, plain: PlainTable, instant: datetime) -> None:
    """As keys, years of one digit stand before years of four."""
    put(plain, READING, replace(READING, time=instant))
    assert len(History(table).snapshots("module", start=FIRST, end=LAST)) == 1 + (instant == FIRST)
    assert [word.time for word in History(table).newest("module", since=START, until=START + HOUR, limit=9)] == [START]
    assert HoursAndDays(table).hours("module", start=FIRST, end=START) == {}


def test_pages_are_followed(table: Table, plain: PlainTable) -> None:
    heavy = {f"note {n}": "x" * 1000 for n in range(100)}
    put(plain, *(replace(reading, extra=heavy) for reading in every_five_minutes(24)))
    assert len(History(table).snapshots("module", start=START, end=START + 2 * HOUR)) == 24
    assert len(History(table).newest("module", limit=20)) == 20


def test_a_blank_end_that_an_older_version_stored_is_none(table: Table, dynamodb: DynamoDBClient) -> None:
    Readings(Table(dynamodb, TABLE)).store(replace(READING, activation_time=""), received_at=START, source="push")
    (word,) = History(table).newest("module", limit=1)
    assert word.snapshot == replace(SNAPSHOT, activation_time=None)
