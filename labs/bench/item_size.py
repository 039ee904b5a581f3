"""The size of the items of the example notifications in events/, in bytes as DynamoDB counts them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from labs.bench import places
from smarther.domain.readings.notification import parse
from smarther.store.readings import stored

if TYPE_CHECKING:
    from smarther.domain.readings.reading import Reading


ARRIVAL = datetime(2026, 1, 14, 6, 30, 6, 123456, tzinfo=UTC)
EVENTS = places.PROJECT / "events" / "receiver"


def size(value: Any) -> int:
    """Bytes of a value as DynamoDB counts them; for a number its maximum."""
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
