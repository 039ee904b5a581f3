"""Each row of a page that promises or states a fact has a test, and the page names those that are marked with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from labs import shown_by
from tests.support.deployed import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

RELIABILITY, SECURITY, PROVIDER = shown_by.PAGES
CHAPTERS = {RELIABILITY: "## The fault matrix", SECURITY: "## What is guaranteed"}


def test_every_row_has_a_test_and_every_mark_a_row() -> None:
    assert shown_by.faults(PROJECT) == []


@pytest.mark.parametrize("page", shown_by.PAGES)
def test_a_page_names_the_tests_that_are_marked(page: str) -> None:
    """Otherwise: make pages."""
    assert (PROJECT / page).read_text() == shown_by.written(PROJECT, page)


@pytest.mark.parametrize("page", CHAPTERS)
def test_every_table_of_the_chapter_that_promises_is_read_and_no_cell_is_empty(page: str) -> None:
    text = (PROJECT / page).read_text()
    chapter = text.partition(f"\n{CHAPTERS[page]}\n")[2].partition("\n## ")[0]
    read = list(shown_by.rows(text))

    lines = [line for line in chapter.splitlines() if line.startswith("|") and not set(line) <= set("|- ")]
    assert len(read) == len(lines) - chapter.count("\n### ") > 30
    assert [row for row in read if len(row.cells) != len(row.columns) or not all(row.cells)] == []
    assert len({row.columns[1:] for row in read}) == 1


TABLE = "| What fails | Where the data is | Test |\n|---|---|---|\n"
HANGS = "| **table hangs**: it does not answer | queue | [`test_hangs`](../../tests/unit/test_table.py) |\n"
THROTTLES = "| **table throttles** | queue | [`test_throttles`](../../tests/unit/test_table.py) |\n"
TESTS = """import pytest

@pytest.mark.shows("table hangs")
def test_hangs(): ...

@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.shows("table throttles")
def test_throttles(times): ...
"""


def planted(project: Path, *, page: str = TABLE + HANGS + THROTTLES, tests: str = TESTS, more: str = "") -> Path:
    """A project of one file of tests and the pages, of which only the first has rows unless more is said."""
    for file, text in {RELIABILITY: page, SECURITY: more, PROVIDER: "", "tests/unit/test_table.py": tests}.items():
        (project / file).parent.mkdir(parents=True, exist_ok=True)
        (project / file).write_text(text)
    return project


def test_a_project_in_order_has_no_fault_and_stays_as_it_is(tmp_path: Path) -> None:
    project = planted(tmp_path)
    assert shown_by.faults(project) == []
    assert shown_by.written(project, RELIABILITY) == TABLE + HANGS + THROTTLES


@pytest.mark.parametrize(
    ("page", "more", "fault"),
    [
        (TABLE + HANGS + THROTTLES + "| **table lies** | – | – |\n", "", "reliability.md:5: no test shows: table lies"),
        (TABLE + HANGS + THROTTLES + HANGS, "", "reliability.md:5: a name of several rows: table hangs"),
        (TABLE + HANGS + THROTTLES, TABLE + HANGS, "security.md:3: a name of several rows: table hangs"),
        (TABLE + HANGS + THROTTLES + "| table hangs | – | – |\n", "", "reliability.md:5: a row without a name"),
        (TABLE + HANGS, "", "tests/unit/test_table.py:7: no row is called: table throttles"),
    ],
)
def test_a_row_without_a_test_or_a_name_of_its_own_is_seen(tmp_path: Path, page: str, more: str, fault: str) -> None:
    found = shown_by.faults(planted(tmp_path, page=page, more=more))
    assert found
    assert fault in [each.removeprefix("docs/promises/") for each in found]


@pytest.mark.parametrize(
    "mark",
    [
        '@pytest.mark.shows("table hang")\ndef test_more(): ...',
        '@pytest.mark.shows("table hangs", "table hang")\ndef test_more(): ...',
        '@pytest.mark.shows("table hangs")\ndef no_test(): ...',
        "@pytest.mark.shows\ndef test_more(): ...",
        "@pytest.mark.shows()\ndef test_more(): ...",
        '@pytest.mark.shows(f"table {hangs}")\ndef test_more(): ...',
        '@pytest.mark.shows("table hangs", *more)\ndef test_more(): ...',
        'hangs = pytest.mark.shows("table hangs")\n@hangs\ndef test_more(): ...',
        'hangs = pytest.mark.shows\n@hangs("table hangs")\ndef test_more(): ...',
        'class TestMore:\n    @pytest.mark.shows("table hangs")\n    def test_more(self): ...',
        'def test_more():\n    @pytest.mark.shows("table hangs")\n    def test_inside(): ...',
    ],
)
def test_a_mark_of_no_row_or_at_no_test_is_seen(tmp_path: Path, mark: str) -> None:
    (found,) = shown_by.faults(planted(tmp_path, tests=f"{TESTS}\n{mark}\n"))
    assert found.startswith("tests/unit/test_table.py:")


def test_a_mark_in_a_file_that_holds_no_tests_is_seen(tmp_path: Path) -> None:
    (planted(tmp_path) / "tests" / "unit" / "table.py").write_text(TESTS)
    assert [each.partition(":")[0] for each in shown_by.faults(tmp_path)] == ["tests/unit/table.py"] * 2


CASE = """
@pytest.mark.parametrize("times", [1, pytest.param(2, marks=pytest.mark.shows("table hangs"))])
def test_a(times): ...
"""
ALL_AND_ONE = """
pytestmark = [pytest.mark.usefixtures("aws"), pytest.mark.shows("table hangs")]
def test_a(): ...
@pytest.mark.shows("table hangs")
def test_b(): ...
def helper(): ...
"""


@pytest.mark.parametrize(
    ("tests", "named"),
    [
        ('@pytest.mark.shows("table hangs", "table throttles")\ndef test_both(): ...', ["test_both", "test_both"]),
        ('@mark.shows("table hangs")\n@mark.shows("table throttles")\nasync def test_a(): ...', ["test_a", "test_a"]),
        (CASE, ["test_a", ""]),
        ('pytestmark = pytest.mark.shows("table throttles")\ndef test_a(): ...', ["", "test_a"]),
        (ALL_AND_ONE, ["test_a test_b", ""]),
    ],
)
def test_the_column_names_each_test_once_wherever_it_is_marked(tmp_path: Path, tests: str, named: list[str]) -> None:
    project = planted(tmp_path, tests=tests)
    page = shown_by.written(project, RELIABILITY)
    (project / RELIABILITY).write_text(page)

    links = [", ".join(f"[`{test}`](../../tests/unit/test_table.py)" for test in each.split()) for each in named]
    assert [row.cells[-1] for row in shown_by.rows(page)] == links
    assert page == shown_by.written(project, RELIABILITY)


def test_tests_of_the_deployed_stack_come_last_and_are_called_so(tmp_path: Path) -> None:
    project = planted(tmp_path, page=TABLE + HANGS)
    (project / "tests" / "e2e").mkdir()
    (project / "tests" / "e2e" / "test_it.py").write_text(TESTS)

    (row,) = shown_by.rows(shown_by.written(project, RELIABILITY))
    here, deployed = "[`test_hangs`](../../tests/unit/test_table.py)", "[`test_hangs`](../../tests/e2e/test_it.py)"
    assert row.cells[-1] == f"{here}, deployed {deployed}"


@pytest.mark.parametrize("stale", [HANGS.replace("test_hangs", "test_hung"), HANGS.replace("unit", "adapters")])
def test_a_column_that_the_marks_no_longer_say_is_seen(tmp_path: Path, stale: str) -> None:
    project = planted(tmp_path, page=TABLE + stale + THROTTLES)
    assert shown_by.written(project, RELIABILITY) == TABLE + HANGS + THROTTLES != TABLE + stale + THROTTLES
