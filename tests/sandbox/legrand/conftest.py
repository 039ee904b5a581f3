from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random

import pytest
import pytest_socket

from sandbox.legrand import Provider
from sandbox.legrand.account.clock import MovableClock
from tests.sandbox.legrand.account import Account
from tests.sandbox.legrand.endpoint import Endpoint

NOON = datetime(2025, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def loopback_only() -> Iterator[None]:
    """Nothing here may reach beyond this machine."""
    pytest_socket.socket_allow_hosts(["127.0.0.1"])
    yield
    pytest_socket._remove_restrictions()


@pytest.fixture
def clock() -> MovableClock:
    """A clock that only moves when it is moved."""
    return MovableClock(lambda: NOON)


@pytest.fixture
def provider(clock: MovableClock) -> Provider:
    return Provider(clock=clock, dice=Random(7))  # noqa: S311 - repeatable on purpose


@pytest.fixture
def account(provider: Provider) -> Account:
    account = Account(provider)
    account.log_in()
    return account


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as endpoint:
        yield endpoint
