"""Readings as what a file holds of them: lines, or messages that become columns.

CSV is what people open with a spreadsheet, so it is made for one. It begins with the byte order mark by which they know
UTF-8. And they take a text for a formula that begins like one, and run it: such a text gets an apostrophe in front, as
OWASP advises (https://owasp.org/www-community/attacks/CSV_Injection). Numbers stay as they are, those below zero too.
JSON lines and Parquet are for programs and hold every text as it is.
"""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from smarther.store.past.rows import EXTREMES, LOADS, MEASURES, Every
from smarther_cli.show.decimals import json_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from smarther.store.past.rows import Row

COLUMNS: Final = (
    "thermostat",
    "plant",
    "module_id",
    "plant_id",
    "time",
    "received_at",
    "source",
    "function",
    "mode",
    "load_state",
    "temperature_c",
    "humidity_percent",
    "setpoint_c",
    "program",
    "activation_time",
    "temperature_f",
    "setpoint_f",
    "temperature_time",
    "humidity_time",
    "temperature_format",
    "online",
    "sender_system",
    "sender_address_type",
    "event_id",
    "event_type",
    "event_time",
    "extra",
    "event_extra",
    "unread",
)
"""All that a reading can hold, with what people look for first in front."""

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
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a formula begins with, the wide forms among it, which spreadsheets for East Asian letters take for the same."""


class Format(StrEnum):
    """How readings are written."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


def header(form: Format, columns: Sequence[str] = COLUMNS) -> bytes:
    """What a file with these columns begins with."""
    match form:
        case Format.CSV:
            return _BYTE_ORDER_MARK.encode() + _csv([columns])
        case Format.JSONL:
            return b""
        case Format.PARQUET:
            from smarther_cli.formats import parquet  # noqa: PLC0415 - it takes as much memory as everything else

            return parquet.schema(columns)


def lines(rows: Sequence[Row], form: Format, columns: Sequence[str] = COLUMNS) -> bytes:
    """Rows as the lines of a file; those of a Parquet file wait in a form of their own until all are there."""
    match form:
        case Format.CSV:
            return _csv([[_cell(row.get(column)) for column in columns] for row in rows])
        case Format.JSONL:
            return "".join(json.dumps(row, ensure_ascii=False, default=json_value) + "\n" for row in rows).encode()
        case Format.PARQUET:
            from smarther_cli.formats import parquet  # noqa: PLC0415 - as above

            return parquet.rows(rows, columns)


def finish(form: Format) -> Callable[[Path, Path], None] | None:
    """What makes the file out of all its lines (first path: the lines, second: the file); None where they are it."""
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
            return f"'{value}" if value.startswith(_FORMULA) or value.lstrip().startswith(_FORMULA) else value
        case _:
            return json.dumps(value, ensure_ascii=False, default=json_value)
