"""The directory in the table: plants, and the thermostats as they list them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from smarther.domain.readings.home import Thermostat
from smarther.domain.readings.names import LONGEST
from smarther.domain.readings.reading import Reading
from smarther.store.listings import Listings, Module, Plant
from smarther.store.past.history import History
from smarther.store.readings import Readings
from smarther.store.table import Table
from tests.support import deployed
from tests.support.memory_table import MemoryTable

if TYPE_CHECKING:
    from typing import Any

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.service_resource import Table as PlainTable

NOW = datetime(2026, 1, 14, 6, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TABLE = deployed.TABLE
START = datetime(2026, 1, 10, tzinfo=UTC)


def items(dynamodb: DynamoDBClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = list(dynamodb.scan(TableName=deployed.TABLE)["Items"])
    return found


def test_the_directory_comes_back_as_it_was_written(table: Table) -> None:
    casa, module = Plant("p1", "Casa"), Module("p1", "m1", "Sala", "chronothermostat", NOW)
    nameless = Module("p2", "m2", None, None)
    Listings(table).keep_plant(casa)
    Listings(table).keep_plant(Plant("p2", None))
    Listings(table).keep_module(module)
    Listings(table).keep_module(nameless)
    Listings(table).refreshed(NOW)

    directory = Listings(table).directory()

    assert directory.plants == {"p1": casa, "p2": Plant("p2", None)}
    assert directory.modules == {"m1": module, "m2": nameless}
    assert directory.refreshed_at == NOW


def test_a_thermostat_that_two_plants_list_is_one_where_it_was_met_last(table: Table) -> None:
    before, now = Module("p2", "m1", "Sala", None, NOW - MINUTE), Module("p1", "M1", "Salotto", None, NOW)
    for listing in (now, before):
        Listings(table).keep_module(listing)

    assert Listings(table).directory().listed == {("p2", "m1"): before, ("p1", "M1"): now}
    assert Listings(table).directory().modules == {"M1": now}
    assert Listings(table).directory().of_plant("p2") == {"m1": before}
    Listings(table).forget_module(now)
    assert Listings(table).directory().modules == {"m1": before}


def test_a_name_that_an_earlier_version_stored_as_it_came_is_read_as_it_can_be_shown(
    table: Table, dynamodb: DynamoDBClient
) -> None:
    for key, name in (("PLANT#p1", "a\u202eb"), ("MODULE#p1#m1", "a\x00b\u2028c"), ("MODULE#p1#m2", "\x1b")):
        item = {"pk": "DIRECTORY", "sk": key, "plant_id": "p1", "name": name}
        item |= {"module_id": key.rpartition("#")[2]} if key.startswith("MODULE") else {}
        dynamodb.put_item(TableName=deployed.TABLE, Item={name: {"S": value} for name, value in item.items()})

    directory = Listings(table).directory()

    assert directory.plants["p1"].name == "ab"
    assert {key: module.name for key, module in directory.modules.items()} == {"m1": "ab c", "m2": None}


def test_the_names_of_programs_come_back_as_they_were_written(table: Table) -> None:
    module = Module("p1", "m1", "Sala", None, NOW, {0: "Default", 2: "Fuori casa"})
    Listings(table).keep_module(module)

    assert Listings(table).directory().modules == {"m1": module}
    assert [each.programs for each in Listings(table).thermostats()] == [module.programs]


def test_programs_that_somebody_wrote_by_hand_are_read_as_far_as_they_can_be_shown(
    table: Table, plain: PlainTable
) -> None:
    item: dict[str, Any] = {"pk": "DIRECTORY", "sk": "MODULE#p1#m1", "plant_id": "p1", "module_id": "m1"}
    odd = {"1": "a\u202eb", "2": "\x1b", "3": 3, "one": "x", "999": "x", "4": "y" * 300}
    plain.put_item(Item=item | {"programs": odd})
    plain.put_item(Item=item | {"sk": "MODULE#p1#m2", "module_id": "m2", "programs": "Casa"})

    programs = {key: dict(module.programs) for key, module in Listings(table).directory().modules.items()}

    assert programs == {"m1": {1: "ab", 4: "y" * (LONGEST - 1) + "…"}, "m2": {}}


@pytest.mark.parametrize("listed", ["abc-1", "ABC-1"])
@pytest.mark.parametrize("spoken", ["abc-1", "ABC-1"])
def test_a_thermostat_is_found_under_the_spelling_with_which_it_speaks(
    table: Table, dynamodb: DynamoDBClient, listed: str, spoken: str
) -> None:
    assert History(table).spelling_of(listed) is None
    reading = Reading(plant_id="p1", module_id=spoken, time=NOW)
    Readings(Table(dynamodb, deployed.TABLE)).store(reading, received_at=NOW, source="push")

    assert History(table).spelling_of(listed) == spoken


def test_what_is_forgotten_is_gone_and_an_empty_directory_is_one(table: Table) -> None:
    Listings(table).keep_plant(Plant("p1", "Casa"))
    Listings(table).keep_module(Module("p1", "m1", "Sala", None))
    Listings(table).forget_module(Module("p1", "m1", "Sala", None))
    Listings(table).forget_plant("p1")

    directory = Listings(table).directory()
    assert (directory.plants, directory.modules, directory.refreshed_at) == ({}, {}, None)


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


def test_a_thermostat_that_two_plants_list_is_shown_where_it_was_met_last(table: Table, plain: PlainTable) -> None:
    """Plants in any order, ids in any case; an earlier version left such a thermostat listed twice."""
    for plant, module, known_since in (("p1", "m1", "2026-01-10T00:00:00.5Z"), ("p2", "M1", "2026-01-10T00:00:00Z")):
        item = {"plant_id": plant, "module_id": module, "name": plant, "known_since": known_since}
        plain.put_item(Item={"pk": "DIRECTORY", "sk": f"MODULE#{plant}#{module}", **item})
    plain.put_item(Item={"pk": "DIRECTORY", "sk": "MODULE#p3#m1", "plant_id": "p3", "module_id": "m1"})

    met = datetime(2026, 1, 10, microsecond=500_000, tzinfo=UTC)
    assert Listings(table).thermostats() == [Thermostat("m1", "p1", "p1", "p1", known_since=met)]


@pytest.mark.shows("more thermostats than a page")
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
