"""Decimals on their way into JSON."""

from __future__ import annotations

from decimal import Decimal


def json_number(value: object) -> int | float:
    """A decimal as a JSON number; to be given to `json.dumps` as its `default`."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} has no place in a result")
