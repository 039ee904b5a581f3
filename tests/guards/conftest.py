"""What the guards look at: the receiver exactly as `sam build` leaves it, in the real runtime, on a stub behind TLS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from labs.bench import artefacts, front, notifications, places
from labs.bench import stage as stages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from labs.bench.artefacts import Artefact
    from labs.bench.stage import Stage


@pytest.fixture(scope="session", autouse=True)
def _folder_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is built here is not mixed up with what another run builds at the same time."""
    with pytest.MonkeyPatch.context() as patched:
        folder = tmp_path_factory.mktemp("built")
        patched.setattr(places, "WORK", folder)
        patched.setattr(places, "ARTEFACTS", folder / "artefacts")
        yield


@pytest.fixture(scope="session")
def stage(_folder_of_its_own: None) -> Iterator[Stage]:
    """A DynamoDB that knows one secret and takes everything."""
    with stages.serving(front.stub(notifications.DIGEST)) as standing:
        yield standing


@pytest.fixture(scope="session")
def receiver(stage: Stage) -> Artefact:
    """The receiver as it would be deployed now."""
    return stage.with_trust(artefacts.ours())


@pytest.fixture(scope="session")
def layers(receiver: Artefact) -> dict[str, Path]:
    """The built layers by their logical id."""
    assert receiver.opt is not None
    return {name: places.ARTEFACTS / "stack" / name for name in ("DependenciesLayer", "SmartherLayer")}
