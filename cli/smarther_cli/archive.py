"""The table as its owner reads it: whole readings, statistics of hours and days, and the bodies that nobody could read.

Every read goes page by page, so that a history of any length needs no more memory than one page. What DynamoDB says no
to is boto3's own error.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from smarther.domain.reading import BOUNDS, Reading, instant_text
from smarther.store import items, keys
from smarther.store.history import day_made, hour_made
from smarther.store.table import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import tzinfo

    from mypy_boto3_dynamodb import DynamoDBClient

    from smarther.domain.statistics import Statistics

type Row = dict[str, Any]
"""A reading's attributes by their names, without those that only the table needs.

Each is of its type: numbers within their bounds, instants with their zone. What else was stored for an attribute, by an
older release or by hand, stands under `unread`, where what could not be read as it came stands as well.
"""

type Key = dict[str, dict[str, str]]
"""Where a page ended, in DynamoDB's own form."""

_ONLY_THE_TABLES: Final = frozenset({"pk", "sk", "expires_at"})
_INSTANTS: Final = ("time", "received_at", "temperature_time", "humidity_time", "event_time")
_READ: Final[Mapping[str, Callable[[Any, str], object]]] = {
    **dict.fromkeys((*Reading.__slots__, "source"), items.text),
    **dict.fromkeys(BOUNDS, items.measured),
    **dict.fromkeys(_INSTANTS, items.instant),
    **dict.fromkeys(("extra", "event_extra", "unread"), items.fields),
    "program": items.whole,
    "online": items.flag,
}


class Every(StrEnum):
    """What is read: each reading, or the statistics of each hour or day."""

    READING = "reading"
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRange:
    """From `since` up to but not including `until`, by the thermostats' own clocks; open where it is None.

    Of hours and days it takes those that hold them, both included.
    """

    since: datetime | None = None
    until: datetime | None = None

    def keys(self, every: Every, zone: tzinfo) -> tuple[str, str]:
        """The sort keys between which its readings, hours or days lie; days are those of the zone."""
        match every:
            case Every.READING:
                return keys.reading_range(self.since, self.until)
            case Every.HOUR:
                return keys.hour_range(self.since, self.until)
            case Every.DAY:
                ends = (None if end is None else end.astimezone(zone).date() for end in (self.since, self.until))
                return keys.day_range(*ends)


@dataclass(frozen=True, slots=True)
class ArchivePage:
    """Some readings, and where to go on; `next_key` is None on the last page."""

    rows: list[Row]
    next_key: Key | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A body in quarantine: its SHA-256, why it is there, since when, in how many parts, how many statuses of it."""

    digest: str
    reason: str
    received_at: str
    parts: int
    rejected: int | None


class Archive:
    """Reads of one table; `left_out` counts the items among its readings that are none."""

    def __init__(self, client: DynamoDBClient, table_name: str, *, zone: tzinfo = UTC) -> None:
        """`zone` is the home's, whose days the statistics have."""
        self._client = client
        self._table_name = table_name
        self._zone = zone
        self.left_out = 0

    # ---- readings

    def newest(self, module_id: str, time_range: TimeRange, *, limit: int) -> list[Row]:
        """The newest readings of a thermostat in a span, newest first."""
        found: list[Row] = []
        for page in self.pages(time_range, module_id=module_id, newest_first=True, page_size=limit):
            found += page.rows
            if len(found) >= limit:
                break
        return found[:limit]

    def pages(  # noqa: PLR0913 - all but the first by keyword; each is a choice of its own
        self,
        time_range: TimeRange,
        *,
        every: Every = Every.READING,
        module_id: str | None = None,
        newest_first: bool = False,
        page_size: int | None = None,
        key: Key | None = None,
    ) -> Iterator[ArchivePage]:
        """All readings of a thermostat in a span, or its hours or days; without a thermostat, of all there ever were.

        Those of one thermostat stand in chronological order. All there ever were stand in no particular order: they
        come from a scan, which misses nothing, as the directory forgets a thermostat that has left the account. `key`
        goes on behind an earlier page.
        """
        first, last = time_range.keys(every, self._zone)
        made = _ROWS[every]
        request: dict[str, Any] = {"TableName": self._table_name}
        if module_id is None:
            request["FilterExpression"] = "begins_with(pk, :partition) AND sk BETWEEN :first AND :last"
            partition = keys.module_partition("")
            ask: Any = self._client.scan
        else:
            request["KeyConditionExpression"] = "pk = :partition AND sk BETWEEN :first AND :last"
            request["ScanIndexForward"] = not newest_first
            partition = keys.module_partition(module_id)
            ask = self._client.query
        request["ExpressionAttributeValues"] = {
            ":partition": {"S": partition},
            ":first": {"S": first},
            ":last": {"S": last},
        }
        if page_size is not None:
            request["Limit"] = page_size
        while True:
            answer = ask(**request, **({"ExclusiveStartKey": key} if key else {}))
            key = answer.get("LastEvaluatedKey")
            rows = [row for item in answer["Items"] if (row := made(item)) is not None]
            self.left_out += len(answer["Items"]) - len(rows)
            yield ArchivePage(rows, key)
            if key is None:
                return

    # ---- quarantine

    def quarantined(self, digest_prefix: str = "") -> Iterator[Quarantined]:
        """The bodies in quarantine whose SHA-256 begins so; their content is not sent."""
        for page in self._quarantine(digest_prefix):
            yield from map(_quarantined, page)

    def quarantine_size(self) -> int:
        """How many bodies are in quarantine, whatever else is in their items."""
        return sum(len(page) for page in self._quarantine())

    def _quarantine(self, digest_prefix: str = "") -> Iterator[list[Any]]:
        """The first items of bodies, page by page."""
        for partition in digest_prefix[:1] or keys.QUARANTINE_PARTITIONS:
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table_name,
                KeyConditionExpression="pk = :partition AND begins_with(sk, :body)",
                FilterExpression="#part = :one",
                ProjectionExpression="sk, reason, received_at, parts, rejected",
                ExpressionAttributeNames={"#part": "part"},
                ExpressionAttributeValues={
                    ":partition": {"S": keys.quarantine_partition(partition)},
                    ":body": {"S": keys.body_prefix(digest_prefix, whole=False)},
                    ":one": {"N": "1"},
                },
            )
            for page in pages:
                yield page["Items"]

    def body(self, digest: str) -> bytes:
        """The whole body with this SHA-256, as it was received. Raises ValueError when it is not all there."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table_name,
            KeyConditionExpression="pk = :partition AND begins_with(sk, :body)",
            ExpressionAttributeValues={
                ":partition": {"S": keys.quarantine_partition(digest)},
                ":body": {"S": keys.body_prefix(digest, whole=True)},
            },
        )
        items = [_plain(item) for page in pages for item in page["Items"]]
        text = "".join(item["body"] for item in items)
        encoded = any(item.get("encoding") == "base64" for item in items)
        body = base64.b64decode(text) if encoded else text.encode()
        if hashlib.sha256(body).hexdigest() != digest:
            raise ValueError("the parts in the table do not make up the body that was received")
        return body

    def forget_body(self, body: Quarantined) -> None:
        """Take a body out of quarantine, all of its parts at once."""
        parts = [keys.body_key(body.digest, part) for part in range(1, body.parts + 1)]
        self._client.transact_write_items(
            TransactItems=[
                {"Delete": {"TableName": self._table_name, "Key": {name: {"S": value} for name, value in key.items()}}}
                for key in parts
            ]
        )


def _plain(item: Mapping[str, Any]) -> Row:
    return {name: _value(value) for name, value in item.items()}


def _value(value: Any) -> Any:
    """A value as it is in Python; sets and bytes, which the recorder never writes, as lists and as base64."""
    match value:
        case {"L": entries}:
            return [_value(entry) for entry in entries]
        case {"M": entries}:
            return {name: _value(entry) for name, entry in entries.items()}
        case {"NS": numbers}:
            return [Decimal(number) for number in numbers]
        case {"SS": texts} | {"BS": texts}:
            return texts
        case {"B": text}:
            return text
        case _:
            return plain(value)


def _row(item: Mapping[str, Any]) -> Row | None:
    """The reading that an item is; None when neither it nor its key says of what instant."""
    said = {name: value for name, value in item.items() if name not in _ONLY_THE_TABLES}
    whose = item["pk"]["S"].removeprefix(keys.module_partition(""))
    unread = {name for name in said if name in _READ and _READ[name](item, name) is None}
    if _plain({"module_id": said.get("module_id", {"S": whose})}) != {"module_id": whose}:
        unread.add("module_id")  # the key says whose reading it is
    row = _plain({name: value for name, value in said.items() if name not in unread})
    if unread:
        row["unread"] = row.get("unread", {}) | _plain({name: said[name] for name in unread})
    row.setdefault("module_id", whose)
    row.setdefault("time", _time_of(item["sk"]["S"]))
    return None if row["time"] is None else row


def figures_of(statistics: Statistics) -> Row:
    """The figures of an hour or a day by name; what is not known is left out."""
    figures: Row = {"count": Decimal(statistics.count)}
    for name, unit in MEASURES.items():
        if (measure := getattr(statistics, name)) is not None:
            figures |= {f"{name}_{part}_{unit}": getattr(measure, part) for part in EXTREMES}
            figures[f"{name}_minutes"] = measure.minutes
    if statistics.load_minutes:
        figures |= {name: getattr(statistics, name) for name in LOADS}
    return figures


MEASURES: Final = {"temperature": "c", "humidity": "percent", "setpoint": "c"}
EXTREMES: Final = ("mean", "minimum", "maximum")
LOADS: Final = ("load_minutes", "heating_minutes", "cooling_minutes")


def _hour(item: Mapping[str, Any]) -> Row | None:
    made = hour_made(item)
    return None if made is None else {**_whose(item), "hour": instant_text(made[0]), **figures_of(made[1])}


def _day(item: Mapping[str, Any]) -> Row | None:
    made = day_made(item)
    return None if made is None else {**_whose(item), "day": made[0].isoformat(), **figures_of(made[1])}


def _whose(item: Mapping[str, Any]) -> Row:
    return {"module_id": item["pk"]["S"].removeprefix(keys.module_partition(""))}


_ROWS: Final[Mapping[Every, Callable[[Mapping[str, Any]], Row | None]]] = {
    Every.READING: _row,
    Every.HOUR: _hour,
    Every.DAY: _day,
}


def _time_of(key: str) -> str | None:
    """The instant in a reading's key."""
    text = keys.time_in(key)
    return None if items.instant_of(text) is None else text


def _quarantined(item: Mapping[str, Any]) -> Quarantined:
    plain = _plain(item)
    rejected = plain.get("rejected")
    return Quarantined(
        digest=keys.digest_in(plain["sk"]),
        reason=plain["reason"],
        received_at=plain["received_at"],
        parts=int(plain.get("parts", Decimal(1))),
        rejected=None if rejected is None else int(rejected),
    )
