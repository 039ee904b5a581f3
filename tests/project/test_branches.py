"""`make test` fails when the nearest tests leave a branch of a room out, and pytest by hand does not care."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.support.branches import CALLS_RECORDED
from tests.support.deployed import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["coverage"]
ROOMS = [room.removeprefix("smarther.") for room in SETTINGS["run"]["source_pkgs"]]

PLUGIN = ("-p", "tests.support.branches")
MODULE = """\
def warmer(by: int) -> int:
    degrees = 20
    if by:
        degrees += by
    return degrees
"""
ONE_WAY = """\
from smarther.{room}.planted import warmer


def test_warmer() -> None:
    assert warmer(1) == 21
"""
OTHER_WAY = ONE_WAY.replace("warmer(1) == 21", "warmer(0) == 20")

WINDING = """\
from contextlib import suppress


def countdown(n):
    while n:
        if n == 7:
            return
        yield n
        n -= 1


def kind(value):
    match value:
        case int() if value > 3:
            return "large"
        case int() | float():
            return "number"
        case _:
            return "other"


def tried(numbers):
    found = []
    for each in numbers:
        try:
            found.append(
                1
                / each
            )
        except ZeroDivisionError:
            continue
        finally:
            found.append(0)
    else:
        found = [x for x in found if x]
    with suppress(IndexError):
        if not found[1]:
            return None
    return found


def nested(depth):
    if depth:
        nested(depth - 1)
    later = lambda: depth
    return later
"""
WALKED = """\
from smarther.domain.planted import countdown, kind, nested, tried


def test_some_ways() -> None:
    first, second = countdown(2), countdown(3)
    assert [next(first), next(second), *first] == [2, 3, 1]
    assert [kind(1), kind("")] == ["number", "other"]
    assert tried([1, 0]) == [1.0]
    assert nested(1)
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A project with our settings and rooms, a branch in each, and one way of it tested."""
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    package = tmp_path / "layers" / "smarther" / "python" / "smarther"
    write(package / "__init__.py", "")
    for room in ROOMS:
        write(package / room / "planted.py", MODULE)
        write(tmp_path / "tests" / "unit" / f"test_{room}.py", ONE_WAY.format(room=room))
    return tmp_path


def write(file: Path, text: str) -> None:
    """A file, and its folder if that is missing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def ran(place: Path, *options: str, module: str = "pytest") -> subprocess.CompletedProcess[str]:
    """Pytest, or another module, in a place, with the project's plugins to be had."""
    return subprocess.run(  # noqa: S603 - the command is our own
        [sys.executable, "-m", module, *options],
        cwd=place,
        env={"PYTHONPATH": str(PROJECT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def missing(told: str) -> dict[str, str]:
    """The line or branch that each room lacks, as the report tells it."""
    return dict(re.findall(r"smarther/(\w+)/planted\.py +.* (\S+)$", told, re.MULTILINE))


def lines_of(told: str, room: str) -> list[str]:
    """What a report says of a room."""
    return [line for line in told.splitlines() if f"smarther/{room}/" in line]


def test_the_rooms_and_the_floor() -> None:
    assert ROOMS == ["domain", "store", "receiver", "keeper"]
    assert SETTINGS["report"]["fail_under"] == 100


def without_reason(settings: str) -> list[str]:
    """The patterns of what may be left out that have no reason behind them."""
    lists = re.findall(r"^(?:exclude|partial)_\w+ = \[\n(.*?)^\]", settings, re.MULTILINE | re.DOTALL)
    assert lists
    return [line for line in "".join(lists).splitlines() if not re.search(r"\", # \S+( \S+){4}", line)]


def test_what_may_be_left_out_stands_in_the_settings_each_with_its_reason() -> None:
    settings = (PROJECT / "pyproject.toml").read_text()

    assert without_reason(settings) == []
    assert without_reason(re.sub(r"(TYPE_CHECKING:\",) # .*", r"\1", settings)) == ['    "if TYPE_CHECKING:",']
    for room in ROOMS:
        for path in (PROJECT / "layers" / "smarther" / "python" / "smarther" / room).rglob("*.py"):
            assert "pragma:" not in path.read_text(), path


def test_what_the_nearest_tests_run_of_all_workers_counts(place: Path) -> None:
    for folder, room in zip(("unit", "adapters", "functions", "keeper"), ROOMS, strict=True):
        write(place / "tests" / folder / f"test_other_{room}.py", OTHER_WAY.format(room=room))

    whole = ran(place, "--numprocesses", "2", *PLUGIN)

    assert whole.returncode == 0, whole.stdout + whole.stderr
    assert missing(whole.stdout) == {}


@pytest.mark.parametrize("options", [(), ("--numprocesses", "2")])
def test_a_branch_that_only_tests_further_away_take_is_missing(place: Path, options: tuple[str, ...]) -> None:
    for room in ROOMS:
        write(place / "tests" / "cli" / f"test_other_{room}.py", OTHER_WAY.format(room=room))

    whole = ran(place, *options, *PLUGIN)

    assert whole.returncode == 1, whole.stdout + whole.stderr
    assert missing(whole.stdout) == dict.fromkeys(ROOMS, "3->5")


def test_what_is_recorded_is_what_coverage_itself_traces(place: Path) -> None:
    """Generators side by side, recursion, what an exception leaves, statements over several lines."""
    domain = place / "layers" / "smarther" / "python" / "smarther" / "domain" / "planted.py"
    write(domain, WINDING)
    write(place / "tests" / "unit" / "test_domain.py", WALKED)

    recorded = ran(place, *PLUGIN)
    ran(place, "run", "-m", "pytest", module="coverage")
    traced = ran(place, "report", module="coverage")

    (of_domain,) = lines_of(recorded.stdout, "domain")
    assert of_domain.count(",") == 2, "three lines are missing"
    assert [of_domain] == lines_of(traced.stdout, "domain")


@pytest.mark.parametrize(
    ("before", "between", "found"),
    [
        (CALLS_RECORDED - 1, "", {}),
        (CALLS_RECORDED, "", {"domain": "3->5"}),
        (CALLS_RECORDED, "\n\ndef test_behind_it() -> None:", {}),
    ],
)
def test_of_a_function_the_first_calls_in_each_test_are_recorded(
    place: Path, before: int, between: str, found: dict[str, str]
) -> None:
    for room in ROOMS:
        write(place / "tests" / "unit" / f"test_other_{room}.py", OTHER_WAY.format(room=room))
    write(place / "tests" / "unit" / "test_other_domain.py", "")
    write(
        place / "tests" / "unit" / "test_domain.py",
        "from smarther.domain.planted import warmer\n\n\ndef test_often() -> None:\n"
        f"    for _ in range({before}):\n        warmer(1)\n{between}\n    warmer(0)\n",
    )

    assert missing(ran(place, *PLUGIN).stdout) == found


def test_pytest_by_hand_asks_for_no_branches(place: Path) -> None:
    by_hand = ran(place, "tests/unit/test_domain.py")

    assert by_hand.returncode == 0, by_hand.stdout + by_hand.stderr
