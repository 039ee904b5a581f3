"""The table as those see it who look back: the home's directory, what its thermostats said, and the statistics of it.

Statistics live beside the readings they were made from, and stay when those expire:

    pk MODULE#<module_id>  sk HOUR#<YYYY-MM-DDTHH>Z   an hour of UTC
    pk MODULE#<module_id>  sk DAY#<YYYY-MM-DD>        a local day of the home
    pk ROLLUP              sk STATE                   how far the rollup came

Reads that an answer to a person waits for take a `limit`, so that it costs the same however long the history is.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import batched
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from smarther.domain.home import Snapshot, Thermostat, load_of
from smarther.domain.rollup_window import RollupState
from smarther.domain.series import DIRECTORY_ITEMS, Shown
from smarther.domain.statistics import HOUR, Measure, Statistics

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, QueryInputTypeDef, WriteRequestTypeDef

    type Item = Mapping[str, AttributeValueTypeDef]

WRITES_AT_ONCE = 25  # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html

_SNAPSHOT_NAMES = ("time", "temperature_c", "humidity_percent", "setpoint_c", "load_state", "function")
_SHOWN_NAMES = (
    *("sk", "temperature_mean", "temperature_min", "temperature_max", "temperature_minutes"),
    *("humidity_mean", "setpoint_mean", "heating_minutes", "cooling_minutes"),
)
_MEASURES = ("temperature", "humidity", "setpoint")
_MEASURE_PARTS = {"mean": "mean", "minimum": "min", "maximum": "max", "minutes": "minutes"}


class HistoryUnavailableError(Exception):
    """The table could not be read or written just now."""


class History:
    """Reads and writes of one table; `items_read` counts what all reads so far returned."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table_name = table_name
        self.items_read = 0

    def thermostats(self) -> list[Thermostat]:
        """All thermostats of the directory by plant and name; one that has no name goes by its id."""
        items = list(self._query("DIRECTORY", ("MODULE#", "PLANT#~"), limit=DIRECTORY_ITEMS))
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
        items = self._query(_partition(module_id), ("READING#", "READING#~"), limit=limit, newest_first=True)
        return [_snapshot(item) for item in items]

    def snapshots(self, module_id: str, *, start: datetime, end: datetime, limit: int | None = None) -> list[Snapshot]:
        """What was measured, told and done from `start` up to but not including `end`, oldest first.

        With a `limit`, the newest ones. Mode, program and activation time are not read.
        """
        items = self._query(
            _partition(module_id),
            # A key at `end` itself goes on with its digest, and so lies behind this.
            (f"READING#{_instant_key(start)}", f"READING#{_instant_key(end)}"),
            limit=limit,
            newest_first=True,
            names=_SNAPSHOT_NAMES,
        )
        return [_snapshot(item) for item in items][::-1]

    def hours(
        self, module_id: str, *, start: datetime, end: datetime, limit: int | None = None
    ) -> dict[datetime, Statistics]:
        """The stored hours from `start` up to but not including `end`, both full hours; with a `limit`, the newest."""
        items = self._query(
            _partition(module_id), (_hour_key(start), _hour_key(end - HOUR)), limit=limit, newest_first=True
        )
        return {_hour(item["sk"]["S"]): _statistics(item) for item in items}

    def days(self, module_id: str, *, first: date, last: date, limit: int | None = None) -> dict[date, Statistics]:
        """The stored local days from `first` to `last`, both included; with a `limit`, the newest."""
        items = self._query(_partition(module_id), (_day_key(first), _day_key(last)), limit=limit, newest_first=True)
        return {_day(item["sk"]["S"]): _statistics(item) for item in items}

    def shown_hours(
        self, module_id: str, *, start: datetime, end: datetime, limit: int | None = None
    ) -> dict[datetime, Shown]:
        """What a chart shows of the hours that `hours` returns; little is sent, so many are read soon."""
        between = (_hour_key(start), _hour_key(end - HOUR))
        items = self._query(_partition(module_id), between, limit=limit, newest_first=True, names=_SHOWN_NAMES)
        return {_hour(item["sk"]["S"]): _shown(item) for item in items}

    def shown_days(self, module_id: str, *, first: date, last: date, limit: int | None = None) -> dict[date, Shown]:
        """What a chart shows of the local days that `days` returns."""
        between = (_day_key(first), _day_key(last))
        items = self._query(_partition(module_id), between, limit=limit, newest_first=True, names=_SHOWN_NAMES)
        return {_day(item["sk"]["S"]): _shown(item) for item in items}

    def store_statistics(
        self, module_id: str, hours: Mapping[datetime, Statistics], days: Mapping[date, Statistics]
    ) -> None:
        """Write these hours and days over what was stored of them. They never expire."""
        keyed = {_hour_key(hour): made for hour, made in hours.items()} | {
            _day_key(day): made for day, made in days.items()
        }
        self._put(
            {"pk": {"S": _partition(module_id)}, "sk": {"S": key}, "module_id": {"S": module_id}, **_attributes(made)}
            for key, made in keyed.items()
        )

    def rollup_state(self) -> RollupState | None:
        """How far the rollup came, or `None` before its first run."""
        for item in self._query("ROLLUP", ("STATE", "STATE"), limit=1):
            return RollupState(
                ran_at=datetime.fromisoformat(item["ran_at"]["S"]),
                complete_through=datetime.fromisoformat(item["complete_through"]["S"]),
            )
        return None

    def store_rollup_state(self, state: RollupState) -> None:
        """Remember how far the rollup came."""
        self._put(
            [
                {
                    "pk": {"S": "ROLLUP"},
                    "sk": {"S": "STATE"},
                    "ran_at": {"S": state.ran_at.isoformat()},
                    "complete_through": {"S": state.complete_through.isoformat()},
                }
            ]
        )

    def _query(
        self,
        partition: str,
        between: tuple[str, str],
        *,
        limit: int | None,
        newest_first: bool = False,
        names: tuple[str, ...] = (),
    ) -> Iterator[Item]:
        """The items of a partition whose sort keys lie between the two, both included; `names` is all that is sent."""
        first, last = between
        if first > last:
            return
        request: QueryInputTypeDef = {
            "TableName": self._table_name,
            "KeyConditionExpression": "pk = :partition AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": {
                ":partition": {"S": partition},
                ":first": {"S": first},
                ":last": {"S": last},
            },
            "ScanIndexForward": not newest_first,
        }
        if names:
            request["ProjectionExpression"] = ", ".join(f"#{name}" for name in names)
            request["ExpressionAttributeNames"] = {f"#{name}": name for name in names}
        left = limit
        while left is None or left > 0:
            if left is not None:
                request["Limit"] = left
            with _vendor_errors():
                page = self._client.query(**request)
            self.items_read += len(page["Items"])
            yield from page["Items"]
            if left is not None:
                left -= len(page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _put(self, items: Iterable[dict[str, AttributeValueTypeDef]]) -> None:
        for batch in batched(items, WRITES_AT_ONCE, strict=False):
            requests: list[WriteRequestTypeDef] = [{"PutRequest": {"Item": item}} for item in batch]
            with _vendor_errors():
                kept_back = self._client.batch_write_item(RequestItems={self._table_name: requests})
                if kept_back["UnprocessedItems"]:
                    kept_back = self._client.batch_write_item(RequestItems=kept_back["UnprocessedItems"])
            if kept_back["UnprocessedItems"]:
                raise HistoryUnavailableError("the table did not take all that was written")


@contextmanager
def _vendor_errors() -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as unavailable:
        raise HistoryUnavailableError("the table cannot be reached") from unavailable


def _partition(module_id: str) -> str:
    return f"MODULE#{module_id}"


def _instant_key(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _hour_key(hour: datetime) -> str:
    return hour.astimezone(UTC).strftime("HOUR#%Y-%m-%dT%HZ")


def _hour(key: str) -> datetime:
    return datetime.fromisoformat(key.removeprefix("HOUR#"))


def _day_key(day: date) -> str:
    return f"DAY#{day.isoformat()}"


def _day(key: str) -> date:
    return date.fromisoformat(key.removeprefix("DAY#"))


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


def _statistics(item: Item) -> Statistics:
    return Statistics(
        count=int(item["count"]["N"]),
        temperature=_measure(item, "temperature"),
        humidity=_measure(item, "humidity"),
        setpoint=_measure(item, "setpoint"),
        load_minutes=_number(item, "load_minutes") or Decimal(0),
        heating_minutes=_number(item, "heating_minutes") or Decimal(0),
        cooling_minutes=_number(item, "cooling_minutes") or Decimal(0),
    )


def _shown(item: Item) -> Shown:
    heating = _number(item, "heating_minutes")
    return Shown(
        temperature=_number(item, "temperature_mean"),
        low=_number(item, "temperature_min"),
        high=_number(item, "temperature_max"),
        minutes=_number(item, "temperature_minutes") or Decimal(0),
        humidity=_number(item, "humidity_mean"),
        setpoint=_number(item, "setpoint_mean"),
        heating=heating,
        cooling=None if heating is None else _number(item, "cooling_minutes") or Decimal(0),
    )


def _measure(item: Item, name: str) -> Measure | None:
    if f"{name}_mean" not in item:
        return None
    return Measure(**{part: Decimal(item[f"{name}_{suffix}"]["N"]) for part, suffix in _MEASURE_PARTS.items()})


def _attributes(made: Statistics) -> dict[str, AttributeValueTypeDef]:
    attributes: dict[str, AttributeValueTypeDef] = {"count": {"N": str(made.count)}}
    for name in _MEASURES:
        measure: Measure | None = getattr(made, name)
        if measure is not None:
            for part, suffix in _MEASURE_PARTS.items():
                attributes[f"{name}_{suffix}"] = {"N": f"{getattr(measure, part):f}"}
    if made.load_minutes:
        attributes["load_minutes"] = {"N": f"{made.load_minutes:f}"}
        attributes["heating_minutes"] = {"N": f"{made.heating_minutes:f}"}
        if made.cooling_minutes:
            attributes["cooling_minutes"] = {"N": f"{made.cooling_minutes:f}"}
    return attributes


def _text(item: Item, name: str) -> str | None:
    return item[name]["S"] if name in item else None


def _number(item: Item, name: str) -> Decimal | None:
    return Decimal(item[name]["N"]) if name in item else None
