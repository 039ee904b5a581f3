"""Our own exports, back to the readings that they were: CSV, JSON lines and Parquet.

A row is what `smarther export` wrote, or what somebody wrote in its form: `module_id` and `time` are what it needs.
With its `digest` it has the very key that it had. Columns that are not a reading's are left out, and so is a value that
cannot be read; names of thermostats and plants are the directory's.
"""

from __future__ import annotations

import csv
import re
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args

from smarther.domain.readings import json_fields
from smarther.domain.readings.json_fields import UnreadableError
from smarther.domain.readings.reading import BOUNDS, DIGEST_LENGTH, Reading, Source, bounded
from smarther.store.past.rows import FIELDS, INSTANTS
from smarther_cli.commands.readings.imports.recognised import FileKind, of_statistics, unknown
from smarther_cli.errors import Failure
from smarther_cli.formats.lines import COLUMNS, FORMULA

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from smarther_cli.commands.readings.imports.left_out import LeftOut

_SOURCES: Final = frozenset(get_args(Source.__value__))
_DIGEST: Final = re.compile(rf"[0-9a-f]{{{DIGEST_LENGTH}}}")
_NAMES: Final = frozenset({"thermostat", "plant"})
_IN_READING: Final = frozenset(Reading._fields) - {"key_only"}
_BATCH: Final = 1_000


class Exported(NamedTuple):
    """A reading as an export has it, with what it tells of how it was stored."""

    reading: Reading
    received_at: datetime | None
    source: Source | None
    digest: str | None


def exported(path: Path, kind: FileKind, plants: Mapping[str, str], left_out: LeftOut) -> Iterator[Exported]:
    """The readings in a file. `plants` are those of thermostats, by id, for rows that do not say theirs."""
    for place, row in _ROWS[kind](path, left_out):
        left_out.rows += 1
        left_out.columns |= row.keys() - set(COLUMNS)
        read = {name: _read(name, row[name], left_out, place) for name in COLUMNS if row.get(name) not in _ABSENT}
        module_id, time = read.get("module_id"), read.get("time")
        plant_id = read.get("plant_id") or plants.get(module_id or "")
        if not module_id or time is None or not plant_id:
            absent = "module_id" if not module_id else "time" if time is None else "plant_id"
            left_out.refuse(place, f"it has no {absent} that can be read")
            continue
        if module_id not in plants:
            left_out.strangers[module_id] += 1
        said = {name: value for name, value in read.items() if name in _IN_READING and value is not None}
        yield Exported(
            Reading(**(said | {"plant_id": plant_id})), read.get("received_at"), read.get("source"), read.get("digest")
        )


_ABSENT: Final = (None, "")


def _read(name: str, value: object, left_out: LeftOut, place: str) -> Any:
    """The value that a column promises; None, and counted, where it is none."""
    if name in _NAMES:
        return None
    found = _value(name, value)
    if found is None and name not in {"module_id", "time"}:  # without these the row is refused
        left_out.not_read(name, place)
    return found


def _value(name: str, value: object) -> Any:  # noqa: PLR0911 - one for each kind of column
    if name in BOUNDS:
        number = bounded(name, json_fields.number(value))
        return None if number is None or (name == "program" and number != number.to_integral_value()) else number
    if name in INSTANTS:
        return value if isinstance(value, datetime) else json_fields.instant(json_fields.short_text(value) or "")
    if name in FIELDS:
        return _fields(value)
    if name == "online":
        return value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).lower())
    text = json_fields.short_text(value)
    if name == "source":
        return text if text in _SOURCES else None
    if name == "digest":
        return text if text is not None and _DIGEST.fullmatch(text) else None
    return text


def _fields(value: object) -> Mapping[str, Any] | None:
    """Named values, or the JSON of them."""
    if isinstance(value, str):
        try:
            value = json_fields.document(value.encode("utf-8", "surrogateescape"))
        except UnreadableError:
            return None
    return json_fields.kept(value)[0] if isinstance(value, dict) else None


# ---- rows, each with its place


def _csv_rows(path: Path, _: LeftOut) -> Iterator[tuple[str, Mapping[str, object]]]:
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        rows = csv.DictReader(file, restval="")
        try:
            for row in rows:
                cells = {name: _without_apostrophe(cell) for name, cell in row.items() if isinstance(name, str)}
                yield f"{path.name}, line {rows.line_num}", cells
        except csv.Error as error:
            raise Failure(f"{path.name} cannot be read behind line {rows.line_num}: {error}.") from None


def _without_apostrophe(cell: str) -> str:
    """The text that an export kept from being run as a formula."""
    rest = cell.removeprefix("'")
    return rest if rest != cell and (rest.startswith(FORMULA) or rest.lstrip().startswith(FORMULA)) else cell


def _json_rows(path: Path, left_out: LeftOut) -> Iterator[tuple[str, Mapping[str, object]]]:
    with path.open("rb") as file:
        number = 0
        while line := file.readline(json_fields.MAX_BODY_BYTES + 1):
            number += 1
            if not line.strip():
                continue
            try:
                row = json_fields.document(line)
            except UnreadableError as error:
                left_out.rows += 1
                left_out.refuse(f"{path.name}, line {number}", str(error).replace("body", "it"))
                continue
            if not isinstance(row, dict):
                row = {}
            if left_out.rows == 0 and "time" not in row:
                raise of_statistics(path) if row.keys() & {"hour", "day"} else unknown(path)
            yield f"{path.name}, line {number}", row


def _parquet_rows(path: Path, _: LeftOut) -> Iterator[tuple[str, Mapping[str, object]]]:
    import pyarrow  # noqa: PLC0415 - it takes as much memory as everything else
    from pyarrow import parquet  # noqa: PLC0415 - as above

    try:
        file = parquet.ParquetFile(path)
    except pyarrow.ArrowInvalid as error:
        raise Failure(f"{path.name} cannot be read as Parquet: {str(error).splitlines()[0]}") from None
    with file:
        names = set(file.schema_arrow.names)
        if "time" not in names:
            raise of_statistics(path) if names & {"hour", "day"} else unknown(path)
        number = 0
        for batch in file.iter_batches(batch_size=_BATCH):
            for row in batch.to_pylist():
                number += 1
                yield f"{path.name}, row {number}", {name: _plain(value) for name, value in row.items()}


def _plain(value: object) -> object:
    """A value of a Parquet file as JSON has it, but for instants; a double is the shortest number that is the same."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return value
    return json_fields.decimal(str(value)) or (Decimal(0) if value == 0 else str(value))


_ROWS: Final = {FileKind.CSV: _csv_rows, FileKind.JSONL: _json_rows, FileKind.PARQUET: _parquet_rows}
