"""What the owner sees: everything from the table is plain text, whatever its letters; results go to standard output.

Names come from the provider. A terminal obeys control characters and rich obeys square brackets, so neither reaches
the screen: markup is off, and control characters are shown as a replacement mark.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from itertools import zip_longest
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from smarther_cli.decimals import json_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # control, format (such as right-to-left overrides), separators of lines


def results() -> Console:
    """Where results go."""
    return Console(markup=False, highlight=False, emoji=False)


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


def remark(text: str, *, style: str = "") -> None:
    """One line beside the result."""
    remarks().print(Text(plain(text, lines=True), style=style), soft_wrap=True)


def show_json(document: object) -> None:
    """The result as JSON, for programs."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, default=json_number) + "\n")


def show_table(columns: Sequence[str], rows: Iterable[Sequence[str | Text]], *, right: Sequence[str] = ()) -> None:
    """Rows under column names; the columns named in `right` hold numbers."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(plain(cell)) for cell in row))
    results().print(table)


def show_facts(facts: Mapping[str, str | Text]) -> None:
    """Names and values, one a line; long values are not broken, so that they can be copied."""
    width = max((len(name) for name in facts), default=0) + 2
    for name, value in facts.items():
        shown = value if isinstance(value, Text) else Text(plain(value, lines=True))
        for label, line in zip_longest([name], shown.split("\n"), fillvalue=""):
            results().print(Text(str(label).ljust(width), style="dim") + line, soft_wrap=True)
