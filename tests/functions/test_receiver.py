"""The receiver as API Gateway calls it, with the example events, on the table and the queue that are deployed."""

from __future__ import annotations

import base64
import json
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import boto3
import pytest
from moto import mock_aws

from smarther.domain.account import webhook
from smarther.domain.readings.notification import parse
from smarther.domain.readings.spilled import Spilled
from smarther.receiver.authenticate import REFRESH
from tests.support import deployed
from tests.support import faulty_service as faults
from tests.support.aws_over_http import aws_over_http
from tests.support.faulty_service import Answer, Behaviour, FaultyService

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from tests.functions.conftest import Load, Log
    from tests.support.aws_over_http import Aws

SECRET = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
STRANGE = "A" * 43
EVENTS = deployed.PROJECT / "events" / "receiver"
USER = "0d9c1f6e-1111-4222-8333-444455556666"


def event(name: str, secret: str = SECRET) -> dict[str, Any]:
    made: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text().replace("{secret}", secret))
    return made


ARRIVAL = datetime(2026, 1, 14, 6, 30, 6, tzinfo=UTC)
"""Two seconds after what the examples tell of."""


def started(load: Load) -> ModuleType:
    """The function after a cold start, at the time of the examples."""
    app: Any = load("receiver")
    app.receiver._now = lambda: ARRIVAL
    started: ModuleType = app
    return started


class Stack:
    """The table and the queue in moto, and the function on them."""

    def __init__(self, load: Load, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls = aws.calls
        self.dynamodb = deployed.create_table()
        self.sqs = boto3.client("sqs")
        self.queue_url = self.sqs.create_queue(QueueName="spill")["QueueUrl"]
        self.accept(current=SECRET)
        self._load = load
        for name, value in {
            "TABLE_NAME": deployed.TABLE,
            "RETENTION_DAYS": "0",
            "SPILL_QUEUE_URL": self.queue_url,
            "AWS_ENDPOINT_URL": aws.url,
        }.items():
            monkeypatch.setenv(name, value)
        self.app = started(load)

    def cold_start(self) -> None:
        self.app = started(self._load)

    def accept(self, **secrets: str) -> None:
        item = {
            "pk": "WEBHOOK",
            "sk": "DIGESTS",
            **{name: webhook.secret_digest(secret) for name, secret in secrets.items()},
        }
        self.dynamodb.put_item(TableName=deployed.TABLE, Item={name: {"S": value} for name, value in item.items()})

    def call(self, event: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        answer = self.app.handler(event, None)
        assert answer["headers"] == {"Content-Type": "application/json"}
        return answer["statusCode"], json.loads(answer["body"])

    def readings(self) -> list[dict[str, Any]]:
        return deployed.items(self.dynamodb, "MODULE#")

    def quarantined(self) -> list[dict[str, Any]]:
        return deployed.items(self.dynamodb, "QUARANTINE")

    def spilled(self) -> list[str]:
        received = self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10)
        return [message["Body"] for message in received.get("Messages", [])]


@pytest.fixture
def stack(load: Load, log: Log, unhurried: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with mock_aws(), aws_over_http() as aws:
        yield Stack(load, aws, monkeypatch)


def counts(stored: int = 0, duplicates: int = 0, quarantined: int = 0) -> dict[str, int]:
    return {"stored": stored, "duplicates": duplicates, "quarantined": quarantined, "deferred": 0}


READ = {
    "observed": 1,
    "single_envelope": 1,
    "bare_object": 1,
    "bare_status": 1,
    "boost": 1,
    "off": 1,
    "protection": 1,
    "manual_until_local_time": 1,
    "cooling": 1,
    "fahrenheit": 1,
    "two_thermostats_in_one_event": 2,
    "two_events_in_one_request": 2,
    "several_measures": 1,
    "unknown_fields": 1,
    "nulls": 1,
    "base64": 1,
    "unreadable_fields": 1,
    "impossible_values": 1,
    "duplicate_key": 1,
}
UNREADABLE = {
    "not_json": b"temp",
    "empty_array": b"[]",
    "event_without_data": b"[{",
    "not_utf8": b"{",
}


def test_every_example_event_has_its_test() -> None:
    others = {"unreadable_neighbour", "validation_handshake", "stranger", "keep_warm", "rehearsal"}
    others |= {"subscription_deleted"}
    assert {file.stem for file in EVENTS.glob("*.json")} == {*READ, *UNREADABLE, *others}


@pytest.mark.parametrize(("name", "readings"), READ.items())
def test_a_notification_is_stored_and_its_redelivery_is_a_duplicate(stack: Stack, name: str, readings: int) -> None:
    assert stack.call(event(name)) == (200, counts(stored=readings))
    stored = stack.readings()
    assert len(stored) == readings
    assert stack.call(event(name)) == (200, counts(duplicates=readings))
    assert stack.readings() == stored
    assert USER not in json.dumps(stored)
    assert stack.quarantined() == []


@pytest.mark.parametrize("name", ["single_envelope", "bare_status", "base64"])
def test_the_same_reading_in_another_shape_is_a_duplicate(stack: Stack, name: str) -> None:
    stack.call(event("observed"))
    assert stack.call(event(name)) == (200, counts(duplicates=1))


def test_what_the_tutorial_shows_is_stored_field_by_field(stack: Stack) -> None:
    stack.call(event("bare_object"))
    (item,) = stack.readings()
    received_at = item.pop("received_at")
    assert received_at["S"].endswith("Z")
    assert item.pop("sk")["S"].startswith("READING#2019-01-24T15:30:20.000000Z#")
    assert item == {
        "pk": {"S": "MODULE#1ee68d6f-46b7-8f11-e053-27182d0a846a"},
        "plant_id": {"S": "b5e48d6f-cbad-2711-e053-27182d0ad74c"},
        "module_id": {"S": "1ee68d6f-46b7-8f11-e053-27182d0a846a"},
        "time": {"S": "2019-01-24T15:30:20Z"},
        "function": {"S": "HEATING"},
        "mode": {"S": "MANUAL"},
        "load_state": {"S": "INACTIVE"},
        "temperature_c": {"N": "24.6"},
        "temperature_time": {"S": "2019-01-24T15:30:19Z"},
        "humidity_percent": {"N": "24.6"},
        "humidity_time": {"S": "2019-01-24T15:30:19Z"},
        "setpoint_c": {"N": "19.1"},
        "program": {"N": "1"},
        "activation_time": {"S": "2019-11-17T02:00:47Z"},
        "temperature_format": {"S": "C"},
        "sender_system": {"S": "thermoregulation"},
        "sender_address_type": {"S": "AddressLocation"},
        "source": {"S": "push"},
        "after_hour": received_at,
    }


def test_with_a_retention_readings_expire(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETENTION_DAYS", "30")
    stack.cold_start()
    stack.call(event("observed"))
    assert int(stack.readings()[0]["expires_at"]["N"]) > 0


@pytest.mark.parametrize(("name", "beginning"), UNREADABLE.items())
def test_an_unreadable_body_is_quarantined_once(stack: Stack, name: str, beginning: bytes) -> None:
    for _ in range(2):
        assert stack.call(event(name)) == (200, counts(quarantined=1))
    (item,) = stack.quarantined()
    text = item["body"]["S"]
    body = base64.b64decode(text) if item["encoding"]["S"] == "base64" else text.encode()
    assert body.startswith(beginning)
    assert item["reason"]["S"]
    assert stack.readings() == []


@pytest.mark.shows("unreadable status")
def test_an_unreadable_neighbour_takes_no_reading_along(stack: Stack, log: Log) -> None:
    log.clear()
    assert stack.call(event("unreadable_neighbour")) == (200, counts(stored=1, quarantined=1))
    assert len(stack.readings()) == len(stack.quarantined()) == 1
    (item,) = stack.quarantined()
    assert item["reason"]["S"] == "[0].data.chronothermostats[1]: status.time is not an instant with an offset"
    assert parse(item["body"]["S"].encode()).readings
    (record,) = log.records
    assert (record["ReadingsStored"], record["BodiesQuarantined"], record["rejected"]) == ([1], [1], 1)


def test_fields_that_cannot_be_read_are_left_out_and_kept_as_sent(stack: Stack, log: Log) -> None:
    stack.call(event("observed"))
    (usual,) = stack.readings()
    log.clear()
    stack.call(event("unreadable_fields"))
    (item,) = [item for item in stack.readings() if item not in [usual]]
    assert item["extra"] == {"M": {"firmware": {"S": "Cucina \\ud83d"}}}
    assert set(item["unread"]["M"]) == {
        *("activation_time", "event_id", "extra", "humidity_percent", "online", "setpoint_c", "temperature_time"),
    }
    assert usual.keys() - item.keys() == {"event_id", "humidity_percent", "online", "setpoint_c", "temperature_time"}
    (record,) = log.records
    assert record["unread"] == "activation_time,event_id,extra,humidity_percent,online,setpoint_c,temperature_time"
    assert (record["ReadingsStored"], "BodiesQuarantined" in record) == ([1], False)
    assert "Cucina" not in log.text


def test_values_that_no_thermostat_can_have_are_left_out_and_kept_as_sent(stack: Stack) -> None:
    stack.call(event("impossible_values"))
    (item,) = stack.readings()
    assert {"temperature_c", "humidity_percent", "setpoint_c", "program"} & item.keys() == set()
    assert item["activation_time"] == {"S": "9999-12-31T23:59:59Z"}
    assert item["unread"]["M"]["program"] == {"L": [{"M": {"number": {"S": "12345678901234567890"}}}]}


def test_what_event_grid_says_of_the_subscription_is_known_and_counted(stack: Stack, log: Log) -> None:
    log.clear()
    assert stack.call(event("subscription_deleted")) == (200, counts())
    (record,) = log.records
    assert (record["message"], record["system_events"]) == ("notification_recorded", 1)
    assert stack.quarantined() == stack.readings() == []


@pytest.mark.parametrize(
    ("body", "encoded"),
    [
        ("", False),
        (None, False),
        (7, False),
        ("not base64 é", True),
        ("\ud800", False),
        ("x" * 300_000, False),
        ("[" * 300_000, False),
        (base64.b64encode(b"\xff" * 300_000).decode(), True),
    ],
)
def test_any_body_at_all_gets_200_and_is_quarantined(stack: Stack, body: object, encoded: bool) -> None:  # noqa: FBT001 - a parameter
    assert stack.call({**event("observed"), "body": body, "isBase64Encoded": encoded}) == (200, counts(quarantined=1))
    assert len(stack.quarantined()) >= 1


def test_the_handshake_is_answered_with_both_names(stack: Stack) -> None:
    code = "7d4b4c96-4964-4763-abdd-b9a1efdef632"
    status, content = stack.call(event("validation_handshake"))
    assert (status, content["validationCode"], content["validationResponse"]) == (200, code, code)
    assert deployed.items(stack.dynamodb, "") == deployed.items(stack.dynamodb, "WEBHOOK")


@pytest.mark.parametrize("first", ["validation_handshake", "keep_warm", "stranger", "observed", "rehearsal"])
def test_a_handshake_says_whether_its_container_is_new_which_the_first_call_ends(stack: Stack, first: str) -> None:
    for _ in range(2):
        stack.cold_start()
        answered = stack.app.handler(event(first), None)
        if first == "validation_handshake":
            assert json.loads(answered["body"])["new_container"] is True
        assert [stack.call(event("validation_handshake"))[1]["new_container"] for _ in range(2)] == [False, False]


def test_nothing_but_a_handshake_tells_of_its_container(stack: Stack) -> None:
    assert stack.call(event("observed")) == (200, counts(stored=1))
    assert "new_container" not in stack.call(event("validation_handshake", STRANGE))[1]


def test_one_notification_is_one_call_and_one_line(stack: Stack, log: Log) -> None:
    stack.calls.clear()
    log.clear()
    stack.call(event("observed"))
    assert stack.calls == ["PutItem"]
    (record,) = log.records
    assert set(record) == {"_aws", "service", "event", "answer_ms", "ReadingsStored", "DeliveryLag"}
    assert record["event"] == "notification_recorded"


@pytest.mark.shows("no secret is written")
def test_the_log_holds_nothing_of_the_content(stack: Stack, log: Log) -> None:
    for name in ("observed", "unreadable_neighbour", "unreadable_fields", "not_json", "stranger"):
        stack.call(event(name))
    for secretive in (SECRET, USER, "1ee68d6f", "b5e48d6f", "temperature=18.7", "this-is-not-a-secret"):
        assert secretive not in log.text


# --- who may notify -----------------------------------------------------------------------------------------------


@pytest.mark.shows("strangers store nothing")
def test_a_stranger_gets_what_an_unknown_path_gets(stack: Stack, log: Log) -> None:
    log.clear()
    answer = stack.app.handler(event("stranger"), None)
    assert answer == {
        "statusCode": 404,
        "headers": {"Content-Type": "application/json"},
        "body": '{"message":"Not Found"}',
    }
    assert deployed.items(stack.dynamodb, "") == deployed.items(stack.dynamodb, "WEBHOOK")
    assert stack.spilled() == []
    assert [record["message"] for record in log.records] == ["notification_refused"]


@pytest.mark.parametrize(
    "parameters",
    [None, {}, {"secret": None}, {"secret": ["x"]}, {"secret": ""}, {"secret": "\ud800"}, {"other": SECRET}, []],
)
def test_an_odd_path_is_a_strangers(stack: Stack, parameters: object) -> None:
    assert stack.call({**event("observed"), "pathParameters": parameters})[0] == 404


@pytest.mark.parametrize("name", ["current", "pending", "previous"])
def test_each_accepted_secret_is_accepted(stack: Stack, name: str) -> None:
    stack.accept(**{"current": STRANGE, name: SECRET})
    stack.cold_start()
    assert stack.call(event("observed"))[0] == 200


@pytest.mark.shows("no digests")
def test_without_any_accepted_digest_in_the_table_a_caller_is_kept_to_be_checked(stack: Stack) -> None:
    stack.accept()
    stack.cold_start()
    assert stack.call(event("observed")) == (200, {"deferred": 1})
    assert [Spilled.from_message(message).verified for message in stack.spilled()] == [False]
    assert stack.readings() == []
    assert stack.call(event("stranger"))[0] == 404


@pytest.mark.shows("no digests")
def test_when_the_table_loses_the_digests_a_warm_function_still_knows_its_callers(stack: Stack) -> None:
    stack.accept()
    assert stack.app.handler(event("keep_warm"), None) == {"warm": True}
    assert stack.call(event("observed")) == (200, counts(stored=1))


@pytest.mark.shows("guessing the webhook is cheap")
def test_strangers_do_not_make_it_read_the_table(stack: Stack) -> None:
    stack.calls.clear()
    for _ in range(20):
        stack.call(event("observed", STRANGE))
    assert stack.calls == []


def test_the_schedules_touch_reads_the_digests_and_stores_nothing(stack: Stack) -> None:
    stack.calls.clear()
    assert stack.app.handler(event("keep_warm"), None) == {"warm": True}
    assert stack.calls == ["GetItem"]
    assert deployed.items(stack.dynamodb, "") == deployed.items(stack.dynamodb, "WEBHOOK")


def test_a_secret_becomes_good_with_the_next_touch(stack: Stack) -> None:
    stack.accept(current=SECRET, pending=STRANGE)
    assert stack.call(event("observed", STRANGE))[0] == 404
    stack.app.handler(event("keep_warm"), None)
    assert stack.call(event("observed", STRANGE))[0] == 200


def test_and_by_wall_time_though_the_container_was_frozen_meanwhile(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.accept(current=SECRET, pending=STRANGE)
    assert stack.call(event("observed", STRANGE))[0] == 404
    later = datetime.now(UTC) + REFRESH
    monkeypatch.setattr(stack.app, "datetime", Mock(now=Mock(return_value=later)))
    assert stack.call(event("observed", STRANGE))[0] == 200


# --- a rehearsal, before a version goes live --------------------------------------------------------------------------

REHEARSED = {"stored": 0, "duplicates": 1, "quarantined": 0, "failed": 0, "failure": None}


@pytest.mark.parametrize("known", [False, True], ids=["a new reading", "a known reading"])
def test_a_rehearsal_reads_and_writes_and_leaves_nothing(stack: Stack, log: Log, known: bool) -> None:  # noqa: FBT001
    if known:
        stack.call(event("observed"))
    before = deployed.items(stack.dynamodb, "")
    stack.calls.clear()
    log.clear()
    assert stack.app.handler(event("rehearsal"), None) == REHEARSED
    assert stack.calls == ["PutItem"]
    assert deployed.items(stack.dynamodb, "") == before
    assert log.text == ""


def test_a_rehearsal_with_an_unreadable_body_fails_and_stores_nothing(stack: Stack) -> None:
    told = stack.app.handler({"rehearsal": event("not_json")}, None)
    assert told != REHEARSED
    assert told["quarantined"] == 1
    assert stack.quarantined() == []


def test_after_a_rehearsal_a_notification_is_stored_as_before(stack: Stack) -> None:
    stack.app.handler(event("rehearsal"), None)
    assert stack.call(event("observed")) == (200, counts(stored=1))


@pytest.mark.shows("receiver is rehearsed")
def test_nobody_can_ask_for_a_rehearsal_over_http(stack: Stack) -> None:
    asking = {**event("observed"), "body": json.dumps(event("rehearsal")), "headers": {"rehearsal": "{}"}}
    assert stack.call({**asking, "queryStringParameters": {"rehearsal": "{}"}}) == (200, counts(quarantined=1))


# --- time and repetition --------------------------------------------------------------------------------------------


def with_body(document: Any) -> dict[str, Any]:
    return {**event("observed"), "body": json.dumps(document)}


def document(**changes: Any) -> list[Any]:
    envelopes: list[Any] = json.loads(event("observed")["body"])
    envelopes[0]["data"]["chronothermostats"][0].update(changes)
    return envelopes


@pytest.mark.shows("same body at once")
@pytest.mark.parametrize("times", [2, 10, 100])
def test_a_body_delivered_again_and_again_is_stored_once(stack: Stack, times: int) -> None:
    without_id = document()
    del without_id[0]["id"]
    answers = [stack.call(with_body(each))[1] for each in [document(), without_id] * (times // 2)]
    assert sum(answer["stored"] for answer in answers) == 1
    assert sum(answer["duplicates"] for answer in answers) == times - 1
    assert len(stack.readings()) == 1


@pytest.mark.shows("clock at the ends of time")
@pytest.mark.parametrize(
    ("sent", "time"),
    [
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("2099-12-31T23:59:59Z", "2099-12-31T23:59:59Z"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ("2026-03-29T01:59:59+01:00", "2026-03-29T00:59:59Z"),
        ("2026-03-29T03:00:00+02:00", "2026-03-29T01:00:00Z"),
        ("2026-10-25T02:30:00+02:00", "2026-10-25T00:30:00Z"),
        ("2026-10-25T02:30:00+01:00", "2026-10-25T01:30:00Z"),
    ],
)
def test_a_devices_clock_may_say_anything(stack: Stack, sent: str, time: str) -> None:
    assert stack.call(with_body(document(time=sent))) == (200, counts(stored=1))
    (reading,) = stack.readings()
    assert reading["time"] == {"S": time}

    before = deployed.items(stack.dynamodb, "")
    assert stack.call(with_body(document(time=sent))) == (200, counts(duplicates=1))
    assert deployed.items(stack.dynamodb, "") == before


@pytest.mark.shows("clock is wrong")
@pytest.mark.parametrize("name", ["future-clock", "time-9999"])
def test_what_a_wrong_clock_dated_is_stored_once_and_its_arrival_noted(stack: Stack, name: str) -> None:
    file = deployed.PROJECT.parent / "shared" / "inputs" / f"{name}.json"
    if not file.exists():
        pytest.skip("the inputs as collected do not lie beside the project")
    for answer in (counts(stored=1), counts(duplicates=1)):
        assert stack.call(with_body(json.loads(file.read_text()))) == (200, answer)
    (reading,) = stack.readings()
    (note,) = deployed.items(stack.dynamodb, "ARRIVALS")
    assert note["sk"] == {"S": f"misdated#{reading['module_id']['S']}"}
    assert note["arrival"] == {"S": f"2026-01-14T06:30:06.000000Z {reading['sk']['S']}"}


@pytest.mark.shows("events out of order")
def test_the_last_key_is_the_newest_by_the_devices_clock_however_late_the_others_come(stack: Stack) -> None:
    for time in ("2026-01-14T20:00:00Z", "2026-01-14T02:00:00Z", "2026-01-13T23:00:00Z"):
        stack.call(with_body(document(time=time)))
    latest = stack.dynamodb.query(
        TableName=deployed.TABLE,
        KeyConditionExpression="pk = :module",
        ExpressionAttributeValues={":module": {"S": "MODULE#1ee68d6f-46b7-8f11-e053-27182d0a846a"}},
        ScanIndexForward=False,
        Limit=1,
    )["Items"]
    assert [item["time"] for item in latest] == [{"S": "2026-01-14T20:00:00Z"}]


@pytest.mark.shows("two thermostats in one second")
def test_two_thermostats_of_the_same_second_are_two_readings(stack: Stack) -> None:
    stack.call(event("two_thermostats_in_one_event"))
    assert (
        len({item["pk"]["S"] for item in stack.readings()}) == len({item["time"]["S"] for item in stack.readings()}) + 1
    )


@pytest.mark.shows("receiver is killed")
@pytest.mark.parametrize("writes", [0, 1])
def test_killed_in_the_middle_of_a_batch_it_can_take_the_batch_again(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    readings = type(stack.app.receiver._recorder.readings)
    real, left = readings.store, iter([True] * writes)

    def store(*arguments: Any, **options: Any) -> Any:
        if not next(left, False):
            raise SystemExit
        return real(*arguments, **options)

    with monkeypatch.context() as dying:
        dying.setattr(readings, "store", store)
        with pytest.raises(SystemExit):
            stack.call(event("two_thermostats_in_one_event"))
    assert len(stack.readings()) == writes
    assert stack.call(event("two_thermostats_in_one_event")) == (200, counts(stored=2 - writes, duplicates=writes))


# --- when AWS fails -------------------------------------------------------------------------------------------------

DIGESTS = Answer(content={"Item": {"current": {"S": webhook.secret_digest(SECRET)}}})
SENT = Answer(content={"MessageId": "1", "MD5OfMessageBody": ""})


class Outage:
    """The function on a table and a queue that fail as they are told; both answer at its cold start."""

    def __init__(self, load: Load, log: Log, table: FaultyService, queue: FaultyService) -> None:
        self._load, self.log, self.table, self.queue = load, log, table, queue
        table.otherwise = DIGESTS
        queue.otherwise = SENT
        self.app = started(load)

    def cold_start(self) -> None:
        self.app = started(self._load)

    def call(self, secret: str = SECRET) -> tuple[int, dict[str, Any]]:
        self.table.requests.clear()
        self.queue.requests.clear()
        self.log.clear()
        answer = self.app.handler(event("observed", secret), None)
        return answer["statusCode"], json.loads(answer["body"])

    def spilled(self) -> list[Spilled]:
        return [Spilled.from_message(request["MessageBody"]) for request in self.queue.requests]

    def logged(self) -> list[Spilled]:
        return [
            Spilled.from_fields(record)
            for record in self.log.records
            if record.get("message") == "notification_recoverable"
        ]


@pytest.fixture
def outage(load: Load, log: Log, unhurried: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outage]:
    environment = {
        "TABLE_NAME": "readings",
        "RETENTION_DAYS": "0",
        "SPILL_QUEUE_URL": "https://sqs.example.com/1/spill",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with ExitStack() as services:
        table = services.enter_context(faults.faulty_service())
        queue = services.enter_context(faults.faulty_service())
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", table.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", queue.url)
        yield Outage(load, log, table, queue)


BEHAVIOURS: list[Behaviour] = [
    "hang",
    "hang up",
    faults.THROTTLED,
    faults.BROKEN,
    faults.AWAY,
    faults.DENIED,
    faults.NO_TABLE,
]
BODY = event("observed")["body"].encode()


@pytest.mark.shows("table hangs", "table throttles")
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_what_the_table_does_not_take_is_spilled(outage: Outage, behaviour: Behaviour) -> None:
    outage.table.otherwise = behaviour
    status, content = outage.call()
    assert (status, content["deferred"]) == (200, 1)
    (spilled,) = outage.spilled()
    assert (spilled.body, spilled.presented, spilled.verified) == (BODY, webhook.secret_digest(SECRET), True)
    assert outage.logged() == []
    (record,) = outage.log.records
    assert (record["kept"], record["NotificationsSpilled"]) == ("spill", [1])


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_a_rehearsal_that_the_table_does_not_take_is_not_good_and_leaves_nothing(
    outage: Outage, behaviour: Behaviour
) -> None:
    outage.table.otherwise = behaviour
    outage.queue.requests.clear()
    outage.log.clear()
    told = outage.app.handler(event("rehearsal"), None)
    assert (told["failed"], told["duplicates"]) == (1, 0)
    assert told["failure"]
    assert outage.spilled() == []
    assert outage.log.text == ""


@pytest.mark.shows("queue fails too")
@pytest.mark.parametrize("queue", BEHAVIOURS)
@pytest.mark.parametrize("table", ["hang", faults.DENIED])
def test_what_neither_takes_is_kept_in_the_log(outage: Outage, table: Behaviour, queue: Behaviour) -> None:
    outage.table.otherwise, outage.queue.otherwise = table, queue
    status, content = outage.call()
    assert (status, content["deferred"]) == (200, 1)
    (logged,) = outage.logged()
    assert (logged.body, logged.presented, logged.verified) == (BODY, webhook.secret_digest(SECRET), True)
    assert outage.log.records[-1]["kept"] == "log"


@pytest.mark.shows("table refuses connections", "queue refuses connections")
@pytest.mark.parametrize("queue_refuses", [False, True])
def test_with_a_table_that_refuses_connections_it_is_spilled_or_kept_in_the_log(
    outage: Outage,
    monkeypatch: pytest.MonkeyPatch,
    queue_refuses: bool,  # noqa: FBT001 - a parameter
) -> None:
    with ExitStack() as addresses:
        if queue_refuses:
            monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", addresses.enter_context(faults.refusing_address()))
        with faults.faulty_service() as table:
            monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", table.url)
            table.otherwise = DIGESTS
            outage.cold_start()
            table.otherwise = "hang up"  # the connection that is open still; nobody listens for another one
        assert outage.call() == (200, {**counts(), "deferred": 1})
        (kept,) = outage.logged() if queue_refuses else outage.spilled()
        assert (kept.body, kept.verified) == (BODY, True)
        outage.cold_start()
        assert outage.call() == (200, {"deferred": 1})
        (kept,) = outage.logged() if queue_refuses else outage.spilled()
        assert (kept.body, kept.verified) == (BODY, False)


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_a_body_of_a_caller_who_cannot_be_authenticated_at_a_cold_start_is_spilled(
    outage: Outage, behaviour: Behaviour
) -> None:
    outage.table.otherwise = behaviour
    outage.cold_start()
    for secret in (SECRET, STRANGE):
        assert outage.call(secret) == (200, {"deferred": 1})
        assert [(kept.presented, kept.verified) for kept in outage.spilled()] == [
            (webhook.secret_digest(secret), False)
        ]


def test_what_cannot_be_a_secret_is_refused_even_then(outage: Outage) -> None:
    outage.table.otherwise = faults.BROKEN
    outage.cold_start()
    assert outage.call("wp-login.php") == (404, {"message": "Not Found"})
    assert (outage.spilled(), outage.logged()) == ([], [])


@pytest.mark.shows("warm in an outage")
def test_a_warm_function_knows_its_callers_while_the_table_is_away(outage: Outage) -> None:
    outage.table.otherwise = faults.BROKEN
    assert outage.call()[0] == 200
    assert [each.verified for each in outage.spilled()] == [True]
    assert outage.call(STRANGE)[0] == 404
    assert outage.queue.requests == []


def test_when_the_table_is_back_so_is_everything(outage: Outage) -> None:
    outage.table.otherwise = faults.BROKEN
    outage.call()
    outage.table.otherwise = Answer()
    assert outage.call() == (200, counts(stored=1))
    assert outage.spilled() == []


@pytest.mark.shows("connection was closed")
def test_a_connection_that_was_closed_while_the_function_was_frozen_costs_nothing(outage: Outage) -> None:
    outage.table.script = ["hang up", Answer()]
    assert outage.call() == (200, counts(stored=1))
    assert (outage.spilled(), outage.logged()) == ([], [])


@pytest.mark.shows("reading is there already")
def test_while_the_condition_fails_it_is_a_duplicate(outage: Outage) -> None:
    outage.table.otherwise = faults.CONDITION_FAILED
    assert outage.call() == (200, counts(duplicates=1))


@pytest.mark.shows("table refuses a reading for good")
def test_a_reading_that_the_table_refuses_for_good_is_quarantined(outage: Outage) -> None:
    outage.table.script = [faults.INVALID, Answer()]
    assert outage.call() == (200, counts(quarantined=1))
    reading, quarantined = outage.table.requests
    assert reading["Item"]["sk"]["S"].startswith("READING#")
    assert quarantined["Item"]["body"]["S"].encode() == BODY


def test_without_a_queue_it_goes_to_the_log(outage: Outage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPILL_QUEUE_URL")
    outage.cold_start()
    outage.table.otherwise = faults.BROKEN
    assert outage.call()[0] == 200
    assert [kept.body for kept in outage.logged()] == [BODY]
