"""`smarther import`: readings of before, from our own exports and from other systems, into the table."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from smarther.domain.readings.home import Thermostat, load_of
from smarther.domain.readings.reading import instant_text
from smarther.domain.summaries.statistics import LONGEST_HOLD
from smarther.drawing.text import percent_text, temperature_text
from smarther.store.listings import Listings
from smarther.store.past.imported import Fate, Import, Importing
from smarther_cli.call import Call, ended, this_call
from smarther_cli.commands.readings.imports import mapping as mappings
from smarther_cli.commands.readings.imports.intake import Intake
from smarther_cli.commands.readings.imports.mapping import EXAMPLES, System
from smarther_cli.commands.readings.imports.recognised import OWN, FileKind, kind_of
from smarther_cli.commands.rollup import Made, make_anew, not_all_made
from smarther_cli.errors import NotFound, Status, WrongUse
from smarther_cli.show import screen
from smarther_cli.show.times import local_text

_NAMES: Final = 5
"""Of what is not mapped so many are named."""
_ONLY_THE_TABLES: Final = frozenset({"pk", "sk", "expires_at"})


def import_past(
    context: typer.Context,
    *,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE…", help="What to import: files of one kind.", show_default=False),
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(
            "--mapping",
            metavar="FILE",
            help="Which series of Home Assistant or InfluxDB is which value of which thermostat.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be stored, and what would not.")
    ] = False,
    example: Annotated[
        System | None,
        typer.Option("--mapping-example", metavar="SYSTEM", help="Print a mapping to begin with.", show_default=False),
    ] = None,
) -> None:
    """Take readings of before into the table, from files: the past can come along.

    Our own exports of readings (CSV, JSON lines, Parquet) come back as the readings that they were. Home Assistant's
    history and InfluxDB's CSV need a mapping, a small TOML file that says which series is which value of which
    thermostat; --mapping-example home-assistant, or influxdb, prints one to begin with.

    What is stored stays as it is, and doing it twice changes nothing, so it can be stopped and begun again. Where the
    recorder's own readings tell of a time, another system's are left out. Hours and days are made again at the end.
    """
    call = this_call(context)
    if example is not None:
        screen.say(EXAMPLES[example].rstrip())
        return
    if not files:
        raise WrongUse("No file was named.", "Name one, such as `smarther import readings.csv --dry-run`.")
    kind = _kind(files)
    thermostats = Listings(call.deployment.table).thermostats()
    intake = Intake(
        Import(call.deployment.table, now=call.at, retention_days=call.deployment.retention_days),
        files=files,
        kind=kind,
        mapping=_mapping(mapping, kind, thermostats),
        thermostats=thermostats,
        now=call.at,
    )
    _run(intake, dry=dry_run)
    if not intake.outcome.readings:
        _tell_left_out(intake)
        raise NotFound("There are no readings to import.", _nothing(intake))
    made = None if dry_run else _statistics(call, intake)
    if call.json:
        screen.show_json(_document(intake, kind, made, dry=dry_run))
    else:
        _show(call, intake, kind, thermostats, made, dry=dry_run)
    if made is not None and made.failed:
        raise not_all_made(call, made.failed)
    if intake.left_out.refused:
        raise ended(Status.FAILED)


def _kind(files: Sequence[Path]) -> FileKind:
    """The one kind that all files are of."""
    kinds = {kind_of(path): path for path in files}
    if len(kinds) > 1:
        named = " and ".join(f"{path.name} ({kind.words})" for kind, path in kinds.items())
        raise WrongUse(f"These are of different kinds: {named}.", "Import each kind by itself.")
    return next(iter(kinds))


def _mapping(mapping: Path | None, kind: FileKind, thermostats: Sequence[Thermostat]) -> mappings.SeriesMapping | None:
    if kind in OWN:
        if mapping is not None:
            raise WrongUse("An export of readings says itself which thermostat is meant.", "Leave --mapping out.")
        return None
    system = System.INFLUXDB if kind is FileKind.INFLUXDB else System.HOME_ASSISTANT
    if mapping is None:
        raise mappings.missing(system)
    return mappings.read(mapping, system, thermostats)


def _run(intake: Intake, *, dry: bool) -> None:
    try:
        with screen.remarks().status("Reading") as spinner:
            intake.run(dry=dry, told=spinner.update)
    except KeyboardInterrupt:
        screen.remark("Stopped. What was stored stays; the same command goes on from there.")
        raise


def _statistics(call: Call, intake: Intake) -> Made | None:
    """Hours and days of all that the files told of: an import that was stopped before may not have made them."""
    made: Made | None = None
    for begin, end in intake.outcome.stretches():
        some = make_anew(call, {"from": instant_text(begin), "to": instant_text(min(end, call.at))})
        before = made or Made(0, 0, some.to, frozenset())
        made = Made(before.hours + some.hours, before.days + some.days, some.to, before.failed | some.failed)
    return made


# ---- what is told


def _show(  # noqa: PLR0913 - all that there is to tell
    call: Call, intake: Intake, kind: FileKind, thermostats: Sequence[Thermostat], made: Made | None, *, dry: bool
) -> None:
    fates, outcome = intake.outcome.fates, intake.outcome
    if dry and outcome.first:
        names = {one.module_id: one.name for one in thermostats}
        screen.say("The first readings as they would be stored:")
        screen.show_table(
            ("Time", "Thermostat", "Room", "Set to", "Humidity", "State", "Mode", "Source"),
            [_cells(item, names) for item in outcome.first],
            right=("Room", "Set to", "Humidity"),
            fold=("Thermostat",),
        )
        screen.say()
    of = f"{intake.left_out.rows} rows of {kind.words}, {outcome.readings} readings"
    if outcome.since is not None and outcome.until is not None:
        of += f" from {local_text(outcome.since)} to {local_text(outcome.until)}"
    screen.say(f"{of}:")
    would = "would be " if dry else ""
    words = {
        Fate.NEW: f"{would}stored",
        Fate.CORRECTED: f"{would}stored over an earlier import that said something else",
        Fate.KNOWN: "known already",
        Fate.TOLD: "left out, as the recorder's own readings tell of that time",
    }
    for fate, meaning in words.items():
        if fates[fate] or fate is Fate.NEW:
            screen.say(f"  {fates[fate]} {meaning}", style="green" if fate is Fate.NEW else "")
    if made is not None:
        screen.say(f"{made.hours} hours and {made.days} days were written again.", style="green")
    _tell_left_out(intake)
    _tell_retention(call, intake)


def _cells(item: Importing, names: dict[str, str]) -> tuple[str, ...]:
    found: dict[str, Any] = dict(item)
    load = load_of(found.get("load_state"), found.get("function"))
    return (
        local_text(datetime.fromisoformat(found["time"])),
        names.get(found["module_id"], found["module_id"]),
        temperature_text(found.get("temperature_c"), fahrenheit=False),
        temperature_text(found.get("setpoint_c"), fahrenheit=False),
        percent_text(found.get("humidity_percent")),
        "–" if load is None else load.value,
        str(found.get("mode", "–")).lower(),
        found["source"],
    )


def _tell_left_out(intake: Intake) -> None:
    left_out = intake.left_out
    for place, why in left_out.refusals:
        screen.remark(f"Refused: {place}: {why}.", style="yellow")
    if more := left_out.refused - len(left_out.refusals):
        screen.remark(f"Refused: {more} more rows.", style="yellow")
    for attribute, count in left_out.unread.items():
        where = left_out.unread_at[attribute]
        screen.remark(f"Left out: {attribute} of {count} rows, which cannot be read; first in {where}.", style="yellow")
    if left_out.not_mapped:
        names = ", ".join(name for name, _ in left_out.not_mapped.most_common(_NAMES))
        more = len(left_out.not_mapped) - _NAMES
        others = f" and {more} more" if more > 0 else ""
        screen.remark(f"Not in the mapping: {names}{others} ({left_out.not_mapped.total()} rows).")
    if left_out.columns:
        screen.remark(f"Columns that are not a reading's: {', '.join(sorted(left_out.columns)[:_NAMES])}.")
    if left_out.strangers:
        screen.remark(
            f"{left_out.strangers.total()} readings are of {len(left_out.strangers)} thermostats that are not in your"
            " account now: they are stored, and have no statistics until they are.",
            style="yellow",
        )


def _tell_retention(call: Call, intake: Intake) -> None:
    """That readings go again, and that statistics are made only of days of which all readings are kept."""
    days = call.deployment.retention_days
    if days is None:
        return
    screen.remark(
        f"Readings are kept for {days} days (RetentionDays): those of this import until"
        f" {call.at + timedelta(days=days):%Y-%m-%d}. Their hours and days stay for good."
    )
    whole = call.at - timedelta(days=days) + LONGEST_HOLD
    if intake.outcome.since is not None and intake.outcome.since < whole:
        screen.remark(
            f"Of days before {whole:%Y-%m-%d} no statistics are made, as readings of that age have gone. To have them"
            " made, deploy with RetentionDays=0, import, and deploy with it again.",
            style="yellow",
        )


def _nothing(intake: Intake) -> str:
    if intake.left_out.not_mapped:
        return "The mapping names none of what is in the file: compare its names with those above."
    return "The file holds nothing but what stands above." if intake.left_out.rows else "It has a header and no rows."


def _document(intake: Intake, kind: FileKind, made: Made | None, *, dry: bool) -> dict[str, Any]:
    left_out, outcome = intake.left_out, intake.outcome
    return {
        "dry_run": dry,
        "kind": kind.value,
        "rows": left_out.rows,
        "readings": outcome.readings,
        "since": outcome.since,
        "until": outcome.until,
        **{fate.value: outcome.fates[fate] for fate in Fate},
        "refused": left_out.refused,
        "refusals": [{"where": place, "why": why} for place, why in left_out.refusals],
        "unreadable": dict(left_out.unread),
        "not_mapped": dict(left_out.not_mapped),
        "not_listed": dict(left_out.strangers),
        "statistics": None if made is None else {"hours_written": made.hours, "days_written": made.days},
        "first": [
            {name: value for name, value in item.items() if name not in _ONLY_THE_TABLES} for item in outcome.first
        ],
    }
