"""How the adapters meet services that fail: real clients, real sockets, failures of the domain and no second try."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest

from smarther.aws import botocore_client, tiny_client
from smarther.aws.spill_queue import SpillQueue, SpillUnavailableError
from smarther.aws.timeouts import Timeouts
from smarther.domain.account.webhook import AcceptedDigests
from smarther.domain.readings.notification import Reject
from smarther.domain.readings.reading import Reading
from smarther.domain.readings.spilled import Spilled
from smarther.store.digests import Digests
from smarther.store.quarantine import Quarantine
from smarther.store.readings import Readings
from smarther.store.table import ItemRefusedError, Table, TableUnavailableError
from tests.support import faulty_service as faults
from tests.support.faulty_service import Answer, Behaviour, FaultyService

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

ARRIVAL = datetime(2026, 1, 14, 6, 30, 6, tzinfo=UTC)
READING = Reading(plant_id="P", module_id="M", time=ARRIVAL, mode="SECRETIVE")
SPILLED = Spilled(body=b"SECRETIVE", received_at=ARRIVAL, presented="0f" * 32, verified=True)
TIMEOUTS = Timeouts(connect_seconds=30, read_seconds=30)
"""More than a busy machine needs to answer; only what hangs is met with less."""
HASTE = Timeouts(connect_seconds=30, read_seconds=0.2)


type Connect = Callable[[str], Any]


def botocores(service: str, timeouts: Timeouts) -> Any:
    return botocore_client.create_client(botocore.session.get_session(), service, timeouts)


def ours(service: str, timeouts: Timeouts) -> Any:
    made = tiny_client.client(service, timeouts, os.environ)
    assert isinstance(made, tiny_client.TinyClient)
    return made


@pytest.fixture
def timeouts() -> Timeouts:
    """How long the clients wait; a test may say otherwise."""
    return TIMEOUTS


@pytest.fixture(params=[botocores, ours])
def connect(request: pytest.FixtureRequest, timeouts: Timeouts) -> Iterator[Connect]:
    """Both clients, because to the adapters they are the same."""
    made = []

    def connect(service: str) -> Any:
        made.append(request.param(service, timeouts))
        return made[-1]

    yield connect
    for client in made:
        client.close()


def store_reading(connect: Connect) -> bool:
    return Readings(table(connect)).store(READING, received_at=ARRIVAL, source="push")


def keep_body(connect: Connect) -> bool:
    return Quarantine(table(connect)).keep(b"SECRETIVE", [Reject("body", "body is not JSON")], received_at=ARRIVAL)


def accepted_digests(connect: Connect) -> AcceptedDigests:
    return Digests(table(connect)).accepted()


def spill(connect: Connect) -> None:
    SpillQueue(connect("sqs"), "https://sqs.example.com/1/spill").put(SPILLED)


def table(connect: Connect) -> Table:
    return Table(connect("dynamodb"), "readings")


OPERATIONS = [store_reading, keep_body, accepted_digests, spill]
UNAVAILABLE = (TableUnavailableError, SpillUnavailableError)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    ("behaviour", "told", "timeouts"),
    [
        ("hang", "ReadTimeoutError", HASTE),
        (faults.DENIED, "AccessDeniedException", TIMEOUTS),
        (faults.THROTTLED, "ProvisionedThroughputExceededException", TIMEOUTS),
        (faults.NO_TABLE, "ResourceNotFoundException", TIMEOUTS),
        (faults.BROKEN, "InternalServerError", TIMEOUTS),
        (faults.AWAY, "503", TIMEOUTS),
    ],
)
def test_a_failing_service_is_asked_once_and_its_failure_is_ours(
    service: FaultyService, connect: Connect, operation: Callable[[Connect], object], behaviour: Behaviour, told: str
) -> None:
    service.otherwise = behaviour
    with pytest.raises(UNAVAILABLE) as caught:
        operation(connect)
    assert str(caught.value) == told
    assert len(service.requests) == 1


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    ("address", "told", "timeouts"),
    [
        (faults.refusing_address, "EndpointConnectionError", TIMEOUTS),
        (faults.silent_address, "ReadTimeoutError", HASTE),
    ],
)
def test_a_service_that_cannot_be_reached_is_a_failure_of_ours(
    monkeypatch: pytest.MonkeyPatch,
    connect: Connect,
    operation: Callable[[Connect], object],
    address: Callable[[], AbstractContextManager[str]],
    told: str,
) -> None:
    with address() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(UNAVAILABLE) as caught:
            operation(connect)
    assert str(caught.value) == told


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_connection_that_was_closed_while_idle_is_opened_again(
    service: FaultyService, connect: Connect, operation: Callable[[Connect], object]
) -> None:
    service.script = ["hang up"]
    operation(connect)
    assert len(service.requests) == 2
    assert service.requests[0] == service.requests[1]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_service_that_keeps_hanging_up_is_a_failure(
    service: FaultyService, connect: Connect, operation: Callable[[Connect], object]
) -> None:
    service.otherwise = "hang up"
    with pytest.raises(UNAVAILABLE, match="ConnectionClosedError"):
        operation(connect)
    assert len(service.requests) == 2


@pytest.mark.parametrize("operation", [store_reading, keep_body])
def test_what_is_there_already_is_no_failure(
    service: FaultyService, connect: Connect, operation: Callable[[Connect], bool]
) -> None:
    service.otherwise = faults.CONDITION_FAILED
    assert operation(connect) is False


@pytest.mark.parametrize("operation", [store_reading, keep_body])
def test_a_refused_item_is_distinguished_from_a_failing_service(
    service: FaultyService, connect: Connect, operation: Callable[[Connect], bool]
) -> None:
    service.otherwise = faults.INVALID
    with pytest.raises(ItemRefusedError, match="ValidationException"):
        operation(connect)


def test_more_patience_asks_again(service: FaultyService) -> None:
    service.script = [faults.BROKEN]
    timeouts = Timeouts(connect_seconds=30, read_seconds=30, attempts=2)
    patient = Table(botocore_client.create_client(botocore.session.get_session(), "dynamodb", timeouts), "readings")
    assert Readings(patient).store(READING, received_at=ARRIVAL, source="push")
    assert len(service.requests) == 2


def test_a_service_that_answers_is_no_failure(service: FaultyService, connect: Connect) -> None:
    service.otherwise = Answer(content={"Item": {"current": {"S": "c"}}})
    assert accepted_digests(connect) == AcceptedDigests(current="c")
    assert service.requests == [
        {"TableName": "readings", "Key": {"pk": {"S": "WEBHOOK"}, "sk": {"S": "DIGESTS"}}, "ConsistentRead": True}
    ]
