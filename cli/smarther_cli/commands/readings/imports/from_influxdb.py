"""InfluxDB's CSV: the annotated one of version 2, and that of version 1's `influx -format csv`.

Version 2 (docs.influxdata.com/influxdb/v2/reference/syntax/annotated-csv): annotations (`#datatype`), a header, then
records, and the same again for each table of another form. A record has `_time`, `_measurement`, tags, and either
`_field` and `_value`, or, where the query has pivoted it, a column for each field.

Version 1 (github.com/influxdata/influxdb, cmd/influx/cli/cli.go, `writeCSV`): a header `name,time,…`, with `tags`
behind `name` where the query groups by tags, and the same again for each series. `time` is whole nanoseconds, or what
`-precision` says.
"""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from smarther.domain.readings.json_fields import instant
from smarther_cli.commands.readings.imports.joined import Sample
from smarther_cli.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from smarther_cli.commands.readings.imports.left_out import LeftOut
    from smarther_cli.commands.readings.imports.mapping import Series, SeriesMapping

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PER_MICROSECOND: Final = ((10**11, -(10**6)), (10**14, -(10**3)), (10**17, 1), (10**20, 10**3))
"""By how many digits they have, instants since 1970 are in seconds, ms, µs or ns: each is so up to the year 5138."""
_OF_THE_TABLE: Final = frozenset(
    {"", "result", "table", "_start", "_stop", "_time", "_value", "_measurement", "_field"}
)


def influx_samples(path: Path, mapping: SeriesMapping, left_out: LeftOut) -> Iterator[Sample]:
    """The mapped values of a file of either version."""
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        lines = csv.reader(file)
        header: Sequence[str] = ()
        defaults: Sequence[str] = ()
        try:
            for cells in lines:
                if not cells or cells[0].startswith("#"):
                    header = ()
                    defaults = cells if cells and cells[0] == "#default" else defaults
                elif not header or _is_header(cells):
                    header, defaults = cells, () if "_time" not in cells else defaults
                    if "error" in header:
                        raise Failure(f"{path.name} holds an error of InfluxDB's instead of records.")
                else:
                    place = f"{path.name}, line {lines.line_num}"
                    yield from _samples(_record(header, cells, defaults), mapping, place, left_out)
        except csv.Error as error:
            raise Failure(f"{path.name} cannot be read behind line {lines.line_num}: {error}.") from None


def _is_header(cells: Sequence[str]) -> bool:
    """Whether a line names columns: no record has a column `time` that says so."""
    return (cells[0] == "name" and "time" in cells) or ("_time" in cells and "table" in cells)


def _record(header: Sequence[str], cells: Sequence[str], defaults: Sequence[str]) -> dict[str, str]:
    record = {
        name: cell or (defaults[index] if index < len(defaults) and index else "")
        for index, (name, cell) in enumerate(zip(header, cells, strict=False))
    }
    for tag in record.pop("tags", "").split(",") if "time" in record else ():
        name, _, value = tag.partition("=")
        record.setdefault(name, value)
    return record


def _samples(record: Mapping[str, str], mapping: SeriesMapping, place: str, left_out: LeftOut) -> Iterator[Sample]:
    left_out.rows += 1
    time = _instant(record)
    if time is None:
        left_out.refuse(place, "it has no time")
        return
    mapped = False
    for series, target in mapping.targets:
        if not _is_of(record, series):
            continue
        mapped = True
        value = record.get("_value", "") if "_field" in record else record.get(series["field"], "")
        if value:  # a field that was not written then
            yield Sample(target, time, value, place)
    if not mapped:
        left_out.skip(_name(record))


def _is_of(record: Mapping[str, str], series: Series) -> bool:
    measurement = record.get("_measurement", record.get("name"))
    for name, value in series.items():
        if name == "measurement":
            if value != measurement:
                return False
        elif name == "field":
            if record.get("_field", value) != value or ("_field" not in record and value not in record):
                return False
        elif record.get(name) != value:
            return False
    return True


def _instant(record: Mapping[str, str]) -> datetime | None:
    told = record.get("_time") or record.get("time") or ""
    if not told.isascii() or not told.isdigit():
        return instant(told)
    for below, per_microsecond in _PER_MICROSECOND:
        if int(told) < below:
            since = int(told) // per_microsecond if per_microsecond > 0 else int(told) * -per_microsecond
            return _EPOCH + timedelta(microseconds=since)
    return None


def _name(record: Mapping[str, str]) -> str:
    """What a series is called where the mapping does not name it."""
    told = [record.get("_measurement", record.get("name", "")), record.get("_field", "")]
    if "_field" in record:
        told += [f"{name}={value}" for name, value in record.items() if name not in _OF_THE_TABLE and value]
    return " ".join(filter(None, told))
