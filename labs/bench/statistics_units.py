"""Counts DynamoDB's units for the hourly and daily statistics of one thermostat's day, in a simulation.

A query takes half a read unit for each started 4 KB of the items that it reads; a write takes one unit for each KB.
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
from sandbox.legrand.home.homes import Homes, invent_plants
from sandbox.legrand.pushes import wire
from smarther.domain.readings.notification import parse
from smarther.rollup.roll_up import Rollup
from smarther.rollup.runs import make_scheduled
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.keys import module_in
from smarther.store.readings import Readings
from smarther.store.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_TABLE = "readings"
_DAYS_BEFORE = 1
_ORDINARY = 3  # the index of the thermostat with ordinary habits in a simulated home


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """The units of one thermostat in one day, and its number of readings.

    Apart from them stand the units that the runs take once for all thermostats of a stack: their state and the
    directory.
    """

    notifications: int
    read: float
    written: float
    read_for_all: float
    written_for_all: float


def a_day(hours: int = 24) -> Units:
    """Simulate an ordinary thermostat for two days, and count the rollups of the second, or of its first `hours`."""
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
        homes, table = Homes([plant], 1, start, ZONE), Table(counted.client, _TABLE)
        _live(homes, table, DAY)
        _roll_up(counted, DAY)
        counted.forget()
        said = 0
        for hour in range(1, hours + 1):
            said += _live(homes, table, DAY + timedelta(hours=hour))
            _roll_up(counted, DAY + timedelta(hours=hour, minutes=2))
        return Units(
            notifications=said,
            read=counted.thermostat["read"],
            written=counted.thermostat["written"],
            read_for_all=counted.all["read"],
            written_for_all=counted.all["written"],
        )


def _live(homes: Homes, table: Table, to: datetime) -> int:
    said = homes.advance(to)
    for snapshot in said:
        for reading in parse(
            wire.encoded(wire.notification(snapshot, "6f1c2a34-5b7d-4e8f-9a01-b2c3d4e5f601", []))
        ).readings:
            Readings(table).store(reading, received_at=snapshot.at, source="push")
    return len(said)


def _roll_up(counted: _Counted, now: datetime) -> None:
    table = Table(counted, _TABLE)  # type: ignore[arg-type] # the client, counting
    rollup = Rollup(table, zone=ZONE, now=now, out_of_time=lambda: False)
    make_scheduled(rollup, HoursAndDays(table), now)


class _Counted:
    """A client that counts the units of its queries and writes: those of the thermostat, and those of all."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.forget()

    def forget(self) -> None:
        self.thermostat: defaultdict[str, float] = defaultdict(float)
        self.all: defaultdict[str, float] = defaultdict(float)

    def query(self, **request: Any) -> Any:
        # All that a query reads counts, whatever it returns.
        whole = {name: value for name, value in request.items() if not name.startswith("Projection")}
        names = whole.pop("ExpressionAttributeNames", None)
        answer = self.client.query(**whole)
        passed = sum(_size(item) for item in answer["Items"])
        units = math.ceil(max(passed, 1) / 4096) * (1.0 if request.get("ConsistentRead") else 0.5)
        self._count(request["ExpressionAttributeValues"][":partition"], "read", units)
        assert names is None or "ProjectionExpression" in request
        return answer

    def put_item(self, **request: Any) -> Any:
        self._count(request["Item"]["pk"], "written", math.ceil(_size(request["Item"]) / 1024))
        return self.client.put_item(**request)

    def _count(self, partition: Mapping[str, Any], what: str, units: float) -> None:
        (self.all if module_in(partition["S"]) is None else self.thermostat)[what] += units


def _size(item: dict[str, dict[str, Any]]) -> int:
    """Bytes of an item in DynamoDB's JSON, with numbers at their maximum."""
    kinds = defaultdict(lambda: 1, S=0, N=0)
    return sum(
        len(name.encode()) + (_scalar(value) if next(iter(value)) in kinds else 1) for name, value in item.items()
    )


def _scalar(value: dict[str, Any]) -> int:
    ((kind, content),) = value.items()
    return len(content.encode()) if kind == "S" else (len(Decimal(content).as_tuple().digits) + 1) // 2 + 2
