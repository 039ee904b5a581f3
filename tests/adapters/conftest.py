"""AWS for adapters: moto, or a service of our own that fails as it is told; never the real one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from tests.support import deployed
from tests.support.faulty_service import FaultyService, faulty_service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient


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
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyService]:
    """A service in the place of all of AWS."""
    with faulty_service() as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.url)
        yield running
