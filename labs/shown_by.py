"""Writes the column `Test` of pages from the marks of tests: python -m labs.shown_by (`make pages`).

A row of a table whose last column is `Test` begins with its name, in bold. A test names the rows that it shows:
`@pytest.mark.shows("table hangs")`. Test files are parsed, not imported.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeIs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PROJECT: Final = Path(__file__).parents[1]
PAGES: Final = ("docs/promises/reliability.md", "docs/promises/security.md", "docs/developer/provider.md")

_COLUMN: Final = "Test"
_NAME: Final = re.compile(r"\*\*`?([^*`]+)`?\*\*")
_DEPLOYED: Final = ("tests/deploy/", "tests/e2e/", "tests/upgrade/test_upgrade.py")


class Row(NamedTuple):
    """One row of a table whose last column names tests."""

    line: int
    columns: tuple[str, ...]
    cells: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its name in marks: the bold words at its beginning, without backticks; empty if there are none."""
        found = _NAME.match(self.cells[0])
        return found[1] if found else ""


class Mark(NamedTuple):
    """A test's mark that it shows a row; the test is None if the mark is not at a test."""

    row: str
    file: str
    line: int
    test: str


def rows(page: str) -> Iterator[Row]:
    """The rows of all tables of a page whose last column names tests; lines are counted from 0."""
    columns: tuple[str, ...] = ()
    for number, line in enumerate(page.splitlines()):
        cells = tuple(cell.strip() for cell in line.strip().strip("|").split("|"))
        if not line.startswith("|"):
            columns = ()
        elif not columns:
            columns = cells
        elif columns[-1] == _COLUMN and not set(line) <= set("|- "):
            yield Row(number, columns, cells)


def marks(project: Path) -> list[Mark]:
    """Every mark in the project's tests, in the order of files and lines."""
    return [
        mark
        for path in sorted((project / "tests").rglob("*.py"))
        if "shows" in (text := path.read_text())
        for mark in _marks_in(text, path.relative_to(project).as_posix())
    ]


def _marks_in(text: str, file: str) -> Iterator[Mark]:
    module = ast.parse(text)
    tests = {
        node.name: node.decorator_list
        for node in module.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    }
    if not Path(file).name.startswith("test_"):
        tests = {}
    of_all = [
        node.value
        for node in module.body
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["pytestmark"]
    ]
    read: set[ast.expr] = set()
    for test, decorators in tests.items():
        for call in _calls([*of_all, *decorators]):
            names = [each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            if names and len(names) == len(call.args):
                read.add(call.func)
                yield from (Mark(name, file, call.lineno, test) for name in names)
    for node in ast.walk(module):
        if _is_mark(node) and node not in read:
            yield Mark("", file, node.lineno, "")


def _calls(expressions: Sequence[ast.expr]) -> Iterator[ast.Call]:
    for node in (node for expression in expressions for node in ast.walk(expression)):
        if isinstance(node, ast.Call) and _is_mark(node.func):
            yield node


def _is_mark(node: ast.AST) -> TypeIs[ast.Attribute]:
    return isinstance(node, ast.Attribute) and node.attr == "shows" and ast.unparse(node.value).endswith("mark")


def faults(project: Path) -> list[str]:
    """Mistakes in rows and marks: a row without a test or without its own name, a mark without a row."""
    named = [(page, row) for page in PAGES for row in rows((project / page).read_text())]
    count = Counter(row.name for _, row in named)
    marked = marks(project)
    shown = {mark.row for mark in marked}
    wrong: list[str] = []
    for page, row in named:
        place = f"{page}:{row.line + 1}"
        if not row.name:
            wrong.append(f"{place}: a row without a name")
        elif count[row.name] > 1:
            wrong.append(f"{place}: a name of several rows: {row.name}")
        elif row.name not in shown:
            wrong.append(f"{place}: no test shows: {row.name}")
    for mark in marked:
        place = f"{mark.file}:{mark.line}"
        if not mark.test:
            wrong.append(f"{place}: a mark that is at no test, or whose names are not written out")
        elif mark.row not in count:
            wrong.append(f"{place}: no row is called: {mark.row}")
    return wrong


def written(project: Path, page: str) -> str:
    """The page with its column of tests, from the marks."""
    text = (project / page).read_text()
    lines = text.splitlines(keepends=True)
    marked = marks(project)
    for row in rows(text):
        cell = _cell([mark for mark in marked if mark.row == row.name], (project / page).parent, project)
        lines[row.line] = f"| {' | '.join([*row.cells[:-1], cell])} |\n"
    return "".join(lines)


def _cell(shown: Sequence[Mark], folder: Path, project: Path) -> str:
    """Links to the tests of one row, tests of the deployed stack last."""
    links: dict[bool, list[str]] = {False: [], True: []}
    for file, test in dict.fromkeys((mark.file, mark.test) for mark in shown):
        target = (project / file).relative_to(folder, walk_up=True).as_posix()
        links[file.startswith(_DEPLOYED)].append(f"[`{test}`]({target})")
    parts = [", ".join(links[False]), f"deployed {', '.join(links[True])}" if links[True] else ""]
    return ", ".join(filter(None, parts))


def main() -> None:
    """Write the pages, or print the mistakes and leave them unchanged."""
    if wrong := faults(PROJECT):
        sys.exit("\n".join(wrong))
    for page in PAGES:
        (PROJECT / page).write_text(written(PROJECT, page))


if __name__ == "__main__":
    main()
