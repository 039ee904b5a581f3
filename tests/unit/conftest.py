"""The pure core is tested without any network: a socket opened here is a mistake, and fails."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _no_network(socket_disabled: None) -> None:
    """Sockets are off (pytest-socket)."""
