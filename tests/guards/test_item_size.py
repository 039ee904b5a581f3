"""A reading is one write unit: DynamoDB counts one for each 1,024 bytes of an item that are begun.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from __future__ import annotations

from copy import replace
from decimal import Decimal

import pytest

from labs.bench.item_size import item_size, reading, stored_size

WRITE_UNIT = 1_024


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
