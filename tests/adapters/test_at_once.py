"""The same body at the same moment in many containers: just one of them stores it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier, Lock
from typing import TYPE_CHECKING, Any

import pytest

from smarther.domain.readings.notification import parse
from smarther.receiver.record import Recorded, Recorder
from smarther.store.table import Table
from tests.support import deployed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ARRIVAL = datetime(2026, 1, 14, 6, 30, 6, tzinfo=UTC)
STATUS = {"time": "2026-01-14T06:30:04Z", "sender": {"plant": {"id": "P", "module": {"id": "M"}}}}
ENVELOPE = {"id": "E", "data": {"chronothermostats": [STATUS]}}
PATIENCE_SECONDS = 60


class AtOnce:
    """DynamoDB as the unluckiest of all containers meet it: every one's next call is there before any is carried out.

    Each call by itself is atomic, as DynamoDB promises of a conditional write.
    """

    def __init__(self, client: DynamoDBClient, containers: int) -> None:
        self._client = client
        self._all_there = Barrier(containers)
        self._one_at_a_time = Lock()

    def __getattr__(self, operation: str) -> Any:
        def call(**parameters: Any) -> Any:
            self._all_there.wait(PATIENCE_SECONDS)
            with self._one_at_a_time:
                return getattr(self._client, operation)(**parameters)

        return call


def deliver(client: DynamoDBClient, bodies: list[bytes]) -> list[Recorded]:
    """What becomes of each body, when each has a container of its own."""
    client_of_all: Any = AtOnce(client, len(bodies))
    recorder = Recorder.of(Table(client_of_all, deployed.TABLE))

    def container(number: int) -> Recorded:
        arrival = ARRIVAL + timedelta(milliseconds=number)
        return recorder.record(parse(bodies[number]), bodies[number], received_at=arrival)

    with ThreadPoolExecutor(len(bodies)) as containers:
        return list(containers.map(container, range(len(bodies))))


@pytest.mark.shows("same body at once")
@pytest.mark.parametrize("times", [2, 10, 100])
@pytest.mark.parametrize("document", [[ENVELOPE], ENVELOPE["data"]], ids=["with its id", "without"])
def test_a_body_delivered_many_times_at_once_is_stored_once(
    dynamodb: DynamoDBClient, document: object, times: int
) -> None:
    outcomes = deliver(dynamodb, [json.dumps(document).encode()] * times)
    assert sum(outcome.stored for outcome in outcomes) == 1
    assert sum(outcome.duplicates for outcome in outcomes) == times - 1
    (item,) = deployed.items(dynamodb, "MODULE#")
    first = next(number for number, outcome in enumerate(outcomes) if outcome.stored)
    assert item["received_at"]["S"] == (ARRIVAL + timedelta(milliseconds=first)).isoformat().replace("+00:00", "Z")


def test_an_unreadable_body_delivered_many_times_at_once_is_quarantined_once(dynamodb: DynamoDBClient) -> None:
    deliver(dynamodb, [b"nobody can read this"] * 10)
    (item,) = deployed.items(dynamodb, "QUARANTINE")
    assert item["body"]["S"] == "nobody can read this"


@pytest.mark.shows("two thermostats in one second")
def test_two_thermostats_of_one_second_are_two_readings_at_once_too(dynamodb: DynamoDBClient) -> None:
    other = {**STATUS, "sender": {"plant": {"id": "P", "module": {"id": "N"}}}}
    outcomes = deliver(dynamodb, [json.dumps(status).encode() for status in (STATUS, other, {**STATUS, "mode": "OFF"})])
    assert outcomes == [Recorded(stored=1)] * 3
    assert [item["pk"]["S"] for item in deployed.items(dynamodb, "MODULE#")] == ["MODULE#M", "MODULE#M", "MODULE#N"]
