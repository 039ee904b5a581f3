"""What the attributes of a stored item say: the value that the name promises, or None.

An item may hold anything: an older release stored what this one leaves out, and a table can be written to by hand. What
cannot be what its name says is as if it were not there, so that it costs nothing that stands beside it.
Items come in DynamoDB's own JSON, as `reading_fast` gives them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from smarther.domain.reading import bounded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    type Item = Mapping[str, AttributeValueTypeDef]


def text(item: Item, name: str) -> str | None:
    """A text."""
    return item[name].get("S") if name in item else None


def number(item: Item, name: str) -> Decimal | None:
    """A number, however large."""
    found = item[name].get("N") if name in item else None
    return None if found is None else Decimal(found)


def measured(item: Item, name: str) -> Decimal | None:
    """A number of a reading, within its bounds."""
    return bounded(name, number(item, name))


def whole(item: Item, name: str) -> int | None:
    """A number of a reading, within its bounds, that is whole."""
    found = measured(item, name)
    return int(found) if found is not None and found == found.to_integral_value() else None


def flag(item: Item, name: str) -> bool | None:
    """True or false."""
    return item[name].get("BOOL") if name in item else None


def fields(item: Item, name: str) -> Mapping[str, AttributeValueTypeDef] | None:
    """Named values of any kind."""
    return item[name].get("M") if name in item else None


def instant(item: Item, name: str) -> datetime | None:
    """An instant of ISO 8601 with its zone, in UTC."""
    found = text(item, name)
    return None if found is None else instant_of(found)


def instant_of(found: str) -> datetime | None:
    """The instant that a text of ISO 8601 with a zone names, in UTC; None for any other text."""
    try:
        parsed = datetime.fromisoformat(found)
        return None if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):  # no instant; one that lies beyond the calendar in UTC
        return None
