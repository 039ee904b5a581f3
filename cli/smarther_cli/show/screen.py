"""What the owner sees: everything from the table is plain text, whatever its letters; results go to standard output.

Names come from the provider. A terminal obeys control characters and rich obeys square brackets, so neither reaches
the screen: markup is off, and control characters are shown as a replacement mark.
"""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from itertools import zip_longest
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from smarther_cli.show.decimals import json_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_NO_SCREEN = 1000  # characters; lines are as long as they need to be
_GAP = 2  # between columns
_NARROWEST = 9  # a column of names or reasons, when the screen is narrow
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # control, format (such as right-to-left overrides), separators of lines


def results() -> Console:
    """Where results go; where that is no screen, nothing is broken into lines for one."""
    console = Console(markup=False, highlight=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _NO_SCREEN
    return console


def remarks() -> Console:
    """Where everything else goes: questions, progress, errors."""
    return Console(stderr=True, markup=False, highlight=False, emoji=False)


def can_ask() -> bool:
    """Whether a person sits at a terminal to be asked."""
    return sys.stdin.isatty()


def plain(text: str, *, lines: bool = False) -> str:
    """The text with everything that a terminal would obey replaced; `lines` leaves line breaks and tabs."""
    kept = {"\n", "\t"} if lines else set()
    return "".join("�" if unicodedata.category(letter) in _UNSEEN and letter not in kept else letter for letter in text)


def say(text: str = "", *, style: str = "") -> None:
    """One line of a result; long ones are not broken, so that addresses and commands can be copied."""
    results().print(Text(plain(text, lines=True), style=style), soft_wrap=True)


def remark(text: str = "", *, style: str = "") -> None:
    """One line beside the result."""
    remarks().print(Text(plain(text, lines=True), style=style), soft_wrap=True)


def paragraph(text: str, *, style: str = "") -> None:
    """Words to read, beside the result, broken into lines between words."""
    remarks().print(Text(plain(text, lines=True), style=style))


def remark_left_out(count: int) -> None:
    """That so many items could not be shown, if there are any."""
    if count:
        items = "1 item was" if count == 1 else f"{count} items were"
        remark(f"{items} left out: nothing says of what instant they are.", style="yellow")


def show_json(document: object) -> None:
    """The result as JSON, for programs."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, default=json_number) + "\n")


def show_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str | Text]],
    *,
    right: Sequence[str] = (),
    fold: Sequence[str] = (),
) -> None:
    """Rows under column names; the columns named in `right` hold numbers, those in `fold` may take several lines."""
    texts = [[cell if isinstance(cell, Text) else Text(plain(cell)) for cell in row] for row in rows]
    widths = [
        max([cell_len(column), *(row[index].cell_len for row in texts)]) + _GAP for index, column in enumerate(columns)
    ]
    console = results()
    missing = max(0, sum(widths) - _GAP - console.width)
    table = Table(box=None, padding=(0, _GAP, 0, 0), header_style="bold", pad_edge=False)
    for column, width in zip(columns, widths, strict=True):
        narrowed = width - _GAP - (missing // len(fold) + 1 if missing and column in fold else 0)
        table.add_column(
            column,
            justify="right" if column in right else "left",
            overflow="fold",
            width=max(narrowed, min(width - _GAP, _NARROWEST), cell_len(column)),
        )
    for row in texts:
        table.add_row(*row)
    # What is wider than the screen all the same is the terminal's to break: nothing is left out or cut off.
    console.width = _NO_SCREEN
    console.print(table)


def show_facts(facts: Mapping[str, str | Text]) -> None:
    """Names and values, one a line; long values are not broken, so that they can be copied."""
    width = max((len(name) for name in facts), default=0) + 2
    for name, value in facts.items():
        shown = value if isinstance(value, Text) else Text(plain(value, lines=True))
        for label, line in zip_longest([name], shown.split("\n"), fillvalue=""):
            results().print(Text(str(label).ljust(width), style="dim") + line, soft_wrap=True)
