"""`smarther export`: writes readings, hours or days to a file, page by page, and continues an interrupted export."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from smarther.domain.readings.home import Thermostat
from smarther.store.listings import Listings
from smarther.store.past.rows import Every, Row, Rows, TimeRange
from smarther_cli.call import this_call
from smarther_cli.commands.readings.completion import ModuleNames, PlantNames
from smarther_cli.commands.readings.thermostats import chosen
from smarther_cli.errors import NotFound, WrongUse
from smarther_cli.formats.lines import TABLES, Format, finish, header, lines
from smarther_cli.formats.unfinished import Cursor, Unfinished
from smarther_cli.output import check_output
from smarther_cli.show import screen
from smarther_cli.show.times import TIMES, time_range


@dataclass(frozen=True, slots=True)
class NamedRows:
    """The readings, hours or days of these thermostats with their names; without `modules`, of all thermostats."""

    rows: Rows
    modules: Sequence[str]
    names: Mapping[str, Thermostat]
    every: Every

    def header(self, form: Format) -> bytes:
        """The beginning of a file."""
        return header(form, TABLES[self.every])

    def lines(self, rows: Sequence[Row], form: Format) -> bytes:
        """Rows as lines of a file."""
        return lines(rows, form, TABLES[self.every])

    def counted(self, count: int) -> str:
        """A number of rows, in words."""
        return f"{count} {self.every.value}s"

    def pages(self, time_range: TimeRange, cursor: Cursor) -> Iterator[tuple[list[Row], Cursor]]:
        """The pages that follow a cursor, each with the cursor after it."""
        modules: Sequence[str | None] = self.modules or (None,)
        for index in range(cursor.module, len(modules)):
            key = cursor.key if index == cursor.module else None
            for page in self.rows.pages(time_range, every=self.every, module_id=modules[index], key=key):
                rows = [self._with_names(row) for row in page.rows]
                yield rows, Cursor(index, page.next_key) if page.next_key else Cursor(index + 1)

    def _with_names(self, row: Row) -> Row:
        known = self.names.get(row["module_id"])
        if known is None:
            return row
        return {"thermostat": known.name, "plant": known.plant_name, "plant_id": known.plant_id, **row}


def export(  # noqa: PLR0913 - each is an option that people type
    context: typer.Context,
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="The file [default: standard output].", show_default=False),
    ] = None,
    form: Annotated[
        Format | None,
        typer.Option("--format", help="[default: what the file's name ends in, or csv]", show_default=False),
    ] = None,
    module: ModuleNames = None,
    plant: PlantNames = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help=f"How far back: {TIMES} [default: all].", show_default=False)
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Up to when [default: all].", show_default=False)
    ] = None,
    every: Annotated[Every, typer.Option(help="Each reading, or the statistics of each hour or day.")] = Every.READING,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file if there is one.")] = False,
) -> None:
    """Write readings, hours or days to a file, as CSV, as one JSON object a line, or as Parquet.

    With --module or --plant they stand thermostat by thermostat in chronological order. Without they stand in no
    particular order, and those of thermostats that have left the account are there as well. Times are UTC.

    An export that was interrupted goes on where it stopped when you run it again in the same words.
    """
    call = this_call(context)
    thermostats = Listings(call.deployment.table).thermostats()
    readings = NamedRows(
        Rows(call.deployment.table, zone=call.deployment.zone),
        [one.module_id for one in chosen(module or [], thermostats, plants=plant or [])] if module or plant else [],
        {one.module_id: one for one in thermostats},
        every,
    )
    asked = time_range(since, until, now=call.at)
    if output is not None:
        check_output(output, overwrite=overwrite)
    form = form or _by_name(output)
    if output is None and form is Format.PARQUET:
        raise WrongUse("A Parquet file is good only as a whole.", "Name it with --output.")
    if output is None:
        count = _to_standard_output(readings, asked, form)
    else:
        words: dict[str, Any] = {
            "modules": list(readings.modules),
            "since": since,
            "until": until,
            "format": form.value,
        }
        if every is not Every.READING:
            words["every"] = every.value
        with Unfinished(output, asked=words, time_range=asked) as unfinished:
            count = _to_file(readings, unfinished, form)
    if not count:
        raise NotFound(f"There are no such {every.value}s.", "`smarther status` says when each thermostat spoke last.")
    screen.remark_left_out(readings.rows.left_out)
    screen.remark(readings.counted(count) + ("" if output is None else f" in {output}"))


def _by_name(output: Path | None) -> Format:
    """The format by the ending of a file's name. Raises WrongUse if that is no format."""
    if output is None:
        return Format.CSV
    ends = {".csv": Format.CSV, ".jsonl": Format.JSONL, ".ndjson": Format.JSONL, ".parquet": Format.PARQUET}
    form = ends.get(output.suffix.lower())
    if form is None:
        raise WrongUse(
            f"{output} does not end in .csv, .jsonl or .parquet.", "Name it so, or say --format csv, jsonl or parquet."
        )
    return form


def _to_standard_output(readings: NamedRows, time_range: TimeRange, form: Format) -> int:
    count = 0
    sys.stdout.buffer.write(readings.header(form))
    for rows, _ in readings.pages(time_range, Cursor()):
        sys.stdout.buffer.write(readings.lines(rows, form))
        count += len(rows)
    sys.stdout.buffer.flush()
    return count


def _to_file(readings: NamedRows, unfinished: Unfinished, form: Format) -> int:
    if unfinished.resumed:
        screen.remark(f"Going on behind the {readings.counted(unfinished.progress.count)} that are there.")
    else:
        unfinished.write(readings.header(form), count=0, cursor=Cursor())
    try:
        with screen.remarks().status("Exporting") as spinner:
            for rows, cursor in readings.pages(unfinished.progress.time_range, unfinished.progress.cursor):
                unfinished.write(readings.lines(rows, form), count=len(rows), cursor=cursor)
                spinner.update(f"Exporting: {readings.counted(unfinished.progress.count)}")
    except KeyboardInterrupt:
        screen.remark(
            f"Stopped behind {readings.counted(unfinished.progress.count)}; the same command goes on from there."
        )
        raise
    count = unfinished.progress.count
    if count:
        unfinished.finish(finish(form))
    else:
        unfinished.discard()
    return count
