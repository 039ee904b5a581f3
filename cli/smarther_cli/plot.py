"""`smarther plot`: a chart of one thermostat, as a file."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from smarther.domain.chart import ChartStyle, chart_file
from smarther.domain.series import share_of_items
from smarther.series_reader import SeriesReader
from smarther_cli import screen
from smarther_cli.call import this_call
from smarther_cli.errors import NotFound, WrongUse
from smarther_cli.moments import instant, local_text
from smarther_cli.thermostats import named

WIDTH: Final = 900
HEIGHT: Final = 420


def plot(  # noqa: PLR0913 - each is an option that people type
    context: typer.Context,
    *,
    module: Annotated[str, typer.Option("--module", "-m", help="The thermostat by name or id, or how either begins.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file, whose name ends in .svg.")],
    since: Annotated[str, typer.Option(help="How far back: 36h, 7d, 2w, or a date or time.")] = "24h",
    until: Annotated[str | None, typer.Option(help="Up to when; as without it: now.", show_default=False)] = None,
    fahrenheit: Annotated[bool, typer.Option("--fahrenheit", help="In °F instead of °C.")] = False,
    dark: Annotated[bool, typer.Option("--dark", help="For a dark background.")] = False,
    width: Annotated[int, typer.Option(min=240, max=2400, help="In pixels.")] = WIDTH,
    height: Annotated[int, typer.Option(min=200, max=2000, help="In pixels.")] = HEIGHT,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file if there is one.")] = False,
) -> None:
    """Draw a thermostat's temperature, set point, heating and humidity into an SVG file.

    Up to two days are drawn from every reading, up to two months from hours, more from days. Times are the home's.
    """
    call = this_call(context)
    if output.suffix.lower() != ".svg":
        raise WrongUse(
            f"{output} does not end in .svg.", "Browsers, word processors and image programs open SVG files."
        )
    if output.exists() and not overwrite:
        raise WrongUse(f"{output} is there already.", "Give another name, or --overwrite.")
    deployment = call.deployment
    start, end = instant(since, now=call.at), call.at if until is None else instant(until, now=call.at)
    _check_order(start, end)
    thermostat = named(module, deployment.history.thermostats())
    reader = SeriesReader(deployment.history, home=deployment.zone)
    series = reader.read(thermostat.module_id, start, end, now=call.at, limit=share_of_items(1))
    if not series.spans:
        raise NotFound(
            f"Nothing is known of {thermostat.name} from {local_text(start)} to {local_text(end)}.",
            "--since goes further back; `smarther status` says when each thermostat spoke last.",
        )
    style = ChartStyle(width=width, height=height, zone=deployment.zone, fahrenheit=fahrenheit)
    output.write_text(chart_file(series, style, name=thermostat.name, dark=dark), encoding="utf-8")
    if call.json:
        screen.show_json({"file": str(output), "drawn_from": series.grain.value})
    else:
        screen.say(f"{output} shows {thermostat.name} from {local_text(start)} to {local_text(end)} ({series.grain}).")


def _check_order(start: datetime, end: datetime) -> None:
    if end <= start:
        raise WrongUse("This period ends before it begins.", "--since lies before --until.")
