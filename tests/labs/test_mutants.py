"""The lab of mutants: it plants what it says, notices what a test notices, and tells what none does."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from labs.mutants.__main__ import SURVIVORS, all_mutants, explanations
from labs.mutants.mutations import mutants_of
from labs.mutants.reach import Reach
from tests.support.deployed import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = dedent(
    '''
    """What it is for."""

    from __future__ import annotations
    from typing import TYPE_CHECKING

    if TYPE_CHECKING:
        from collections.abc import Iterable

    LIMIT: int = 3

    def chosen(numbers: Iterable[int], *, all_of_them: bool = False) -> list[int]:
        """What is left."""
        found = []
        for number in numbers:
            if number < LIMIT and not all_of_them:
                continue
            found.append(number + 1)
        return found or [0]

    def told(name: str) -> str:
        return f"{name}: è" if name else "nobody"
    '''
)
CHANGES = {
    ("LIMIT: int = 3", "LIMIT: int = 4"),
    ("def chosen(numbers: Iterable[int], *, all_of_them: bool = False) -> list[int]:", "… = True) …"),
    ("if number < LIMIT and not all_of_them:", "if (number < LIMIT or not all_of_them):"),
    ("if number < LIMIT and not all_of_them:", "if (number <= LIMIT) and not all_of_them:"),
    ("if number < LIMIT and not all_of_them:", "if number < LIMIT and all_of_them:"),
    ("if number < LIMIT and not all_of_them:", "if True:"),
    ("if number < LIMIT and not all_of_them:", "if False:"),
    ("continue", "break"),
    ("found.append(number + 1)", "found.append((number - 1))"),
    ("found.append(number + 1)", "found.append(number + 2)"),
    ("found.append(number + 1)", "pass"),
    ("return found or [0]", "return (found and [0])"),
    ("return found or [0]", "return found or [1]"),
    ("return found or [0]", "return None"),
    ('return f"{name}: è" if name else "nobody"', "return None"),
    ('return f"{name}: è" if name else "nobody"', 'return f"{name}: è" if True else "nobody"'),
    ('return f"{name}: è" if name else "nobody"', 'return f"{name}: è" if False else "nobody"'),
    ('return f"{name}: è" if name else "nobody"', "return f'{name}: èXX' if name else \"nobody\""),
    ('return f"{name}: è" if name else "nobody"', "return f\"{name}: è\" if name else 'nobodyXX'"),
}


def test_every_slip_is_planted_and_nothing_that_no_test_could_tell() -> None:
    made = {mutant.change() for mutant in mutants_of("sample.py", SOURCE)}
    default = next(change for change in made if change[1].startswith("def chosen"))

    assert "all_of_them: bool=True" in default[1].replace(" = ", "=")
    assert made - {default} == {change for change in CHANGES if "…" not in change[1]}


def test_a_room_is_mutated_with_the_rooms_in_it() -> None:
    mutated = {mutant.module for mutant in all_mutants(["smarther/domain"])}
    assert {"smarther/domain/account/tokens.py", "smarther/domain/readings/reading.py"} <= mutated


def test_only_survivors_that_there_still_are_stay_explained() -> None:
    explained = explanations(SURVIVORS)
    modules = sorted({module for module, _, _ in explained})

    assert explained.keys() <= {(each.module, *each.change()) for each in all_mutants(modules)}
    assert all(explained.values())


def test_the_tests_of_a_line_are_those_that_run_it_a_file_at_a_time_as_long_as_there_is_time() -> None:
    seconds = {"a.py::1": 1.0, "a.py::2": 1.5, "a.py::3": 2.0, "b.py::1": 3.0, "c.py::1": 0.1}
    lines = {test: frozenset({7} if test[0] != "c" else {8}) for test in seconds}
    reach = Reach(seconds, {"m.py": lines})

    assert reach.tests_of("m.py", 7, limit=60) == ["a.py::1", "b.py::1", "a.py::2", "a.py::3"]
    assert reach.tests_of("m.py", 7, limit=4) == ["a.py::1", "b.py::1"]
    assert reach.tests_of("m.py", 7, limit=3) == ["a.py::1", "a.py::2"], "what does not fit in makes room"
    assert reach.tests_of("m.py", 7, limit=0.5) == ["a.py::1"]
    assert len(reach.tests_of("m.py", 1, limit=60)) == 5, "a line that runs at the import is anybody's"
    assert reach.tests_of("other.py", 1, limit=60) == []


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [("number > 3", "noticed"), ("number >= 3 and True", "survived"), ("while_(number)", "hung"), ("(", "noticed")],
)
def test_a_mutant_meets_the_tests_and_no_file_is_touched(tmp_path: Path, fault: str, verdict: str) -> None:
    source = "def while_(number):\n    while True:\n        pass\n\n\ndef enough(number):\n    return number >= 3\n"
    module, test = tmp_path / "counted.py", tmp_path / "test_counted.py"
    module.write_text(source)
    test.write_text("from counted import enough\n\n\ndef test_three_is_enough():\n    assert enough(3)\n")
    (tmp_path / "try_it.py").write_text(
        dedent(
            f"""
            import sys
            from pathlib import Path
            sys.path[:0] = [{str(PROJECT)!r}, {str(tmp_path)!r}]
            from labs.mutants import trial
            trial._SPARE_SECONDS = 3
            mutated = Path("counted.py").read_text().replace("number >= 3", {fault!r})
            tests = ["test_counted.py::test_three_is_enough"]
            print(trial.run_mutant("counted", Path("counted.py").resolve(), mutated, tests, usual_seconds=0.0))
            print(trial.run_mutant("counted", Path("counted.py").resolve(), mutated, [], usual_seconds=0.0))
            """
        )
    )
    ran = subprocess.run([sys.executable, "try_it.py"], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert ran.stdout.split() == [verdict, "unreached"]
    assert module.read_text() == source
