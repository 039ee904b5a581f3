"""Faults of the deployed stack: what is acknowledged meanwhile is stored once when they are over.

A service is taken away from a function with its role's permission, which the local cloud enforces as AWS does. How
services fail otherwise, and how long they take, is tested closer to the code.
"""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sandbox.running.lived import settle
from smarther import telemetry
from smarther.domain.readings.spilled import Spilled
from tests.support.envelopes import envelope, status

if TYPE_CHECKING:
    from tests.e2e.conftest import Home

BEGIN = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
AT_ONCE = 8
"""So many are on their way at the same time: each takes a container, which here is a process of this machine."""


def cold_start(home: Home) -> None:
    """Let the receiver's next call begin in a new container: that of a new version, as after a deploy."""
    functions, name = home.state.cloud.client("lambda"), home.outputs["ReceiverFunctionName"]
    functions.update_function_configuration(FunctionName=name, Description=f"A cold start, {uuid.uuid4()}")
    version = functions.publish_version(FunctionName=name)["Version"]
    functions.update_alias(FunctionName=name, Name="live", FunctionVersion=version)


def at(minutes: float, module_id: str) -> dict[str, Any]:
    return status(module_id, time=(BEGIN + timedelta(minutes=minutes)).isoformat())


def notify_all(home: Home, bodies: list[Any]) -> list[dict[str, Any]]:
    """Post them as fast as they are taken, several at a time; the answers, each of them 200."""
    url = home.webhook_url()

    def post(body: Any) -> dict[str, Any]:
        answer = httpx.post(url, json=body, timeout=60)
        assert answer.status_code == httpx.codes.OK, answer.text
        content: dict[str, Any] = answer.json()
        return content

    with ThreadPoolExecutor(AT_ONCE) as senders:
        return list(senders.map(post, bodies))


def times(home: Home, module_id: str) -> list[str]:
    return [reading["time"] for reading in home.readings(module_id)]


def text(minutes: float) -> str:
    return (BEGIN + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


@pytest.mark.shows("table denies access")
def test_what_the_table_does_not_take_waits_in_the_queue_and_is_stored(bare_home: Home, module_id: str) -> None:
    begun = datetime.now(UTC)
    with bare_home.forbidden("ReceiverRole", "dynamodb:PutItem"):
        for minute in range(3):
            assert bare_home.notify([envelope(at(minute, module_id))]).json()["deferred"] == 1
        over = datetime.now(UTC)
    settle(bare_home.state)

    readings = bare_home.readings(module_id)
    assert [reading["time"] for reading in readings] == [text(minute) for minute in range(3)]
    assert all(begun <= datetime.fromisoformat(reading["received_at"]) <= over for reading in readings)
    assert bare_home.recorded([envelope(at(0, module_id))])["duplicates"] == 1


@pytest.mark.shows("table denies access")
def test_what_came_by_way_of_the_queue_is_counted_as_if_it_had_come_in_time(bare_home: Home, module_id: str) -> None:
    with bare_home.forbidden("ReceiverRole", "dynamodb:PutItem"):
        body = [envelope(at(0, module_id), at(0, module_id), status(module_id, time="yesterday"))]
        counted = bare_home.recorded(body)
    assert counted == {"stored": 1, "duplicates": 1, "quarantined": 1}


@pytest.mark.shows("queue fails too")
def test_what_neither_table_nor_queue_takes_is_whole_in_the_log(bare_home: Home, module_id: str) -> None:
    body = json.dumps([envelope(at(0, module_id))]).encode()
    with bare_home.forbidden("ReceiverRole", "dynamodb:PutItem", "sqs:SendMessage"):
        assert bare_home.notify(body).json()["deferred"] == 1
    settle(bare_home.state)

    assert bare_home.readings(module_id) == []
    lines = [line for line in bare_home.logs().splitlines() if telemetry.RECOVERABLE in line]
    kept = [Spilled.from_fields(json.loads(line)) for line in lines]
    assert [each.verified for each in kept if each.body == body] == [True]


@pytest.mark.shows("cold start in an outage")
def test_a_caller_whom_a_cold_start_cannot_check_is_checked_later(bare_home: Home, module_id: str) -> None:
    stranger = bare_home.webhook_url().rpartition("/")[0] + "/" + "x" * 43
    with bare_home.forbidden("ReceiverRole", "dynamodb:GetItem"):
        cold_start(bare_home)
        assert bare_home.notify([envelope(at(0, module_id))]).json() == {"deferred": 1}
        answer = httpx.post(stranger, json=[envelope(at(1, module_id))], timeout=30)
        assert (answer.status_code, answer.json()) == (httpx.codes.OK, {"deferred": 1})
    settle(bare_home.state)

    assert times(bare_home, module_id) == [text(0)]
    cold_start(bare_home)
    assert httpx.post(stranger, json=[], timeout=30).status_code == httpx.codes.NOT_FOUND


@pytest.mark.shows("warm in an outage")
def test_a_warm_function_needs_the_table_to_know_nobody(bare_home: Home, module_id: str) -> None:
    assert bare_home.notify([envelope(at(0, module_id))]).json()["stored"] == 1
    with bare_home.forbidden("ReceiverRole", "dynamodb:GetItem"):
        assert bare_home.notify([envelope(at(1, module_id))]).json()["stored"] == 1
    assert times(bare_home, module_id) == [text(0), text(1)]


@pytest.mark.shows("same body at once")
@pytest.mark.parametrize("copies", [2, 10, 100])
def test_a_body_that_comes_many_times_at_once_is_stored_once(bare_home: Home, module_id: str, copies: int) -> None:
    with_id, without = [envelope(at(0, module_id))], envelope(at(0, module_id))["data"]
    answers = notify_all(bare_home, [with_id, without] * (copies // 2))

    # Where the machine is too slow for the time budget a copy goes by way of the queue, and changes nothing later.
    settle(bare_home.state)
    assert sum(answer["stored"] + answer["duplicates"] + answer["deferred"] for answer in answers) == copies
    assert sum(answer["stored"] for answer in answers) <= 1
    assert times(bare_home, module_id) == [text(0)]


@pytest.mark.shows("backlog of 500 at once")
def test_a_backlog_of_500_is_stored_once(bare_home: Home, module_id: str) -> None:
    notify_all(bare_home, [[envelope(at(minute, module_id))] for minute in range(500)])
    settle(bare_home.state)
    assert times(bare_home, module_id) == [text(minute) for minute in range(500)]


@pytest.mark.shows("backlog of 500 in one body")
def test_a_backlog_of_500_in_one_body_is_stored_by_way_of_the_queue(bare_home: Home, module_id: str) -> None:
    answer = bare_home.notify([envelope(at(minute, module_id)) for minute in range(500)])
    assert answer.status_code == httpx.codes.OK
    assert answer.json()["deferred"] == 1
    settle(bare_home.state)
    assert times(bare_home, module_id) == [text(minute) for minute in range(500)]
