"""One name for one thing: nobody who reads the name of a class or a module has to ask which of two is meant."""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from tests.support.deployed import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

HOUSES = {
    "the product": ("layers/smarther/python/smarther", "functions", "cli/smarther_cli"),
    "the sandbox": ("sandbox",),
    "the add-ons": tuple(str(each.relative_to(PROJECT)) for each in (PROJECT / "addons").glob("*/functions")),
}
"""The sandbox plays another system, Legrand's, which has plants and thermostats of its own. Add-ons are read alone."""

IN_EVERY_ROOM = {"__init__", "__main__", "app", "settings"}
COMMANDS = "commands"
"""A command's module has the name that is typed."""


def sources(folders: Iterable[str]) -> dict[Path, str]:
    """The code of some folders, by file."""
    return {file: file.read_text() for folder in folders for file in sorted((PROJECT / folder).rglob("*.py"))}


def twice(names: Iterable[tuple[str, Path]]) -> dict[str, list[str]]:
    """Names that stand in more than one file, with the files."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name, file in names:
        found[name].append(str(file.relative_to(PROJECT)))
    return {name: files for name, files in found.items() if len(files) > 1}


def classes_twice(code: dict[Path, str]) -> dict[str, list[str]]:
    """Public classes and type aliases of one name."""
    return twice(
        (name, file)
        for file, source in code.items()
        for node in ast.parse(source).body
        for name in [_name(node)]
        if not name.startswith("_")
    )


def modules_twice(code: dict[Path, str]) -> dict[str, list[str]]:
    """Modules of one name, but for those that each room has."""
    return twice((file.stem, file) for file in code if file.stem not in IN_EVERY_ROOM and COMMANDS not in file.parts)


def _name(node: ast.stmt) -> str:
    match node:
        case ast.ClassDef(name=name) | ast.TypeAlias(name=ast.Name(id=name)):
            return name
        case _:
            return "_"


@pytest.mark.parametrize("house", HOUSES)
def test_no_class_has_the_name_of_another(house: str) -> None:
    assert classes_twice(sources(HOUSES[house])) == {}


@pytest.mark.parametrize("house", HOUSES)
def test_no_module_has_the_name_of_another(house: str) -> None:
    assert modules_twice(sources(HOUSES[house])) == {}


def test_a_class_of_the_same_name_is_seen() -> None:
    code = sources(HOUSES["the product"])
    planted = PROJECT / "functions" / "receiver" / "planted.py"
    assert classes_twice(code | {planted: "class Reading:\n    ..."}).keys() == {"Reading"}
    assert classes_twice(code | {planted: "type Reading = str"}).keys() == {"Reading"}


def test_a_module_of_the_same_name_is_seen() -> None:
    code = sources(HOUSES["the product"])
    assert modules_twice(code | {PROJECT / "functions" / "receiver" / "reading.py": ""}).keys() == {"reading"}
