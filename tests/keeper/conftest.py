"""AWS in memory, or by moto where a test asks for it; no sockets, and credentials that open nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from tests.support.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _credentials(socket_disabled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-south-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


@pytest.fixture
def world() -> World:
    """A deployment that nobody has touched."""
    return World(in_memory=True, checked=True)


@pytest.fixture
def world_on_moto() -> Iterator[World]:
    """As `world`, with botocore and moto between the keeper and what it stores."""
    with mock_aws():
        yield World()


@pytest.fixture
def home(world: World) -> World:
    """Configured, consented, subscribed."""
    return consented(world)


def consented(world: World) -> World:
    """The same world, with an owner who has configured it and given consent."""
    world.configure()
    report = world.consent()
    assert report.outcome == "healthy", report
    return world
