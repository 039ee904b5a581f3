"""The file of a plant's day: Parquet, with the columns and types of `smarther export`.

Two columns differ. `day` is the local day of the home, so that no query has to reckon with time zones; and there is no
`plant`, which is the name of a partition here. `thermostat` is the name that it had when the file was made.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import duckdb

from smarther.domain.readings.reading import BOUNDS
from smarther.store.past.rows import COLUMNS, INSTANTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from smarther.store.past.rows import Row

_TYPES: Final = {
    **dict.fromkeys(INSTANTS, "TIMESTAMPTZ"),
    **dict.fromkeys(BOUNDS, "DOUBLE"),
    "program": "BIGINT",
    "online": "BOOLEAN",
    "day": "DATE",
}
_NAMES: Final = ("thermostat", *COLUMNS[:2], "day", *COLUMNS[2:])

COLUMNS_OF_A_FILE: Final[Mapping[str, str]] = {name: _TYPES.get(name, "VARCHAR") for name in _NAMES}
"""DuckDB's type of each column. `extra`, `event_extra` and `unread` are JSON."""

_OWN: Final = "CREATE TEMP TABLE made AS SELECT * FROM read_json(?, format = 'newline_delimited', columns = {columns})"
_KEPT: Final = 'INSERT INTO made BY NAME SELECT * FROM read_parquet(?) ANTI JOIN made USING (module_id, "time", digest)'
_COPY: Final = (
    "COPY (SELECT * FROM made ORDER BY module_id, \"time\", digest) TO '{made}' (FORMAT parquet, COMPRESSION zstd)"
)
_OFFLINE: Final[dict[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "threads": 1,
}
"""What it needs is built in; it asks no network for more."""


def day_file(day: date, rows: Sequence[Row], *, names: Mapping[str, str], earlier: bytes | None) -> bytes | None:
    """The file of these readings, and of those in an earlier file of the day that are not among them.

    So no reading leaves the archive, whatever the table has forgotten since. None where there is none at all. `names`
    are those of thermostats, by their ids. Raises `duckdb.Error` where the earlier file cannot be read.
    """
    if not rows and earlier is None:
        return None
    with TemporaryDirectory() as folder, duckdb.connect(config=_OFFLINE) as database:
        lines, before, made = (Path(folder) / name for name in ("lines.jsonl", "earlier.parquet", "made.parquet"))
        with lines.open("w") as file:
            for row in rows:
                file.write(json.dumps(_cells(row, day, names)) + "\n")
        database.execute(_OWN.format(columns=dict(COLUMNS_OF_A_FILE)), [str(lines)])
        if earlier is not None:
            before.write_bytes(earlier)
            database.execute(_KEPT, [str(before)])
        database.execute(_COPY.format(made=made))
        return made.read_bytes()


def _cells(row: Row, day: date, names: Mapping[str, str]) -> dict[str, Any]:
    known = {**row, "day": day.isoformat(), "thermostat": names.get(row["module_id"])}
    return {name: _cell(known[name], kind) for name, kind in COLUMNS_OF_A_FILE.items() if known.get(name) is not None}


def _cell(value: Any, kind: str) -> Any:
    """A value as it is written into a line; `Rows` has seen to it that a column's values are of its type."""
    match kind:
        case "TIMESTAMPTZ":
            return datetime.fromisoformat(value).astimezone(UTC).isoformat()
        case "DOUBLE":
            return float(value)
        case "BIGINT":
            return int(value)
        case "VARCHAR" if not isinstance(value, str):
            return json.dumps(value, ensure_ascii=False, default=_number)
        case _:
            return value


def _number(value: object) -> int | float:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")
