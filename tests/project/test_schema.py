"""The table's schema holds all that is written, and the owner's page says the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from labs import data_page
from smarther.domain.keeper.keeper_report import Report
from smarther.domain.readings.reading import Reading
from smarther.store.schema import ITEMS
from tests.support.deployed import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY_WORDS = sorted(
    {word for kind in ITEMS for key in (kind.partition, kind.sort) for word in re.findall(r"[A-Z]{4,}#?", key)}
)
ITEM_CALLS = re.compile(
    r"\.(?:(?:put|get|update|delete)_item|batch_(?:write|get)_item|transact_(?:write|get)_items)\b"
    r"|(?:client|dynamodb)\.(?:query|scan)\b"
    r"|get_paginator\(.(?:query|scan)\b"
)


def literals(folder: Path) -> Iterator[str]:
    """Where code below a folder spells a key out."""
    spelled = re.compile(rf'"(?:{"|".join(KEY_WORDS)})["{{~]|f"(?:{"|".join(KEY_WORDS)})')
    for path in sorted(folder.rglob("*.py")):
        if path.name not in {"keys.py", "schema.py"} or path.parent.name != "store":
            for number, line in enumerate(path.read_text().splitlines(), start=1):
                if spelled.search(line):
                    yield f"{path.name}:{number}: {line.strip()}"


@pytest.mark.parametrize("folder", ["layers/smarther", "functions", "cli", "addons/events/functions"])
def test_keys_are_made_in_one_place(folder: str) -> None:
    assert list(literals(PROJECT / folder)) == []


def test_a_key_that_is_spelled_out_elsewhere_is_seen(tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text('query(pk=f"MODULE#{module_id}")\nget("LEASE")\n')
    assert len(list(literals(tmp_path))) == 2


def called(folder: Path) -> list[str]:
    """The files below a folder that call the table for items."""
    return [path.name for path in sorted(folder.rglob("*.py")) if ITEM_CALLS.search(path.read_text())]


@pytest.mark.parametrize(
    ("folder", "callers"),
    [("layers/smarther", ["table.py"]), ("functions", []), ("cli", []), ("addons/events/functions", [])],
)
def test_the_table_is_called_in_one_place(folder: str, callers: list[str]) -> None:
    """So its failures are told apart in one place, and its pages are read in one way."""
    assert called(PROJECT / folder) == callers


@pytest.mark.parametrize(
    "line", ["client.get_paginator('query')", "self._client.update_item(Key=key)", "ask = self._client.scan"]
)
def test_a_call_from_elsewhere_is_seen(tmp_path: Path, line: str) -> None:
    (tmp_path / "planted.py").write_text(line)
    assert called(tmp_path) == ["planted.py"]


def test_the_page_is_the_schema_s() -> None:
    """Otherwise: make pages."""
    assert data_page.PAGE.read_text() == data_page.page()


def test_a_reading_and_a_report_are_described_whole() -> None:
    (reading,) = (kind for kind in ITEMS if kind.title == "Reading")
    stored_beside = {"received_at", "source", "imported_at", "after_hour", "expires_at"}
    assert {each.name for each in reading.attributes} == {*Reading._fields, *stored_beside} - {"key_only"}
    (report,) = (kind for kind in ITEMS if kind.title == "Report of the keeper")
    assert {each.name for each in report.attributes} == set(Report.model_fields)
