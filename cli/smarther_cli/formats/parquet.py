"""Readings, hours or days as a Parquet file: typed columns, in row groups.

A Parquet file cannot be read before its end is written, so an interrupted export could not continue it. The unfinished
file is therefore in Arrow's stream format: a schema, then one message for each page, which can be read up to any
message (https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format). Memory holds one row group at a time.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

import pyarrow
from pyarrow import ipc, parquet

from smarther.domain.readings.reading import BOUNDS
from smarther.store.past.rows import EXTREMES, INSTANTS, LOADS, MEASURES
from smarther_cli.show.decimals import json_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from smarther.store.past.rows import Row

ROWS_IN_A_GROUP: Final = 20_000

_FIGURES: Final = (
    *(f"{name}_{part}_{unit}" for name, unit in MEASURES.items() for part in EXTREMES),
    *(f"{name}_minutes" for name in MEASURES),
    *LOADS,
)
_TYPES: Final = {
    **dict.fromkeys((*INSTANTS, "hour"), pyarrow.timestamp("us", tz="UTC")),
    **dict.fromkeys((*BOUNDS, *_FIGURES), pyarrow.float64()),
    "day": pyarrow.date32(),
    "count": pyarrow.int64(),
    "program": pyarrow.int64(),
    "online": pyarrow.bool_(),
}
"""Instants are in UTC, days are dates, °C, °F, percent and minutes are doubles; all other columns are texts.

`extra` and `event_extra` are JSON."""


pyarrow.set_memory_pool(pyarrow.system_memory_pool())  # Arrow's own pool takes half as much memory again


def schema(columns: Sequence[str]) -> bytes:
    """The beginning of the unfinished file."""
    return bytes(_schema(columns).serialize())


def rows(readings: Sequence[Row], columns: Sequence[str]) -> bytes:
    """One page as a message of the unfinished file; empty without readings."""
    if not readings:
        return b""
    arrays = [
        pyarrow.array([_cell(row.get(field.name), field.type) for row in readings], field.type)
        for field in _schema(columns)
    ]
    return bytes(pyarrow.record_batch(arrays, schema=_schema(columns)).serialize())


def finish(unfinished: Path, output: Path) -> None:
    """Make the Parquet file from the unfinished one, which is not changed."""
    with (
        pyarrow.OSFile(str(unfinished)) as file,  # not mapped, so that it is not in memory as a whole
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
