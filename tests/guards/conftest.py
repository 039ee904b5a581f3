"""What the guards look at: the receiver exactly as `sam build` leaves it, in the real runtime, on a stub behind TLS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.bench import artefacts, front, notifications, places
from tests.bench import stage as stages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.bench.artefacts import Artefact
    from tests.bench.stage import Stage


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """A DynamoDB that knows one secret and takes everything."""
    with stages.standing(front.stub(notifications.DIGEST)) as standing:
        yield standing


@pytest.fixture(scope="session")
def receiver(stage: Stage) -> Artefact:
    """The receiver as it would be deployed now."""
    return stage.invite(artefacts.ours())


@pytest.fixture(scope="session")
def layers(receiver: Artefact) -> dict[str, Path]:
    """The built layers by their logical id."""
    assert receiver.opt is not None
    return {name: places.ARTEFACTS / "stack" / name for name in ("DependenciesLayer", "SmartherLayer")}
