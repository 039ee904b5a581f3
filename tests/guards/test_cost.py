"""What a month costs, from the figures that were measured last: within its limits, and as the document says."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest

from labs.bench import cost, places
from labs.bench.item_size import reading, stored_size

MILLION_LIMIT = 2.25
"""A million notifications received and stored, with the hours and days that are made of them."""
HOME_LIMIT = 3.00
HOME_THERMOSTATS = 5


@pytest.fixture(scope="module")
def result() -> dict[str, Any]:
    told: dict[str, Any] = json.loads((places.RESULTS / "latest.json").read_text())
    return told


@pytest.fixture(scope="module")
def prices() -> dict[str, Any]:
    return tomllib.loads((places.PROJECT / "labs" / "bench" / "prices.toml").read_text())


def measured(result: dict[str, Any], **changed: Any) -> cost.Measured:
    return cost.measured({**result, "traffic": result["traffic"] | changed})


def test_a_million_notifications_and_a_home_stay_within_their_limits(
    result: dict[str, Any], prices: dict[str, Any]
) -> None:
    each = measured(result)
    assert sum(cost.per_million(each, prices).values()) <= MILLION_LIMIT
    assert sum(cost.a_month(each, prices, thermostats=HOME_THERMOSTATS).values()) <= HOME_LIMIT


def test_a_second_write_unit_is_seen(result: dict[str, Any], prices: dict[str, Any]) -> None:
    each = measured(result, item_bytes=1_025)
    assert sum(cost.per_million(each, prices).values()) > MILLION_LIMIT


def test_statistics_that_are_read_and_written_again_and_again_are_seen(
    result: dict[str, Any], prices: dict[str, Any]
) -> None:
    """As it was when every run made 24 hours again, and wrote the running hour and day."""
    each = measured(result, statistics_units_read_for_each=3.5, statistics_units_written_a_day=72)
    assert sum(cost.per_million(each, prices).values()) > MILLION_LIMIT


def test_metrics_beyond_the_free_ones_are_seen(result: dict[str, Any], prices: dict[str, Any]) -> None:
    paid = prices | {"cloudwatch": prices["cloudwatch"] | {"free_metrics": 0}}
    assert sum(cost.a_month(measured(result), paid, thermostats=HOME_THERMOSTATS).values()) > HOME_LIMIT


def test_the_reading_that_is_priced_is_the_reading_that_is_stored(result: dict[str, Any]) -> None:
    assert result["traffic"]["item_bytes"] == stored_size(reading("observed"))


def test_the_document_says_what_was_computed(result: dict[str, Any]) -> None:
    assert cost.block(result) in cost.DOCUMENT.read_text()
