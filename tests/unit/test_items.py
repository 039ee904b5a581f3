"""The one codec: what is written is read as it was."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from smarther.store.items import attribute, plain

SAID: dict[str, Any] = {"a": [None, True, "x", 5, Decimal("0.5"), {"b": {}}]}


@pytest.mark.shows("mad values stop no reader")
@pytest.mark.parametrize("number", ["1" + "0" * 50, "-" + "9" * 38 + "0" * 88, "0." + "0" * 129 + "1", "-0.5", "20"])
def test_a_number_that_dynamodb_writes_in_full_is_read(number: str) -> None:
    assert plain({"M": {"x": {"L": [{"N": number}]}}}) == {"x": [Decimal(number)]}


def test_what_is_written_is_read_as_it_was() -> None:
    assert plain(attribute(SAID)) == SAID


def test_sets_that_we_never_write_are_read_as_lists() -> None:
    assert plain({"L": [{"SS": ["a", "b"]}, {"NS": ["1.50"]}, {"B": "eA=="}]}) == [["a", "b"], [Decimal("1.5")], "eA=="]


def test_an_attribute_that_dynamodb_does_not_have_is_not_guessed_at() -> None:
    with pytest.raises(TypeError):
        plain({"T": "2026"})  # type: ignore[typeddict-unknown-key] # as meant
