"""docs/promises/security.md claims nothing without a test that is there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support import deployed
from tests.support.pages import untrue_names

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = deployed.PROJECT / "docs" / "promises" / "security.md"
PAGE = FILE.read_text()
COLUMNS = ["So it is", "By", "Test"]


def cells(line: str) -> list[str]:
    """The cells of one line of a table."""
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def claims(page: str) -> Iterator[tuple[str, list[str]]]:
    """Every line of a table in the chapter that claims something, under its section's name."""
    section = ""
    for line in page.partition("\n## What holds\n")[2].partition("\n## ")[0].splitlines():
        if line.startswith("### "):
            section = line.removeprefix("### ")
        elif line.startswith("|") and not set(line) <= set("|- "):
            yield section, cells(line)


def untrue(claim: list[str]) -> list[str]:
    """What is wrong with a row: an empty cell, too few of them, or a test that is not there."""
    if len(claim) != len(COLUMNS) or not all(claim):
        return [f"a row with an empty cell: {claim}"]
    return untrue_names(claim[-1], FILE.parent)


FOUND = list(claims(PAGE))
ROWS = [row for _, row in FOUND if row != COLUMNS]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:60])
def test_a_claim_names_tests_that_exist(row: list[str]) -> None:
    assert untrue(row) == []


def test_every_section_claims_something_in_a_table_of_three_columns() -> None:
    chapter = PAGE.partition("\n## What holds\n")[2].partition("\n## ")[0]
    sections = re.findall(r"^### (.+)$", chapter, flags=re.MULTILINE)

    assert sections
    assert [section for section, row in FOUND if row == COLUMNS] == sections
    assert {section for section, row in FOUND if row != COLUMNS} == set(sections)


@pytest.mark.parametrize(
    "row",
    [
        ["a claim", "a means", "our word"],
        ["a claim", "", ROWS[0][2]],
        ["a claim", "a means", ROWS[0][2].replace("test_a_stranger", "test_no_stranger")],
        ["a claim", "a means", ROWS[0][2].replace("tests/", "nowhere/")],
    ],
)
def test_a_claim_that_nothing_shows_is_noticed(row: list[str]) -> None:
    assert untrue(row) != []
