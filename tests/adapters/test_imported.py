"""What becomes of readings that their owner brings along, and how they are written."""

from __future__ import annotations

from copy import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError

from smarther.domain.readings.reading import Reading
from smarther.domain.summaries.statistics import LONGEST_HOLD
from smarther.store.past.imported import Fate, Import
from smarther.store.readings import Readings
from smarther.store.table import Table, TableUnavailableError
from tests.support import deployed

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient

    from smarther.domain.readings.reading import Source

NOW = datetime(2026, 1, 14, 6, 30, tzinfo=UTC)
THEN = datetime(2025, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SYSTEM: Source = "import:influxdb"
READING = Reading(plant_id="p", module_id="m", time=THEN, temperature_c=Decimal("18.5"))


def importing(table: Table, *, retention_days: int | None = None) -> Import:
    return Import(table, now=NOW, retention_days=retention_days)


def fates(table: Table, *readings: Reading, own: bool = False) -> list[str]:
    """What becomes of readings of another system, or of an earlier table; the new and corrected ones are stored."""
    run = importing(table)
    items = [
        run.own(each, received_at=each.time, source="push", digest=None) if own else run.foreign(each, SYSTEM)
        for each in readings
    ]
    found = list(run.fates(items, stands_back=not own))
    assert [item for _, item in found] == items
    run.store([item for fate, item in found if fate in {Fate.NEW, Fate.CORRECTED}], sleep=Mock())
    return [fate.value for fate, _ in found]


def recorded(table: Table, time: datetime) -> None:
    """A push of that time."""
    Readings(table).store(replace(READING, time=time), received_at=time, source="push")


@pytest.mark.parametrize("own", [True, False])
def test_what_was_imported_before_is_known(table: Table, dynamodb: DynamoDBClient, *, own: bool) -> None:
    past = [READING, replace(READING, time=THEN + MINUTE), replace(READING, module_id="n")]

    assert fates(table, *past, own=own) == ["new"] * 3
    before = deployed.items(dynamodb, "")

    assert fates(table, *past, own=own) == ["known"] * 3
    assert deployed.items(dynamodb, "") == before


def test_of_one_instant_twice_the_first_is_taken(table: Table, dynamodb: DynamoDBClient) -> None:
    assert fates(table, READING, replace(READING, temperature_c=Decimal(30))) == ["new", "known"]
    (item,) = deployed.items(dynamodb, "MODULE#m")
    assert item["temperature_c"] == {"N": "18.5"}


def test_other_values_of_the_same_instant_and_system_replace_what_was_imported(
    table: Table, dynamodb: DynamoDBClient
) -> None:
    fates(table, READING)

    assert fates(table, replace(READING, temperature_c=Decimal(19))) == ["corrected"]
    (item,) = deployed.items(dynamodb, "MODULE#m")
    assert item["temperature_c"] == {"N": "19"}


@pytest.mark.parametrize(
    ("before", "fate"),
    [
        (timedelta(), "told"),
        (MINUTE, "told"),
        (LONGEST_HOLD - MINUTE, "told"),
        (LONGEST_HOLD, "new"),
        (-MINUTE, "new"),
    ],
)
def test_another_systems_reading_stands_back_while_one_of_our_own_holds(
    table: Table, before: timedelta, fate: str
) -> None:
    recorded(table, THEN - before)

    assert fates(table, READING) == [fate]


def test_only_our_own_readings_have_others_stand_back(table: Table) -> None:
    fates(table, READING)

    assert fates(table, replace(READING, time=THEN + MINUTE)) == ["new"]


def test_an_export_of_our_own_stands_back_for_nothing_and_changes_nothing_that_was_recorded(
    table: Table, dynamodb: DynamoDBClient
) -> None:
    recorded(table, THEN)
    before = deployed.items(dynamodb, "MODULE#m")

    assert fates(table, READING, replace(READING, time=THEN + MINUTE), own=True) == ["known", "new"]
    assert deployed.items(dynamodb, "MODULE#m")[0] == before[0]


def test_a_reading_without_an_instant_is_none(table: Table) -> None:
    item = {**importing(table).foreign(READING, SYSTEM), "time": "yesterday"}

    with pytest.raises(ValueError, match="a reading has a time"):
        list(importing(table).fates([item], stands_back=True))


@pytest.mark.parametrize("days", [None, 30])
def test_with_a_retention_it_counts_from_the_import(table: Table, days: int | None) -> None:
    item = importing(table, retention_days=days).foreign(READING, SYSTEM)

    assert item.get("expires_at") == (None if days is None else int((NOW + timedelta(days=days)).timestamp()))


def test_of_a_file_that_does_not_say_so_the_arrival_is_now_and_the_source_a_file(table: Table) -> None:
    item = importing(table).own(READING, received_at=None, source=None, digest=None)

    assert (item["received_at"], item["source"]) == ("2026-01-14T06:30:00Z", "import:file")


# ---- writing


def handing_back(calls: int) -> Callable[..., dict[str, Any]]:
    """A table that takes nothing of so many calls."""
    left = [calls]

    def write(*, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - DynamoDB's own name
        left[0] -= 1
        return {"UnprocessedItems": RequestItems if left[0] >= 0 else {}}

    return write


@pytest.mark.parametrize(("calls", "pauses"), [(0, []), (2, [1]), (10, [1, 2, 4, 8, 16])])
def test_a_table_that_hands_items_back_is_given_time(calls: int, pauses: list[int]) -> None:
    client, slept = Mock(), list[float]()
    client.batch_write_item.side_effect = handing_back(calls)
    run = importing(Table(client, deployed.TABLE))

    run.store([run.foreign(READING, SYSTEM)], sleep=slept.append)

    assert slept == pauses


def test_a_table_that_goes_on_handing_items_back_fails_the_import() -> None:
    client = Mock()
    client.batch_write_item.side_effect = handing_back(1000)
    run = importing(Table(client, deployed.TABLE))

    with pytest.raises(TableUnavailableError):
        run.store([run.foreign(READING, SYSTEM)], sleep=Mock())


def test_a_call_that_dynamodb_refuses_is_not_repeated_here() -> None:
    client, sleep = Mock(), Mock()
    client.batch_write_item.side_effect = ClientError({"Error": {"Code": "ThrottlingException"}}, "BatchWriteItem")
    run = importing(Table(client, deployed.TABLE))

    with pytest.raises(TableUnavailableError):
        run.store([run.foreign(READING, SYSTEM)], sleep=sleep)

    sleep.assert_not_called()
