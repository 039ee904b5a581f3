"""A file of the add-on `archive` has the columns, the types and the values of `smarther export`."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow
from pyarrow import parquet

from addons.archive.functions.archiver.day_file import day_file
from smarther_cli.formats import parquet as export
from smarther_cli.formats.lines import COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

    from smarther.store.past.rows import Row

OWN = {"plant"}
"""The export's name of the plant; in the archive, the name of a partition."""

ROW: Row = {
    **{name: f"{name} \u00e8 \0 'x'" for name in COLUMNS},
    **dict.fromkeys(("time", "temperature_time", "humidity_time"), "2026-01-14T06:00:00.123456Z"),
    **dict.fromkeys(("received_at", "event_time"), "20260114T070000+01:00"),
    **dict.fromkeys(("temperature_c", "humidity_percent", "setpoint_c"), Decimal("20.1")),
    **dict.fromkeys(("temperature_f", "setpoint_f"), Decimal("1E-7")),
    "program": Decimal(3),
    "online": True,
    "extra": {"comfort": Decimal("1.50"), "at": [Decimal(2), None], "text": "\u00e8"},
    "event_extra": {},
    "unread": {"mode": Decimal("1E+2")},
}
BARE: Row = {"module_id": "z", "plant_id": "p", "time": "2026-01-14T06:00:00Z", "digest": "0" * 16}


def exported(tmp_path: Path, rows: list[Row]) -> Any:
    unfinished, output = tmp_path / "unfinished", tmp_path / "file.parquet"
    unfinished.write_bytes(export.schema(COLUMNS) + export.rows(rows, COLUMNS))
    export.finish(unfinished, output)
    return parquet.read_table(output)


def test_columns_types_and_values_are_those_of_the_export(tmp_path: Path) -> None:
    content = day_file(date(2026, 1, 14), [ROW, BARE], names={ROW["module_id"]: ROW["thermostat"]}, earlier=None)

    archived = parquet.read_table(pyarrow.BufferReader(content))
    wanted = exported(tmp_path, [ROW, BARE])
    assert set(archived.column_names) - {"day"} == set(wanted.column_names) - OWN
    assert archived.schema.field("day").type == pyarrow.date32()
    assert archived["day"].to_pylist() == [date(2026, 1, 14)] * 2
    for name in set(wanted.column_names) - OWN:
        assert archived.schema.field(name).type == wanted.schema.field(name).type, name
        assert archived[name].to_pylist() == wanted[name].to_pylist(), name
