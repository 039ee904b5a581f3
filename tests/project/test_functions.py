"""Functions compose what is in the package, each for itself: none knows another, or anything beside the package."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from tests.support.deployed import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

HANDLERS = sorted((PROJECT / "functions").glob("*/*.py"))
NOT_THEIRS = {"smarther_cli", "sandbox", "labs", "tests", "functions", "app"}


def imported(source: str) -> set[str]:
    """The packages that a module imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                found |= {each.name.partition(".")[0] for each in names}
            case ast.ImportFrom(module=module, level=level):
                found.add("app" if level else (module or "").partition(".")[0])
            case _:
                pass
    return found


@pytest.mark.parametrize("handler", HANDLERS, ids=lambda file: file.parent.name)
def test_a_function_knows_the_package_alone(handler: Path) -> None:
    assert imported(handler.read_text()) & NOT_THEIRS == set()


@pytest.mark.parametrize("line", ["import sandbox", "from functions.keeper import app", "from . import app"])
def test_another_import_is_seen(line: str) -> None:
    assert imported(line) & NOT_THEIRS
