"""`smarther plot`: draws a chart of one thermostat into a file."""

from pathlib import Path
from typing import Annotated, Final

import typer

from smarther.domain.summaries.series import share_of_items
from smarther.drawing.chart import ChartStyle, chart_file
from smarther.drawing.text import in_zone, period_text
from smarther.store.listings import Listings
from smarther.widget.read_series import SeriesReader
from smarther_cli.call import this_call
from smarther_cli.commands.readings.completion import PlantNames, complete_module
from smarther_cli.commands.readings.thermostats import chosen, named
from smarther_cli.errors import Failure, NotFound, WrongUse
from smarther_cli.output import check_output, write_whole
from smarther_cli.show import screen
from smarther_cli.show.times import TIMES, local_text, period

WIDTH: Final = 900
HEIGHT: Final = 420
PNG_ZOOM: Final = 2

_DRAWING: Final = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">{}</svg>'


def plot(  # noqa: PLR0913 - each is an option that people type
    context: typer.Context,
    *,
    module: Annotated[
        list[str],
        typer.Option(
            "--module",
            "-m",
            metavar="NAME",
            help="The thermostat by name or id, or how either begins.",
            autocompletion=complete_module,
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The file, whose name ends in .svg or .png.")
    ],
    plant: PlantNames = None,
    since: Annotated[str, typer.Option(metavar="TIME", help=f"How far back: {TIMES}.")] = "24h",
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Up to when [default: now].", show_default=False)
    ] = None,
    fahrenheit: Annotated[bool, typer.Option("--fahrenheit", help="In °F instead of °C.")] = False,
    dark: Annotated[bool, typer.Option("--dark", help="For a dark background.")] = False,
    width: Annotated[int, typer.Option(min=240, max=2400, metavar="N", help="In pixels.")] = WIDTH,
    height: Annotated[int, typer.Option(min=200, max=2000, metavar="N", help="In pixels.")] = HEIGHT,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file if there is one.")] = False,
) -> None:
    """Draw a thermostat's temperature, set point, heating and humidity into an SVG or PNG file.

    A PNG has twice the pixels each way, so that it is sharp on every screen; the heading comes on top of the height. Up
    to two days are drawn from every reading, up to two months from hours, more from days. Times are the home's.
    """
    call = this_call(context)
    if output.suffix.lower() not in {".svg", ".png"}:
        raise WrongUse(
            f"{output} does not end in .svg or .png.",
            "SVG stays sharp at any size; PNG goes everywhere, mail included.",
        )
    check_output(output, overwrite=overwrite)
    deployment = call.deployment
    start, end = period(since, until, now=call.at)
    if start >= call.at:
        raise WrongUse(f"This period lies ahead: it begins {local_text(start)}.", "Nothing can be known of it yet.")
    end = min(end, call.at)
    if len(module) > 1:
        raise WrongUse("A chart shows one thermostat.", "Ask for one chart after the other.")
    thermostats = chosen([], Listings(deployment.table).thermostats(), plants=plant or [])
    thermostat = named(module[0], thermostats)
    reader = SeriesReader(deployment.table, home=deployment.zone)
    series = reader.read(thermostat.module_id, start, end, now=call.at, limit=share_of_items(1))
    if not series.spans:
        raise NotFound(
            f"Nothing is known of {thermostat.name} from {local_text(start)} to {local_text(end)}.",
            "--since goes further back; `smarther status` says when each thermostat spoke last.",
        )
    style = ChartStyle(width=width, height=height, zone=deployment.zone, fahrenheit=fahrenheit)
    shown = f"{period_text(series.start, series.end, zone=deployment.zone)} in {deployment.zone.key}"
    year = f", {in_zone(series.end, deployment.zone).year}"
    units = f"°{'F' if fahrenheit else 'C'} and % humidity"
    about = [*filter(None, [thermostat.plant_name]), f"{shown}{year}", units, series.grain.value]
    svg = chart_file(series, style, name=thermostat.name, about=about, dark=dark)
    write_whole(output, png(svg) if output.suffix.lower() == ".png" else svg.encode())
    if call.json:
        screen.show_json({"file": str(output), "drawn_from": series.grain.value})
    else:
        screen.say(f"{output} shows {thermostat.name}, {shown} ({series.grain}).")


def png(svg: str) -> bytes:
    """The chart as a PNG of twice its width and height. Raises Failure if this machine has no fonts."""
    from resvg_py import svg_to_bytes  # noqa: PLC0415 - it takes half a second to load, and only a PNG needs it

    # Text is drawn with this machine's fonts; without any, it would be left out silently.
    if svg_to_bytes(svg_string=_DRAWING.format("")) == svg_to_bytes(svg_string=_DRAWING.format('<text y="9">M</text>')):
        raise Failure("This machine has no fonts to write into a PNG with.", "Install some, or write an SVG.")
    return svg_to_bytes(svg_string=svg, zoom=PNG_ZOOM)
