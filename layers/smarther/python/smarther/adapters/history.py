"""The table as those read it who look back: the home's directory and what its thermostats said.

Every read is bounded by its `limit`, so that an answer costs the same however long the history is.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from smarther.domain.home import Snapshot, Thermostat, load_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, QueryInputTypeDef

    type Item = Mapping[str, AttributeValueTypeDef]

DIRECTORY_LIMIT = 300
"""Plants and thermostats read for one answer; no home has as many."""


class HistoryUnavailableError(Exception):
    """The table could not be read or written just now."""


class History:
    """Reads of one table, bounded and counted."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def thermostats(self) -> list[Thermostat]:
        """All thermostats of the directory by plant and name; one that has no name goes by its id."""
        items = list(self._query("DIRECTORY", between=("MODULE#", "PLANT#~"), limit=DIRECTORY_LIMIT))
        plants = {_text(item, "plant_id"): _text(item, "name") for item in items if "module_id" not in item}
        found = [
            Thermostat(
                module_id=module_id,
                name=_text(item, "name") or module_id,
                plant_id=plant_id,
                plant_name=plants.get(plant_id) or plant_id,
            )
            for item in items
            if (module_id := _text(item, "module_id")) and (plant_id := _text(item, "plant_id"))
        ]
        return sorted(found, key=lambda one: (one.plant_name.casefold(), one.name.casefold(), one.module_id))

    def newest(self, module_id: str, *, limit: int) -> list[Snapshot]:
        """The thermostat's newest snapshots, newest first."""
        found = self._query(f"MODULE#{module_id}", between=("READING#", "READING#~"), limit=limit, newest_first=True)
        return [_snapshot(item) for item in found]

    def _query(
        self, partition: str, *, between: tuple[str, str], limit: int, newest_first: bool = False
    ) -> Iterator[Item]:
        """At most `limit` items of a partition whose sort keys lie between the two, both included."""
        request: QueryInputTypeDef = {
            "TableName": self._table_name,
            "KeyConditionExpression": "pk = :partition AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": {
                ":partition": {"S": partition},
                ":first": {"S": between[0]},
                ":last": {"S": between[1]},
            },
            "ScanIndexForward": not newest_first,
        }
        left = limit
        while left > 0:
            request["Limit"] = left
            with _vendor_errors():
                page = self._client.query(**request)
            yield from page["Items"]
            left -= len(page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


@contextmanager
def _vendor_errors() -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as unavailable:
        raise HistoryUnavailableError("the table cannot be reached") from unavailable


def _snapshot(item: Item) -> Snapshot:
    program = _number(item, "program")
    return Snapshot(
        time=datetime.fromisoformat(item["time"]["S"]),
        temperature=_number(item, "temperature_c"),
        humidity=_number(item, "humidity_percent"),
        setpoint=_number(item, "setpoint_c"),
        load=load_of(_text(item, "load_state"), _text(item, "function")),
        mode=_text(item, "mode"),
        program=None if program is None else int(program),
        activation_time=_text(item, "activation_time"),
    )


def _text(item: Item, name: str) -> str | None:
    return item[name]["S"] if name in item else None


def _number(item: Item, name: str) -> Decimal | None:
    return Decimal(item[name]["N"]) if name in item else None
