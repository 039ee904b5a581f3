"""The programs of a thermostat: their numbers, and the names that their owner gave them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from smarther.domain.readings.json_fields import decimal
from smarther.domain.readings.reading import bounded

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST: Final = 20
"""So many programs of a thermostat have a name here. The vendor's schema numbers them from 0 to 11."""


def program_number(value: object) -> int | None:
    """The number of a program, sent as a number or, as in pushes, as text; None if it is none within its bounds."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    number = bounded("program", decimal(str(value)))
    return int(number) if number is not None and number == number.to_integral_value() else None


def program_names(known: Mapping[int, str], told: Mapping[int, str]) -> dict[int, str]:
    """The names of a thermostat's programs by number, after an answer that told some of them.

    What the answer lacks stays; a name that it tells to be empty is removed. Where they are more than `MOST`, those
    just told come first, then those with the lowest numbers.
    """
    names = {number: name for number, name in {**known, **told}.items() if name}
    kept = sorted(names, key=lambda number: (number not in told, number))[:MOST]
    return {number: names[number] for number in sorted(kept)}
