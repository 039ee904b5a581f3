"""The table as the receiver needs it: readings, quarantined bodies, the accepted digests of the webhook's secret."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from smarther.aws.service_call import ServiceFailedError, call
from smarther.domain.arrival import note, unusual
from smarther.domain.reading import attributes, expiry, instant_text
from smarther.domain.webhook import AcceptedDigests
from smarther.store import keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from smarther.aws.tiny_client import TinyClient
    from smarther.domain.notification import Reject
    from smarther.domain.reading import Reading, Source, Stored

_PART_BYTES = 300_000  # an item may have 400 KB, key and reason included
_PART_CHARACTERS = _PART_BYTES // 4  # UTF-8 takes at most four bytes each
_MAX_REASON = 1_000

_NEW = "attribute_not_exists(pk)"
_NEWER = "attribute_not_exists(pk) OR arrival < :arrival"
_NEVER = "attribute_exists(pk) AND attribute_not_exists(pk)"


class TableUnavailableError(Exception):
    """The table did not answer, or did not take it this time: another place or another time may."""


class ItemRefusedError(Exception):
    """The table says that this very item can never be stored."""


class Table:
    """Writes are conditional: what is there already stays as it is, so that doing things twice is harmless."""

    def __init__(
        self,
        client: DynamoDBClient | TinyClient,
        name: str,
        *,
        retention_days: int | None = None,
        condition: str = _NEW,
    ) -> None:
        self._client = client
        self._name = name
        self._retention_days = retention_days
        self._condition = condition

    def rehearsing(self) -> Table:
        """The same table for writes that count for nothing: every one is made and taken for a duplicate.

        Their condition contradicts itself, so that there is no item, new or old, on which it could hold. DynamoDB looks
        at permission, table and item as for any other write and answers that the condition fails.
        """
        return Table(self._client, self._name, retention_days=self._retention_days, condition=_NEVER)

    def accepted_digests(self) -> AcceptedDigests:
        """The digests by which a caller is known now, strongly consistent; none before the keeper's first run."""
        try:
            answer = call(
                self._client.get_item,
                TableName=self._name,
                Key=_key(keys.DIGESTS),
                ConsistentRead=True,
            )
        except ServiceFailedError as error:
            raise TableUnavailableError(error.kind) from error
        item = answer.get("Item", {})
        known = {name: item[name]["S"] for name in ("current", "pending", "previous") if "S" in item.get(name, {})}
        return AcceptedDigests(**known)

    def put_reading(self, reading: Reading, *, received_at: datetime, source: Source) -> bool:
        """Store one reading; False when it was there already.

        One whose own time is far from its arrival is not found where its arrival would have it, so that is noted beside
        it: a second write, for none but those. Done again after a failure, both are there.
        """
        item = stored(reading, received_at=received_at, source=source, retention_days=self._retention_days)
        new = self._put(item)
        if unusual(reading.time, received_at) is not None and self._condition == _NEW:
            arrived = received_at if new else self._arrival_of(item)
            if arrived is not None:
                self._note_arrival(reading, arrived)
        return new

    def put_quarantined(self, body: bytes, rejects: Sequence[Reject], *, received_at: datetime) -> bool:
        """Keep a whole body, verbatim, that could not be read completely; False when it was there already.

        Raises, like `put_reading`, TableUnavailableError and ItemRefusedError.
        """
        digest = hashlib.sha256(body).hexdigest()
        encoding, parts = _in_parts(body)
        new = [
            self._put(
                {
                    **keys.body_key(digest, number),
                    "reason": _joined(rejects),
                    "rejected": Decimal(len(rejects)),
                    "body": part,
                    "encoding": encoding,
                    "part": Decimal(number),
                    "parts": Decimal(len(parts)),
                    "received_at": instant_text(received_at),
                }
            )
            for number, part in enumerate(parts, start=1)
        ]
        return any(new)

    def _arrival_of(self, item: Mapping[str, Stored]) -> datetime | None:
        """When the reading under this item's key arrived; None where there is none."""
        key = {name: attribute(item[name]) for name in ("pk", "sk")}
        try:
            answer = call(self._client.get_item, TableName=self._name, Key=key, ConsistentRead=True)
        except ServiceFailedError as error:
            raise TableUnavailableError(error.kind) from error
        return datetime.fromisoformat(answer["Item"]["received_at"]["S"]) if "Item" in answer else None

    def _note_arrival(self, reading: Reading, received_at: datetime) -> None:
        """Note that a reading was the last to arrive of its kind, unless one that came later is noted."""
        kind = unusual(reading.time, received_at)
        if kind is None:
            return
        noted: dict[str, Stored] = {
            **keys.arrival_key(kind, reading.module_id),
            "module_id": reading.module_id,
            "arrival": note(keys.sort_key(reading), received_at),
        }
        if self._retention_days is not None:
            noted["expires_at"] = expiry(received_at, self._retention_days)
        self._put(noted, _NEWER, {":arrival": attribute(noted["arrival"])})

    def _put(
        self, item: Mapping[str, Stored], condition: str | None = None, values: Mapping[str, Any] | None = None
    ) -> bool:
        try:
            call(
                self._client.put_item,
                TableName=self._name,
                Item={name: attribute(value) for name, value in item.items()},
                ConditionExpression=condition or self._condition,
                **({} if values is None else {"ExpressionAttributeValues": values}),
            )
        except ServiceFailedError as error:
            match error.kind:
                case "ConditionalCheckFailedException":
                    return False
                case "ValidationException":
                    raise ItemRefusedError(error.kind) from error
                case _:
                    raise TableUnavailableError(error.kind) from error
        return True


def stored(reading: Reading, *, received_at: datetime, source: Source, retention_days: int | None) -> dict[str, Stored]:
    """The reading as an item of the table, key included."""
    return {
        **keys.reading_key(reading),
        **attributes(reading, received_at=received_at, source=source, retention_days=retention_days),
    }


def attribute(value: Stored) -> AttributeValueTypeDef:
    """A value in DynamoDB's own JSON."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case Decimal():
            return {"N": str(value)}
        case str():
            return {"S": value}
        case list():
            return {"L": [attribute(entry) for entry in value]}
        case Mapping():
            return {"M": {name: attribute(entry) for name, entry in value.items()}}


def plain(value: AttributeValueTypeDef) -> Stored:
    """What DynamoDB's own JSON says; undoes `attribute`.

    boto3's deserializer raises where a number has more than 38 digits in full, as DynamoDB writes it, though nearly
    all of them are zeros (github.com/boto/boto3/issues/2500).
    """
    match value:
        case {"NULL": True}:
            return None
        case {"BOOL": bool(flag)}:
            return flag
        case {"N": str(number)}:
            return Decimal(number)
        case {"S": str(text)}:
            return text
        case {"L": entries}:
            return [plain(entry) for entry in entries]
        case {"M": entries}:
            return {name: plain(entry) for name, entry in entries.items()}
        case _:
            raise TypeError("the table holds no attributes of another type")


def _key(key: keys.ItemKey) -> dict[str, AttributeValueTypeDef]:
    return {name: attribute(value) for name, value in key.items()}


def _in_parts(body: bytes) -> tuple[str, list[str]]:
    """A body as text where it is UTF-8, else as base64, cut to what an item can hold."""
    try:
        encoding, text, step = "text", body.decode(), _PART_CHARACTERS
    except UnicodeDecodeError:
        encoding, text, step = "base64", base64.b64encode(body).decode(), _PART_BYTES
    return encoding, [text[start : start + step] for start in range(0, len(text), step)] or [""]


def _joined(rejects: Sequence[Reject]) -> str:
    reasons = "; ".join(f"{reject.path}: {reject.reason}" for reject in rejects[:_MAX_REASON])
    return reasons if len(reasons) <= _MAX_REASON else f"{reasons[: _MAX_REASON - 1]}…"
