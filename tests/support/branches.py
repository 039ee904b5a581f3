"""A pytest plugin that fails a run if the core's tests leave a line or a branch of its rooms unexecuted.

`make test` loads it with `-p tests.support.branches`; pytest by hand does not. Rooms, floor and exemptions are
coverage's settings in pyproject.toml, and coverage reports. What ran is recorded here, because coverage's tracer slows
down all code, not just these rooms (docs/decisions/0118-branches-recorded-in-the-rooms-alone.md).
"""

from __future__ import annotations

import importlib
import io
import sys
from collections import defaultdict
from importlib import util
from typing import TYPE_CHECKING, Any, Final

import coverage
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from types import CodeType

    type Arcs = Mapping[str, Iterable[tuple[int, int]]]

NEAREST: Final = ("tests/unit/", "tests/adapters/", "tests/functions/", "tests/keeper/")
"""The tests that count. Other tests run much of this code without checking it."""

CALLS_RECORDED: Final = 100
"""How many calls of a function are recorded in each test. Properties and simulated days call a function thousands of
times, and recording takes as long as the code itself."""

_TOOL: Final = sys.monitoring.COVERAGE_ID
_EVENTS: Final = sys.monitoring.events


class Recorder:
    """Records which line followed which, for each file below some folders.

    A step is a pair of line numbers in coverage's form: minus a function's first line means its entry or its exit.
    """

    def __init__(self, folders: Iterable[Path]) -> None:
        self.steps: defaultdict[str, set[tuple[int, int]]] = defaultdict(set)
        self._folders = tuple(f"{folder}/" for folder in folders)
        self._at: dict[int, int] = {}
        """The current line, by frame."""
        self._calls: defaultdict[int, int] = defaultdict(int)
        """How often each function was called since `resume`, by the id of its code, whose hash is slow."""
        self._called: list[CodeType] = []
        """What was called since then, kept so that no other code gets its id."""
        sys.monitoring.use_tool_id(_TOOL, "branches")
        sys.monitoring.set_events(_TOOL, _EVENTS.PY_START)

    def resume(self) -> None:
        """Start or resume recording, as for a new test."""
        self._at.clear()
        self._calls.clear()
        self._called.clear()
        sys.monitoring.register_callback(_TOOL, _EVENTS.PY_START, self._starts)
        sys.monitoring.register_callback(_TOOL, _EVENTS.LINE, self._goes_on)
        sys.monitoring.register_callback(_TOOL, _EVENTS.PY_RETURN, self._returns)

    def pause(self) -> None:
        """Pause recording."""
        for event in (_EVENTS.PY_START, _EVENTS.LINE, _EVENTS.PY_RETURN):
            sys.monitoring.register_callback(_TOOL, event, None)

    def close(self) -> None:
        """End recording and free the interpreter's tool id."""
        self.pause()
        sys.monitoring.free_tool_id(_TOOL)

    def _starts(self, code: CodeType, _: int) -> Any:
        if not code.co_filename.startswith(self._folders):
            return sys.monitoring.DISABLE
        self._calls[id(code)] = calls = self._calls[id(code)] + 1
        if calls == 1:
            self._called.append(code)
            sys.monitoring.set_local_events(_TOOL, code, _EVENTS.LINE | _EVENTS.PY_RETURN)
        if calls <= CALLS_RECORDED:
            self._at[id(sys._getframe(1))] = -code.co_firstlineno
        elif calls == CALLS_RECORDED + 1:
            sys.monitoring.set_local_events(_TOOL, code, _EVENTS.NO_EVENTS)
        return None

    def _goes_on(self, code: CodeType, line: int) -> None:
        frame = id(sys._getframe(1))
        if (before := self._at.get(frame)) is not None:
            self.steps[code.co_filename].add((before, line))
        self._at[frame] = line

    def _returns(self, code: CodeType, _: int, __: object) -> None:
        if (before := self._at.pop(id(sys._getframe(1)), None)) is not None:
            self.steps[code.co_filename].add((before, -code.co_firstlineno))


class Floor:
    """Records in each worker, collects the records in the process that started them, and checks the floor there."""

    def __init__(self, settings: Path, package: Path) -> None:
        self._coverage = coverage.Coverage(data_file=None, config_file=str(settings))
        rooms = self._coverage.get_option("run:source_pkgs")
        assert isinstance(rooms, list)
        self._rooms = [package / room.replace(".", "/") for room in rooms]
        self._package = package
        self._recorder = Recorder(self._rooms)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[Any]:
        """Record while a test that counts runs, its fixtures included."""
        if not item.nodeid.startswith(NEAREST):
            return (yield)
        self._recorder.resume()
        try:
            return (yield)
        finally:
            self._recorder.pause()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Collect a worker's record."""
        self._take(getattr(node, "workeroutput", {}).get("steps", {}))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """In a worker, hand the record over; else report, and fail the run if the floor is not reached."""
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["steps"] = {path: [*steps] for path, steps in self._recorder.steps.items()}
        elif not self._reaches_floor(session.config) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_unconfigure(self) -> None:
        """Stop monitoring."""
        self._recorder.close()

    def _reaches_floor(self, config: pytest.Config) -> bool:
        """Whether the floor is reached. Prints what is missing."""
        self._import_anew()
        data = self._coverage.get_data()
        data.add_arcs({str(path): self._recorder.steps[str(path)] for path in self._modules()})
        report = io.StringIO()
        reached = self._coverage.report(file=report)
        data.close(force=True)  # without force it stays in memory
        floor = self._coverage.get_option("report:fail_under")
        assert isinstance(floor, float)
        terminal = config.get_terminal_writer()
        terminal.write(f"\n{report.getvalue()}")
        terminal.line(
            f"Lines and branches by unit, adapter, keeper and function tests: {reached:.2f} % (floor {floor:g} %)"
        )
        return reached >= floor

    def _import_anew(self) -> None:
        """Import the modules again and record it: the test that imported one first may not count."""
        self._recorder.resume()
        for path in self._modules():
            name = ".".join(path.relative_to(self._package).with_suffix("").parts).removesuffix(".__init__")
            importlib.import_module(name)  # a dataclass needs its module in sys.modules
            spec = util.spec_from_file_location(name, path)
            assert spec is not None
            assert spec.loader is not None
            spec.loader.exec_module(util.module_from_spec(spec))
        self._recorder.pause()

    def _modules(self) -> list[Path]:
        return sorted(path for room in self._rooms for path in room.rglob("*.py"))

    def _take(self, steps: Arcs) -> None:
        for path, found in steps.items():
            self._recorder.steps[path].update((before, line) for before, line in found)


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugin for the project at pytest's root."""
    package = config.rootpath / "layers" / "smarther" / "python"
    config.pluginmanager.register(Floor(config.rootpath / "pyproject.toml", package), "floor")
