"""What waits outside the table, taken into it."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from smarther import telemetry
from smarther.domain.account import webhook
from smarther.domain.account.webhook import AcceptedDigests
from smarther.domain.readings import notification
from smarther.domain.readings.notification import Notification, Reject, parse
from smarther.domain.readings.spilled import Spilled
from smarther.store.digests import Digests
from smarther.store.quarantine import Quarantine
from smarther_cli.commands.waiting import replay
from tests.cli.conftest import NOW, STACK

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_sqs import SQSClient

    from tests.cli.conftest import Home, Run

ARRIVED = NOW - timedelta(days=3)
INCOMPRESSIBLE = b"".join(hashlib.sha256(str(number).encode()).digest() for number in range(6000))
LOG = f"/smarther/{STACK}/receiver"


def body(number: int = 1, **changes: Any) -> bytes:
    status = {
        "time": (ARRIVED + timedelta(minutes=number)).isoformat(),
        "sender": {"plant": {"id": "plant-1", "module": {"id": "module-1"}}},
        **changes,
    }
    return json.dumps([{"data": {"chronothermostats": [status]}}]).encode()


def waiting(content: bytes, **changes: Any) -> Spilled:
    values: dict[str, Any] = {
        "body": content,
        "received_at": ARRIVED,
        "presented": webhook.secret_digest("x"),
        "verified": True,
    }
    return Spilled(**(values | changes))


class DeadLetters:
    """The dead-letter queue."""

    def __init__(self, home: Home) -> None:
        self.client: SQSClient = boto3.client("sqs")
        self.url = self.client.create_queue(QueueName="dead-letters")["QueueUrl"]
        home.stack.outputs["SpillDeadLetterQueueUrl"] = self.url

    def put(self, message: str) -> None:
        self.client.send_message(QueueUrl=self.url, MessageBody=message)

    @property
    def left(self) -> int:
        """Messages that anybody can receive now."""
        attributes = self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])["Attributes"]
        assert attributes["ApproximateNumberOfMessagesNotVisible"] == "0", "a message stays hidden"
        return int(attributes["ApproximateNumberOfMessages"])


class Log:
    """The receiver's log."""

    def __init__(self) -> None:
        self.client: CloudWatchLogsClient = boto3.client("logs")
        self.client.create_log_group(logGroupName=LOG)
        self.client.create_log_stream(logGroupName=LOG, logStreamName="stream")

    def put(self, *messages: str, at: datetime | None = None) -> None:
        stamp = int((at or datetime.now(UTC)).timestamp() * 1000)
        events: Any = [{"timestamp": stamp, "message": message} for message in messages]
        self.client.put_log_events(logGroupName=LOG, logStreamName="stream", logEvents=events)


@pytest.fixture
def dead_letters(home: Home, monkeypatch: pytest.MonkeyPatch) -> DeadLetters:
    monkeypatch.setattr(replay, "WAIT_SECONDS", 0)
    return DeadLetters(home)


@pytest.fixture(autouse=True)
def log(home: Home, dead_letters: DeadLetters) -> Log:
    return Log()


def recovery_records(spilled: Spilled) -> list[str]:
    """The records as the receiver writes them."""
    written = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(telemetry.logger.registered_handler, "stream", written)
        telemetry.spill_to_log(spilled, reason="of a test")
    return written.getvalue().splitlines()


def times(home: Home) -> list[str]:
    """The device times of all stored readings."""
    items = home.dynamodb.scan(TableName=home.table_name)["Items"]
    return sorted(item["time"]["S"] for item in items if item["sk"]["S"].startswith("READING#"))


def told(run: Run, *arguments: str, status: int = 0) -> dict[str, Any]:
    result = run("redrive", "--json", *arguments)
    assert result.exit_code == status, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def in_quarantine(run: Run) -> int:
    count: int = json.loads(run("quarantine", "list", "--json").stdout)["count"]
    return count


# ---- nothing


def test_nothing_waits(run: Run) -> None:
    result = run("redrive")

    assert result.exit_code == 0, result.output
    for words in ("Quarantine", "Dead-letter queue", "Receiver's log"):
        assert words in result.stdout


# ---- the quarantine


@pytest.mark.shows("unreadable body")
@pytest.mark.parametrize("odd", [{}, {"online": "true"}, {"setPoint": {"value": "--"}}, {"new": "\ud83d"}])
def test_a_body_that_can_be_read_now_is_stored_and_leaves_the_quarantine(
    home: Home, run: Run, odd: dict[str, Any]
) -> None:
    reasons = [Reject("", "an older version could not read it")]
    Quarantine(home.table).keep(body(1, **odd), reasons, received_at=ARRIVED)

    found = told(run)["quarantine"]

    assert (found["found"], found["done"], found["readings_new"]) == (1, 1, 1)
    assert len(times(home)) == 1
    assert in_quarantine(run) == 0


def test_what_event_grid_said_of_the_subscription_need_not_stay(home: Home, run: Run) -> None:
    said = b'[{"eventType":"Microsoft.EventGrid.SubscriptionDeletedEvent","data":{}}]'
    Quarantine(home.table).keep(said, [Reject("[0]", "an older version did not know it")], received_at=ARRIVED)

    assert told(run)["quarantine"]["done"] == 1
    assert (times(home), in_quarantine(run)) == ([], 0)


def test_the_time_of_arrival_is_kept(home: Home, run: Run) -> None:
    home.stack.parameters["RetentionDays"] = "10"
    Quarantine(home.table).keep(body(1), [], received_at=ARRIVED)

    told(run)

    (item,) = (i for i in home.dynamodb.scan(TableName=home.table_name)["Items"] if "module_id" in i)
    assert datetime.fromisoformat(item["received_at"]["S"]) == ARRIVED
    assert int(item["expires_at"]["N"]) == int((ARRIVED + timedelta(days=10)).timestamp())


def test_a_body_of_several_parts_leaves_nothing_behind(home: Home, run: Run) -> None:
    Quarantine(home.table).keep(body(1, unknown=["x" * 200] * 100) + b" " * 700_000, [], received_at=ARRIVED)

    assert told(run)["quarantine"]["done"] == 1
    items = home.dynamodb.scan(TableName=home.table_name)["Items"]
    assert [item["sk"]["S"][:8] for item in items] == ["READING#"]


def test_a_body_that_still_cannot_be_read_stays(home: Home, run: Run) -> None:
    Quarantine(home.table).keep(b"odd", [Reject("body", "odd")], received_at=ARRIVED)

    found = told(run, status=1)

    assert (found["quarantine"]["found"], found["quarantine"]["done"], found["quarantine"]["unreadable"]) == (1, 0, 1)
    assert found["verdict"] == {"word": "not_well", "reasons": ["quarantine"], "incidents": []}
    assert in_quarantine(run) == 1
    assert "1 body could not be read, and stays in quarantine" in run("redrive").stderr


def test_a_body_that_can_be_read_in_part_stays_and_the_part_is_stored(home: Home, run: Run) -> None:
    half = json.dumps([*json.loads(body(1)), {"odd": True}]).encode()
    Quarantine(home.table).keep(half, [Reject("[1]", "odd")], received_at=ARRIVED)

    assert told(run, status=1)["quarantine"]["readings_new"] == 1
    assert told(run, status=1)["quarantine"]["readings_known"] == 1
    assert in_quarantine(run) == 1


# ---- the dead-letter queue


@pytest.mark.shows("table is away for hours")
def test_dead_letters_are_stored_and_leave_the_queue(home: Home, run: Run, dead_letters: DeadLetters) -> None:
    for number in range(25):
        dead_letters.put(waiting(body(number)).message())

    found = told(run)["dead-letters"]

    assert (found["found"], found["done"], found["readings_new"]) == (25, 25, 25)
    assert len(times(home)) == 25
    assert dead_letters.left == 0


def test_a_dead_letter_that_cannot_be_read_goes_to_quarantine(home: Home, run: Run, dead_letters: DeadLetters) -> None:
    dead_letters.put(waiting(b"odd").message())

    found = told(run, "--from", "dead-letters", status=1)["dead-letters"]

    assert (found["done"], found["unreadable"]) == (1, 1)
    assert dead_letters.left == 0
    assert in_quarantine(run) == 1


@pytest.mark.shows("message is poison")
def test_a_message_of_another_form_stays_and_is_told(run: Run, dead_letters: DeadLetters) -> None:
    dead_letters.put("not one of ours")
    dead_letters.put(waiting(body()).message())

    found = told(run, status=1)["dead-letters"]

    assert (found["found"], found["done"], found["failed"]) == (2, 1, 1)
    assert found["failures"] == ["it is not in the form that the recorder writes"]
    assert dead_letters.left == 1


def test_what_the_table_does_not_take_stays_and_is_told(
    home: Home, run: Run, dead_letters: DeadLetters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", home.cloud.url)
    home.cloud.refused["PutItem"] = ("AccessDeniedException", "not authorized to perform: dynamodb:PutItem")
    dead_letters.put(waiting(body()).message())

    result = run("redrive")

    assert result.exit_code == 1
    assert "Not stored this time: AccessDeniedException" in result.stderr
    assert dead_letters.left == 1


@pytest.mark.shows("smarther redrive is interrupted")
def test_an_interruption_leaves_what_was_not_stored_where_it_was(
    home: Home, run: Run, dead_letters: DeadLetters, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        dead_letters.put(waiting(body(number)).message())
    seen: list[bytes] = []

    def switched_off(content: bytes) -> Notification:
        seen.append(content)
        if len(seen) == 3:
            raise KeyboardInterrupt
        return parse(content)

    monkeypatch.setattr(replay, "parse", switched_off)
    assert run("redrive").exit_code == 130
    assert dead_letters.left == 3

    monkeypatch.setattr(replay, "parse", notification.parse)
    assert told(run)["dead-letters"]["done"] == 3
    assert len(times(home)) == 5


@pytest.mark.shows("cold start without the queue")
def test_who_could_not_be_checked_on_arrival_is_checked_now(home: Home, run: Run, dead_letters: DeadLetters) -> None:
    Digests(home.table).publish(AcceptedDigests(current=webhook.secret_digest("ours")), NOW)
    dead_letters.put(waiting(body(1), verified=False, presented=webhook.secret_digest("ours")).message())
    dead_letters.put(waiting(body(2), verified=False, presented=webhook.secret_digest("a stranger's")).message())

    found = told(run)["dead-letters"]

    assert (found["done"], found["refused"], found["readings_new"]) == (2, 1, 1)
    assert len(times(home)) == 1
    assert dead_letters.left == 0


def test_nobody_is_a_stranger_while_nobody_is_known(run: Run, dead_letters: DeadLetters) -> None:
    dead_letters.put(waiting(body(), verified=False).message())

    found = told(run, status=1)["dead-letters"]

    assert (found["refused"], found["failed"]) == (0, 1)
    assert dead_letters.left == 1


# ---- the log


def test_the_records_go_by_the_name_that_the_receiver_gives_them() -> None:
    assert replay.RECOVERABLE == telemetry.RECOVERABLE


@pytest.mark.shows("queue refuses connections")
def test_what_the_receiver_kept_in_its_log_is_stored(home: Home, run: Run, log: Log) -> None:
    log.put('{"message": "notification_recorded"}', *recovery_records(waiting(body())))

    first, second = told(run)["log"], told(run)["log"]

    assert (first["found"], first["done"], first["readings_new"]) == (1, 1, 1)
    assert (second["found"], second["readings_new"], second["readings_known"]) == (1, 0, 1)
    assert len(times(home)) == 1


@pytest.mark.shows("body is too long for the queue")
def test_a_long_body_is_put_together_from_its_records(home: Home, run: Run, log: Log) -> None:
    long = body(1, unknown=[f"{number:x}" * 20 for number in range(300)]) + bytes(range(9, 11)) * 50_000
    records = recovery_records(waiting(long))
    noise = [json.dumps({"message": telemetry.RECOVERABLE, "odd": True}), f"words about {telemetry.RECOVERABLE}"]
    several = recovery_records(waiting(INCOMPRESSIBLE))
    assert len(several) > 1, "the body of this test fits into one record"
    log.put(*noise, *records, *reversed(several))

    found = told(run, status=1)["log"]

    assert (found["found"], found["failed"]) == (2, 0)
    assert (found["readings_new"], found["unreadable"]) == (1, 1)
    assert run("quarantine", "list", "--json").stdout.count('"id"') == 1


def test_a_record_of_which_a_part_is_gone_is_told(run: Run, log: Log) -> None:
    log.put(*recovery_records(waiting(INCOMPRESSIBLE))[1:])

    assert told(run, status=1)["log"]["failed"] == 1


def test_the_log_may_be_read_from_a_time_on(run: Run, log: Log) -> None:
    now = datetime.now(UTC)
    log.put(*recovery_records(waiting(body(1))), at=now - timedelta(hours=5))
    log.put(*recovery_records(waiting(body(2))), at=now - timedelta(hours=1))

    assert told(run, "--log-since", (now - timedelta(hours=2)).isoformat())["log"]["found"] == 1


# ---- in all


def test_a_rehearsal_tells_and_changes_nothing(home: Home, run: Run, log: Log, dead_letters: DeadLetters) -> None:
    Quarantine(home.table).keep(body(1), [], received_at=ARRIVED)
    Quarantine(home.table).keep(b"odd", [], received_at=ARRIVED)
    dead_letters.put(waiting(body(2)).message())
    log.put(*recovery_records(waiting(body(3))))

    found = told(run, "--dry-run", status=1)

    assert [(found[place]["found"], found[place]["done"]) for place in ("quarantine", "dead-letters", "log")] == [
        (2, 1),
        (1, 1),
        (1, 1),
    ]
    assert found["quarantine"]["unreadable"] == 1
    assert times(home) == []
    assert in_quarantine(run) == 2
    assert dead_letters.left == 1


def test_only_the_places_that_are_named(home: Home, run: Run, dead_letters: DeadLetters) -> None:
    Quarantine(home.table).keep(body(1), [], received_at=ARRIVED)
    dead_letters.put(waiting(body(2)).message())

    found = told(run, "--from", "quarantine")

    assert set(found) == {"dry_run", "verdict", "quarantine"}
    assert dead_letters.left == 1


def test_what_is_stored_late_says_so_that_its_hours_are_made_anew(home: Home, run: Run) -> None:
    Quarantine(home.table).keep(body(1, time="2025-12-24T18:00:00Z"), [], received_at=ARRIVED)

    assert run("redrive").exit_code == 0
    (reading,) = (item for item in home.dynamodb.scan(TableName="table")["Items"] if "after_hour" in item)
    assert reading["time"]["S"] == "2025-12-24T18:00:00Z"
