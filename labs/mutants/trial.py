"""Runs the tests of one mutant, in its own process.

The process is a fork of this one, which has imported libraries but none of our modules. So the mutant is imported
instead of the module, and no file is changed.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import tempfile
import time
from enum import StrEnum
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import Phase, settings

from labs.mutants.reach import QUIET

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

_SPARE_SECONDS: Final = 30.0
"""Processor time that a mutant has, besides three times that of the tests without it. One that takes more hangs, which
counts as noticed."""
_TIMEOUT: Final = 1200.0
"""Seconds by the clock after which a sleeping process is ended."""


class Verdict(StrEnum):
    """The result for one mutant."""

    NOTICED = "noticed"
    HUNG = "hung"
    SURVIVED = "survived"
    UNREACHED = "unreached"
    """No recorded test runs it."""


def run_mutant(name: str, path: Path, source: str, tests: Sequence[str], *, usual_seconds: float) -> Verdict:
    """Run the tests with `source` instead of the module `name`, whose file is `path`."""
    if not tests:
        return Verdict.UNREACHED
    child = os.fork()
    if child == 0:
        os._exit(_run(name, path, source, tests, usual_seconds))
    status = _waited(child)
    if os.WIFSIGNALED(status):
        return Verdict.HUNG
    return Verdict.SURVIVED if os.WEXITSTATUS(status) == pytest.ExitCode.OK else Verdict.NOTICED


def _waited(child: int) -> int:
    end = time.monotonic() + _TIMEOUT
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return status
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.05)


def _run(name: str, path: Path, source: str, tests: Sequence[str], usual_seconds: float) -> int:
    """Run the tests without output; returns their exit status."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime + 3 * usual_seconds + _SPARE_SECONDS)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    sys.meta_path.insert(0, _Planted(name, path, source))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder  # examples that fail on a mutant must not be kept
        files = list(dict.fromkeys(test.partition("::")[0] for test in tests))
        options = ["-x", *QUIET, "--no-header", "--tb=no"]
        return int(pytest.main([*options, *files], plugins=[_Chosen(tests)]))


class _Planted(MetaPathFinder, Loader):
    """Imports one module from another source."""

    def __init__(self, name: str, path: Path, source: str) -> None:
        self._name = name
        self._path = path
        self._source = source

    def find_spec(self, fullname: str, path: object = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The mutant's spec, for its name alone."""
        del path, target
        if fullname != self._name:
            return None
        spec = ModuleSpec(fullname, self, origin=str(self._path))
        spec.has_location = True
        return spec

    def exec_module(self, module: ModuleType) -> None:
        """Execute the mutant's source as the module."""
        exec(compile(self._source, str(self._path), "exec"), module.__dict__)  # noqa: S102 - our own source, mutated


class _Chosen:
    """A pytest plugin that runs only these tests, in this order, without shrinking failing examples."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._rank = {test: rank for rank, test in enumerate(tests)}

    def pytest_configure(self) -> None:
        """Change Hypothesis's profile after `tests/conftest.py` has loaded it."""
        settings.register_profile("mutants", settings(), phases=(Phase.explicit, Phase.generate), database=None)
        settings.load_profile("mutants")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the chosen tests."""
        items[:] = sorted(
            (each for each in items if each.nodeid in self._rank), key=lambda each: self._rank[each.nodeid]
        )
