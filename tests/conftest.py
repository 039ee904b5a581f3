"""Settings for all tests; read before any module of the project."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from botocore.session import Session
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from smarther.aws.tiny_client import TinyClient
from tests.support import quick_moto

if TYPE_CHECKING:
    from collections.abc import Iterator

# The deployed tests start a sandbox of their own and leave alone the one that somebody may be looking at.
os.environ["SANDBOX_FOLDER"] = ".sandbox/tests"

# As the template has it; the metrics are made when their module is imported.
os.environ["POWERTOOLS_METRICS_NAMESPACE"] = "SmartherRecorder"

# A busy machine is no fault of what is tested: Hypothesis does not time examples, nor the drawing of them.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

TOGETHER = {
    "tests/deploy/": "sandbox",
    "tests/e2e/": "sandbox",
    "tests/upgrade/": "sandbox",
    "tests/guards/": "guards",
}
"""Folders whose tests share something that is dear, or build in the same place: one worker runs all of a group."""


class ByWhatTheyShare(LoadScopeScheduling):  # type: ignore[misc] # xdist ships no types
    """Tests to workers as these get free, those of a group to one worker, the largest group first.

    xdist's own `loadgroup` is meant for that, and version 3.8 no longer finds a test's group with pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        return next((group for folder, group in TOGETHER.items() if nodeid.startswith(folder)), nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Who runs what, when there are several workers."""
    return ByWhatTheyShare(config, log)


@pytest.fixture(autouse=True, scope="session")
def _moto_is_quick() -> Iterator[None]:
    """Much of the time of all tests is moto's."""
    with pytest.MonkeyPatch.context() as patch:
        quick_moto.speed_up(patch)
        yield


@pytest.fixture(autouse=True)
def _clients_are_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A function keeps its AWS clients for life, and its life ends here: an open socket would be found much later."""
    made: list[Any] = []
    create_client = Session.create_client

    def create(session: Session, *arguments: Any, **options: Any) -> Any:
        made.append(create_client(session, *arguments, **options))
        return made[-1]

    def create_signed(client: TinyClient, *arguments: Any, **options: Any) -> None:
        made.append(client)
        initialise(client, *arguments, **options)

    initialise = TinyClient.__init__
    monkeypatch.setattr(Session, "create_client", create)
    monkeypatch.setattr(TinyClient, "__init__", create_signed)
    yield
    for client in made:
        client.close()
