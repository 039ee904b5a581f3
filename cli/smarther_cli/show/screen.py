"""Printing for the owner: results go to standard output, everything else to standard error.

Names come from the provider, and terminals interpret control characters, as rich interprets square brackets. So markup
is off, and control characters are shown as a replacement mark.
"""

from __future__ import annotations

import json
import os
import re
import sys
import unicodedata
from contextvars import ContextVar
from itertools import zip_longest
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from smarther_cli.show.decimals import json_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_COMMAND = re.compile(r"`smarther (?!--sandbox)")
_DEPLOY = "`make deploy`"
_in_sandbox = ContextVar("in_sandbox", default=False)
_NO_SCREEN = 1000  # characters; lines are as long as they need to be
_GAP = 2  # between columns
_LONG_WORD = 20  # one that is longer may be broken
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # control, format (such as right-to-left overrides), separators of lines


def speak_of_sandbox(*, is_one: bool) -> None:
    """Set whether advice names the commands for the sandbox or those for AWS."""
    _in_sandbox.set(is_one)


def advice(text: str) -> str:
    """The text with its commands as they must be typed for this stack."""
    if not _in_sandbox.get():
        return text
    return _COMMAND.sub("`smarther --sandbox ", text).replace(_DEPLOY, "`make sandbox FRESH=1`")


def results() -> Console:
    """The console for results. Where it is not a terminal, lines are not broken."""
    console = Console(markup=False, highlight=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _NO_SCREEN
    return console


def remarks() -> Console:
    """The console for everything else: questions, progress, errors."""
    return Console(stderr=True, markup=False, highlight=False, emoji=False)


def can_ask() -> bool:
    """Whether a person at a terminal can be asked."""
    return sys.stdin.isatty()


def plain(text: str, *, lines: bool = False) -> str:
    """The text with characters that a terminal would interpret replaced; `lines` keeps line breaks and tabs."""
    kept = {"\n", "\t"} if lines else set()
    return "".join("�" if unicodedata.category(letter) in _UNSEEN and letter not in kept else letter for letter in text)


def say(text: str = "", *, style: str = "") -> None:
    """Print one line of a result; a long one is not broken, so that addresses and commands can be copied."""
    results().print(Text(plain(advice(text), lines=True), style=style), soft_wrap=True)


def remark(text: str = "", *, style: str = "") -> None:
    """Print one line on standard error."""
    remarks().print(Text(plain(advice(text), lines=True), style=style), soft_wrap=True)


def paragraph(text: str, *, style: str = "") -> None:
    """Print a text on standard error, broken into lines between words."""
    remarks().print(Text(plain(advice(text), lines=True), style=style))


def remark_left_out(count: int) -> None:
    """Print how many items could not be shown, if any."""
    if count:
        items = "1 item was" if count == 1 else f"{count} items were"
        remark(f"{items} left out: nothing says of what instant they are.", style="yellow")


def show_json(document: Mapping[str, object]) -> None:
    """Print the result as JSON for programs: one object, whose lists have names; instants are UTC with `Z`.

    Characters that a terminal would interpret are escaped.
    """
    text = json.dumps(document, indent=2, ensure_ascii=False, default=json_value)
    sys.stdout.write("".join(_escaped(letter) for letter in text) + "\n")


def _escaped(letter: str) -> str:
    """A character of a JSON text as an escape, except line breaks, which occur only outside strings."""
    return json.dumps(letter)[1:-1] if letter != "\n" and unicodedata.category(letter) in _UNSEEN else letter


def show_json_line(document: Mapping[str, object]) -> None:
    """Print one of many results as a line of JSON, for programs that read them as they come."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, default=json_value) + "\n")


def show_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str | Text]],
    *,
    right: Sequence[str] = (),
    fold: Sequence[str] = (),
) -> None:
    """Print rows under column names. Columns in `right` are aligned right; cells of those in `fold` may be broken.

    Cells are broken between words. Where the screen is still too narrow, each row is printed as several lines.
    """
    texts = [[cell if isinstance(cell, Text) else Text(plain(cell)) for cell in row] for row in rows]
    console = results()
    widths = _widths(columns, texts, fold, console.width)
    if sum(widths) + _GAP * (len(columns) - 1) > console.width:
        _show_as_lines(columns, texts, right, console.width)
        return
    table = Table(box=None, padding=(0, _GAP, 0, 0), header_style="bold", pad_edge=False)
    for column, width in zip(columns, widths, strict=True):
        table.add_column(column, justify="right" if column in right else "left", overflow="fold", width=width)
    for row in texts:
        table.add_row(*row)
    console.print(table)


def _widths(columns: Sequence[str], rows: Sequence[Sequence[Text]], fold: Sequence[str], room: int) -> list[int]:
    """The width of each column: that of its content, or of its longest word where it must be broken."""
    whole = [
        max([cell_len(column), *(row[index].cell_len for row in rows)], default=0)
        for index, column in enumerate(columns)
    ]
    words = [
        max([cell_len(column), *(min(_longest_word(row[index]), _LONG_WORD) for row in rows)], default=0)
        for index, column in enumerate(columns)
    ]
    missing = sum(whole) + _GAP * (len(columns) - 1) - room
    for index in sorted(range(len(columns)), key=lambda index: words[index] - whole[index]):
        if missing > 0 and columns[index] in fold:
            given = min(missing, whole[index] - words[index])
            whole[index] -= given
            missing -= given
    return whole


def _longest_word(text: Text) -> int:
    return max((cell_len(word) for word in text.plain.split()), default=0)


def _show_as_lines(columns: Sequence[str], rows: Sequence[Sequence[Text]], right: Sequence[str], room: int) -> None:
    """Print each row as a line with the cells before the first number, and a line for each other cell."""
    first = next((index for index, column in enumerate(columns) if column in right), 1)
    for row in rows:
        head = Text("  ").join(cell for cell in row[:first] if cell.plain)
        parts = [
            Text.assemble((f"{column} ", "dim"), cell)
            for column, cell in zip(columns[first:], row[first:], strict=True)
            if cell.plain
        ]
        results().print(head, soft_wrap=True)
        line = Text()
        for part in parts:
            if line.plain and _GAP + line.cell_len + _GAP + part.cell_len > room:
                results().print(Text(" " * _GAP) + line, soft_wrap=True)
                line = Text()
            line = Text(" " * _GAP).join([line, part]) if line.plain else part
        if line.plain:
            results().print(Text(" " * _GAP) + line, soft_wrap=True)


def show_facts(facts: Mapping[str, str | Text]) -> None:
    """Print names and values, one on each line; long values are not broken, so that they can be copied."""
    width = max((len(name) for name in facts), default=0) + 2
    for name, value in facts.items():
        shown = value if isinstance(value, Text) else Text(plain(value, lines=True))
        for label, line in zip_longest([name], shown.split("\n"), fillvalue=""):
            results().print(Text(str(label).ljust(width), style="dim") + line, soft_wrap=True)
