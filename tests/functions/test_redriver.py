"""The redriver as SQS calls it: what waited is stored like what came in time, and what fails stays."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws

from smarther.domain.account import webhook
from smarther.domain.readings import notification
from smarther.domain.readings.spilled import Spilled
from smarther.receiver import deadlines
from tests.support import deployed
from tests.support import faulty_service as faults
from tests.support.faulty_service import Answer, Behaviour, FaultyService, faulty_service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from tests.functions.conftest import Load, Log

ARRIVAL = datetime(2026, 1, 14, 6, 30, 6, 500000, tzinfo=UTC)
OURS, STRANGE = webhook.secret_digest("ours"), webhook.secret_digest("strange")
STATUS = {"time": "2026-01-14T06:30:04Z", "sender": {"plant": {"id": "P", "module": {"id": "M"}}}}


def body(*modes: str) -> bytes:
    return json.dumps({"chronothermostats": [{**STATUS, "mode": mode} for mode in modes]}).encode()


def message(content: bytes, *, presented: str = OURS, verified: bool = True) -> str:
    return Spilled(body=content, received_at=ARRIVAL, presented=presented, verified=verified).message()


def batch(*messages: str) -> dict[str, Any]:
    return {
        "Records": [
            {"messageId": str(number), "body": text, "eventSource": "aws:sqs"} for number, text in enumerate(messages)
        ]
    }


def failures(answer: dict[str, Any]) -> list[int]:
    return [int(failure["itemIdentifier"]) for failure in answer["batchItemFailures"]]


class Stack:
    """The table in moto, and the function on it."""

    def __init__(self, app: ModuleType) -> None:
        self.app = app
        self.dynamodb = deployed.create_table()

    def accept(self, **digests: str) -> None:
        item = {"pk": "WEBHOOK", "sk": "DIGESTS", **digests}
        self.dynamodb.put_item(TableName=deployed.TABLE, Item={name: {"S": value} for name, value in item.items()})

    def redrive(self, *messages: str) -> list[int]:
        return failures(self.app.handler(batch(*messages), None))

    def modes(self) -> set[str]:
        return {item["mode"]["S"] for item in deployed.items(self.dynamodb, "MODULE#M")}


@pytest.fixture
def stack(load: Load, log: Log, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    monkeypatch.setenv("TABLE_NAME", deployed.TABLE)
    monkeypatch.setenv("RETENTION_DAYS", "30")
    with mock_aws():
        yield Stack(load("redriver"))


def test_what_waited_is_stored_with_the_time_of_its_arrival(stack: Stack) -> None:
    assert stack.redrive(message(body("MANUAL"))) == []
    (item,) = deployed.items(stack.dynamodb, "MODULE#M")
    assert (item["received_at"], item["source"]) == ({"S": "2026-01-14T06:30:06.500000Z"}, {"S": "push"})
    assert item["expires_at"] == {"N": str(int(ARRIVAL.timestamp()) + 30 * 86_400)}


@pytest.mark.shows("queue repeats a message")
def test_again_changes_nothing(stack: Stack, log: Log) -> None:
    stack.redrive(message(body("MANUAL")))
    before = deployed.items(stack.dynamodb, "")
    log.clear()
    assert stack.redrive(message(body("MANUAL")), message(body("MANUAL"))) == []
    assert deployed.items(stack.dynamodb, "") == before
    assert [record["ReadingsDuplicate"] for record in log.records] == [[1], [1]]


def test_what_was_stored_in_part_is_completed(stack: Stack) -> None:
    stack.redrive(message(body("MANUAL")))
    assert stack.redrive(message(body("MANUAL", "BOOST"))) == []
    assert stack.modes() == {"MANUAL", "BOOST"}


def test_an_unreadable_body_is_quarantined(stack: Stack) -> None:
    assert stack.redrive(message(b"not json")) == []
    (item,) = deployed.items(stack.dynamodb, "QUARANTINE")
    assert (item["body"], item["received_at"]) == ({"S": "not json"}, {"S": "2026-01-14T06:30:06.500000Z"})


@pytest.mark.parametrize("name", ["current", "pending", "previous"])
def test_a_caller_who_could_not_be_checked_is_checked_now(stack: Stack, name: str) -> None:
    stack.accept(**{name: OURS})
    unchecked = [message(body(mode), presented=who, verified=False) for mode, who in (("A", OURS), ("B", STRANGE))]
    assert stack.redrive(*unchecked) == []
    assert stack.modes() == {"A"}
    assert deployed.items(stack.dynamodb, "QUARANTINE") == []


@pytest.mark.shows("no digests")
def test_while_there_are_no_accepted_digests_nobody_is_a_stranger(stack: Stack) -> None:
    assert stack.redrive(message(body("A"), verified=False)) == [0]
    stack.accept(current=OURS)
    assert stack.redrive(message(body("A"), verified=False)) == []
    assert stack.modes() == {"A"}


@pytest.mark.shows("message is poison")
@pytest.mark.parametrize("poison", ["", "{}", "not json", json.dumps({"body": "W10="})])
def test_a_message_of_somebody_else_fails_and_takes_no_other_along(stack: Stack, log: Log, poison: str) -> None:
    assert stack.redrive(message(body("A")), poison, message(body("B"))) == [1]
    assert stack.modes() == {"A", "B"}
    assert "redrive_failed" in {record.get("message") for record in log.records}


@pytest.mark.shows("fault of our own")
def test_a_fault_of_ours_takes_no_other_along(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    real = stack.app.redriver.recorder.readings.store

    def sometimes(reading: Any, **options: Any) -> Any:
        if reading.mode == "B":
            raise ValueError("odd")
        return real(reading, **options)

    monkeypatch.setattr(
        type(stack.app.redriver.recorder.readings), "store", lambda _, *args, **options: sometimes(*args, **options)
    )
    assert stack.redrive(message(body("A")), message(body("B")), message(body("C"))) == [1]
    assert stack.modes() == {"A", "C"}


def test_the_log_holds_nothing_of_the_content(stack: Stack, log: Log) -> None:
    stack.redrive(message(body("A")), message(b"SECRETIVE"), "SECRETIVE", message(body("B"), verified=False))
    for secretive in ("SECRETIVE", "chronothermostats", '"M"', OURS):
        assert secretive not in log.text


@pytest.mark.shows("redriver is interrupted")
@pytest.mark.parametrize("writes", [0, 1, 2])
def test_killed_in_the_middle_of_a_batch_it_can_take_the_batch_again(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    readings = type(stack.app.redriver.recorder.readings)
    real, left = readings.store, iter([True] * writes)

    def store(*arguments: Any, **options: Any) -> Any:
        if not next(left, False):
            raise SystemExit
        return real(*arguments, **options)

    two = [message(body("A", "B")), message(body("C"))]
    with monkeypatch.context() as dying:
        dying.setattr(readings, "store", store)
        with pytest.raises(SystemExit):
            stack.redrive(*two)
    assert len(stack.modes()) == writes
    assert stack.redrive(*two) == []
    assert sorted(item["mode"]["S"] for item in deployed.items(stack.dynamodb, "MODULE#M")) == ["A", "B", "C"]


@pytest.mark.shows("redriver runs out of time")
@pytest.mark.parametrize("writes", [1, 2, 3])
def test_when_its_time_is_up_it_tells_what_is_done_and_leaves_the_rest(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    readings = type(stack.app.redriver.recorder.readings)
    real, taken = readings.store, list[object]()

    def store(*arguments: Any, **options: Any) -> Any:
        taken.append(arguments)
        return real(*arguments, **options)

    def seconds() -> float:
        return 0.0 if len(taken) < writes else deadlines.REDRIVE_SECONDS

    three = [message(body("A")), message(body("B", "C")), message(body("D"))]
    with monkeypatch.context() as slow:
        slow.setattr(readings, "store", store)
        slow.setattr(stack.app, "redriver", replace(stack.app.redriver, seconds=seconds))
        left = stack.redrive(*three)
    assert left == {1: [1, 2], 2: [1, 2], 3: [2]}[writes]
    assert len(stack.modes()) == writes
    assert stack.redrive(*(three[number] for number in left)) == []
    assert stack.modes() == {"A", "B", "C", "D"}


@pytest.mark.shows("redriver runs out of time")
def test_what_begins_in_time_ends_before_the_functions_timeout(stack: Stack) -> None:
    timeouts = stack.app.timeouts
    pauses = sum(2**number for number in range(timeouts.attempts - 1))  # botocore's standard mode waits at most so long
    longest_write = timeouts.attempts * (timeouts.connect_seconds + timeouts.read_seconds) + pauses
    timeout = deployed.template()["Resources"]["RedriverFunction"]["Properties"]["Timeout"]
    assert deadlines.REDRIVE_SECONDS + longest_write < timeout


@pytest.mark.shows("backlog of 500 in one body")
def test_the_largest_body_is_stored_in_one_run_even_if_all_of_it_is_late_and_duplicate(stack: Stack) -> None:
    """Otherwise a body would begin again in each run, until it is given up."""
    few = 20
    late = [dict(STATUS, time=f"2026-01-09T06:30:{second:02}Z", mode="MANUAL") for second in range(few)]
    content = json.dumps({"chronothermostats": late}).encode()
    assert stack.redrive(message(content)) == []
    calls = list[str]()
    stack.app.client.meta.events.register("before-call", lambda model, **_: calls.append(model.name))
    assert stack.redrive(message(content)) == []
    assert calls.count("PutItem") >= 2 * few
    a_call_seconds = 0.02  # more than one takes on average in the smallest functions
    assert len(calls) / few * notification.MAX_ELEMENTS * a_call_seconds < deadlines.REDRIVE_SECONDS


# --- when the table fails -----------------------------------------------------------------------------------------


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyService]:
    monkeypatch.setenv("TABLE_NAME", deployed.TABLE)
    monkeypatch.setenv("RETENTION_DAYS", "0")
    with faulty_service() as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.url)
        yield running


@pytest.mark.shows("table is away for hours")
@pytest.mark.parametrize("behaviour", [faults.DENIED, faults.NO_TABLE, "hang up"])
@pytest.mark.parametrize("verified", [True, False])
def test_while_the_table_fails_every_message_stays(
    service: FaultyService,
    load: Load,
    log: Log,
    behaviour: Behaviour,
    verified: bool,  # noqa: FBT001 - a parameter
) -> None:
    service.otherwise = behaviour
    two = batch(message(body("A"), verified=verified), message(body("B"), verified=verified))
    assert failures(load("redriver").handler(two, None)) == [0, 1]


def test_a_single_failed_write_keeps_its_message_and_no_other(service: FaultyService, load: Load, log: Log) -> None:
    service.script = [Answer(), faults.DENIED, Answer(), Answer()]
    two = batch(message(body("A", "B", "C")), message(body("D")))
    assert failures(load("redriver").handler(two, None)) == [0]
    assert len(service.requests) == 4


def test_a_moments_weakness_is_sat_out(service: FaultyService, load: Load, log: Log) -> None:
    service.script = [faults.BROKEN]
    assert failures(load("redriver").handler(batch(message(body("A"))), None)) == []
    assert len(service.requests) == 2
