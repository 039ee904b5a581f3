"""The functions as the runtime loads them: each `app` by its path, with the environment that the template gives it."""

from __future__ import annotations

import gc
import importlib.util
import io
import json
import sys
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import botocore.loaders
import botocore.session
import pytest

from smarther import telemetry
from smarther.receiver import deadlines
from tests.support import deployed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    type Load = Callable[[str], ModuleType]

_LOADER = botocore.loaders.create_loader()


@pytest.fixture(autouse=True)
def _nobodys_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials that open nothing, whatever the machine has."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", deployed.REGION)


@pytest.fixture
def unhurried(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A budget that a busy machine keeps too: what is tested here is where things go, not how fast.

    Only a service that hangs, as the test's name says, is given up after a second. That the real budget is kept is
    tested on a clock of its own.
    """
    monkeypatch.setattr(deadlines, "TABLE_LAST_CALL_SECONDS", 20)
    monkeypatch.setattr(deadlines, "TABLE_UNTIL_SECONDS", 30)
    monkeypatch.setattr(deadlines, "SPILL_UNTIL_SECONDS", 60)
    monkeypatch.setattr(deadlines, "CONNECT_TIMEOUT_SECONDS", 10)
    monkeypatch.setattr(deadlines, "READ_TIMEOUT_SECONDS", 1 if "hang" in request.node.name else 20)


def loaded(name: str) -> ModuleType:
    """A cold start of `functions/<name>/app.py`."""
    spec = importlib.util.spec_from_file_location(f"function_{name}", deployed.PROJECT / "functions" / name / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    gc.unfreeze()  # the receiver marks what is there as permanent: its process is its own, this one is not
    return module


@dataclass(frozen=True)
class Apps:
    """The functions that look back. Their table is put in as `client`, and `now` is their clock."""

    rollup: Any
    widget: Any
    clock: Mock

    def at(self, now: datetime) -> Apps:
        """The same functions at another time."""
        self.clock.now.return_value = now
        return self


@pytest.fixture(scope="module")
def apps() -> Iterator[Apps]:
    """These functions as they start, once for all homes that a test draws."""
    clock = Mock(wraps=datetime)
    environment = {
        "TABLE_NAME": deployed.TABLE,
        "TIMEZONE": "Europe/Rome",
        "RETENTION_DAYS": "0",
        "STALE_AFTER_HOURS": "24",
        "KEEPER_RATE_MINUTES": "30",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": deployed.REGION,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        found = {name: loaded(name) for name in ("rollup", "widget")}
        for app in found.values():
            patch.setattr(app, "datetime", clock)
        yield Apps(**found, clock=clock)


@pytest.fixture
def load() -> Load:
    """To start functions with, once their environment is there."""
    return loaded


@pytest.fixture(autouse=True)
def _service_models_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every cold start makes new clients, from the same service descriptions."""
    monkeypatch.setattr(botocore.session, "create_loader", lambda _=None: _LOADER)


class Log:
    """What a function wrote to its log."""

    def __init__(self, written: io.StringIO) -> None:
        self._written = written

    @property
    def text(self) -> str:
        return self._written.getvalue()

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def clear(self) -> None:
        self._written.seek(0)
        self._written.truncate()


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    written = io.StringIO()
    monkeypatch.setattr(telemetry.logger.registered_handler, "stream", written)
    monkeypatch.setattr("builtins.print", lambda *words: written.write(" ".join(map(str, words)) + "\n"))
    assert sys.stdout is not written
    return Log(written)
