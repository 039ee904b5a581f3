"""Rows as the content of a file: lines, or messages that become columns.

CSV is made for spreadsheets. It begins with the byte order mark by which they recognise UTF-8. They would run a text
that begins like a formula: such a text gets an apostrophe in front, as OWASP advises
(https://owasp.org/www-community/attacks/CSV_Injection). Numbers are not changed, even below zero. JSON lines and
Parquet are for programs and hold every text as it is.
"""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from smarther.store.past import rows
from smarther.store.past.rows import EXTREMES, LOADS, MEASURES, Every
from smarther_cli.show.decimals import json_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from smarther.store.past.rows import Row

COLUMNS: Final = ("thermostat", "plant", *rows.COLUMNS)
"""All columns of a reading, the most useful first."""

_FIGURES: Final = (
    "count",
    *(
        column
        for name, unit in MEASURES.items()
        for column in (*(f"{name}_{part}_{unit}" for part in EXTREMES), f"{name}_minutes")
    ),
    *LOADS,
)
TABLES: Final[Mapping[Every, Sequence[str]]] = {
    Every.READING: COLUMNS,
    Every.HOUR: ("thermostat", "plant", "module_id", "plant_id", "hour", *_FIGURES),
    Every.DAY: ("thermostat", "plant", "module_id", "plant_id", "day", *_FIGURES),
}
"""The columns of each kind of export."""


_BYTE_ORDER_MARK: Final = "\ufeff"
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The characters that a formula begins with; spreadsheets for East Asian languages also accept the wide forms."""


class Format(StrEnum):
    """The format of a file."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


def header(form: Format, columns: Sequence[str] = COLUMNS) -> bytes:
    """The beginning of a file with these columns."""
    match form:
        case Format.CSV:
            return _BYTE_ORDER_MARK.encode() + _csv([columns])
        case Format.JSONL:
            return b""
        case Format.PARQUET:
            from smarther_cli.formats import parquet  # noqa: PLC0415 - it takes as much memory as everything else

            return parquet.schema(columns)


def lines(readings: Sequence[Row], form: Format, columns: Sequence[str] = COLUMNS) -> bytes:
    """Rows as lines of a file; for Parquet, as a message of the unfinished file."""
    match form:
        case Format.CSV:
            return _csv([[_cell(row.get(column)) for column in columns] for row in readings])
        case Format.JSONL:
            return "".join(json.dumps(row, ensure_ascii=False, default=json_value) + "\n" for row in readings).encode()
        case Format.PARQUET:
            from smarther_cli.formats import parquet  # noqa: PLC0415 - as above

            return parquet.rows(readings, columns)


def finish(form: Format) -> Callable[[Path, Path], None] | None:
    """The function that makes the file (second path) of its lines (first path); None if the lines are the file."""
    if form is not Format.PARQUET:
        return None
    from smarther_cli.formats import parquet  # noqa: PLC0415 - as above

    return parquet.finish


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case str():
            return f"'{value}" if value.startswith(FORMULA) or value.lstrip().startswith(FORMULA) else value
        case _:
            return json.dumps(value, ensure_ascii=False, default=json_value)
