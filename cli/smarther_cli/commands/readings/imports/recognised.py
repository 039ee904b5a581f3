"""What kind of file an import is given, by what it begins with; its name says nothing."""

from __future__ import annotations

import csv
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from smarther_cli.errors import NotFound, WrongUse

if TYPE_CHECKING:
    from pathlib import Path

_BEGINNING: Final = 65_536
"""Bytes; a header is shorter."""
_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"
_PARQUET: Final = b"PAR1"
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")


class FileKind(StrEnum):
    """The kinds of files that can be imported."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    HOME_ASSISTANT_CSV = "home-assistant-csv"
    HOME_ASSISTANT_JSON = "home-assistant-json"
    INFLUXDB = "influxdb"

    @property
    def words(self) -> str:
        """What people call it."""
        return _WORDS[self]


_WORDS: Final = {
    FileKind.CSV: "readings as CSV",
    FileKind.JSONL: "readings as JSON lines",
    FileKind.PARQUET: "readings as Parquet",
    FileKind.HOME_ASSISTANT_CSV: "Home Assistant's history as CSV",
    FileKind.HOME_ASSISTANT_JSON: "Home Assistant's history as JSON",
    FileKind.INFLUXDB: "InfluxDB's CSV",
}
OWN: Final = frozenset({FileKind.CSV, FileKind.JSONL, FileKind.PARQUET})
"""Those that `smarther export` writes."""

_KNOWN: Final = (
    "What can be imported: the files of `smarther export`, Home Assistant's history (its download, `history.csv`, or"
    " the answer of its API, /api/history/period), and InfluxDB's CSV (`influx query --raw`, or of version 1"
    " `influx -format csv`)."
)


def kind_of(path: Path) -> FileKind:
    """What a file is. Raises NotFound and WrongUse, with what to do, for what cannot be imported."""
    if path.is_dir():
        raise WrongUse(f"{path} is a folder.", "Name the files in it.")
    if not path.exists():
        raise NotFound(f"There is no file {path}.", "Look for a slip in its name.")
    with path.open("rb") as file:
        begin = file.read(_BEGINNING)
    if begin.startswith(_GZIP):
        raise WrongUse(f"{path} is compressed with gzip.", "Unpack it first: gunzip --keep FILE")
    if begin.startswith(_ZIP):
        raise WrongUse(f"{path} is a ZIP archive or a spreadsheet.", "Unpack it, or save the sheet as CSV.")
    if begin.startswith(_PARQUET):
        return FileKind.PARQUET
    if begin.startswith(_UTF_16):
        raise WrongUse(f"{path} is text in UTF-16.", "Save it as UTF-8.")
    text = begin.decode("utf-8-sig", "replace").lstrip()
    if not text:
        raise NotFound(f"{path} is empty.", "If it is to hold something, have it written again.")
    return _of_text(path, text)


def _of_text(path: Path, text: str) -> FileKind:
    if text.startswith("{"):
        return FileKind.JSONL
    if text.startswith("["):
        return FileKind.HOME_ASSISTANT_JSON
    header = _header(text)
    if {"entity_id", "state", "last_changed"} <= header:
        return FileKind.HOME_ASSISTANT_CSV
    if text.startswith(("#group", "#datatype", "#default")) or {"_time", "table"} <= header:
        return FileKind.INFLUXDB
    if {"name", "time"} <= header:
        return FileKind.INFLUXDB
    if "module_id" in header and header & {"hour", "day"}:
        raise of_statistics(path)
    if {"module_id", "time"} <= header:
        return FileKind.CSV
    raise unknown(path)


def of_statistics(path: Path) -> WrongUse:
    """What is said of an export of hours or days."""
    return WrongUse(
        f"{path} holds statistics, and statistics are made of readings.",
        "Import an export of readings (`smarther export` without --every); the hours and days are made of them.",
    )


def unknown(path: Path) -> WrongUse:
    """What is said of a file that is none of those that can be imported."""
    return WrongUse(f"Nobody knows what kind of file {path} is.", _KNOWN)


def _header(text: str) -> set[str]:
    """The names in the first line that is no annotation of InfluxDB's."""
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    try:
        return set(next(csv.reader([next(lines, "")]), []))
    except csv.Error:
        return set()
