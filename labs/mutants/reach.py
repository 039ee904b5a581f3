"""Records which lines each test runs, with the interpreter's own monitoring.

A line that runs at import (a constant, a table) counts for every test that runs a line of the module.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import CodeType

_TOOL: Final = sys.monitoring.COVERAGE_ID

QUIET: Final = ("-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")
"""Options for a pytest that starts after Hypothesis was imported."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The tests that passed, with the processor seconds of each, and the lines of each module that it ran."""

    seconds: dict[str, float]
    lines: dict[str, dict[str, frozenset[int]]]
    """By module and test."""

    def tests_of(self, module: str, line: int, *, limit: float) -> list[str]:
        """The tests that can notice a fault there, as many as take `limit` seconds, but at least one.

        The quickest of each file come first, then the second of each, and so on: the test that checks a line best is
        seldom the quickest of all.
        """
        of_module = self.lines.get(module, {})
        direct = {test for test, lines in of_module.items() if line in lines}
        of_file: defaultdict[str, int] = defaultdict(int)
        turns: list[tuple[int, float, str]] = []
        for test in sorted(direct or of_module, key=lambda each: (self.seconds[each], each)):
            file = test.partition("::")[0]
            turns.append((of_file[file], self.seconds[test], test))
            of_file[file] += 1
        chosen: list[str] = []
        spent = 0.0
        for _, _, test in sorted(turns):
            if chosen and spent + self.seconds[test] > limit:
                continue  # a quicker one may still fit
            spent += self.seconds[test]
            chosen.append(test)
        return chosen

    def save(self, path: Path) -> None:
        """Write it to a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = {module: {test: sorted(found) for test, found in tests.items()} for module, tests in self.lines.items()}
        path.write_text(json.dumps({"seconds": self.seconds, "lines": lines}))

    @classmethod
    def load(cls, path: Path) -> Reach:
        """Read what `save` wrote."""
        kept = json.loads(path.read_text())
        lines = {
            module: {test: frozenset(found) for test, found in tests.items()} for module, tests in kept["lines"].items()
        }
        return cls(kept["seconds"], lines)


class Recorder:
    """A pytest plugin that records which lines below a folder each test runs."""

    def __init__(self, below: Path) -> None:
        self._below = f"{below}/"
        self._running: dict[str, set[int]] | None = None
        self._seconds: dict[str, float] = {}
        self._lines: defaultdict[str, dict[str, frozenset[int]]] = defaultdict(dict)
        self._failed: set[str] = set()

    def reach(self) -> Reach:
        """The record of the tests that passed."""
        passed = {test: took for test, took in self._seconds.items() if test not in self._failed}
        lines = {
            module: {test: found for test, found in tests.items() if test in passed}
            for module, tests in self._lines.items()
        }
        return Reach(passed, lines)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[Any]:
        """Record while one test runs, its fixtures included."""
        monitoring = sys.monitoring
        self._running = defaultdict(set)
        monitoring.restart_events()
        begun = time.process_time()
        answer = yield
        self._seconds[item.nodeid] = time.process_time() - begun
        for path, lines in self._running.items():
            self._lines[path][item.nodeid] = frozenset(lines)
        self._running = None
        return answer

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep only tests that pass: no other can notice a mutant."""
        if not report.passed:
            self._failed.add(report.nodeid)

    def line(self, code: CodeType, line: int) -> Any:
        """Record a line, before it runs."""
        if self._running is not None and code.co_filename.startswith(self._below):
            self._running[code.co_filename.removeprefix(self._below)].add(line)
        return sys.monitoring.DISABLE


def record(arguments: Sequence[str], *, below: Path) -> Reach:
    """Run tests and record their lines; `arguments` are pytest's."""
    recorder = Recorder(below)
    sys.monitoring.use_tool_id(_TOOL, "reach")
    sys.monitoring.register_callback(_TOOL, sys.monitoring.events.LINE, recorder.line)
    sys.monitoring.set_events(_TOOL, sys.monitoring.events.LINE)
    try:
        pytest.main([*arguments, *QUIET], plugins=[recorder])
    finally:
        sys.monitoring.set_events(_TOOL, sys.monitoring.events.NO_EVENTS)
        sys.monitoring.free_tool_id(_TOOL)
    return recorder.reach()


if __name__ == "__main__":
    package, recorded, *chosen_tests = sys.argv[1:]
    record(chosen_tests, below=Path(package)).save(Path(recorded))
