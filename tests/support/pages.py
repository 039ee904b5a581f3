"""Pages that name the tests behind what they say: which tests those are, and whether they are there."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_NAMED = re.compile(r"\[`(\w+)`\]\(([^)]+)\)")


def named_tests(text: str, folder: Path) -> list[tuple[str, Path]]:
    """The tests that a piece of a page in `folder` links to, each as its name and its file."""
    return [(name, (folder / file).resolve()) for name, file in _NAMED.findall(text)]


def untrue_names(text: str, folder: Path) -> list[str]:
    """What is wrong with the tests that a piece of a page names: that it names none, or one that is not there."""
    named = named_tests(text, folder)
    return ([] if named else ["no test"]) + [
        f"no test {name} in {file}"
        for name, file in named
        if not (
            file.is_file() and file.name.startswith("test_") and name.startswith("test_") and name in names_in(file)
        )
    ]


@cache
def names_in(file: Path) -> frozenset[str]:
    """The functions that a file holds."""
    return frozenset(
        node.name
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
