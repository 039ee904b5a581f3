"""What the mirror is given and gives: a table that a recorder fills, and a broker that may refuse."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from addons.home_assistant.functions.mirror.mirror import Mirror
from addons.home_assistant.functions.mirror.settings import MirrorSettings
from smarther.aws.service_call import ServiceFailedError
from smarther.domain.readings.reading import Reading
from smarther.store import keys
from smarther.store.items import encoded
from smarther.store.readings import stored
from smarther.store.table import Table
from tests.support.memory_table import MemoryTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient

    from addons.home_assistant.functions.mirror.messages import Message

BEGIN = datetime(2026, 1, 14, 6, tzinfo=UTC)
SETTINGS = MirrorSettings(
    table_name="core",
    recorder="recorder",
    stale_after=timedelta(hours=24),
    language="en",
    dead_letter_queue_url="https://queue",
)


def item(module_id: str, minutes: float, *, arrives: float | None = None, **said: Any) -> dict[str, Any]:
    """A stored reading, so many minutes after the beginning; `arrives` is when, if not a second later."""
    time = BEGIN + timedelta(minutes=minutes)
    reading = Reading(
        plant_id="plant",
        module_id=module_id,
        time=time,
        **{"temperature_c": Decimal(20), "mode": "AUTOMATIC", "load_state": "INACTIVE", **said},
    )
    received_at = time + timedelta(seconds=1) if arrives is None else BEGIN + timedelta(minutes=arrives)
    return encoded(stored(reading, received_at=received_at, source="push", retention_days=None))


def listing(module_id: str, name: str, **more: Any) -> dict[str, Any]:
    """A thermostat of the directory."""
    said = {"plant_id": "plant", "module_id": module_id, "name": name, "device": "thermostat", **more}
    return encoded({**keys.listing_key("plant", module_id), **said})


@dataclass
class Broker:
    """Retains what it takes. `refuses` is asked of each message, `meanwhile` is called before one is taken."""

    refuses: Callable[[Message], bool] = lambda _: False
    meanwhile: Callable[[Message], None] = lambda _: None
    published: list[Message] = field(default_factory=list)
    retained: dict[str, str] = field(default_factory=dict)

    def publish(self, message: Message) -> None:
        if self.refuses(message):
            raise ServiceFailedError("ThrottlingException")
        self.meanwhile(message)
        self.published.append(message)
        self.retained[message.topic] = message.payload

    def state(self, module_id: str) -> dict[str, Any]:
        """The retained state of a thermostat."""
        found: dict[str, Any] = json.loads(self.retained[f"smarther/recorder/{module_id}"])
        return found

    def discoveries(self) -> list[str]:
        """The names of the thermostats in all discoveries that were published, in their order."""
        found = [each for each in self.published if each.topic.startswith("homeassistant/")]
        return [json.loads(each.payload)["device"]["name"] for each in found]


@dataclass
class Home:
    """A table, a broker and a clock; mirrors between them are containers of the function."""

    table: MemoryTable = field(default_factory=MemoryTable)
    broker: Broker = field(default_factory=Broker)
    now: datetime = BEGIN + timedelta(hours=1)

    def put(self, *items: dict[str, Any]) -> None:
        for each in items:
            self.table.put_item(Item=each)

    def mirror(self) -> Mirror:
        table = Table(cast("DynamoDBClient", self.table), "core")
        return Mirror(table, SETTINGS, self.broker.publish, lambda: self.now)
