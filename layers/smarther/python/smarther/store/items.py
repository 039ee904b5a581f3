"""The one codec: plain values to DynamoDB's own JSON and back.

`attribute` and `plain` convert any value. The other functions read one attribute of a stored item as one type, and
return None if it is absent or of another type. An item may hold anything: an older release stored what this one
leaves out, and a table can be edited by hand. So a wrong value counts as absent, and the attributes beside it are read.

Items are in the form of `aws.botocore_client.reading_fast`. The receiver pays for each import of this module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from smarther.domain.readings.reading import bounded

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    type Item = Mapping[str, AttributeValueTypeDef]
    type Storable = str | int | Decimal | bool | Sequence[Storable] | Mapping[str, Storable] | None


def encoded(values: Mapping[str, Storable]) -> dict[str, AttributeValueTypeDef]:
    """An item or a key in DynamoDB's JSON; a value that is None is left out."""
    return {name: attribute(value) for name, value in values.items() if value is not None}


def decoded(item: Item) -> dict[str, Any]:
    """Undo `encoded`: an item's plain values, with numbers as Decimal."""
    return {name: plain(value) for name, value in item.items()}


def attribute(value: Storable) -> AttributeValueTypeDef:
    """A value in DynamoDB's own JSON."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case Decimal() | int():
            return {"N": str(value)}
        case str():
            return {"S": value}
        case Mapping():
            return {"M": {name: attribute(entry) for name, entry in value.items()}}
        case Sequence():
            return {"L": [attribute(entry) for entry in value]}


def plain(value: AttributeValueTypeDef) -> Any:
    """Undo `attribute`: the plain value. Sets, which the recorder never writes, become lists.

    boto3's deserializer is not used: it raises for a number that has more than 38 digits when written in full, as
    DynamoDB does, even where most of them are zeros (github.com/boto/boto3/issues/2500). Raises TypeError for an
    attribute of an unknown type.
    """
    match value:
        case {"NULL": True}:
            return None
        case {"N": str(number)}:
            return Decimal(number)
        case {"BOOL": told} | {"S": told} | {"SS": told} | {"B": told} | {"BS": told}:
            return told
        case {"NS": numbers}:
            return [Decimal(number) for number in numbers]
        case {"L": entries}:
            return [plain(entry) for entry in entries]
        case {"M": entries}:
            return decoded(entries)
        case _:
            raise TypeError("DynamoDB has no attributes of another type")


def text(item: Item, name: str) -> str | None:
    """A text."""
    return item[name].get("S") if name in item else None


def number(item: Item, name: str) -> Decimal | None:
    """A number, without bounds."""
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


def fields(item: Item, name: str) -> Item | None:
    """A map of attributes."""
    return item[name].get("M") if name in item else None


def instant(item: Item, name: str) -> datetime | None:
    """An instant in UTC, from a text of ISO 8601 with a zone."""
    found = text(item, name)
    return None if found is None else instant_of(found)


def instant_of(found: str) -> datetime | None:
    """The instant that a text of ISO 8601 with a zone names, in UTC; None for any other text."""
    try:
        parsed = datetime.fromisoformat(found)
        return None if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):  # not an instant, or one that is beyond the calendar in UTC
        return None
