"""The fault matrix of docs/promises/reliability.md names no alarm that is not there."""

from __future__ import annotations

import re

import pytest

from labs import shown_by
from tests.support import deployed

PAGE = deployed.PROJECT / "docs" / "promises" / "reliability.md"
_ALARM = re.compile(r"\[([^\]]+)\]\(\.\./running/runbook\.md#([^)]+)\)")
CELLS = {row.name: dict(zip(row.columns, row.cells, strict=True))["Alarm"] for row in shown_by.rows(PAGE.read_text())}


def alarms() -> set[str]:
    """The names of all alarms of the template, without the stack's."""
    resources = deployed.template()["Resources"].values()
    names = [each["Properties"]["AlarmName"] for each in resources if each["Type"] == "AWS::CloudWatch::Alarm"]
    return {name["Fn::Sub"].removeprefix("${AWS::StackName}-") for name in names}


def untrue(cell: str) -> list[str]:
    """What a row says of its alarm that is not so."""
    named = _ALARM.findall(cell)
    wrong = [f"no alarm {chapter}" for alarm, chapter in named if alarm != chapter or chapter not in alarms()]
    return wrong + ([] if named or cell.startswith(("–", "as above")) else ["neither an alarm nor none"])


@pytest.mark.parametrize("name", CELLS)
def test_every_alarm_that_a_row_names_exists(name: str) -> None:
    assert untrue(CELLS[name]) == []


GOOD = CELLS["table hangs"]


@pytest.mark.parametrize(
    "cell",
    [
        GOOD.replace("notification-spilled", "notification-lost"),
        "[another](../running/runbook.md#notification-spilled)",
        "somebody will notice",
        "",
    ],
)
def test_an_alarm_that_is_not_there_is_noticed(cell: str) -> None:
    assert untrue(GOOD) == []
    assert untrue(cell) != []
