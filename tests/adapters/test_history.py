"""The history as it lies in the table: what is read comes back typed, in order, and within its limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from smarther.domain.home import Load, Snapshot, Thermostat
from smarther.domain.reading import Reading, stored
from smarther.domain.rollup_window import RollupState
from smarther.domain.series import shown_of
from smarther.domain.statistics import HOUR, Measure, Statistics
from smarther.store.history import History, HistoryUnavailableError
from tests.support import deployed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.service_resource import Table

TABLE = deployed.TABLE
START = datetime(2026, 1, 10, tzinfo=UTC)

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
WARM = Statistics(
    count=3,
    temperature=Measure(Decimal("20.1234"), Decimal("19.5"), Decimal(21), Decimal(60)),
    load_minutes=Decimal(60),
    heating_minutes=Decimal("12.5"),
)


@pytest.fixture
def table(dynamodb: DynamoDBClient) -> Table:
    """The same table, taking plain values."""
    table: Table = boto3.resource("dynamodb").Table(TABLE)
    return table


@pytest.fixture
def history(dynamodb: DynamoDBClient) -> History:
    return History(dynamodb, TABLE)


def put(table: Table, *readings: Reading) -> None:
    for reading in readings:
        table.put_item(Item=stored(reading, received_at=reading.time, source="push", retention_days=None))


def every_five_minutes(count: int) -> list[Reading]:
    return [
        replace(READING, time=START + timedelta(minutes=5 * n), temperature_c=Decimal(n) / 10) for n in range(count)
    ]


def test_the_directory_lists_thermostats_by_plant_and_name(history: History, table: Table) -> None:
    table.put_item(Item={"pk": "DIRECTORY", "sk": "PLANT#p1", "plant_id": "p1", "name": "Mare"})
    table.put_item(Item={"pk": "DIRECTORY", "sk": "REFRESHED", "at": "2026-01-10T00:00:00Z"})
    for plant, module, name in (("p1", "m1", "salotto"), ("p1", "m2", "Bagno"), ("p2", "m3", "")):
        item = {"pk": "DIRECTORY", "sk": f"MODULE#{plant}#{module}", "plant_id": plant, "module_id": module}
        table.put_item(Item=item | ({"name": name} if name else {}))
    assert history.thermostats() == [
        Thermostat("m2", "Bagno", "p1", "Mare"),
        Thermostat("m1", "salotto", "p1", "Mare"),
        Thermostat("m3", "m3", "p2", "p2"),
    ]


def test_the_newest_comes_first_and_whole(history: History, table: Table) -> None:
    put(table, *(replace(READING, time=START - hours * HOUR) for hours in range(5)))
    newest = history.newest("module", limit=3)
    assert newest == [replace(SNAPSHOT, time=START - hours * HOUR) for hours in range(3)]
    assert history.items_read == 3


def test_what_was_not_sent_is_none(history: History, table: Table) -> None:
    put(table, Reading(plant_id="plant", module_id="module", time=START))
    assert history.newest("module", limit=1) == [Snapshot(time=START)]


def test_nobody_else_s_items_are_taken_for_snapshots(history: History, table: Table) -> None:
    put(table, replace(READING, module_id="module2"))
    history.store_statistics("module", {START: WARM}, {START.date(): WARM})
    assert history.newest("module", limit=5) == []
    assert history.snapshots("module", start=START - HOUR, end=START + HOUR) == []


def test_a_stretch_is_half_open_and_oldest_first(history: History, table: Table) -> None:
    readings = every_five_minutes(13)
    put(table, *readings)
    found = history.snapshots("module", start=START, end=START + HOUR)
    assert [snapshot.time for snapshot in found] == [reading.time for reading in readings[:12]]
    assert found[3].temperature == Decimal("0.3")
    assert found[3].mode is None, "the mode is not asked for"


def test_a_limit_keeps_the_newest(history: History, table: Table) -> None:
    put(table, *every_five_minutes(12))
    found = history.snapshots("module", start=START, end=START + HOUR, limit=4)
    assert [snapshot.temperature for snapshot in found] == [Decimal(n) / 10 for n in (8, 9, 10, 11)]
    assert history.items_read == 4


def test_pages_are_followed(history: History, table: Table) -> None:
    heavy = {f"note {n}": "x" * 1000 for n in range(100)}
    put(table, *(replace(reading, extra=heavy) for reading in every_five_minutes(24)))
    assert len(history.snapshots("module", start=START, end=START + 2 * HOUR)) == 24
    assert len(history.newest("module", limit=20)) == 20


def test_statistics_come_back_as_they_were_made(history: History, table: Table) -> None:
    hours = {START + number * HOUR: replace(WARM, count=number) for number in range(60)}
    day = date(2026, 1, 10)
    history.store_statistics("module", hours, {day: WARM, date(2026, 1, 11): Statistics(count=0)})
    assert history.hours("module", start=START, end=START + 48 * HOUR) == dict(list(hours.items())[:48])
    assert set(history.hours("module", start=START, end=START + 48 * HOUR, limit=2)) == set(list(hours)[46:48])
    assert history.days("module", first=day, last=day) == {day: WARM}
    assert len(history.days("module", first=day, last=date(2026, 2, 1))) == 2
    item = table.get_item(Key={"pk": "MODULE#module", "sk": "HOUR#2026-01-10T05Z"})["Item"]
    assert item["heating_minutes"] == Decimal("12.5")
    assert "expires_at" not in item
    assert not {"time", "received_at"} & set(item), "only readings have these"
    assert table.get_item(Key={"pk": "MODULE#module", "sk": "DAY#2026-01-10"})["Item"]["temperature_min"] == Decimal(
        "19.5"
    )


def test_a_chart_gets_what_it_shows_of_them(history: History) -> None:
    cooled = replace(
        WARM, temperature=None, humidity=WARM.temperature, setpoint=WARM.temperature, cooling_minutes=Decimal(7)
    )
    unknown = replace(WARM, load_minutes=Decimal(0), heating_minutes=Decimal(0))
    hours = {START: WARM, START + HOUR: cooled, START + 2 * HOUR: unknown}
    history.store_statistics("module", hours, {START.date(): cooled})
    shown = history.shown_hours("module", start=START, end=START + 3 * HOUR)
    assert shown == {hour: shown_of(made) for hour, made in hours.items()}
    assert history.shown_days("module", first=START.date(), last=START.date()) == {START.date(): shown_of(cooled)}
    assert set(history.shown_hours("module", start=START, end=START + 3 * HOUR, limit=1)) == {START + 2 * HOUR}


def test_an_empty_stretch_reads_nothing(history: History) -> None:
    assert history.hours("module", start=START, end=START) == {}
    assert history.days("module", first=date(2026, 1, 2), last=date(2026, 1, 1)) == {}


def test_the_rollup_s_state_is_remembered(history: History) -> None:
    assert history.rollup_state() is None
    state = RollupState(ran_at=START, complete_through=START + HOUR)
    history.store_rollup_state(state)
    assert history.rollup_state() == state


@pytest.mark.parametrize(
    "fault",
    [
        ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, "Query"),
        EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
    ],
)
def test_a_table_out_of_reach_is_a_fault_of_ours(fault: Exception) -> None:
    client = Mock()
    client.query.side_effect = client.batch_write_item.side_effect = fault
    history = History(client, TABLE)
    with pytest.raises(HistoryUnavailableError):
        history.thermostats()
    with pytest.raises(HistoryUnavailableError):
        history.store_statistics("module", {START: WARM}, {})


def test_what_the_table_hands_back_is_sent_once_more(history: History, dynamodb: DynamoDBClient) -> None:
    write = dynamodb.batch_write_item
    calls: list[int] = []

    def half(RequestItems: dict[str, list[Any]]) -> Any:  # noqa: N803 - boto3's name
        calls.append(len(RequestItems[TABLE]))
        kept = RequestItems[TABLE][len(RequestItems[TABLE]) // 2 :] if len(calls) == 1 else []
        answer = write(RequestItems={TABLE: [each for each in RequestItems[TABLE] if each not in kept]})
        return {**answer, "UnprocessedItems": {TABLE: kept} if kept else {}}

    dynamodb.batch_write_item = half  # type: ignore[method-assign, assignment]  # the table's refusal cannot be had otherwise
    history.store_statistics("module", {START + number * HOUR: WARM for number in range(10)}, {})
    assert calls == [10, 5]
    assert len(history.hours("module", start=START, end=START + 10 * HOUR)) == 10


def test_what_the_table_keeps_handing_back_is_not_passed_over() -> None:
    client = Mock()
    client.batch_write_item.side_effect = lambda RequestItems: {"UnprocessedItems": RequestItems}  # noqa: N803 - boto3's name
    with pytest.raises(HistoryUnavailableError):
        History(client, TABLE).store_statistics("module", {START: WARM}, {})
