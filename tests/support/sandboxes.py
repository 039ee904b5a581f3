"""A separate sandbox for tests that need one besides that of the deployed tests."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox.running import paths

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def sandbox_of_its_own(name: str) -> Iterator[Path]:
    """In the block, the sandbox is the one in this folder below `.sandbox`."""
    usual, folder = paths.SANDBOX, paths.PROJECT / ".sandbox" / name
    with pytest.MonkeyPatch.context() as patched:
        for each, place in list(vars(paths).items()):
            if isinstance(place, Path) and place.is_relative_to(usual):
                patched.setattr(paths, each, folder / place.relative_to(usual))
        assert folder == paths.SANDBOX
        yield folder
