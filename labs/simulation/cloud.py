"""DynamoDB, SQS and Secrets Manager in memory, with exactly the operations that the adapters call.

Items are stored and returned without a copy, since no adapter changes one.

The adapters are tested on moto, which is far too slow for a year of notifications. `test_cloud.py` compares these
services with moto. An expression is known only as the adapters write it; any other raises `UnknownError`, which nothing
in the product can catch. The sizes of items and pages and the rules of IAM are not simulated. What DynamoDB refuses and
moto stores is refused: text that is not UTF-8, and keys that are empty or too long.
"""

# Parameters are named as AWS names them.
# ruff: noqa: N803

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right, insort
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, EndpointConnectionError

from labs.described import faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    type Item = dict[str, dict[str, Any]]
    type Key = tuple[str, str]

KEY_BYTES = (2048, 1024)
CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"


class UnknownError(BaseException):
    """An adapter asked for something that is not simulated: the simulation is behind the product."""


class ConditionalCheckFailedException(ClientError):  # noqa: N818 - its name at AWS
    """The condition of a write is not met."""


class ResourceNotFoundException(ClientError):  # noqa: N818 - its name at AWS
    """No such secret, or no such version of it."""


def refusal(code: str, operation: str) -> ClientError:
    """An error answer of a service."""
    kind = {
        "ConditionalCheckFailedException": ConditionalCheckFailedException,
        "ResourceNotFoundException": ResourceNotFoundException,
    }.get(code, ClientError)
    return kind({"Error": {"Code": code, "Message": f"{code} as played"}}, operation)


# ---- DynamoDB


def _number(item: Item, name: str) -> int:
    return int(item[name]["N"])


_FREE = "(attribute_not_exists(calls) OR calls < :limit) AND (attribute_not_exists(not_before) OR not_before <= :now)"


def _is_free(item: Item, values: Mapping[str, Any]) -> bool:
    return ("calls" not in item or _number(item, "calls") < int(values[":limit"]["N"])) and (
        "not_before" not in item or _number(item, "not_before") <= int(values[":now"]["N"])
    )


_CONDITIONS: dict[str, Callable[[Item | None, Mapping[str, Any]], bool]] = {
    "attribute_not_exists(pk)": lambda item, _: item is None,
    "attribute_exists(pk)": lambda item, _: item is not None,
    "attribute_not_exists(pk) OR arrival < :arrival": lambda item, values: (
        item is None or item["arrival"]["S"] < values[":arrival"]["S"]
    ),
    "attribute_not_exists(version)": lambda item, _: item is None or "version" not in item,
    "version = :seen": lambda item, values: (
        item is not None and "version" in item and _number(item, "version") == int(values[":seen"]["N"])
    ),
    "attribute_exists(pk) AND attribute_not_exists(used_at) AND expires_at > :now": lambda item, values: (
        item is not None and "used_at" not in item and _number(item, "expires_at") > int(values[":now"]["N"])
    ),
    "attribute_not_exists(pk) OR #owner = :owner OR expires_at <= :now": lambda item, values: (
        item is None or item["owner"] == values[":owner"] or _number(item, "expires_at") <= int(values[":now"]["N"])
    ),
    "#owner = :owner": lambda item, values: item is not None and item["owner"] == values[":owner"],
    _FREE: lambda item, values: item is None or _is_free(item, values),
    f"{_FREE} AND attribute_not_exists(granted)": lambda item, values: (
        item is None or ("granted" not in item and _is_free(item, values))
    ),
    "attribute_exists(calls) AND attribute_not_exists(granted)": lambda item, _: (
        item is not None and "calls" in item and "granted" not in item
    ),
}


def _count(item: Item, values: Mapping[str, Any]) -> None:
    item["calls"] = {"N": str((_number(item, "calls") if "calls" in item else 0) + int(values[":one"]["N"]))}
    item.setdefault("expires_at", values[":gone"])


def _pause(item: Item, values: Mapping[str, Any]) -> None:
    item["not_before"] = values[":until"]
    item.setdefault("expires_at", values[":gone"])


def _grant(item: Item, _: Mapping[str, Any]) -> None:
    item["granted"] = item["calls"]


def _use(item: Item, values: Mapping[str, Any]) -> None:
    item |= {"used_at": values[":used_at"], "expires_at": values[":gone"]}


def _decline(item: Item, values: Mapping[str, Any]) -> None:
    _use(item, values)
    item["not_given"] = values[":outcome"]


def _settle(item: Item, values: Mapping[str, Any]) -> None:
    item["report"] = values[":report"]


_UPDATES: dict[str, Callable[[Item, Mapping[str, Any]], None]] = {
    "ADD calls :one SET expires_at = if_not_exists(expires_at, :gone)": _count,
    "SET not_before = :until, expires_at = if_not_exists(expires_at, :gone)": _pause,
    "SET granted = calls": _grant,
}
_UPDATES |= {
    "SET used_at = :used_at, expires_at = :gone": _use,
    "SET used_at = :used_at, expires_at = :gone, not_given = :outcome": _decline,
    "SET report = :report": _settle,
}
_NAMES = {"#owner": "owner"}


class DynamoDB:
    """One table, keys `pk` and `sk`.

    `rewritten` are the keys of readings and quarantined bodies that were changed, `heard` says of each thermostat's
    partition when the last of its readings arrived. `late` are the stream's records of readings that were stored after
    their hours.
    """

    def __init__(self) -> None:
        self._items: dict[str, dict[str, Item]] = {}
        self._order: dict[str, list[str]] = {}
        self.rewritten: list[Key] = []
        self.heard: dict[str, datetime] = {}
        self.late: list[dict[str, Any]] = []

    def put_item(
        self,
        *,
        TableName: str,
        Item: Item,
        ConditionExpression: str | None = None,
        **expression: Any,
    ) -> dict[str, Any]:
        """Write one item over whatever is there."""
        key = _key(Item)
        before = self._get(key)
        self._check("PutItem", before, ConditionExpression, **expression)
        lasts = key[0].startswith("QUARANTINE#") or key[1].startswith("READING#")
        if before is not None and lasts and before != Item:
            self.rewritten.append(key)
        self._store(key, Item)
        return {}

    def get_item(self, *, TableName: str, Key: Item, ConsistentRead: bool) -> dict[str, Any]:
        """One item. Reads are always consistent, since no adapter asks for less."""
        if not ConsistentRead:
            raise UnknownError("a read that is not consistent")
        found = self._get(_key(Key))
        return {} if found is None else {"Item": found}

    def delete_item(
        self,
        *,
        TableName: str,
        Key: Item,
        ConditionExpression: str | None = None,
        **expression: Any,
    ) -> dict[str, Any]:
        """Remove one item, if it is there."""
        key = _key(Key)
        self._check("DeleteItem", self._get(key), ConditionExpression, **expression)
        self._drop(key)
        return {}

    def update_item(
        self,
        *,
        TableName: str,
        Key: Item,
        UpdateExpression: str,
        ExpressionAttributeValues: Mapping[str, Any] | None = None,
        ConditionExpression: str | None = None,
    ) -> dict[str, Any]:
        """Change one item, or make it if it is not there."""
        key = _key(Key)
        before = self._get(key)
        self._check("UpdateItem", before, ConditionExpression, ExpressionAttributeValues=ExpressionAttributeValues)
        after = dict(Key) if before is None else dict(before)
        _known(_UPDATES, UpdateExpression)(after, ExpressionAttributeValues or {})
        self._store(key, after)
        return {}

    def query(  # noqa: PLR0913 - the operation's own parameters
        self,
        *,
        TableName: str,
        KeyConditionExpression: str,
        ExpressionAttributeValues: Mapping[str, Any],
        ConsistentRead: bool = False,
        ScanIndexForward: bool = True,
        Limit: int | None = None,
        ExclusiveStartKey: Item | None = None,
        ProjectionExpression: str | None = None,
        ExpressionAttributeNames: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """The items of one partition by their sort keys, in one page unless there is a limit. Always consistent."""
        values = {name: value["S"] for name, value in ExpressionAttributeValues.items()}
        partition = values.get(":partition", "")
        keys = self._order.get(partition, [])
        if KeyConditionExpression != "pk = :partition AND sk BETWEEN :first AND :last":
            raise UnknownError(KeyConditionExpression)
        first, last = bisect_left(keys, values[":first"]), bisect_right(keys, values[":last"])
        if ExclusiveStartKey is not None:
            start = ExclusiveStartKey["sk"]["S"]
            first, last = (bisect_right(keys, start), last) if ScanIndexForward else (first, bisect_left(keys, start))
        size = max(0, last - first) if Limit is None else min(Limit, max(0, last - first))
        page = keys[first : first + size] if ScanIndexForward else keys[last - size : last][::-1]
        found = [_picked(self._items[partition][key], ProjectionExpression, ExpressionAttributeNames) for key in page]
        more = {"LastEvaluatedKey": {"pk": {"S": partition}, "sk": {"S": page[-1]}}} if page and size == Limit else {}
        return {"Items": found, "Count": len(found), **more}

    # ---- what nobody calls over a network

    def partitions(self, beginning: str) -> Iterator[Item]:
        """All items of the partitions whose keys begin so."""
        for partition, items in self._items.items():
            if partition.startswith(beginning):
                yield from items.values()

    def readings(self) -> Iterator[Item]:
        """All readings."""
        return (item for item in self.partitions("MODULE#") if item["sk"]["S"].startswith("READING#"))

    def expire(self, now: datetime) -> None:
        """Remove the items whose time to live is over, as the table does sooner or later."""
        for partition in ("LEASE", "QUOTA", "CONSENT"):
            for sort_key in list(self._order.get(partition, [])):
                if _number(self._items[partition][sort_key], "expires_at") < now.timestamp():
                    self._drop((partition, sort_key))

    def _get(self, key: Key) -> Item | None:
        return self._items.get(key[0], {}).get(key[1])

    def _store(self, key: Key, item: Item) -> None:
        _check_storable(key, item)
        items = self._items.setdefault(key[0], {})
        if key[1] not in items:
            insort(self._order.setdefault(key[0], []), key[1])
        items[key[1]] = item
        if key[1].startswith("READING#"):
            at = datetime.fromisoformat(item["received_at"]["S"])
            self.heard[key[0]] = max(self.heard.get(key[0], at), at)
            if "after_hour" in item:
                keys = {"pk": item["pk"], "sk": item["sk"]}
                self.late.append({"dynamodb": {"Keys": keys, "SequenceNumber": str(len(self.late))}})

    def _drop(self, key: Key) -> None:
        if self._items.get(key[0], {}).pop(key[1], None) is not None:
            self._order[key[0]].remove(key[1])

    @staticmethod
    def _check(
        operation: str,
        item: Item | None,
        condition: str | None,
        *,
        ExpressionAttributeNames: Mapping[str, str] | None = None,
        ExpressionAttributeValues: Mapping[str, Any] | None = None,
    ) -> None:
        if ExpressionAttributeNames not in (None, _NAMES):
            raise UnknownError(ExpressionAttributeNames)
        if condition is not None and not _known(_CONDITIONS, condition)(item, ExpressionAttributeValues or {}):
            raise refusal("ConditionalCheckFailedException", operation)


def _check_storable(key: Key, item: Item) -> None:
    """Refuse what DynamoDB refuses: text that is not UTF-8 (half an emoji), and keys that are empty or too long."""
    try:
        sizes = [len(part.encode()) for part in key]
        json.dumps(item, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise refusal("SerializationException", "PutItem") from None
    if not all(0 < size <= most for size, most in zip(sizes, KEY_BYTES, strict=True)):
        raise refusal("ValidationException", "PutItem")
    if differs := faults(item):
        raise UnknownError(f"an item that the schema does not describe: {differs}")


def _key(item: Item) -> Key:
    return item["pk"]["S"], item["sk"]["S"]


def _picked(item: Item, projection: str | None, names: Mapping[str, str] | None) -> Item:
    """The part of an item that is sent: all of it, or the attributes for which the placeholders stand."""
    if projection is None:
        return item
    wanted = [(names or {})[name] for name in projection.split(", ")]
    return {name: item[name] for name in wanted if name in item}


def _known[Meaning](meanings: Mapping[str, Meaning], expression: str) -> Meaning:
    try:
        return meanings[expression]
    except KeyError:
        raise UnknownError(f"an expression that is not played: {expression}") from None


# ---- SQS


@dataclass(slots=True)
class Message:
    """One message that waits. `visible_at` is when the queue hands it out next."""

    number: int
    body: str
    sent_at: datetime
    visible_at: datetime
    receives: int = 0


class SQS:
    """The spill queue with its dead-letter queue, as the template sets them up."""

    VISIBILITY = timedelta(seconds=360)
    MOST_RECEIVES = 50
    RETENTION = timedelta(days=14)

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._ever = 0
        self.waiting: dict[int, Message] = {}
        self.dead: deque[Message] = deque()
        self.expired = 0

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> dict[str, Any]:
        """Put one message into the spill queue."""
        self._ever += 1
        self.waiting[self._ever] = Message(self._ever, MessageBody, self._now(), self._now())
        return {"MessageId": str(self._ever)}

    # ---- the event source's side

    def receive(self, at_most: int) -> list[Message]:
        """Hand out some of the visible messages. One that was handed out too often goes to the dead letters instead."""
        now = self._now()
        received: list[Message] = []
        for message in list(self.waiting.values()):
            if len(received) == at_most:
                break
            if now - message.sent_at > self.RETENTION:
                del self.waiting[message.number]
                self.expired += 1
            elif message.visible_at <= now:
                if message.receives >= self.MOST_RECEIVES:
                    self.dead.append(self.waiting.pop(message.number))
                    continue
                message.receives += 1
                message.visible_at = now + self.VISIBILITY
                received.append(message)
        return received

    def delete(self, number: int) -> None:
        """Delete a message that has been handled."""
        self.waiting.pop(number, None)

    def redrive(self) -> int:
        """Move the dead letters back, as the owner can. Each becomes a new message. Returns how many."""
        moved = len(self.dead)
        while self.dead:
            self.send_message(QueueUrl="spill", MessageBody=self.dead.popleft().body)
        return moved


# ---- Secrets Manager


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a secret."""

    text: str
    created_at: datetime
    stages: frozenset[str]


@dataclass(slots=True)
class Secret:
    """All versions of one secret by their ids."""

    versions: dict[str, Version] = field(default_factory=dict)

    def holder(self, stage: str) -> str | None:
        """The version to which a label is attached."""
        return next((key for key, version in self.versions.items() if stage in version.stages), None)

    def attach(self, stage: str, version_id: str) -> None:
        """Move a label; the version that was current before becomes the previous one."""
        before = self.holder(stage)
        if before == version_id:
            return
        if before is not None:
            self.detach(stage, before)
            if stage == CURRENT:
                self.attach(PREVIOUS, before)
        version = self.versions[version_id]
        gone = {PREVIOUS} if stage == CURRENT else set()
        self.versions[version_id] = replace(version, stages=(version.stages | {stage}) - gone)

    def detach(self, stage: str, version_id: str) -> None:
        """Take a label away."""
        version = self.versions[version_id]
        self.versions[version_id] = replace(version, stages=version.stages - {stage})

    def forget(self) -> None:
        """Remove versions without a label, which the service does sooner or later."""
        self.versions = {key: version for key, version in self.versions.items() if version.stages}


class SecretsManager:
    """Secrets that were created empty, without any version until one is written. `written` has all texts so far.

    It is eventually consistent: a read returns what was so `lag` ago.
    """

    class exceptions:  # noqa: N801 - as botocore's clients have it
        """The errors that the adapters tell apart."""

        ResourceNotFoundException = ResourceNotFoundException

    def __init__(self, now: Callable[[], datetime], *names: str, lag: timedelta = timedelta(0)) -> None:
        self._now = now
        self._lag = lag
        self._secrets = {name: Secret() for name in names}
        self._before: dict[str, deque[tuple[datetime, dict[str, Version]]]] = {name: deque() for name in names}
        """The versions before each write and when it was, for as long as they may still be read."""
        self.written: dict[str, list[dict[str, Any]]] = {name: [] for name in names}

    def get_secret_value(self, *, SecretId: str, VersionStage: str) -> dict[str, Any]:
        """The version that has a label."""
        secret = self._as_read(SecretId)
        holder = secret.holder(VersionStage)
        if holder is None:
            raise refusal("ResourceNotFoundException", "GetSecretValue")
        version = secret.versions[holder]
        return {
            "SecretString": version.text,
            "VersionId": holder,
            "CreatedDate": version.created_at,
            "VersionStages": sorted(version.stages),
        }

    def put_secret_value(
        self,
        *,
        SecretId: str,
        SecretString: str,
        ClientRequestToken: str,
        VersionStages: list[str] | None = None,
    ) -> dict[str, Any]:
        """Write a version, once for each request token. The very first one is current, whatever was asked for."""
        secret = self._secret(SecretId, "PutSecretValue")
        known = secret.versions.get(ClientRequestToken)
        if known is not None and known.text != SecretString:
            raise refusal("ResourceExistsException", "PutSecretValue")
        if known is None:
            self._note(SecretId)
            self.written[SecretId].append(json.loads(SecretString))
            stages = set(VersionStages or [CURRENT]) | (set() if secret.versions else {CURRENT})
            secret.versions[ClientRequestToken] = Version(SecretString, self._now(), frozenset())
            for stage in sorted(stages):
                secret.attach(stage, ClientRequestToken)
            secret.forget()
        return {
            "VersionId": ClientRequestToken,
            "VersionStages": sorted(secret.versions[ClientRequestToken].stages),
        }

    def update_secret_version_stage(
        self,
        *,
        SecretId: str,
        VersionStage: str,
        MoveToVersionId: str | None = None,
        RemoveFromVersionId: str | None = None,
    ) -> dict[str, Any]:
        """Move a label, or take it away. The caller must say where it is now."""
        secret = self._secret(SecretId, "UpdateSecretVersionStage")
        holder = secret.holder(VersionStage)
        named = RemoveFromVersionId is not None
        if (named and RemoveFromVersionId != holder) or (not named and holder not in {None, MoveToVersionId}):
            raise refusal("InvalidParameterException", "UpdateSecretVersionStage")
        self._note(SecretId)
        if MoveToVersionId is not None:
            if MoveToVersionId not in secret.versions:
                raise refusal("ResourceNotFoundException", "UpdateSecretVersionStage")
            secret.attach(VersionStage, MoveToVersionId)
        elif RemoveFromVersionId is not None and holder is not None:
            secret.detach(VersionStage, RemoveFromVersionId)
        secret.forget()
        return {}

    def _note(self, name: str) -> None:
        """Keep what reads return for a while after the write that comes now."""
        self._before[name].append((self._now(), dict(self._secrets[name].versions)))

    def _as_read(self, name: str) -> Secret:
        secret = self._secret(name, "GetSecretValue")
        before = self._before[name]
        while before and before[0][0] <= self._now() - self._lag:
            before.popleft()
        return Secret(dict(before[0][1])) if before else secret

    def _secret(self, name: str, operation: str) -> Secret:
        if name not in self._secrets:
            raise refusal("ResourceNotFoundException", operation)
        return self._secrets[name]


# ---- what stands between a function and a service


class Hand:
    """A client whose calls all go through a gate: `gate(operation, work)` does the work, or does not."""

    def __init__(self, service: Any, gate: Callable[[str, Callable[[], Any]], Any]) -> None:
        self._service = service
        self._gate = gate
        self.exceptions = getattr(service, "exceptions", None)

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        work = getattr(self._service, operation, None)
        if work is None:
            raise UnknownError(f"an operation that is not played: {operation}")

        def call(**parameters: Any) -> Any:
            return self._gate(operation, lambda: work(**parameters))

        return call


class Mailbox:
    """SNS with one topic, and the mails that its owner gets: subject and text. It takes none while `is_down`."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, str]] = []
        self.is_down = False

    def publish(self, *, TopicArn: str, Subject: str, Message: str) -> dict[str, str]:
        """Take a mail; raises EndpointConnectionError."""
        if self.is_down:
            raise EndpointConnectionError(endpoint_url="https://sns.example")
        self.mails.append((Subject, Message))
        return {"MessageId": f"{TopicArn} {len(self.mails)}"}
