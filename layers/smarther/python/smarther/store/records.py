"""DynamoDB as the keeper uses it: its lease, its count of calls, the directory, what it remembers and what it reports.

Keys and attributes are those of the one table; `expires_at` (epoch seconds) is its time-to-live attribute.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError

from smarther.domain import consent
from smarther.domain.consent import ConsentProgress, NotGiven
from smarther.domain.directory import newest_listings
from smarther.domain.keeper_memory import Memory
from smarther.domain.keeper_report import Report
from smarther.domain.names import printable
from smarther.domain.quota import Need, day, next_day
from smarther.domain.reading import instant_text
from smarther.domain.webhook import AcceptedDigests
from smarther.store import keys
from smarther.store.table import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

_QUOTA_KEPT: Final = timedelta(days=35)


class RecordsError(Exception):
    """The table could not be read or written."""


class QuotaReached(RecordsError):  # noqa: N818 - a state of the day, not a fault
    """The day's calls for this need are used up, or calls are stopped until `until` (None: until the next UTC day)."""

    def __init__(self, until: datetime | None) -> None:
        super().__init__("the calls of the day are used up")
        self.until = until


@dataclass(frozen=True, slots=True)
class Plant:
    """A plant of the directory; its name is printable."""

    plant_id: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Module:
    """A thermostat as a plant lists it; `known_since` is when the keeper first met it there. Its name is printable."""

    plant_id: str
    module_id: str
    name: str | None
    device: str | None
    known_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Plants by their ids, what each of them lists, and when they were last asked for."""

    plants: Mapping[str, Plant]
    listed: Mapping[tuple[str, str], Module]
    """Thermostats by plant and id: one that moves is listed twice until its old plant lets it go."""
    refreshed_at: datetime | None

    @property
    def modules(self) -> Mapping[str, Module]:
        """The thermostats by their ids, each once: where it was met last."""
        listings = ((each.plant_id, each.module_id, each.known_since, each) for each in self.listed.values())
        return {each.module_id: each for each in newest_listings(listings)}

    def of_plant(self, plant_id: str) -> dict[str, Module]:
        """What a plant lists, by id."""
        return {each.module_id: each for each in self.listed.values() if each.plant_id == plant_id}


@dataclass(frozen=True, slots=True)
class ConsentState:
    """How far a consent has come; with its outcome when it is settled, and then just one of the two."""

    progress: ConsentProgress
    not_given: NotGiven | None = None
    report: Report | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """The digests that the receivers accept, and since when just these."""

    digests: AcceptedDigests
    at: datetime


class Records:
    """The keeper's own items of one table. Every method raises RecordsError when the table cannot be reached."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table = table_name

    # ---- consent

    def begin_consent(self, state: str, now: datetime) -> None:
        """Let a state be used once within the next ten minutes. The table holds only its digest."""
        self._put(
            {
                **keys.consent_key(consent.state_digest(state)),
                "created_at": instant_text(now),
                "expires_at": _epoch(now + consent.STATE_LIFE),
            }
        )

    def use_consent(self, state: str, now: datetime, *, not_given: NotGiven | None = None) -> bool:
        """Use a state up; False if it was never begun, has been used, or has expired.

        With `not_given` that is the consent's outcome; without it `settle_consent` tells the outcome later.
        """
        return self._update_consent(
            consent.state_digest(state),
            "SET used_at = :used_at, expires_at = :gone" + ("" if not_given is None else ", not_given = :outcome"),
            "attribute_exists(pk) AND attribute_not_exists(used_at) AND expires_at > :now",
            {
                ":used_at": instant_text(now),
                ":now": _epoch(now),
                ":gone": _epoch(now + consent.OUTCOME_LIFE),
                **({} if not_given is None else {":outcome": not_given.value}),
            },
        )

    def settle_consent(self, consent_id: str, report: Report) -> None:
        """Keep the report of the run that was given this consent, for whoever waits for just this one.

        `consent_id` is the digest of its state. One that nobody waits for any more is left alone.
        """
        self._update_consent(
            consent_id,
            "SET report = :report",
            "attribute_exists(pk)",
            {":report": report.kept().model_dump_json(exclude_none=True)},
        )

    def consent(self, state: str) -> ConsentState:
        """How far a consent has come, and what became of it."""
        item = self._get(keys.consent_key(consent.state_digest(state)))
        match item:
            case None:
                return ConsentState(ConsentProgress.UNKNOWN)
            case {"not_given": not_given}:
                return ConsentState(ConsentProgress.SETTLED, not_given=NotGiven(not_given))
            case {"report": report}:
                return ConsentState(ConsentProgress.SETTLED, report=Report.model_validate_json(report))
            case {"used_at": _}:
                return ConsentState(ConsentProgress.BACK)
            case _:
                return ConsentState(ConsentProgress.WAITING)

    def _update_consent(self, consent_id: str, update: str, condition: str, values: Mapping[str, object]) -> bool:
        with _vendor_errors():
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=_to_dynamodb(keys.consent_key(consent_id)),
                    UpdateExpression=update,
                    ConditionExpression=condition,
                    ExpressionAttributeValues=_to_dynamodb(values),
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return False
        return True

    # ---- the lease

    def take_lease(self, owner: str, *, now: datetime, life: timedelta) -> bool:
        """Take the lease, or renew it as its owner; False while another run holds it."""
        with _vendor_errors():
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=_to_dynamodb({**keys.LEASE, "owner": owner, "expires_at": _epoch(now + life)}),
                    ConditionExpression="attribute_not_exists(pk) OR #owner = :owner OR expires_at <= :now",
                    ExpressionAttributeNames={"#owner": "owner"},
                    ExpressionAttributeValues=_to_dynamodb({":owner": owner, ":now": _epoch(now)}),
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return False
        return True

    def release_lease(self, owner: str) -> None:
        """Give the lease back, unless it has passed to another run."""
        with _vendor_errors():
            try:
                self._client.delete_item(
                    TableName=self._table,
                    Key=_to_dynamodb(keys.LEASE),
                    ConditionExpression="#owner = :owner",
                    ExpressionAttributeNames={"#owner": "owner"},
                    ExpressionAttributeValues=_to_dynamodb({":owner": owner}),
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return

    # ---- the webhook's digests

    def published(self) -> Published | None:
        """The digests that the receivers accept now; None before the first publication."""
        item = self._get(keys.DIGESTS)
        if item is None:
            return None
        return Published(
            AcceptedDigests(current=item.get("current"), pending=item.get("pending"), previous=item.get("previous")),
            datetime.fromisoformat(item["published_at"]),
        )

    def publish(self, digests: AcceptedDigests, now: datetime) -> None:
        """Have the receivers accept these digests, and no others."""
        item = {
            **keys.DIGESTS,
            "current": digests.current,
            "pending": digests.pending,
            "previous": digests.previous,
            "published_at": instant_text(now),
        }
        self._put({name: value for name, value in item.items() if value is not None})

    # ---- the quota

    def count_call(self, need: Need, now: datetime) -> int:
        """Count one call before it is made, and return the day's count. Raises QuotaReached instead of counting."""
        key = keys.quota_key(day(now))
        with _vendor_errors():
            try:
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=_to_dynamodb(key),
                    UpdateExpression="ADD calls :one SET expires_at = if_not_exists(expires_at, :gone)",
                    ConditionExpression="(attribute_not_exists(calls) OR calls < :limit)"
                    " AND (attribute_not_exists(not_before) OR not_before <= :now)",
                    ExpressionAttributeValues=_to_dynamodb(
                        {":one": 1, ":limit": need.limit, ":now": _epoch(now), ":gone": _epoch(now + _QUOTA_KEPT)}
                    ),
                    ReturnValues="UPDATED_NEW",
                )
            except self._client.exceptions.ConditionalCheckFailedException as refused:
                raise QuotaReached(self.paused_until(now)) from refused
        return int(_plain(answer["Attributes"])["calls"])

    def pause_calls(self, *, now: datetime, until: datetime, quota: bool) -> None:
        """Count and make no call before `until`; `quota` marks the days on which the provider's quota was used up."""
        instant: datetime | None = now
        while instant is not None and instant < until:
            with _vendor_errors():
                self._client.update_item(
                    TableName=self._table,
                    Key=_to_dynamodb(keys.quota_key(day(instant))),
                    UpdateExpression="SET not_before = :until, expires_at = if_not_exists(expires_at, :gone)"
                    + (", stopped = :yes" if quota else ""),
                    ExpressionAttributeValues=_to_dynamodb(
                        {":until": _epoch(until), ":gone": _epoch(now + _QUOTA_KEPT)}
                        | ({":yes": True} if quota else {})
                    ),
                )
            instant = next_day(instant)

    def calls_today(self, now: datetime) -> int:
        """How many calls the UTC day has seen."""
        return int((self._get(keys.quota_key(day(now))) or {}).get("calls", 0))

    def paused_until(self, now: datetime) -> datetime | None:
        """Until when no call is made because the provider said so; None when calls are free."""
        epoch = (self._get(keys.quota_key(day(now))) or {}).get("not_before")
        until = None if epoch is None else datetime.fromtimestamp(int(epoch), tz=now.tzinfo)
        return until if until is not None and until > now else None

    # ---- the directory

    def directory(self) -> Directory:
        """All plants and thermostats that are known."""
        plants: dict[str, Plant] = {}
        listed: dict[tuple[str, str], Module] = {}
        refreshed_at: datetime | None = None
        for item in self._query(keys.DIRECTORY):
            if item["sk"] == keys.REFRESHED["sk"]:
                refreshed_at = datetime.fromisoformat(item["at"])
            elif "module_id" in item:
                module = _module(item)
                listed[module.plant_id, module.module_id] = module
            else:
                plants[item["plant_id"]] = Plant(item["plant_id"], _name(item))
        return Directory(plants=plants, listed=listed, refreshed_at=refreshed_at)

    def keep_plant(self, plant: Plant) -> None:
        """Write a plant and its name."""
        item = {"plant_id": plant.plant_id, "name": plant.name}
        self._put(keys.plant_key(plant.plant_id) | _present(item))

    def keep_module(self, module: Module) -> None:
        """Write a thermostat and its name."""
        item = {
            "plant_id": module.plant_id,
            "module_id": module.module_id,
            "name": module.name,
            "device": module.device,
            "known_since": None if module.known_since is None else instant_text(module.known_since),
        }
        self._put(keys.listing_key(module.plant_id, module.module_id) | _present(item))

    def forget_plant(self, plant_id: str) -> None:
        """Take a plant out of the directory; its readings stay."""
        self._delete(keys.plant_key(plant_id))

    def forget_module(self, module: Module) -> None:
        """Take a thermostat out of the directory; its readings stay."""
        self._delete(keys.listing_key(module.plant_id, module.module_id))

    def directory_refreshed(self, now: datetime) -> None:
        """Note that the directory is as of now."""
        self._put({**keys.REFRESHED, "at": instant_text(now)})

    def spoken_as(self, module_id: str) -> str | None:
        """The spelling of a thermostat's id under which it has readings; None when it never spoke.

        Readings are kept under the id as it was sent, which may differ in case from the id that its plant lists.
        """
        spellings = dict.fromkeys((module_id, module_id.lower(), module_id.upper()))
        return next((each for each in spellings if self._newest_readings(each)), None)

    def _newest_readings(self, module_id: str) -> Sequence[Mapping[str, Any]]:
        """The newest reading by the thermostat's own clock, or nothing."""
        first, last = keys.reading_range(None, None)
        with _vendor_errors():
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :partition AND sk BETWEEN :first AND :last",
                ExpressionAttributeValues=_to_dynamodb(
                    {":partition": keys.module_partition(module_id), ":first": first, ":last": last}
                ),
                ScanIndexForward=False,
                ConsistentRead=True,
                Limit=1,
            )
        return answer["Items"]

    # ---- memory and report

    def memory(self) -> Memory:
        """What the last run left to be remembered."""
        item = self._get(keys.MEMORY)
        return Memory() if item is None else Memory.model_validate_json(item["memory"])

    def remember(self, memory: Memory) -> None:
        """Keep it for the next run."""
        self._put({**keys.MEMORY, "memory": memory.kept().model_dump_json(exclude_none=True)})

    def report(self) -> Report | None:
        """The last run's report; None before the first run."""
        item = self._get(keys.REPORT)
        return None if item is None else Report.model_validate(item)

    def keep_report(self, report: Report) -> None:
        """Write the report of this run over that of the last."""
        self._put({**keys.REPORT, **report.kept().model_dump(mode="json", exclude_none=True)})

    # ---- DynamoDB's form

    def _get(self, key: Mapping[str, str]) -> dict[str, Any] | None:
        with _vendor_errors():
            answer = self._client.get_item(TableName=self._table, Key=_to_dynamodb(key), ConsistentRead=True)
        return _plain(answer["Item"]) if "Item" in answer else None

    def _put(self, item: Mapping[str, object]) -> None:
        with _vendor_errors():
            self._client.put_item(TableName=self._table, Item=_to_dynamodb(item))

    def _delete(self, key: Mapping[str, str]) -> None:
        with _vendor_errors():
            self._client.delete_item(TableName=self._table, Key=_to_dynamodb(key))

    def _query(self, partition: str) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :partition",
            ExpressionAttributeValues=_to_dynamodb({":partition": partition}),
            ConsistentRead=True,
        )
        with _vendor_errors():
            for page in pages:
                yield from map(_plain, page["Items"])


@contextmanager
def _vendor_errors() -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as failure:
        raise RecordsError("the table could not be reached") from failure


def _module(item: Mapping[str, Any]) -> Module:
    known_since = item.get("known_since")
    return Module(
        item["plant_id"],
        item["module_id"],
        _name(item),
        item.get("device"),
        None if known_since is None else datetime.fromisoformat(known_since),
    )


def _name(item: Mapping[str, Any]) -> str | None:
    """A name as it is shown; an earlier version stored names as they came."""
    return printable(item.get("name", "")) or None


def _present(attributes: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in attributes.items() if value is not None}


def _epoch(instant: datetime) -> int:
    return int(instant.timestamp())


def _to_dynamodb(attributes: Mapping[str, object]) -> dict[str, Any]:
    """Attributes as DynamoDB's protocol has them."""
    serializer = TypeSerializer()
    return {name: serializer.serialize(value) for name, value in attributes.items()}


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item as plain values; whole numbers as int."""
    return {name: _whole(plain(value)) for name, value in item.items()}


def _whole(value: object) -> object:
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else value
        case list():
            return [_whole(part) for part in value]
        case dict():
            return {name: _whole(part) for name, part in value.items()}
        case _:
            return value
