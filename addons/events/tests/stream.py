"""What the publisher is given and gives: records of the stream, a bus that may refuse, and a place for what is odd."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from addons.events.functions.publisher.bus import Bus
from addons.events.functions.publisher.publish import Publisher
from smarther.domain.readings.reading import Reading, instant_text
from smarther.store import keys
from smarther.store.items import encoded
from smarther.store.readings import stored
from smarther.store.table import Table
from tests.support.memory_table import MemoryTable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from addons.events.functions.publisher.bus import Parcel, Unfit
    from smarther.domain.readings.reading import Source

BEGIN = datetime(2026, 1, 14, 6, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def item(
    module_id: str, minutes: float, *, source: Source = "push", arrives: float | None = None, **said: Any
) -> dict[str, Any]:
    """A stored reading, so many minutes after the beginning; `arrives` is when, if not then."""
    time = BEGIN + timedelta(minutes=minutes)
    reading = Reading(
        plant_id="plant",
        module_id=module_id,
        time=time,
        **{"mode": "AUTOMATIC", "load_state": "INACTIVE", "setpoint_c": Decimal(19), **said},
    )
    received_at = time + SECOND if arrives is None else BEGIN + timedelta(minutes=arrives)
    return encoded(stored(reading, received_at=received_at, source=source, retention_days=None))


def report(minutes: float = 0, **said: Any) -> dict[str, Any]:
    """The keeper's stored report."""
    known: dict[str, Any] = {"person": [], "plants": [], "silent": [], "unheard": 0, "left_out": {}}
    at = instant_text(BEGIN + timedelta(minutes=minutes))
    return encoded({**keys.REPORT, "at": at, "outcome": "healthy", **known, **said})


def records(items: Sequence[dict[str, Any]], *, first: int = 1) -> list[dict[str, Any]]:
    """The records of a stream that these writes give."""
    return [
        {
            "eventName": "INSERT",
            "dynamodb": {
                "Keys": {name: each[name] for name in ("pk", "sk")},
                "NewImage": each,
                "SequenceNumber": str(number),
            },
        }
        for number, each in enumerate(items, first)
    ]


@dataclass
class OneItem:
    """A table of one item."""

    item: dict[str, Any] | None = None

    def get_item(self, **_: Any) -> dict[str, Any]:
        return {} if self.item is None else {"Item": self.item}

    def put_item(self, *, Item: dict[str, Any], **_: Any) -> None:  # noqa: N803 - boto3's name
        self.item = Item


@dataclass
class FakeEventBridge:
    """Keeps what it takes. `refuses` is asked for the error code of each entry."""

    refuses: Callable[[dict[str, str]], str | None] = lambda _: None
    taken: list[dict[str, str]] = field(default_factory=list)
    requests: list[list[dict[str, str]]] = field(default_factory=list)

    def put_events(self, *, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        self.requests.append(Entries)
        codes = [self.refuses(entry) for entry in Entries]
        self.taken += [entry for entry, code in zip(Entries, codes, strict=True) if code is None]
        return {"Entries": [{"EventId": "1"} if code is None else {"ErrorCode": code} for code in codes]}


@dataclass
class Stage:
    """A publisher with all around it."""

    bridge: FakeEventBridge = field(default_factory=FakeEventBridge)
    table: MemoryTable = field(default_factory=MemoryTable)
    own: OneItem = field(default_factory=OneItem)
    aside: list[tuple[Parcel, Unfit]] = field(default_factory=list)

    def publish(self, items: Sequence[dict[str, Any]], *, out_of_time: Callable[[], bool] = lambda: False) -> list[str]:
        """Write items as the core does, and publish the records of that."""
        for each in items:
            if each["pk"]["S"].startswith("MODULE#"):
                self.table.put_item(Item=each)
        return self.given(records(items), out_of_time=out_of_time)

    def given(self, batch: list[dict[str, Any]], *, out_of_time: Callable[[], bool] = lambda: False) -> list[str]:
        """Publish records."""
        publisher = Publisher(self.core, Table(cast("DynamoDBClient", self.own), "own"), self.bus())
        return publisher.publish(batch, out_of_time=out_of_time)

    @property
    def core(self) -> Table:
        return Table(cast("DynamoDBClient", self.table), "core")

    def bus(self) -> Bus:
        return Bus(self.bridge, "bus", lambda parcel, unfit: self.aside.append((parcel, unfit)))

    def told(self) -> list[str]:
        """The detail types that are on the bus, in their order."""
        return [entry["DetailType"] for entry in self.bridge.taken]
