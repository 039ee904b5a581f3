"""The table's calls: what fails is a failure of the store's, and nothing is passed over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError

from smarther.domain.account.quota import Need, Quota
from smarther.store.digests import Digests
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.keeper_items import CallCount, Consents, KeeperNotes, Leases
from smarther.store.listings import Listings
from smarther.store.past.history import History
from smarther.store.past.rows import Rows, TimeRange
from smarther.store.quarantine import Quarantine, Quarantined
from smarther.store.table import Table, TableUnavailableError
from tests.adapters.conftest import WARM
from tests.support import deployed

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 1, 14, 6, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
STATE = "A" * 43
TABLE = deployed.TABLE
BODY: Any = {name: {"S": "x"} for name in ("sk", "reason", "received_at")}
START = datetime(2026, 1, 10, tzinfo=UTC)


def take(table: Table, owner: str, at: datetime = NOW) -> bool:
    return Leases(table).take(owner, now=at, life=2 * MINUTE)


def _refuse(**_: Any) -> None:
    raise ConnectTimeoutError(endpoint_url="https://dynamodb")


def test_failures_of_the_vendor_stop_here(monkeypatch: pytest.MonkeyPatch) -> None:
    client = boto3.client("dynamodb")
    client.meta.events.register("before-send", _refuse)
    table = Table(client, deployed.TABLE)
    works: list[Callable[[], object]] = [
        lambda: Consents(table).begin(STATE, NOW),
        lambda: Consents(table).use(STATE, NOW),
        lambda: take(table, "a"),
        lambda: Leases(table).release("a"),
        Digests(table).published,
        lambda: CallCount(table, Quota(500)).count(Need.REQUIRED, NOW),
        lambda: CallCount(table, Quota(500)).pause(now=NOW, until=NOW + MINUTE, quota=True),
        Listings(table).directory,
        lambda: Listings(table).forget_plant("p1"),
        KeeperNotes(table).memory,
        lambda: list(Quarantine(table).bodies()),
        lambda: Quarantine(table).forget(Quarantined(BODY)),
        lambda: list(Rows(table).pages(TimeRange())),
    ]

    for work in works:
        with pytest.raises(TableUnavailableError, match="ConnectTimeoutError"):
            work()


@pytest.mark.parametrize(
    "fault",
    [
        ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, "Query"),
        EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
    ],
)
def test_a_table_out_of_reach_is_a_fault_of_ours(fault: Exception) -> None:
    client = Mock()
    client.query.side_effect = client.put_item.side_effect = client.batch_write_item.side_effect = fault
    table = Table(client, TABLE)
    with pytest.raises(TableUnavailableError):
        Listings(table).thermostats()
    with pytest.raises(TableUnavailableError):
        History(table).newest("module", limit=1)
    with pytest.raises(TableUnavailableError):
        HoursAndDays(table).store("module", {START: WARM}, {})
    with pytest.raises(TableUnavailableError):
        table.put_all(ITEMS)


ITEMS = [{"pk": "P", "sk": str(number)} for number in range(10)]


def test_what_the_table_hands_back_is_sent_once_more(table: Table, dynamodb: DynamoDBClient) -> None:
    write = dynamodb.batch_write_item
    calls: list[int] = []

    def half(RequestItems: dict[str, list[Any]]) -> Any:  # noqa: N803 - boto3's name
        calls.append(len(RequestItems[TABLE]))
        kept = RequestItems[TABLE][len(RequestItems[TABLE]) // 2 :] if len(calls) == 1 else []
        answer = write(RequestItems={TABLE: [each for each in RequestItems[TABLE] if each not in kept]})
        return {**answer, "UnprocessedItems": {TABLE: kept} if kept else {}}

    dynamodb.batch_write_item = half  # type: ignore[method-assign, assignment]  # the table's refusal cannot be had otherwise
    table.put_all(ITEMS)
    assert calls == [10, 5]
    assert len(list(table.query("P", ("0", "9")))) == 10


def test_what_the_table_keeps_handing_back_is_not_passed_over() -> None:
    client = Mock()
    client.batch_write_item.side_effect = lambda RequestItems: {"UnprocessedItems": RequestItems}  # noqa: N803 - boto3's name
    with pytest.raises(TableUnavailableError):
        Table(client, TABLE).put_all(ITEMS)
