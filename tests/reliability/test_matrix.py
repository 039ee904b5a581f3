"""The fault matrix of docs/promises/reliability.md names nothing that is not there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.support import deployed
from tests.support.pages import untrue_names

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = deployed.PROJECT / "docs"
PAGE = DOCS / "promises" / "reliability.md"
COLUMNS = ("Sender sees", "Where the data is", "Alarm", "How it comes back", "Test")
_ALARM = re.compile(r"\[([^\]]+)\]\(\.\./running/runbook\.md#([^)]+)\)")


@dataclass(frozen=True)
class Row:
    """One fault and what becomes of it."""

    fault: str
    sender: str
    place: str
    alarm: str
    recovery: str
    test: str


def rows(text: str) -> Iterator[Row]:
    """The rows of every table of faults in a page."""
    inside = False
    for line in text.splitlines():
        cells = tuple(cell.strip() for cell in line.strip().strip("|").split("|"))
        if not line.startswith("|"):
            inside = False
        elif cells[1:] == COLUMNS:
            inside = True
        elif inside and not set(line) <= set("|- "):
            yield Row(*cells)


def alarms() -> set[str]:
    """The names of all alarms of the template, without the stack's."""
    resources = deployed.template()["Resources"].values()
    names = [each["Properties"]["AlarmName"] for each in resources if each["Type"] == "AWS::CloudWatch::Alarm"]
    return {name["Fn::Sub"].removeprefix("${AWS::StackName}-") for name in names}


def untrue(row: Row) -> list[str]:
    """What a row says that is not so."""
    wrong = [f"an empty cell: {row}"] if not all(vars(row).values()) else []
    wrong += untrue_names(row.test, PAGE.parent)
    named = _ALARM.findall(row.alarm)
    wrong += [f"no alarm {chapter}" for alarm, chapter in named if alarm != chapter or chapter not in alarms()]
    wrong += [] if named or row.alarm.startswith(("–", "as above")) else ["neither an alarm nor none"]
    return wrong


MATRIX = list(rows(PAGE.read_text()))


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: row.fault)
def test_a_row_is_whole_and_every_test_and_alarm_that_it_names_exists(row: Row) -> None:
    assert untrue(row) == []


def test_every_table_of_the_page_is_read() -> None:
    chapters = PAGE.read_text().partition("## The fault matrix")[2].partition("## What is not promised")[0]
    lines = [line for line in chapters.splitlines() if line.startswith("|") and not set(line) <= set("|- ")]
    assert len(MATRIX) == len(lines) - chapters.count("\n### ") > 30


GOOD = MATRIX[0]


@pytest.mark.parametrize(
    "row",
    [
        Row(**{**vars(GOOD), "test": ""}),
        Row(**{**vars(GOOD), "test": GOOD.test.replace("test_what", "test_nothing_what")}),
        Row(**{**vars(GOOD), "test": GOOD.test.replace("tests/functions", "tests/nowhere")}),
        Row(**{**vars(GOOD), "test": "[`properties`](../../tests/reliability/test_places.py)"}),
        Row(**{**vars(GOOD), "alarm": GOOD.alarm.replace("notification-spilled", "notification-lost")}),
        Row(**{**vars(GOOD), "alarm": "[another](../running/runbook.md#notification-spilled)"}),
        Row(**{**vars(GOOD), "alarm": "somebody will notice"}),
        Row(**{**vars(GOOD), "recovery": ""}),
    ],
)
def test_a_row_that_says_what_is_not_so_is_noticed(row: Row) -> None:
    assert untrue(GOOD) == []
    assert untrue(row) != []
