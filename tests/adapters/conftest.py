"""AWS for adapters: moto, or a service of our own that fails as it is told; never the real one."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from smarther.domain.summaries.statistics import Measure, Statistics
from smarther.store.table import Table
from tests.support import deployed
from tests.support.faulty_service import FaultyService, faulty_service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.service_resource import Table as PlainTable

WARM = Statistics(
    count=3,
    temperature=Measure(Decimal("20.1234"), Decimal("19.5"), Decimal(21), Decimal(60)),
    load_minutes=Decimal(60),
    heating_minutes=Decimal("12.5"),
)


@pytest.fixture(autouse=True)
def _nobodys_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials that open nothing, whatever the machine has."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", deployed.REGION)


@pytest.fixture
def dynamodb() -> Iterator[DynamoDBClient]:
    """A DynamoDB with the table that the template deploys."""
    with mock_aws():
        yield deployed.create_table()


@pytest.fixture
def table(dynamodb: DynamoDBClient) -> Table:
    """The table, as the store has it."""
    return Table(dynamodb, deployed.TABLE)


@pytest.fixture
def plain(dynamodb: DynamoDBClient) -> PlainTable:
    """The same table, taking plain values."""
    table: PlainTable = boto3.resource("dynamodb").Table(deployed.TABLE)
    return table


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyService]:
    """A service in the place of all of AWS."""
    with faulty_service() as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.url)
        yield running
