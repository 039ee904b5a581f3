"""Readings as the lines of a file."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from smarther_cli.decimals import json_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smarther_cli.archive import Row

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
)
"""All that a reading can hold, with what people look for first in front."""


class Format(StrEnum):
    """How readings are written."""

    CSV = "csv"
    JSONL = "jsonl"


def header(form: Format) -> bytes:
    """What a file begins with."""
    return _csv([COLUMNS]) if form is Format.CSV else b""


def lines(rows: Sequence[Row], form: Format) -> bytes:
    """Rows as the lines of a file."""
    if form is Format.CSV:
        return _csv([[_cell(row.get(column)) for column in COLUMNS] for row in rows])
    return "".join(json.dumps(row, ensure_ascii=False, default=json_number) + "\n" for row in rows).encode()


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
            return value
        case _:
            return json.dumps(value, ensure_ascii=False, default=json_number)
