"""Readings, hours or days as a Parquet file: typed columns, in row groups.

A Parquet file is good only when its end is written, so one that was broken off could not be gone on with. Until all
readings are there they are therefore kept in Arrow's stream format, a schema and then one message for each page, which
is good up to any of them (https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format). One row group at a
time is in memory.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

import pyarrow
from pyarrow import ipc, parquet

from smarther.store.past.rows import EXTREMES, LOADS, MEASURES
from smarther_cli.show.decimals import json_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from smarther.store.past.rows import Row

ROWS_IN_A_GROUP: Final = 20_000

_INSTANTS: Final = ("time", "hour", "received_at", "temperature_time", "humidity_time", "event_time")
_NUMBERS: Final = ("temperature_c", "humidity_percent", "setpoint_c", "temperature_f", "setpoint_f")
_FIGURES: Final = (
    *(f"{name}_{part}_{unit}" for name, unit in MEASURES.items() for part in EXTREMES),
    *(f"{name}_minutes" for name in MEASURES),
    *LOADS,
)
_TYPES: Final = {
    **dict.fromkeys(_INSTANTS, pyarrow.timestamp("us", tz="UTC")),
    **dict.fromkeys((*_NUMBERS, *_FIGURES), pyarrow.float64()),
    "day": pyarrow.date32(),
    "count": pyarrow.int64(),
    "program": pyarrow.int64(),
    "online": pyarrow.bool_(),
}
"""Instants in UTC, days as dates, °C, °F, percent and minutes as doubles; all other columns are texts.

`extra` and `event_extra` are JSON."""


pyarrow.set_memory_pool(pyarrow.system_memory_pool())  # Arrow's own keeps half as much again for later


def schema(columns: Sequence[str]) -> bytes:
    """What the unfinished file begins with."""
    return bytes(_schema(columns).serialize())


def rows(readings: Sequence[Row], columns: Sequence[str]) -> bytes:
    """One page as a message of the unfinished file; of no readings, nothing."""
    if not readings:
        return b""
    arrays = [
        pyarrow.array([_cell(row.get(field.name), field.type) for row in readings], field.type)
        for field in _schema(columns)
    ]
    return bytes(pyarrow.record_batch(arrays, schema=_schema(columns)).serialize())


def finish(unfinished: Path, output: Path) -> None:
    """Make the Parquet file out of the unfinished one, which is left as it is."""
    with (
        pyarrow.OSFile(str(unfinished)) as file,  # by itself Arrow would map it, and all of it would be in memory
        ipc.open_stream(file) as pages,
        parquet.ParquetWriter(output, pages.schema, compression="zstd") as made,
    ):
        for group in _groups(pages):
            made.write_table(group, row_group_size=ROWS_IN_A_GROUP)


def _groups(pages: Any) -> Iterator[Any]:
    gathered: list[Any] = []
    for page in pages:
        gathered.append(page)
        if sum(each.num_rows for each in gathered) >= ROWS_IN_A_GROUP:
            yield pyarrow.Table.from_batches(gathered)
            gathered = []
    if gathered:
        yield pyarrow.Table.from_batches(gathered)


def _schema(columns: Sequence[str]) -> Any:
    return pyarrow.schema([(name, _TYPES.get(name, pyarrow.string())) for name in columns])


def _cell(value: Any, kind: Any) -> Any:
    if value is None:
        return None
    if pyarrow.types.is_temporal(kind):
        return (date if pyarrow.types.is_date(kind) else datetime).fromisoformat(value)
    if pyarrow.types.is_floating(kind):
        return float(value)
    if pyarrow.types.is_integer(kind):
        return int(value)
    if pyarrow.types.is_string(kind) and not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False, default=json_value)
    return value
