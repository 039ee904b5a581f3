"""Decimals and instants in JSON, which has no form of its own for them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from smarther.domain.readings.reading import instant_text


def json_value(value: object) -> int | float | str:
    """A decimal as a JSON number, an instant in UTC with `Z`, a day as such; the `default` of `json.dumps`."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a result")
