"""A fault from its beginning to its end: what was acknowledged meanwhile is in the table when it is over, once.

Receiver and redriver are those that the runtime loads, and the table and the queue are those that the template deploys.
What each failure does to a single call is tested in test_receiver.py and test_redriver.py.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws

from smarther import telemetry
from smarther.domain.account import webhook
from smarther.domain.readings.spilled import Spilled
from smarther.receiver import deadlines
from tests.support import deployed
from tests.support import faulty_service as faults
from tests.support.aws_over_http import aws_over_http

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.functions.conftest import Load, Log
    from tests.support.aws_over_http import Aws
    from tests.support.faulty_service import Answer

SECRET = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
STRANGE = "A" * 43
START = datetime(2026, 1, 14, 6, 30, 6, tzinfo=UTC)
MODULE = "1ee68d6f-46b7-8f11-e053-27182d0a846a"


@dataclass(frozen=True)
class Stored:
    """A reading as the table holds it: the device's time, and when it arrived."""

    time: str
    received_at: str


class Way:
    """The way of a notification, from the request to the table, on a clock that stands until it is moved."""

    def __init__(self, load: Load, aws: Aws, log: Log) -> None:
        self.aws, self.log, self.now = aws, log, START
        self.dynamodb, self.sqs = aws.clients["DynamoDB_20120810"], aws.clients["AmazonSQS"]
        self._load = load
        self.receiver: Any = None
        self.cold_start()
        self.redriver = load("redriver")

    def cold_start(self) -> None:
        self.receiver = self._load("receiver")
        self.receiver.receiver._now = lambda: self.now

    def push(self, *documents: Any, secret: str = SECRET) -> dict[str, Any]:
        """What a genuine caller, or one with another secret, is answered; it is always 200."""
        event = {
            "pathParameters": {"secret": secret},
            "body": json.dumps(documents),
            "isBase64Encoded": False,
        }
        answer = self.receiver.handler(event, None)
        assert answer["statusCode"] == 200
        content: dict[str, Any] = json.loads(answer["body"])
        return content

    def redrive(self) -> int:
        """Hand out every message once, as the event source does; how many have come back."""
        waiting = list(self._received())
        back = 0
        for first in range(0, len(waiting), 10):
            batch = waiting[first : first + 10]
            answer = self.redriver.handler({"Records": [_record(message) for message in batch]}, None)
            failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
            back += len(failed)
            for message in batch:
                self._settle(message, failed=message["MessageId"] in failed)
        return back

    def logged(self) -> list[Spilled]:
        return [
            Spilled.from_fields(record) for record in self.log.records if record.get("message") == telemetry.RECOVERABLE
        ]

    def stored(self) -> list[Stored]:
        return [
            Stored(item["time"]["S"], item["received_at"]["S"]) for item in deployed.items(self.dynamodb, "MODULE#")
        ]

    def _received(self) -> Iterator[Any]:
        while messages := self.sqs.receive_message(
            QueueUrl=self.receiver.queue_url, MaxNumberOfMessages=10, VisibilityTimeout=600
        ).get("Messages", []):
            yield from messages

    def _settle(self, message: Any, *, failed: bool) -> None:
        handle = {"QueueUrl": self.receiver.queue_url, "ReceiptHandle": message["ReceiptHandle"]}
        if failed:
            self.sqs.change_message_visibility(**handle, VisibilityTimeout=0)
        else:
            self.sqs.delete_message(**handle)


def _record(message: Any) -> dict[str, str]:
    return {"messageId": message["MessageId"], "body": message["Body"], "eventSource": "aws:sqs"}


@pytest.fixture
def way(load: Load, log: Log, unhurried: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Way]:
    # Nothing hangs here, so a service that a busy machine lets wait is waited for.
    monkeypatch.setattr(deadlines, "CONNECT_TIMEOUT_SECONDS", 20)
    monkeypatch.setattr(deadlines, "READ_TIMEOUT_SECONDS", 20)
    # botocore's pauses between the redriver's attempts are not what is tested here.
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None, time=time.time))
    with mock_aws(), aws_over_http() as aws:
        digests = {"pk": "WEBHOOK", "sk": "DIGESTS", "current": webhook.secret_digest(SECRET)}
        deployed.create_table().put_item(
            TableName=deployed.TABLE, Item={name: {"S": value} for name, value in digests.items()}
        )
        for name, value in {
            "TABLE_NAME": deployed.TABLE,
            "RETENTION_DAYS": "0",
            "SPILL_QUEUE_URL": aws.clients["AmazonSQS"].create_queue(QueueName="spill")["QueueUrl"],
            "AWS_ENDPOINT_URL": aws.url,  # so the functions' clients go over HTTP, where a fault can meet them
        }.items():
            monkeypatch.setenv(name, value)
        yield Way(load, aws, log)


def status(time: datetime, **changes: Any) -> dict[str, Any]:
    sender = {"plant": {"id": "P", "module": {"id": MODULE}}}
    return {"time": time.isoformat(), "mode": "MANUAL", "sender": sender, **changes}


def text(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def failing(answer: Answer, *operations: str) -> Callable[[str], Answer | None]:
    return lambda operation: answer if operation in operations else None


OUTAGES = [faults.BROKEN, faults.AWAY, faults.THROTTLED, faults.DENIED, faults.NO_TABLE]


@pytest.mark.shows("table throttles", "table answers with 5xx", "table denies access", "table is missing")
@pytest.mark.parametrize("outage", OUTAGES)
def test_an_hour_without_the_table_costs_no_notification(way: Way, outage: Answer) -> None:
    arrivals = [START + timedelta(minutes=5 * number) for number in range(12)]
    way.aws.fault = failing(outage, "PutItem", "GetItem")
    for way.now in arrivals:
        assert way.push(status(way.now - timedelta(seconds=2)))["deferred"] == 1
        way.receiver.handler({"keep_warm": True}, None)
    assert way.redrive() == 12
    assert way.stored() == []

    way.aws.fault = lambda _: None
    assert way.redrive() == 0
    assert way.stored() == [Stored(text(arrival - timedelta(seconds=2)), text(arrival)) for arrival in arrivals]
    assert way.redrive() == 0
    assert way.logged() == []


@pytest.mark.shows("queue fails too")
@pytest.mark.parametrize("outage", OUTAGES)
def test_what_only_the_log_holds_can_be_stored_from_there(way: Way, outage: Answer) -> None:
    arrivals = [START + timedelta(minutes=5 * number) for number in range(12)]
    way.aws.fault = failing(outage, "PutItem", "GetItem", "SendMessage")
    for way.now in arrivals:
        assert way.push(status(way.now))["deferred"] == 1

    way.aws.fault = lambda _: None
    assert way.redrive() == 0
    kept = [{"messageId": "", "body": each.message()} for each in way.logged()]
    assert way.redriver.handler({"Records": kept}, None) == {"batchItemFailures": []}
    assert way.stored() == [Stored(text(arrival), text(arrival)) for arrival in arrivals]


@pytest.mark.shows("body is too long for the queue")
@pytest.mark.parametrize(("characters", "in_queue"), [(780_000, True), (790_000, False)])
def test_a_body_that_is_too_long_for_the_queue_is_kept_whole_in_the_log(
    way: Way, characters: int, *, in_queue: bool
) -> None:
    way.aws.fault = failing(faults.BROKEN, "PutItem")
    assert way.push("x" * characters)["deferred"] == 1
    queued = [Spilled.from_message(message["Body"]).body for message in way._received()]
    logged = b"".join(part.body for part in way.logged())
    assert (queued or [logged]) == [json.dumps(["x" * characters]).encode()]
    assert bool(queued) == in_queue


@pytest.mark.shows("table takes a part of a batch")
@pytest.mark.parametrize("written", [0, 1, 2])
def test_a_batch_that_the_table_takes_in_part_is_completed_from_the_queue(way: Way, written: int) -> None:
    answers = iter([None] * written)
    way.aws.fault = lambda operation: next(answers, faults.THROTTLED) if operation == "PutItem" else None
    batch = [status(START + timedelta(minutes=number)) for number in range(3)]
    assert way.push(*batch) == {"stored": written, "duplicates": 0, "quarantined": 0, "deferred": 1}
    assert len(way.stored()) == written

    way.aws.fault = lambda _: None
    assert way.redrive() == 0
    assert [each.time for each in way.stored()] == [text(START + timedelta(minutes=number)) for number in range(3)]


@pytest.mark.shows("backlog of 500 at once")
def test_a_backlog_of_500_on_a_table_that_throttles_is_stored_once(way: Way) -> None:
    weather = cycle([None, faults.THROTTLED, None])
    way.aws.fault = lambda operation: next(weather) if operation == "PutItem" else None
    backlog = [START + timedelta(minutes=number) for number in range(500)]
    way.now = backlog[-1]
    answers = [way.push(status(time)) for time in backlog]
    assert sum(answer["stored"] for answer in answers) + sum(answer["deferred"] for answer in answers) == 500
    assert 100 < sum(answer["deferred"] for answer in answers) < 200

    way.aws.fault = lambda _: None
    assert way.redrive() == 0
    assert [each.time for each in way.stored()] == [text(time) for time in backlog]


@pytest.mark.shows("unreadable body in an outage")
def test_an_unreadable_body_is_quarantined_after_the_outage_as_it_came(way: Way) -> None:
    way.aws.fault = failing(faults.BROKEN, "PutItem")
    assert way.push("nobody can read this")["deferred"] == 1
    way.aws.fault = lambda _: None
    assert way.redrive() == 0
    (kept,) = deployed.items(way.dynamodb, "QUARANTINE")
    assert (kept["body"]["S"], kept["received_at"]["S"]) == ('["nobody can read this"]', text(START))


@pytest.mark.shows("cold start in an outage")
@pytest.mark.parametrize("outage", OUTAGES)
def test_callers_of_a_function_that_starts_in_an_outage_are_checked_after_it(way: Way, outage: Answer) -> None:
    way.aws.fault = failing(outage, "PutItem", "GetItem")
    way.cold_start()
    assert way.push(status(START)) == {"deferred": 1}
    assert way.push(status(START + timedelta(minutes=1)), secret=STRANGE) == {"deferred": 1}
    assert way.redrive() == 2

    way.aws.fault = lambda _: None
    assert way.redrive() == 0
    assert [each.time for each in way.stored()] == [text(START)]
    assert deployed.items(way.dynamodb, "QUARANTINE") == []


@pytest.mark.shows("same body a day later")
@pytest.mark.parametrize("later", [timedelta(seconds=1), timedelta(hours=18), timedelta(days=1), timedelta(days=400)])
@pytest.mark.parametrize("spilled", [False, True])
def test_a_body_that_comes_again_much_later_changes_nothing(
    way: Way,
    later: timedelta,
    spilled: bool,  # noqa: FBT001 - a parameter
) -> None:
    envelope = {"id": "E", "data": {"chronothermostats": [status(START)]}}
    way.push(envelope)
    before = way.stored()
    assert before == [Stored(text(START), text(START))]

    way.now += later
    way.aws.fault = failing(faults.BROKEN, "PutItem") if spilled else lambda _: None
    for again in (envelope, {**envelope, "id": "another"}, envelope["data"]):
        way.push(again)
    way.aws.fault = lambda _: None
    assert way.redrive() == 0
    assert way.stored() == before


@pytest.mark.shows("Secrets Manager is down")
def test_nothing_is_asked_of_secrets_manager(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    with faults.faulty_service() as down:
        down.otherwise = "hang"
        monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", down.url)
        way.cold_start()
        assert way.push(status(START))["stored"] == 1
        way.aws.fault = failing(faults.BROKEN, "PutItem")
        assert way.push(status(START + timedelta(minutes=1)))["deferred"] == 1
        way.aws.fault = lambda _: None
        assert way.redrive() == 0
        assert len(way.stored()) == 2
        assert down.requests == []


# --- what the platform can do to a log line -------------------------------------------------------------------------


def _fail(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


TELEMETRY = [
    (telemetry.logger, "info"),
    (telemetry.logger, "warning"),
    (telemetry.logger, "error"),
    (telemetry.metrics, "add_metric"),
    (telemetry.metrics, "add_metadata"),
    (telemetry.metrics, "flush_metrics"),
    (telemetry.metrics, "clear_metrics"),
]


@pytest.mark.shows("telemetry raises")
@pytest.mark.parametrize(("owner", "name"), TELEMETRY)
def test_telemetry_that_fails_costs_no_notification(
    way: Way, monkeypatch: pytest.MonkeyPatch, owner: object, name: str
) -> None:
    monkeypatch.setattr(owner, name, _fail)
    assert way.push(status(START))["stored"] == 1
    way.aws.fault = failing(faults.BROKEN, "PutItem")
    assert way.push(status(START + timedelta(minutes=1)))["deferred"] == 1
    way.aws.fault = lambda _: None
    assert way.redrive() == 0
    assert len(way.stored()) == 2


@pytest.mark.shows("logger raises in the last place")
@pytest.mark.parametrize("name", ["info", "warning", "error"])
def test_when_the_log_is_the_last_place_a_logger_that_fails_costs_no_notification(
    way: Way, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.setattr(telemetry.logger, name, _fail)
    way.aws.fault = failing(faults.BROKEN, "PutItem", "SendMessage")
    assert way.push(status(START))["deferred"] == 1
    by_hand = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    everything = way.logged() + [Spilled.from_fields(each) for each in by_hand if "body" in each]
    (kept,) = everything
    assert (json.loads(kept.body), kept.received_at, kept.verified) == ([status(START)], START, True)
