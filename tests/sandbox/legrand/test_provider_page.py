"""docs/developer/provider.md grades every fact with its source, and leaves no open question out."""

import re

import pytest

from labs import shown_by
from sandbox.legrand.variants import QUESTIONS
from tests.support.deployed import PROJECT

PAGE = (PROJECT / "docs" / "developer" / "provider.md").read_text()
CLIENTS = "tests/sandbox/legrand/test_clients.py"
FACTS = ("Fact", "Grade, source", "What the stand-in does", "Test")
WORLDS = ("Question", "Answers", "Reasons for the first and for the others", "Test")
_GRADED = re.compile(r"[ABCD]\b.+")

type Cells = tuple[str, ...]


def untrue_fact(cells: Cells) -> list[str]:
    """What a row of facts lacks."""
    if len(cells) != len(FACTS) or not all(cells):
        return [f"not four cells: {cells}"]
    return [] if _GRADED.fullmatch(cells[1]) else ["no grade with a source"]


def untrue_question(cells: Cells) -> list[str]:
    """What a row of questions lacks, or says that is not so."""
    if len(cells) != len(WORLDS) or not all(cells):
        return [f"not four cells: {cells}"]
    known = QUESTIONS.get(cells[0].strip("*`"), ())
    told = tuple(answer.strip("` ") for answer in cells[1].split(","))
    return [] if told == known else [f"its answers are {known}"]


ROWS = list(shown_by.rows(PAGE))
KNOWN = [row.cells for row in ROWS if row.columns == FACTS]
OPEN = [row.cells for row in ROWS if row.columns == WORLDS]


@pytest.mark.parametrize("cells", KNOWN, ids=lambda cells: cells[0][:60])
def test_a_fact_has_a_source_and_a_behaviour(cells: Cells) -> None:
    assert untrue_fact(cells) == []


@pytest.mark.parametrize("cells", OPEN, ids=lambda cells: cells[0])
def test_an_open_question_has_its_answers(cells: Cells) -> None:
    assert untrue_question(cells) == []


def test_every_question_of_a_world_is_on_the_page_once_and_every_table_is_read() -> None:
    assert [row.name for row in ROWS if row.columns == WORLDS] == list(QUESTIONS)
    tables = sum(line.startswith("|--") for line in PAGE.splitlines())
    lines = sum(line.startswith("|") for line in PAGE.splitlines())
    assert len(KNOWN) + len(OPEN) == lines - 2 * tables > 40


def test_every_test_of_real_clients_shows_a_fact_or_uses_our_own_parser() -> None:
    marked = {mark.test for mark in shown_by.marks(PROJECT) if mark.file == CLIENTS}
    tests = set(re.findall(r"^(?:async )?def (test_\w+)", (PROJECT / CLIENTS).read_text(), re.MULTILINE))
    assert tests - marked == {"test_the_recorder_reads_what_became_of_an_order"}


FACT, QUESTION = KNOWN[0], OPEN[0]


@pytest.mark.parametrize(
    "cells",
    [
        (*FACT[:3], ""),
        FACT[:3],
        (FACT[0], "", *FACT[2:]),
        (FACT[0], "somebody said so", *FACT[2:]),
        (FACT[0], "B", *FACT[2:]),
    ],
)
def test_a_fact_that_is_told_badly_is_noticed(cells: Cells) -> None:
    assert untrue_fact(FACT) == []
    assert untrue_fact(cells) != []


@pytest.mark.parametrize(
    "cells",
    [
        ("**`set_point_in_summer`**", *QUESTION[1:]),
        (QUESTION[0], "`missing`, `previous`", *QUESTION[2:]),
        (QUESTION[0], "`previous`", *QUESTION[2:]),
        (*QUESTION[:3], ""),
    ],
)
def test_a_question_that_is_told_badly_is_noticed(cells: Cells) -> None:
    assert untrue_question(QUESTION) == []
    assert untrue_question(cells) != []
