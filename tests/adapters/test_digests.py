"""The accepted digests of the webhook's secret, as the keeper publishes and the receiver reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from smarther.domain.account.webhook import AcceptedDigests
from smarther.store.digests import Digests
from tests.support import deployed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from smarther.store.table import Table


NOW = datetime(2026, 1, 14, 6, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    "known", [{}, {"current": "c"}, {"current": "c", "pending": "p"}, {"current": "c", "previous": "v"}]
)
def test_the_accepted_digests_are_those_in_the_table(
    table: Table, dynamodb: DynamoDBClient, known: dict[str, str]
) -> None:
    item = {"pk": "WEBHOOK", "sk": "DIGESTS", **known}
    dynamodb.put_item(TableName=deployed.TABLE, Item={name: {"S": value} for name, value in item.items()})
    assert Digests(table).accepted() == AcceptedDigests(**known)


def test_before_the_keepers_first_run_there_are_none(table: Table) -> None:
    assert Digests(table).accepted() == AcceptedDigests()


def test_what_is_published_replaces_what_was(table: Table, dynamodb: DynamoDBClient) -> None:
    assert Digests(table).published() is None
    Digests(table).publish(AcceptedDigests(current="c", pending="p"), NOW)
    Digests(table).publish(AcceptedDigests(current="p", previous="c"), NOW + MINUTE)

    assert Digests(table).published() == (AcceptedDigests(current="p", previous="c"), NOW + MINUTE)
    assert Digests(table).accepted() == AcceptedDigests(current="p", previous="c")
