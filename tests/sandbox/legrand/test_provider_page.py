"""docs/developer/provider.md says nothing of the stand-in that no test shows, and leaves no open question out."""

import re
from collections.abc import Iterator

import pytest

from sandbox.legrand.variants import QUESTIONS
from tests.support import deployed
from tests.support.pages import named_tests, names_in, untrue_names

FOLDER = deployed.PROJECT / "docs" / "developer"
PAGE = (FOLDER / "provider.md").read_text()
CLIENTS = deployed.PROJECT / "tests" / "sandbox" / "legrand" / "test_clients.py"
FACTS = ("Fact", "Grade, source", "What the stand-in does", "Test")
WORLDS = ("Question", "Answers", "Why the first, why the others", "Test")
_GRADED = re.compile(r"[ABCD]\b.+")

type Row = tuple[str, ...]


def rows(text: str, columns: Row) -> Iterator[Row]:
    """The rows of every table of a page that has these columns."""
    inside = False
    for line in text.splitlines():
        cells = tuple(cell.strip() for cell in line.strip().strip("|").split("|"))
        if not line.startswith("|"):
            inside = False
        elif cells == columns:
            inside = True
        elif inside and not set(line) <= set("|- "):
            yield cells


def untrue_fact(row: Row) -> list[str]:
    """What a row of facts lacks, or says that is not so."""
    if len(row) != len(FACTS) or not all(row):
        return [f"not four cells: {row}"]
    return untrue_names(row[3], FOLDER) + ([] if _GRADED.fullmatch(row[1]) else ["no grade with a source"])


def untrue_question(row: Row) -> list[str]:
    """What a row of questions lacks, or says that is not so."""
    if len(row) != len(WORLDS) or not all(row):
        return [f"not four cells: {row}"]
    known = QUESTIONS.get(row[0].strip("`"), ())
    told = tuple(answer.strip("` ") for answer in row[1].split(","))
    return untrue_names(row[3], FOLDER) + ([] if told == known else [f"its answers are {known}"])


KNOWN, OPEN = list(rows(PAGE, FACTS)), list(rows(PAGE, WORLDS))


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: row[0][:60])
def test_a_fact_has_a_source_a_behaviour_and_a_test_that_is_there(row: Row) -> None:
    assert untrue_fact(row) == []


@pytest.mark.parametrize("row", OPEN, ids=lambda row: row[0])
def test_an_open_question_has_its_answers_and_a_test_that_is_there(row: Row) -> None:
    assert untrue_question(row) == []


def test_every_question_of_a_world_is_on_the_page_once_and_every_table_is_read() -> None:
    assert [row[0].strip("`") for row in OPEN] == list(QUESTIONS)
    tables = sum(line.startswith("|--") for line in PAGE.splitlines())
    lines = sum(line.startswith("|") for line in PAGE.splitlines())
    assert len(KNOWN) + len(OPEN) == lines - 2 * tables > 40


def test_every_test_of_what_real_clients_do_is_behind_a_fact_or_reads_it_with_our_own_parser() -> None:
    named = {name for name, file in named_tests(PAGE, FOLDER) if file == CLIENTS}
    tests = {name for name in names_in(CLIENTS) if name.startswith("test_")}
    assert tests - named == {
        "test_the_recorder_reads_what_became_of_an_order",
        "test_home_assistant_on_a_409_deletes_what_looks_like_its_own_and_leaves_ours",
    }


FACT, QUESTION = KNOWN[0], OPEN[0]


@pytest.mark.parametrize(
    "row",
    [
        (*FACT[:3], ""),
        FACT[:3],
        (*FACT[:3], FACT[3].replace("test_another", "test_no_other")),
        (*FACT[:3], FACT[3].replace("legrand/", "nowhere/")),
        (FACT[0], "", *FACT[2:]),
        (FACT[0], "somebody said so", *FACT[2:]),
        (FACT[0], "B", *FACT[2:]),
    ],
)
def test_a_fact_that_is_told_badly_is_noticed(row: Row) -> None:
    assert untrue_fact(FACT) == []
    assert untrue_fact(row) != []


@pytest.mark.parametrize(
    "row",
    [
        ("`set_point_in_summer`", *QUESTION[1:]),
        (QUESTION[0], "`missing`, `previous`", *QUESTION[2:]),
        (QUESTION[0], "`previous`", *QUESTION[2:]),
        (*QUESTION[:3], "–"),
    ],
)
def test_a_question_that_is_told_badly_is_noticed(row: Row) -> None:
    assert untrue_question(QUESTION) == []
    assert untrue_question(row) != []
