"""The services in memory against moto: the same calls in the same order have the same answers.

What is called comes from the real adapters, driven at random, so that whatever an adapter sends is compared.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from random import Random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError
from moto import mock_aws

from labs.simulation.cloud import SQS, DynamoDB, Hand, SecretsManager, UnknownError
from smarther.aws.secrets_manager import Secrets
from smarther.aws.spill_queue import SpillQueue
from smarther.domain.account.consent import NotGiven, state_digest
from smarther.domain.account.quota import Need, Quota
from smarther.domain.account.webhook import AcceptedDigests
from smarther.domain.keeper.keeper_memory import Memory
from smarther.domain.keeper.keeper_report import Report
from smarther.domain.readings.notification import Reject
from smarther.domain.readings.reading import Reading
from smarther.domain.readings.spilled import Spilled
from smarther.domain.summaries.statistics import Statistics, hour_of
from smarther.store import keys
from smarther.store.digests import Digests
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.items import attribute
from smarther.store.keeper_items import CallCount, Consents, KeeperNotes, Leases, calls_of_day
from smarther.store.listings import Listings, Module, Plant
from smarther.store.past.history import History
from smarther.store.quarantine import Quarantine
from smarther.store.readings import Readings, stored
from smarther.store.table import Table
from tests.support import deployed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from smarther.aws.secrets_manager import Newest

START = datetime(2026, 1, 14, 6, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _aws(monkeypatch: pytest.MonkeyPatch, socket_disabled: None) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", deployed.REGION)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


def hand(service: Any) -> Any:
    """The client of a service that never fails."""
    return Hand(service, lambda _, work: work())


def outcome(work: Callable[[], Any]) -> Any:
    """What a call returns, or how it fails."""
    try:
        return work()
    except ClientError as error:
        return error.response["Error"]["Code"]


# ---- DynamoDB


def table_calls(seed: int) -> Iterator[Callable[[Table], Any]]:
    """What keeper and receiver ask of the table, in an order of its own."""
    dice = Random(seed)  # noqa: S311 - dice that fall alike each time
    at = START
    for number in range(150):
        at += timedelta(seconds=dice.choice((1, 60, 3600, 30_000)))
        yield table_call(number, at, dice)


def table_call(number: int, at: datetime, dice: Random) -> Callable[[Table], Any]:
    """One of them."""
    owner, module_id = dice.choice("ab"), dice.choice("xyz")
    module = Module("plant", module_id, dice.choice((None, "room")), "chronothermostat", at)
    early = START + timedelta(days=dice.randrange(-2, 9))
    told = dice.choice(
        (early, at, at - timedelta(hours=dice.randrange(200)), datetime(2041, 5, 21, dice.randrange(24), tzinfo=UTC))
    )
    reading = Reading(plant_id="plant", module_id=module_id, time=told)
    most = dice.choice((1, 2, 40))
    digests = AcceptedDigests(current=str(number), pending=dice.choice((None, "p")))
    calls: tuple[Callable[[Table], Any], ...] = (
        lambda t: Leases(t).take(owner, now=at, life=timedelta(seconds=150)),
        lambda t: Leases(t).release(owner),
        lambda t: CallCount(t, Quota(500)).count(Need.REQUIRED, at),
        lambda t: CallCount(t, Quota(500)).count(Need.OPTIONAL, at),
        lambda t: [CallCount(t, Quota(500)).count(Need.REQUIRED, at) for _ in range(25)],
        lambda t: CallCount(t, Quota(500)).pause(now=at, until=at + timedelta(hours=20), quota=True),
        lambda t: CallCount(t, Quota(500)).pause(now=at, until=at + timedelta(minutes=1), quota=False),
        lambda t: calls_of_day(t, at),
        lambda t: Consents(t).begin(owner, at),
        lambda t: (Consents(t).of(owner), Consents(t).use(owner, at)),
        lambda t: (Consents(t).use(owner, at, not_given=NotGiven.DECLINED), Consents(t).of(owner)),
        lambda t: Consents(t).settle(state_digest(owner), Report(at=at.isoformat(), outcome="busy")),
        lambda t: Consents(t).of(owner),
        lambda t: Listings(t).keep_module(module),
        lambda t: Listings(t).keep_plant(Plant("plant", owner)),
        lambda t: Listings(t).forget_module(module),
        lambda t: Listings(t).forget_plant("plant"),
        lambda t: Listings(t).refreshed(at),
        lambda t: Listings(t).directory(),
        lambda t: Digests(t).publish(digests, at),
        lambda t: (Digests(t).published(), Digests(t).accepted()),
        lambda t: Readings(t).store(reading, received_at=at, source="push"),
        lambda t: Quarantine(t).keep(owner.encode(), [Reject("body", "why")], received_at=at),
        lambda t: History(t).newest(module_id, limit=most),
        lambda t: History(t).newest(module_id, since=early, until=early + timedelta(days=5), limit=most),
        lambda t: History(t).snapshots(module_id, start=early, end=at, limit=None if most == 40 else most),
        lambda t: sorted((m, sorted(keys)) for m, keys in History(t).unusual_arrivals().items()),
        lambda t: [
            History(t).reading(m, key)
            for m, keys in sorted(History(t).unusual_arrivals().items())
            for key in sorted(keys)
        ],
        lambda t: HoursAndDays(t).store(module_id, {hour_of(early): Statistics(count=number)}, {}),
        lambda t: HoursAndDays(t).hours(module_id, start=hour_of(START - timedelta(days=3)), end=hour_of(at)),
        lambda t: KeeperNotes(t).remember(Memory(absent_plants=frozenset({owner}))),
        lambda t: KeeperNotes(t).memory(),
        lambda t: KeeperNotes(t).keep_report(Report(at=at.isoformat(), outcome="healthy", calls_today=number)),
        lambda t: KeeperNotes(t).report(),
    )
    return dice.choice(calls)


@pytest.mark.parametrize("seed", range(3))
def test_the_table_answers_as_dynamodb_does(seed: int) -> None:
    theirs, ours = deployed.create_table(), DynamoDB()
    their_hands, our_hands = (Table(client, deployed.TABLE) for client in (theirs, hand(ours)))
    for call in table_calls(seed):
        expected = outcome(lambda call=call: call(their_hands))  # type: ignore[misc] # a default binds the loop's value
        assert outcome(lambda call=call: call(our_hands)) == expected  # type: ignore[misc] # as above

    def plain(items: Any) -> list[Any]:
        read = TypeDeserializer().deserialize
        return sorted(({name: read(value) for name, value in item.items()} for item in items), key=repr)

    assert plain(ours.partitions("")) == plain(theirs.scan(TableName=deployed.TABLE)["Items"])


def test_readings_and_bodies_that_are_written_over_are_noticed() -> None:
    table = DynamoDB()
    at = datetime(2026, 1, 14, tzinfo=UTC)
    reading = stored(Reading(plant_id="p", module_id="m", time=at), received_at=at, source="push", retention_days=None)
    body: dict[str, Any] = {
        **keys.body_key("1" * 64, 1),
        "body": "b",
        "encoding": "text",
        "received_at": "2026-01-14T06:30:04Z",
    }
    body |= {name: Decimal(1) for name in ("rejected", "part", "parts")}
    memory: dict[str, Any] = {**keys.MEMORY, "memory": "{}"}
    for item, changed in ((reading, "function"), (body, "reason"), (memory, "memory")):
        for said in ("this", "this", "that"):
            wire: dict[str, Any] = {name: attribute(value) for name, value in {**item, changed: said}.items()}
            table.put_item(TableName="t", Item=wire)
    assert table.rewritten == [(item["pk"], item["sk"]) for item in (reading, body)]


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.put_item(
            TableName="t", Item={"pk": {"S": "1"}, "sk": {"S": "1"}}, ConditionExpression="no"
        ),
        lambda client: client.transact_write_items(TransactItems=[]),
        lambda client: client.query(
            TableName="t", KeyConditionExpression="sk = :x", ExpressionAttributeValues={}, ConsistentRead=True
        ),
        lambda client: client.get_item(TableName="t", Key={"pk": {"S": "1"}, "sk": {"S": "1"}}, ConsistentRead=False),
    ],
)
def test_what_is_not_played_cannot_be_overlooked(call: Callable[[Any], Any]) -> None:
    with pytest.raises(UnknownError):
        call(hand(DynamoDB()))


# ---- Secrets Manager


def keep_pending(secrets: Secrets, text: str) -> object:
    """As the keeper does; what it is told of how the secret stands."""
    return known(secrets.keep_pending("tokens", text, before=secrets.newest("tokens")))


def promote(secrets: Secrets) -> object:
    """As the keeper does; what it is told."""
    newest = secrets.newest("tokens")
    return None if newest.settled else known(secrets.promote("tokens", newest))


def secret_calls(seed: int) -> Iterator[Callable[[Secrets], Any]]:
    """What is done with a secret: one is written, or it is kept pending and promoted.

    Never both in turn: moto then has two versions that are current, which Secrets Manager has not.
    """
    dice = Random(seed)  # noqa: S311 - dice that fall alike each time
    for number in range(60):
        text = f'{{"number": {number}}}'
        if seed % 2:
            yield lambda secrets, text=text: secrets.write("tokens", text)  # type: ignore[misc] # a default binds the loop's value
        elif dice.random() < 0.5:
            yield lambda secrets, text=text: keep_pending(secrets, text)  # type: ignore[misc] # as above
        else:
            yield promote


def known(newest: Newest) -> object:
    """What is known of the newest version, without the id that each service gives it itself."""
    return newest.text, newest.pending, newest.settled, newest.current_id is None


def standing(secrets: Secrets) -> object:
    current = secrets.read("tokens")
    return known(secrets.newest("tokens")), current and (current.text, current.stages)


@pytest.mark.parametrize("seed", range(5))
def test_secrets_answer_as_secrets_manager_does(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = count()
    monkeypatch.setattr("moto.secretsmanager.models.time", SimpleNamespace(time=lambda: next(seconds)))
    theirs = boto3.client("secretsmanager")
    theirs.create_secret(Name="tokens")
    ours = SecretsManager(lambda: START + timedelta(seconds=next(seconds)), "tokens")
    their_vault, our_vault = (Secrets(client, sleep=lambda _: None) for client in (theirs, hand(ours)))
    assert standing(our_vault) == standing(their_vault) == ((None, False, True, True), None)
    for call in secret_calls(seed):
        assert call(our_vault) == call(their_vault)
        assert standing(our_vault) == standing(their_vault)


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.put_secret_value(SecretId="tokens", SecretString='"b"', ClientRequestToken="a" * 32),
        lambda client: client.put_secret_value(SecretId="nothing", SecretString='"b"', ClientRequestToken="b" * 32),
        lambda client: client.get_secret_value(SecretId="tokens", VersionStage="AWSPENDING"),
        lambda client: client.get_secret_value(SecretId="nothing", VersionStage="AWSCURRENT"),
        lambda client: client.update_secret_version_stage(
            SecretId="tokens", VersionStage="AWSPENDING", RemoveFromVersionId="a" * 32
        ),
        lambda client: client.update_secret_version_stage(
            SecretId="nothing", VersionStage="AWSPENDING", RemoveFromVersionId="a" * 32
        ),
    ],
)
def test_secrets_refuse_as_secrets_manager_does(call: Callable[[Any], Any]) -> None:
    theirs, ours = boto3.client("secretsmanager"), hand(SecretsManager(lambda: START, "tokens"))
    theirs.create_secret(Name="tokens")
    refusals = []
    for client in (theirs, ours):
        first = {"SecretId": "tokens", "SecretString": '"a"', "ClientRequestToken": "a" * 32}
        client.put_secret_value(**first)
        client.put_secret_value(**first)  # once for each token
        refusals.append(outcome(lambda client=client: call(client)))  # type: ignore[misc] # a default binds the loop's value
    assert isinstance(refusals[0], str)
    assert refusals[0] == refusals[1]


# ---- SQS


class Impatient(SQS):
    """A queue that shows a message again at once, and twice in all."""

    VISIBILITY = timedelta(0)
    MOST_RECEIVES = 2


def test_the_queue_hands_out_and_buries_as_sqs_does() -> None:
    client = boto3.client("sqs")
    dead = client.create_queue(QueueName="dead")["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": "2"}}'
    spill = client.create_queue(QueueName="spill", Attributes={"VisibilityTimeout": "0", "RedrivePolicy": policy})[
        "QueueUrl"
    ]
    ours = Impatient(lambda: START)
    for number in range(5):
        spilled = Spilled(body=str(number).encode(), received_at=START, presented="p", verified=True)
        SpillQueue(client, spill).put(spilled)
        SpillQueue(hand(ours), spill).put(spilled)
    for round_ in range(4):
        theirs = client.receive_message(QueueUrl=spill, MaxNumberOfMessages=10).get("Messages", [])
        mine = ours.receive(10)
        assert sorted(message.body for message in mine) == sorted(message["Body"] for message in theirs)
        if round_ == 0:
            lucky = min(mine, key=lambda message: message.number)
            ours.delete(lucky.number)
            handle = next(message["ReceiptHandle"] for message in theirs if message["Body"] == lucky.body)
            client.delete_message(QueueUrl=spill, ReceiptHandle=handle)
    buried = client.receive_message(QueueUrl=dead, MaxNumberOfMessages=10)["Messages"]
    assert sorted(message.body for message in ours.dead) == sorted(message["Body"] for message in buried)
    assert len(ours.dead) == 4
    assert ours.redrive() == 4
    assert len(ours.receive(10)) == 4


def test_a_message_is_hidden_for_a_while_and_forgotten_after_two_weeks() -> None:
    now = START
    queue = SQS(lambda: now)
    queue.send_message(QueueUrl="spill", MessageBody="1")
    assert len(queue.receive(10)) == 1
    assert queue.receive(10) == []
    now += SQS.VISIBILITY
    assert len(queue.receive(10)) == 1
    now += SQS.RETENTION
    assert queue.receive(10) == []
    assert queue.expired == 1
