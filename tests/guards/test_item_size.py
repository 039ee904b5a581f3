"""A reading is one write unit: DynamoDB counts one for each 1,024 bytes of an item that are begun.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from smarther.domain.notification import parse
from smarther.domain.reading import stored
from tests.bench import places

if TYPE_CHECKING:
    from smarther.domain.reading import Reading

WRITE_UNIT = 1_024
ARRIVAL = datetime(2026, 1, 14, 6, 30, 6, 123456, tzinfo=UTC)
EVENTS = places.PROJECT / "events" / "receiver"


def size(value: Any) -> int:
    """Bytes of a value as DynamoDB counts them; of a number the most that it can take."""
    match value:
        case str():
            return len(value.encode())
        case bool() | None:
            return 1
        case Decimal():
            return (len(value.as_tuple().digits) + 1) // 2 + 2
        case dict():
            return 3 + sum(1 + len(name.encode()) + size(each) for name, each in value.items())
        case list():
            return 3 + sum(1 + size(each) for each in value)
        case _:
            raise TypeError(type(value))


def item_size(item: dict[str, Any]) -> int:
    """Bytes of an item: its names and its values."""
    return sum(len(name.encode()) + size(value) for name, value in item.items())


def reading(event: str) -> Reading:
    (only,) = parse(json.loads((EVENTS / f"{event}.json").read_text())["body"].encode()).readings
    return only


def stored_size(reading: Reading) -> int:
    return item_size(dict(stored(reading, received_at=ARRIVAL, source="push", retention_days=36_500)))


@pytest.mark.parametrize("event", ["bare_object", "observed", "fahrenheit", "manual_until_local_time"])
def test_a_reading_is_one_write_unit(event: str) -> None:
    assert stored_size(reading(event)) <= WRITE_UNIT


def test_a_reading_that_grew_is_seen() -> None:
    grown = replace(reading("observed"), extra={"kept": "x" * 400})
    assert stored_size(grown) > WRITE_UNIT


def test_sizes_are_counted_as_dynamodb_does() -> None:
    """The example of AWS's page: a name of 10 bytes with a text of 20, a number, a list, a truth, nothing."""
    assert item_size({"n" * 10: "t" * 20}) == 30
    assert item_size({"a": Decimal("-1.25")}) == 1 + 4
    assert item_size({"a": ["x", True, None]}) == 1 + 3 + 3 * 1 + 3
    assert item_size({"ä": {"b": "c"}}) == 2 + 3 + 1 + 1 + 1
