"""Waiting for what a deployed stack does by itself."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def wait_for(condition: Callable[[], bool], what: str, *, seconds: float = 60) -> None:
    """Wait until it is so; fails, saying `what`, if it is not so after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)
