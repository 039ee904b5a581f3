"""What hours and days cost: DynamoDB's units for a thermostat's day of scheduled rollups, counted over a simulation.

A query takes half a read unit for each 4 KB, begun, of the items that it passes over; a write one unit for each KB.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from unittest import mock

import boto3
from moto import mock_aws
from samtranslator.yaml_helper import yaml_parse

from labs.bench import places
from labs.bench.traffic import DAY, ZONE
from sandbox.legrand.home.world import World, invent_plants
from sandbox.legrand.pushes import wire
from smarther.domain.readings.notification import parse
from smarther.rollup.roll_up import Rollup
from smarther.rollup.runs import make_due
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.readings import Readings
from smarther.store.table import Table

if TYPE_CHECKING:
    from datetime import datetime

_TABLE = "readings"
_DAYS_BEFORE = 1
_ORDINARY = 3  # of a simulated home's thermostats the one whose room has no peculiar inhabitant


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Of one thermostat in one day, and how often it spoke."""

    notifications: int
    read: float
    written: float


def a_day(hours: int = 24) -> Units:
    """An ordinary thermostat, a day long not counted, then a day whose rollups are counted, or its first `hours`."""
    environment = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    with mock_aws(), mock.patch.dict("os.environ", environment):
        counted = _Counted(boto3.client("dynamodb"))
        schema = yaml_parse((places.PROJECT / "template.yaml").read_text())["Resources"]["Table"]["Properties"]
        counted.client.create_table(
            TableName=_TABLE, **{name: schema[name] for name in ("KeySchema", "AttributeDefinitions", "BillingMode")}
        )
        (plant,) = invent_plants(1, _ORDINARY + 1)
        plant = replace(plant, modules=plant.modules[_ORDINARY:])
        (module,) = plant.modules
        directory = {"sk": f"MODULE#{plant.id}#{module.id}", "plant_id": plant.id, "module_id": module.id}
        counted.client.put_item(
            TableName=_TABLE, Item={name: {"S": value} for name, value in {"pk": "DIRECTORY", **directory}.items()}
        )
        start = DAY - timedelta(days=_DAYS_BEFORE)
        world, table = World([plant], 1, start, ZONE), Table(counted.client, _TABLE)
        _live(world, table, DAY)
        _roll_up(counted, DAY)
        counted.forget()
        said = 0
        for hour in range(1, hours + 1):
            said += _live(world, table, DAY + timedelta(hours=hour))
            _roll_up(counted, DAY + timedelta(hours=hour, minutes=2))
        return Units(notifications=said, read=counted.read, written=counted.written)


def _live(world: World, table: Table, to: datetime) -> int:
    said = world.advance(to)
    for snapshot in said:
        for reading in parse(
            wire.encoded(wire.notification(snapshot, "6f1c2a34-5b7d-4e8f-9a01-b2c3d4e5f601", []))
        ).readings:
            Readings(table).store(reading, received_at=snapshot.at, source="push")
    return len(said)


def _roll_up(counted: _Counted, now: datetime) -> None:
    table = Table(counted, _TABLE)  # type: ignore[arg-type] # the client, counting
    rollup = Rollup(table, zone=ZONE, now=now, out_of_time=lambda: False)
    make_due(rollup, HoursAndDays(table), now)


class _Counted:
    """A client that counts the units of its queries and writes."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.forget()

    def forget(self) -> None:
        self.read = self.written = 0.0

    def query(self, **request: Any) -> Any:
        # What a query passes over counts whole, whatever it sends.
        whole = {name: value for name, value in request.items() if not name.startswith("Projection")}
        names = whole.pop("ExpressionAttributeNames", None)
        answer = self.client.query(**whole)
        passed = sum(_size(item) for item in answer["Items"])
        self.read += math.ceil(max(passed, 1) / 4096) * (1.0 if request.get("ConsistentRead") else 0.5)
        assert names is None or "ProjectionExpression" in request
        return answer

    def put_item(self, **request: Any) -> Any:
        # The rollup's own note is one for all thermostats of a stack, so it is no part of what one of them costs.
        if request["Item"]["pk"]["S"] != "ROLLUP":
            self.written += math.ceil(_size(request["Item"]) / 1024)
        return self.client.put_item(**request)


def _size(item: dict[str, dict[str, Any]]) -> int:
    """Bytes of an item in DynamoDB's JSON; numbers at the most that they can take."""
    kinds = defaultdict(lambda: 1, S=0, N=0)
    return sum(
        len(name.encode()) + (_scalar(value) if next(iter(value)) in kinds else 1) for name, value in item.items()
    )


def _scalar(value: dict[str, Any]) -> int:
    ((kind, content),) = value.items()
    return len(content.encode()) if kind == "S" else (len(Decimal(content).as_tuple().digits) + 1) // 2 + 2
