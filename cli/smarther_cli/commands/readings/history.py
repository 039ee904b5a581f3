"""`smarther history`: lists readings, or statistics of hours or days."""

import heapq
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from time import sleep
from typing import Annotated, Any, Final

import typer
from rich.cells import cell_len

from smarther.domain.readings.arrival import LATE
from smarther.domain.readings.home import Thermostat, load_of
from smarther.domain.summaries.statistics import HOUR, Statistics, hour_of
from smarther.drawing.text import minutes_text, percent_text, temperature_text
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.listings import Listings
from smarther.store.past.imported import FOREIGN
from smarther.store.past.rows import Every, Row, Rows, TimeRange, figures_of
from smarther_cli.call import clock, this_call
from smarther_cli.commands.readings.completion import ModuleNames, PlantNames
from smarther_cli.commands.readings.thermostats import chosen, several_plants
from smarther_cli.deployment import Deployment
from smarther_cli.errors import NotFound, WrongUse
from smarther_cli.show import screen
from smarther_cli.show.times import TIMES, local_text, period

FOLLOW_SECONDS: Final = 5.0
DEFAULT_LIMIT: Final = 500
MOST: Final = 1_000_000
"""The most lines that can be asked for; `export` has no limit."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of `history`, read."""

    thermostats: Sequence[Thermostat]
    since: datetime
    until: datetime
    limit: int
    zone: tzinfo
    fahrenheit: bool

    @property
    def several_plants(self) -> bool:
        """Whether the thermostats are of several plants, so that a name may be ambiguous."""
        return several_plants(self.thermostats)

    def names(self, one: Thermostat) -> tuple[str, ...]:
        """The cells that name a thermostat in a table."""
        return (one.name, one.plant_name) if self.several_plants else (one.name,)

    @property
    def columns(self) -> tuple[str, ...]:
        """The headings of those cells."""
        return ("Thermostat", "Plant") if self.several_plants else ("Thermostat",)


def history(  # noqa: PLR0913 - each is an option that people type
    context: typer.Context,
    *,
    module: ModuleNames = None,
    plant: PlantNames = None,
    since: Annotated[str, typer.Option(metavar="TIME", help=f"How far back: {TIMES}.")] = "24h",
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Up to when [default: now].", show_default=False)
    ] = None,
    every: Annotated[Every, typer.Option(help="Each reading, or the statistics of each hour or day.")] = Every.READING,
    fahrenheit: Annotated[bool, typer.Option("--fahrenheit", help="In °F instead of °C.")] = False,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what comes, a line each, until Ctrl-C.")
    ] = False,
    limit: Annotated[
        int, typer.Option(min=1, max=MOST, metavar="N", help="Show at most this many, the newest.")
    ] = DEFAULT_LIMIT,
) -> None:
    """Show what the thermostats said, in chronological order.

    Times are this machine's local ones; with --json they are in UTC, and temperatures in °C. Hours are hours of UTC,
    days are the home's; both are there a few minutes after they are over.
    """
    call = this_call(context)
    if follow and (until is not None or every is not Every.READING):
        raise WrongUse("--follow shows each reading as it comes.", "Leave --until and --every out.")
    begin, end = period(since, until, now=call.at)
    asked = Asked(
        thermostats=chosen(module or [], Listings(call.deployment.table).thermostats(), plants=plant or []),
        since=begin,
        until=end,
        limit=limit,
        zone=call.deployment.zone,
        fahrenheit=fahrenheit,
    )
    if follow:
        _follow(call.deployment, asked, as_json=call.json)
    elif every is Every.READING:
        _readings(call.deployment, asked, as_json=call.json)
    else:
        _statistics(call.deployment, asked, every, as_json=call.json)


# ---- each reading


def _readings(deployment: Deployment, asked: Asked, *, as_json: bool) -> None:
    known = {one.module_id: one for one in asked.thermostats}
    stored = Rows(deployment.table)
    rows = _newest_shown(_newest(stored, asked), asked)
    screen.remark_left_out(stored.left_out)
    if as_json:
        screen.show_json({"readings": [{**_named(known[row["module_id"]]), **row} for row in rows]})
        return
    screen.show_table(
        ("Time", *asked.columns, "Room", "Set to", "Humidity", "State", "Mode"),
        [_cells(row, known[row["module_id"]], asked) for row in rows],
        right=("Room", "Set to", "Humidity"),
        fold=("Thermostat", "Plant", "Mode"),
    )


def _newest(rows: Rows, asked: Asked) -> list[Row]:
    """The newest readings of all thermostats, newest first; one more than the limit where there are more."""
    time_range = TimeRange(since=asked.since, until=asked.until)
    newest = heapq.merge(
        *(rows.newest(one.module_id, time_range, limit=asked.limit + 1) for one in asked.thermostats),
        key=lambda row: datetime.fromisoformat(row["time"]),
        reverse=True,
    )
    return list(newest)


def _follow(deployment: Deployment, asked: Asked, *, as_json: bool) -> None:
    """Show each reading once, as it arrives; one that arrives later than `LATE` after its own time is not shown."""
    known = {one.module_id: one for one in asked.thermostats}
    widths = [max(map(cell_len, names)) for names in zip(*map(asked.names, asked.thermostats), strict=True)]
    shown: set[tuple[str, ...]] = set()
    while True:
        for row in reversed(_newest(Rows(deployment.table), asked)[: asked.limit]):
            key = (row["module_id"], row["time"], str(row.get("received_at")), str(row.get("event_id")))
            if key in shown:
                continue
            shown.add(key)
            one = known[row["module_id"]]
            if as_json:
                screen.show_json_line({**_named(one), **row})
            else:
                time, *cells = _cells(row, one, asked)
                names = [name + " " * (width - cell_len(name)) for name, width in zip(cells, widths, strict=False)]
                screen.say("  ".join([time, *names, *cells[len(widths) :]]))
        sys.stdout.flush()
        sleep(FOLLOW_SECONDS)
        now = clock()
        asked = replace(asked, since=max(asked.since, now - LATE), until=now + LATE)


def _named(one: Thermostat) -> dict[str, str]:
    """A thermostat's names for JSON; without the plant's where it is not known."""
    return {"thermostat": one.name, **({"plant": one.plant_name} if one.plant_name else {})}


def _cells(row: Row, one: Thermostat, asked: Asked) -> tuple[str, ...]:
    load = load_of(row.get("load_state"), row.get("function"))
    program = f" {_program(row['program'], one)}" if "program" in row else ""
    until = f" until {_until(row, asked)}" if row.get("activation_time") else ""
    source = str(row.get("source"))
    answered = " (asked)" if source == "poll" else " (imported)" if source.startswith(FOREIGN) else ""
    return (
        local_text(datetime.fromisoformat(row["time"])),
        *asked.names(one),
        temperature_text(row.get("temperature_c"), fahrenheit=asked.fahrenheit),
        temperature_text(row.get("setpoint_c"), fahrenheit=asked.fahrenheit),
        percent_text(row.get("humidity_percent")),
        "–" if load is None else load.value,
        f"{row.get('mode', '–').lower()}{program}{until}{answered}",
    )


def _program(number: int, one: Thermostat) -> str:
    """The number of a program, with the name that its owner gave it where that is known."""
    name = one.programs.get(number)
    return f"{number} ({name})" if name else str(number)


def _until(row: Row, asked: Asked) -> str:
    """When a mode ends, on this machine's clock; without the date where it is the reading's own.

    It is sent in the home's local time, without a zone. A text that is not a time is shown as it was sent.
    """
    said = str(row["activation_time"])
    try:
        ends = datetime.fromisoformat(said)
    except ValueError:
        return said
    text = local_text(ends if ends.tzinfo else ends.replace(tzinfo=asked.zone), seconds=False)
    day, _, time = text.partition(" ")
    return time if local_text(datetime.fromisoformat(row["time"])).startswith(day) else text


# ---- hours and days


def _statistics(deployment: Deployment, asked: Asked, every: Every, *, as_json: bool) -> None:
    found: list[tuple[datetime | date, Thermostat, Statistics]] = []
    for one in asked.thermostats:
        made = _hours(deployment, one, asked) if every is Every.HOUR else _days(deployment, one, asked)
        found += [(begins, one, statistics) for begins, statistics in made.items()]
    found.sort(key=lambda each: (each[0].isoformat(), each[1].name), reverse=True)
    shown = _newest_shown(found, asked, every)
    if as_json:
        screen.show_json({f"{every.value}s": [_document(*each, every) for each in shown]})
        return
    screen.show_table(
        (
            every.value.capitalize(),
            *asked.columns,
            "Mean",
            "Lowest",
            "Highest",
            "Humidity",
            "Set to",
            "Heating",
            "Readings",
        ),
        [_summary(*each, asked) for each in shown],
        right=("Mean", "Lowest", "Highest", "Humidity", "Set to", "Heating", "Readings"),
        fold=("Thermostat", "Plant"),
    )


def _hours(deployment: Deployment, one: Thermostat, asked: Asked) -> Mapping[datetime, Statistics]:
    return HoursAndDays(deployment.table).hours(
        one.module_id, start=hour_of(asked.since), end=hour_of(asked.until) + HOUR, limit=asked.limit + 1
    )


def _days(deployment: Deployment, one: Thermostat, asked: Asked) -> Mapping[date, Statistics]:
    return HoursAndDays(deployment.table).days(
        one.module_id,
        first=asked.since.astimezone(deployment.zone).date(),
        last=asked.until.astimezone(deployment.zone).date(),
        limit=asked.limit + 1,
    )


def _summary(begins: datetime | date, one: Thermostat, statistics: Statistics, asked: Asked) -> tuple[str, ...]:
    temperature, humidity, setpoint = statistics.temperature, statistics.humidity, statistics.setpoint
    return (
        local_text(begins, seconds=False) if isinstance(begins, datetime) else begins.isoformat(),
        *asked.names(one),
        temperature_text(temperature.mean if temperature else None, fahrenheit=asked.fahrenheit),
        temperature_text(temperature.minimum if temperature else None, fahrenheit=asked.fahrenheit),
        temperature_text(temperature.maximum if temperature else None, fahrenheit=asked.fahrenheit),
        percent_text(humidity.mean if humidity else None),
        temperature_text(setpoint.mean if setpoint else None, fahrenheit=asked.fahrenheit),
        minutes_text(statistics.heating_minutes) if statistics.load_minutes else "–",
        str(statistics.count),
    )


def _document(begins: datetime | date, one: Thermostat, statistics: Statistics, every: Every) -> dict[str, Any]:
    return {
        every.value: begins,
        **_named(one),
        "module_id": one.module_id,
        "plant_id": one.plant_id,
        **figures_of(statistics),
    }


def _newest_shown[T](newest_first: list[T], asked: Asked, every: Every = Every.READING) -> list[T]:
    """The newest rows within the limit, oldest first. Raises NotFound if there are none."""
    if not newest_first:
        raise NotFound(
            f"Nothing was found from {local_text(asked.since)} to {local_text(asked.until)}.",
            "--since goes further back; `smarther status` says when each thermostat spoke last.",
        )
    if len(newest_first) > asked.limit:
        kind = "" if every is Every.READING else f" --every {every.value}"
        screen.remark(
            f"Only the newest {asked.limit} are shown: --limit shows more, `smarther export{kind}` writes them all.",
            style="yellow",
        )
    return newest_first[: asked.limit][::-1]
