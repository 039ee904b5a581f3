"""A separate sandbox for tests that need one besides that of the deployed tests."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox.running import places

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def sandbox_of_its_own(name: str) -> Iterator[Path]:
    """In the block, the sandbox is the one in this folder below `.sandbox`."""
    usual, folder = places.SANDBOX, places.PROJECT / ".sandbox" / name
    with pytest.MonkeyPatch.context() as patched:
        for each, place in list(vars(places).items()):
            if isinstance(place, Path) and place.is_relative_to(usual):
                patched.setattr(places, each, folder / place.relative_to(usual))
        assert folder == places.SANDBOX
        yield folder
