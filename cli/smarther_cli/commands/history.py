"""`smarther history`: what the thermostats said, or its hours and days."""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final

import typer

from smarther.domain.home import Thermostat, load_of
from smarther.domain.statistics import HOUR, Statistics, hour_of
from smarther.drawing.text import minutes_text, percent_text, temperature_text
from smarther_cli.archive import Row, TimeRange
from smarther_cli.call import this_call
from smarther_cli.deployment import Deployment
from smarther_cli.errors import NotFound
from smarther_cli.show import screen
from smarther_cli.show.times import local_text, period
from smarther_cli.thermostats import chosen

DEFAULT_LIMIT: Final = 500


class Every(StrEnum):
    """What is shown: each reading, or the statistics of each hour or day."""

    READING = "reading"
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Asked:
    """What history is asked for."""

    thermostats: Sequence[Thermostat]
    since: datetime
    until: datetime
    limit: int


def history(  # noqa: PLR0913 - each is an option that people type
    context: typer.Context,
    *,
    module: Annotated[
        list[str] | None,
        typer.Option("--module", "-m", help="A thermostat by name or id, or how either begins; may be given again."),
    ] = None,
    since: Annotated[str, typer.Option(help="How far back: 90m, 36h, 7d, 2w, or a date or time.")] = "24h",
    until: Annotated[str | None, typer.Option(help="Up to when; as without it: now.", show_default=False)] = None,
    every: Annotated[Every, typer.Option(help="Each reading, or the statistics of each hour or day.")] = Every.READING,
    limit: Annotated[int, typer.Option(min=1, help="Show the newest so many.")] = DEFAULT_LIMIT,
) -> None:
    """Show what the thermostats said, in the order of time.

    Times are this machine's local ones; with --json they are in UTC. Hours are hours of UTC, days are the home's; both
    are there a few minutes after they are over.
    """
    call = this_call(context)
    begin, end = period(since, until, now=call.at)
    asked = Asked(
        thermostats=chosen(module or [], call.deployment.history.thermostats()),
        since=begin,
        until=end,
        limit=limit,
    )
    if every is Every.READING:
        _readings(call.deployment, asked, as_json=call.json)
    else:
        _statistics(call.deployment, asked, every, as_json=call.json)


# ---- each reading


def _readings(deployment: Deployment, asked: Asked, *, as_json: bool) -> None:
    time_range = TimeRange(since=asked.since, until=asked.until)
    names = {one.module_id: one.name for one in asked.thermostats}
    newest = heapq.merge(
        *(deployment.archive.newest(one.module_id, time_range, limit=asked.limit + 1) for one in asked.thermostats),
        key=lambda row: datetime.fromisoformat(row["time"]),
        reverse=True,
    )
    rows = _newest_shown(list(newest), asked)
    screen.remark_left_out(deployment.archive.left_out)
    if as_json:
        screen.show_json([{"thermostat": names[row["module_id"]], **row} for row in rows])
        return
    screen.show_table(
        ("Time", "Thermostat", "Room", "Set to", "Humidity", "State", "Mode"),
        [_cells(row, names[row["module_id"]]) for row in rows],
        right=("Room", "Set to", "Humidity"),
        fold=("Thermostat", "Mode"),
    )


def _cells(row: Row, name: str) -> tuple[str, ...]:
    load = load_of(row.get("load_state"), row.get("function"))
    program = f" {row['program']}" if "program" in row else ""
    until = f" until {row['activation_time']}" if row.get("activation_time") else ""
    asked = " (asked)" if row.get("source") == "poll" else ""
    return (
        local_text(datetime.fromisoformat(row["time"])),
        name,
        temperature_text(row.get("temperature_c"), fahrenheit=False),
        temperature_text(row.get("setpoint_c"), fahrenheit=False),
        percent_text(row.get("humidity_percent")),
        "–" if load is None else load.value,
        f"{row.get('mode', '–').lower()}{program}{until}{asked}",
    )


# ---- hours and days


def _statistics(deployment: Deployment, asked: Asked, every: Every, *, as_json: bool) -> None:
    found: list[tuple[datetime | date, Thermostat, Statistics]] = []
    for one in asked.thermostats:
        made = _hours(deployment, one, asked) if every is Every.HOUR else _days(deployment, one, asked)
        found += [(begins, one, statistics) for begins, statistics in made.items()]
    found.sort(key=lambda each: (each[0].isoformat(), each[1].name), reverse=True)
    shown = _newest_shown(found, asked)
    if as_json:
        screen.show_json([_document(*each, every) for each in shown])
        return
    screen.show_table(
        (
            every.value.capitalize(),
            "Thermostat",
            "Mean",
            "Lowest",
            "Highest",
            "Humidity",
            "Set to",
            "Heating",
            "Said",
        ),
        [_summary(*each) for each in shown],
        right=("Mean", "Lowest", "Highest", "Humidity", "Set to", "Heating", "Said"),
        fold=("Thermostat",),
    )


def _hours(deployment: Deployment, one: Thermostat, asked: Asked) -> Mapping[datetime, Statistics]:
    return deployment.history.hours(
        one.module_id, start=hour_of(asked.since), end=hour_of(asked.until) + HOUR, limit=asked.limit + 1
    )


def _days(deployment: Deployment, one: Thermostat, asked: Asked) -> Mapping[date, Statistics]:
    return deployment.history.days(
        one.module_id,
        first=asked.since.astimezone(deployment.zone).date(),
        last=asked.until.astimezone(deployment.zone).date(),
        limit=asked.limit + 1,
    )


def _summary(begins: datetime | date, one: Thermostat, statistics: Statistics) -> tuple[str, ...]:
    temperature, humidity, setpoint = statistics.temperature, statistics.humidity, statistics.setpoint
    return (
        local_text(begins, seconds=False) if isinstance(begins, datetime) else begins.isoformat(),
        one.name,
        temperature_text(temperature.mean if temperature else None, fahrenheit=False),
        temperature_text(temperature.minimum if temperature else None, fahrenheit=False),
        temperature_text(temperature.maximum if temperature else None, fahrenheit=False),
        percent_text(humidity.mean if humidity else None),
        temperature_text(setpoint.mean if setpoint else None, fahrenheit=False),
        minutes_text(statistics.heating_minutes) if statistics.load_minutes else "–",
        str(statistics.count),
    )


def _document(begins: datetime | date, one: Thermostat, statistics: Statistics, every: Every) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for name in ("temperature", "humidity", "setpoint"):
        if (measure := getattr(statistics, name)) is not None:
            figures |= {f"{name}_{part}": getattr(measure, part) for part in ("mean", "minimum", "maximum", "minutes")}
    if statistics.load_minutes:
        figures |= {name: getattr(statistics, name) for name in ("load_minutes", "heating_minutes", "cooling_minutes")}
    return {
        every.value: begins.isoformat(),
        "thermostat": one.name,
        "module_id": one.module_id,
        "count": statistics.count,
        **figures,
    }


def _newest_shown[T](newest_first: list[T], asked: Asked) -> list[T]:
    """The newest so many, oldest first. Raises NotFound when there are none."""
    if not newest_first:
        raise NotFound(
            f"Nothing was found from {local_text(asked.since)} to {local_text(asked.until)}.",
            "--since goes further back; `smarther status` says when each thermostat spoke last.",
        )
    if len(newest_first) > asked.limit:
        screen.remark(
            f"Only the newest {asked.limit} are shown: --limit shows more, `smarther export` writes them all.",
            style="yellow",
        )
    return newest_first[: asked.limit][::-1]
