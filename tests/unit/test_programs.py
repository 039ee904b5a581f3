"""The programs of a thermostat: which numbers are taken, which names are kept."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarther.domain.readings.programs import MOST, program_names, program_number

NAMES = st.dictionaries(st.integers(0, 255), st.text(max_size=3), max_size=2 * MOST)


ODD: tuple[Any, ...] = (-1, 256, 2.5, 1e300, float("nan"), 10**400, True, None, "", " 1", "one", "\u0663", [1], {})


@pytest.mark.parametrize(
    ("value", "number"),
    [(0, 0), (11, 11), ("3", 3), ("3.0", 3), (3.0, 3), (255, 255), *((odd, None) for odd in ODD)],
)
def test_a_number_is_taken_as_answers_and_pushes_send_it(value: Any, number: int | None) -> None:
    assert program_number(value) == number


@given(known=NAMES, told=NAMES)
def test_names_are_updated_and_those_an_answer_lacks_are_kept_within_a_limit(
    known: dict[int, str], told: dict[int, str]
) -> None:
    known = program_names({}, known)
    names = program_names(known, told)

    assert len(names) <= MOST
    assert all(names.values())
    assert names.items() <= (known | told).items()
    assert [number for number in names if not told.get(number, "told")] == []
    lost = {number: name for number, name in (known | told).items() if name and number not in names}
    assert not lost or len(names) == MOST
    assert program_names(known, {}) == known
    assert program_names(names, told) == names
