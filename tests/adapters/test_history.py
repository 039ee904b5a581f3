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
from smarther.domain.latest import said
from smarther.domain.reading import Reading
from smarther.domain.rollup_window import RollupState
from smarther.domain.series import shown_of
from smarther.domain.statistics import HOUR, Measure, Statistics
from smarther.store.history import History
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.keys import sort_key
from smarther.store.listings import Listings
from smarther.store.readings import Readings, stored
from smarther.store.table import Table, TableUnavailableError
from tests.support import deployed
from tests.support.memory_table import MemoryTable

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
WARM = Statistics(
    count=3,
    temperature=Measure(Decimal("20.1234"), Decimal("19.5"), Decimal(21), Decimal(60)),
    load_minutes=Decimal(60),
    heating_minutes=Decimal("12.5"),
)


@pytest.fixture
def plain(dynamodb: DynamoDBClient) -> PlainTable:
    """The same table, taking plain values."""
    table: PlainTable = boto3.resource("dynamodb").Table(TABLE)
    return table


@pytest.fixture
def table(dynamodb: DynamoDBClient) -> Table:
    return Table(dynamodb, TABLE)


def put(plain: PlainTable, *readings: Reading) -> None:
    for reading in readings:
        plain.put_item(Item=stored(reading, received_at=reading.time, source="push", retention_days=None))


def every_five_minutes(count: int) -> list[Reading]:
    return [
        replace(READING, time=START + timedelta(minutes=5 * n), temperature_c=Decimal(n) / 10) for n in range(count)
    ]


def test_the_directory_lists_thermostats_by_plant_and_name(table: Table, plain: PlainTable) -> None:
    plain.put_item(Item={"pk": "DIRECTORY", "sk": "PLANT#p1", "plant_id": "p1", "name": "Mare"})
    plain.put_item(Item={"pk": "DIRECTORY", "sk": "REFRESHED", "at": "2026-01-10T00:00:00Z"})
    for plant, module, name in (("p1", "m1", "salotto"), ("p1", "m2", "Bagno"), ("p2", "m3", "")):
        item = {"pk": "DIRECTORY", "sk": f"MODULE#{plant}#{module}", "plant_id": plant, "module_id": module}
        item |= {"known_since": "2026-01-10T00:00:00Z"} if module == "m1" else {}
        plain.put_item(Item=item | ({"name": name} if name else {}))
    assert Listings(table).thermostats() == [
        Thermostat("m2", "Bagno", "p1", "Mare"),
        Thermostat("m1", "salotto", "p1", "Mare", known_since=START),
        Thermostat("m3", "m3", "p2", "p2"),
    ]


def test_a_thermostat_that_two_plants_list_is_one_where_it_was_met_last(table: Table, plain: PlainTable) -> None:
    """Plants in any order, ids in any case; an earlier version left such a thermostat listed twice."""
    for plant, module, known_since in (("p1", "m1", "2026-01-10T00:00:00.5Z"), ("p2", "M1", "2026-01-10T00:00:00Z")):
        item = {"plant_id": plant, "module_id": module, "name": plant, "known_since": known_since}
        plain.put_item(Item={"pk": "DIRECTORY", "sk": f"MODULE#{plant}#{module}", **item})
    plain.put_item(Item={"pk": "DIRECTORY", "sk": "MODULE#p3#m1", "plant_id": "p3", "module_id": "m1"})

    met = datetime(2026, 1, 10, microsecond=500_000, tzinfo=UTC)
    assert Listings(table).thermostats() == [Thermostat("m1", "p1", "p1", "p1", known_since=met)]


def test_the_directory_is_read_whole_however_many_there_are() -> None:
    plants, modules = [f"p{number:04}" for number in range(1000)], [f"m{number:04}" for number in range(5000)]
    of_plants = [
        {"sk": {"S": f"PLANT#{plant}"}, "plant_id": {"S": plant}, "name": {"S": f"at {plant}"}} for plant in plants
    ]
    of_modules = [
        {"sk": {"S": f"MODULE#{plant}#{module}"}, "plant_id": {"S": plant}, "module_id": {"S": module}}
        for plant, module in zip(plants * 5, modules, strict=True)
    ]
    table: Any = MemoryTable.of({"pk": {"S": "DIRECTORY"}, **item} for item in of_plants + of_modules)
    found = Listings(Table(table, TABLE)).thermostats()

    assert sorted(one.module_id for one in found) == modules
    assert {one.plant_name for one in found} == {f"at {plant}" for plant in plants}


def test_names_in_the_directory_are_read_as_they_can_be_shown(table: Table, plain: PlainTable) -> None:
    plain.put_item(Item={"pk": "DIRECTORY", "sk": "PLANT#p1", "plant_id": "p1", "name": "Ma\u202ere"})
    for module, name in (("m1", "sa\x00la\u2028due\ufffe"), ("m2", "\x1b \t")):
        item = {"plant_id": "p1", "module_id": module, "name": name}
        plain.put_item(Item={"pk": "DIRECTORY", "sk": f"MODULE#p1#{module}", **item})

    shown = [(one.name, one.plant_name) for one in Listings(table).thermostats()]
    assert shown == [("m2", "Mare"), ("sala due", "Mare")]


def test_the_newest_comes_first_and_whole(table: Table, plain: PlainTable) -> None:
    put(plain, *(replace(READING, time=START - hours * HOUR) for hours in range(5)))
    newest = History(table).words("module", limit=3)
    assert [word.snapshot for word in newest] == [replace(SNAPSHOT, time=START - hours * HOUR) for hours in range(3)]
    assert (newest[0].received_at, newest[0].pushed, newest[0].said) == (START, True, said(READING))
    assert newest[0].key == sort_key(READING)
    assert table.items_read == 3


def test_words_are_had_from_a_stretch_or_by_their_key(table: Table, plain: PlainTable) -> None:
    put(plain, *(replace(READING, time=START - hours * HOUR) for hours in range(5)))
    found = History(table).words("module", since=START - 3 * HOUR, until=START, limit=10)
    assert [word.time for word in found] == [START - hours * HOUR for hours in (1, 2, 3)]
    assert History(table).word("module", found[0].key) == found[0]
    assert History(table).word("module", found[0].key + "0") is None


def test_a_word_may_hold_numbers_that_dynamodb_writes_in_full(table: Table, dynamodb: DynamoDBClient) -> None:
    reading = replace(READING, setpoint_c=Decimal("2E+1"), extra={"x": Decimal("1E+125")})
    Readings(Table(dynamodb, TABLE)).store(reading, received_at=START, source="push")
    (item,) = deployed.items(dynamodb, "MODULE#module")
    in_full = {**item, "setpoint_c": {"N": "20.000"}, "extra": {"M": {"x": {"N": "1" + "0" * 125}}}}
    dynamodb.put_item(TableName=TABLE, Item=in_full)

    (word,) = History(table).words("module", limit=1)

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
    assert [word.snapshot for word in History(table).words("module", limit=1)] == [Snapshot(time=START)]


def test_nobody_else_s_items_are_taken_for_snapshots(table: Table, plain: PlainTable) -> None:
    put(plain, replace(READING, module_id="module2"))
    HoursAndDays(table).store("module", {START: WARM}, {START.date(): WARM})
    assert History(table).words("module", limit=5) == []
    assert History(table).snapshots("module", start=START - HOUR, end=START + HOUR) == []


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
    assert [word.time for word in History(table).words("module", since=START, until=START + HOUR, limit=9)] == [START]
    assert HoursAndDays(table).hours("module", start=FIRST, end=START) == {}


def test_pages_are_followed(table: Table, plain: PlainTable) -> None:
    heavy = {f"note {n}": "x" * 1000 for n in range(100)}
    put(plain, *(replace(reading, extra=heavy) for reading in every_five_minutes(24)))
    assert len(History(table).snapshots("module", start=START, end=START + 2 * HOUR)) == 24
    assert len(History(table).words("module", limit=20)) == 20


def test_statistics_come_back_as_they_were_made(table: Table, plain: PlainTable) -> None:
    hours = {START + number * HOUR: replace(WARM, count=number) for number in range(60)}
    day = date(2026, 1, 10)
    HoursAndDays(table).store("module", hours, {day: WARM, date(2026, 1, 11): Statistics(count=0)})
    assert HoursAndDays(table).hours("module", start=START, end=START + 48 * HOUR) == dict(list(hours.items())[:48])
    assert set(HoursAndDays(table).hours("module", start=START, end=START + 48 * HOUR, limit=2)) == set(
        list(hours)[46:48]
    )
    assert HoursAndDays(table).days("module", first=day, last=day) == {day: WARM}
    assert len(HoursAndDays(table).days("module", first=day, last=date(2026, 2, 1))) == 2
    item = plain.get_item(Key={"pk": "MODULE#module", "sk": "HOUR#2026-01-10T05Z"})["Item"]
    assert item["heating_minutes"] == Decimal("12.5")
    assert "expires_at" not in item
    assert not {"time", "received_at"} & set(item), "only readings have these"
    assert plain.get_item(Key={"pk": "MODULE#module", "sk": "DAY#2026-01-10"})["Item"]["temperature_min"] == Decimal(
        "19.5"
    )


def test_a_chart_gets_what_it_shows_of_them(table: Table) -> None:
    cooled = replace(
        WARM, temperature=None, humidity=WARM.temperature, setpoint=WARM.temperature, cooling_minutes=Decimal(7)
    )
    unknown = replace(WARM, load_minutes=Decimal(0), heating_minutes=Decimal(0))
    hours = {START: WARM, START + HOUR: cooled, START + 2 * HOUR: unknown}
    HoursAndDays(table).store("module", hours, {START.date(): cooled})
    shown = HoursAndDays(table).shown_hours("module", start=START, end=START + 3 * HOUR)
    assert shown == {hour: shown_of(made) for hour, made in hours.items()}
    assert HoursAndDays(table).shown_days("module", first=START.date(), last=START.date()) == {
        START.date(): shown_of(cooled)
    }
    assert set(HoursAndDays(table).shown_hours("module", start=START, end=START + 3 * HOUR, limit=1)) == {
        START + 2 * HOUR
    }


def test_an_empty_stretch_reads_nothing(table: Table) -> None:
    assert HoursAndDays(table).hours("module", start=START, end=START) == {}
    assert HoursAndDays(table).days("module", first=date(2026, 1, 2), last=date(2026, 1, 1)) == {}


def test_the_rollup_s_state_is_remembered(table: Table) -> None:
    assert HoursAndDays(table).rollup_state() is None
    state = RollupState(ran_at=START, complete_through=START + HOUR)
    HoursAndDays(table).store_rollup_state(state)
    assert HoursAndDays(table).rollup_state() == state


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
    table = Table(client, TABLE)
    with pytest.raises(TableUnavailableError):
        Listings(table).thermostats()
    with pytest.raises(TableUnavailableError):
        History(table).words("module", limit=1)
    with pytest.raises(TableUnavailableError):
        HoursAndDays(table).store("module", {START: WARM}, {})


def test_what_the_table_hands_back_is_sent_once_more(table: Table, dynamodb: DynamoDBClient) -> None:
    write = dynamodb.batch_write_item
    calls: list[int] = []

    def half(RequestItems: dict[str, list[Any]]) -> Any:  # noqa: N803 - boto3's name
        calls.append(len(RequestItems[TABLE]))
        kept = RequestItems[TABLE][len(RequestItems[TABLE]) // 2 :] if len(calls) == 1 else []
        answer = write(RequestItems={TABLE: [each for each in RequestItems[TABLE] if each not in kept]})
        return {**answer, "UnprocessedItems": {TABLE: kept} if kept else {}}

    dynamodb.batch_write_item = half  # type: ignore[method-assign, assignment]  # the table's refusal cannot be had otherwise
    HoursAndDays(table).store("module", {START + number * HOUR: WARM for number in range(10)}, {})
    assert calls == [10, 5]
    assert len(HoursAndDays(table).hours("module", start=START, end=START + 10 * HOUR)) == 10


def test_what_the_table_keeps_handing_back_is_not_passed_over() -> None:
    client = Mock()
    client.batch_write_item.side_effect = lambda RequestItems: {"UnprocessedItems": RequestItems}  # noqa: N803 - boto3's name
    with pytest.raises(TableUnavailableError):
        HoursAndDays(Table(client, TABLE)).store("module", {START: WARM}, {})


def test_a_blank_end_that_an_older_version_stored_is_none(table: Table, dynamodb: DynamoDBClient) -> None:
    Readings(Table(dynamodb, TABLE)).store(replace(READING, activation_time=""), received_at=START, source="push")
    (word,) = History(table).words("module", limit=1)
    assert word.snapshot == replace(SNAPSHOT, activation_time=None)
