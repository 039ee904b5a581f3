"""A series as SVG over local time: temperature and set point, when it heated, and humidity.

The SVG has no scripts, which the console removes, and no ids or references, since several charts share a page. Colours
are CSS classes, so that one drawing serves both themes. The palette is that of Okabe and Ito for colour-blind readers
(https://jfly.uni-koeln.de/color/), and each line also has a stroke of its own.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from smarther.domain.summaries.series import Grain, summary
from smarther.drawing.axes import time_ticks, value_ticks
from smarther.drawing.html import Markup, element
from smarther.drawing.paths import at_instants, at_middles, column, pixel, runs, shares, steps, through
from smarther.drawing.text import (
    day_text,
    in_unit,
    in_zone,
    minutes_text,
    number_text,
    percent_text,
    temperature_text,
    time_text,
    weekday_text,
)
from smarther.drawing.words.english import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime, tzinfo
    from decimal import Decimal

    from smarther.domain.summaries.series import Series, Span
    from smarther.drawing.words.language import Language

_LIGHT, _DARK = 0, 1
_COLOURS = {
    "ink": ("#16191f", "#e9ebed"),
    "soft": ("#545b64", "#a9b3bd"),
    "card": ("#fff", "#1b232d"),
    "line": ("#c9d0d3", "#4b5866"),
    "grid": ("#e9eced", "#2b3541"),
    "gap": ("#e8eced", "#2a3542"),
    "t": ("#c24a00", "#ff9450"),
    "s": ("#0072b2", "#7cc8f5"),
    "h": ("#00795a", "#3fc79a"),
    "heat": ("#e69f00", "#e69f00"),
    "cool": ("#56b4e9", "#56b4e9"),
}
"""The colour of each class in the light and in the dark theme."""
_RULES = """
.sm-chart{display:block;width:100%;height:auto;font:11px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
.sm-chart text{fill:var(--soft)}.sm-chart .sm-major{fill:var(--ink);font-weight:600}
.sm-grid{stroke:var(--grid);fill:none}.sm-axis{stroke:var(--line);fill:none}.sm-gap{fill:var(--gap)}
.sm-t,.sm-s,.sm-h{fill:none;stroke-linejoin:round;stroke-linecap:round}
.sm-t{stroke:var(--t);stroke-width:2}.sm-s{stroke:var(--s);stroke-width:1.6;stroke-dasharray:5 3;stroke-linecap:butt}
.sm-h{stroke:var(--h);stroke-width:1.5}.sm-range{fill:var(--t);fill-opacity:.16}
.sm-held{stroke-opacity:.5;stroke-dasharray:1 4}
.sm-now{fill:var(--t);stroke:var(--card);stroke-width:1.5}
.sm-heat{fill:var(--heat)}.sm-cool{fill:var(--cool)}
.sm-heat-shade{fill:var(--heat);fill-opacity:.14}.sm-cool-shade{fill:var(--cool);fill-opacity:.16}
.sm-heading{fill:var(--ink);font:600 15px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
.sm-hit{fill:transparent}.sm-hit:hover{fill:var(--ink);fill-opacity:.09}
"""


def _variables(theme: int) -> str:
    return ";".join(f"--{name}:{colours[theme]}" for name, colours in _COLOURS.items())


CHART_STYLE = Markup(f".sm-light{{{_variables(_LIGHT)}}}.sm-dark{{{_variables(_DARK)}}}{_RULES}")

_VARIABLE = re.compile(r"var\(--(\w+)\)")

_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 12, 8, 20
_GAP = 6  # between the panels
_NAME, _LINE, _BELOW = 26, 18, 6  # heights in a file: the name, each line below it, the space below them
_LETTER, _ENTRY, _DOT = 6, 35, " · "  # widths of a letter, and of the mark of an entry of the legend
_NARROWEST_GAP = 2  # pixels; shorter gaps are not marked
_TIME_LABEL, _VALUE_LABEL = 58, 22  # pixels that a label takes up
_HOVER_COLUMN = 7  # pixels; the least that a finger can touch
_HOVER_COLUMN_WIDE, _WIDE = 4, 500  # narrower columns in a wide chart, for a mouse
_LEAST_DEGREES, _LEAST_PERCENT = 2.0, 10.0  # the least range of a panel, so that noise looks small


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartStyle:
    """The size of a chart in pixels, its time zone, its unit of temperature and its language."""

    width: int
    height: int
    zone: tzinfo
    fahrenheit: bool
    words: Language = ENGLISH

    def temperature_text(self, celsius: Decimal | None) -> str:
        """A temperature as text, in the unit of this chart."""
        return temperature_text(celsius, fahrenheit=self.fahrenheit, words=self.words)


@dataclass(frozen=True, slots=True)
class _Panel:
    """A part of the chart's height: its y coordinates, the values at its lower and upper edge, and its marks."""

    top: float
    bottom: float
    low: float
    high: float
    ticks: Sequence[float]

    def y(self, value: float) -> float:
        """The y coordinate of a value; of one beyond the edges, that of the edge."""
        inside = min(max(value, self.low), self.high)
        return self.bottom - (inside - self.low) / (self.high - self.low) * (self.bottom - self.top)


@dataclass(frozen=True, slots=True)
class _Frame:
    """The coordinates of the chart: time from left to right, and three panels one above the other."""

    start: datetime
    end: datetime
    left: float
    right: float
    temperature: _Panel
    relay: _Panel
    humidity: _Panel
    fahrenheit: bool

    def temperature_y(self, celsius: Decimal) -> float:
        """The y coordinate of a temperature."""
        return self.temperature.y(float(in_unit(celsius, fahrenheit=self.fahrenheit)))

    def humidity_y(self, percent: Decimal) -> float:
        """The y coordinate of a humidity."""
        return self.humidity.y(float(percent))

    def x(self, instant: datetime) -> float:
        """The x coordinate of an instant; of one outside the period, that of its edge."""
        inside = min(max(instant, self.start), self.end)
        return self.left + (inside - self.start) / (self.end - self.start) * (self.right - self.left)

    def at(self, x: float) -> datetime:
        """The instant at an x coordinate."""
        return self.start + (x - self.left) / (self.right - self.left) * (self.end - self.start)

    def rectangle(self, start: float, end: float, *, class_: str, title: str | None = None) -> Markup:
        """A rectangle of the full height between two x coordinates."""
        return element(
            "rect",
            element("title", title) if title else None,
            x=pixel(start),
            y=pixel(self.temperature.top),
            width=pixel(end - start),
            height=pixel(self.humidity.bottom - self.temperature.top),
            class_=class_,
        )


def chart(series: Series, style: ChartStyle, *, name: str) -> Markup:
    """The series as one `<svg>`, which shrinks to its place. `name` is the thermostat's, for screen readers."""
    frame = _frame(series, style)
    return element(
        "svg",
        *_gaps(series, frame, style),
        *_axes(frame, style),
        *_shades(series, frame, style),
        *_lines(series, frame, style),
        *_relay(series, frame, style),
        _nothing(style) if not series.spans else None,
        *_hover(series, frame, style),
        viewBox=f"0 0 {style.width} {style.height}",
        width=style.width,
        height=style.height,
        class_="sm-chart",
        role="img",
        aria_label=summary_text(series, fahrenheit=style.fahrenheit, name=name, words=style.words),
    )


def chart_file(series: Series, style: ChartStyle, *, name: str, about: Sequence[str], dark: bool) -> str:
    """The same chart as the text of an SVG file, below the name, the lines `about` it, and a legend.

    The colours are written into the rules: most programs that show SVG files do not know CSS variables.
    """
    theme = _DARK if dark else _LIGHT
    heading, height = _heading(series, style, about)
    return element(
        "svg",
        element("style", Markup(_VARIABLE.sub(lambda found: _COLOURS[found[1]][theme], _RULES))),
        element("rect", width="100%", height="100%", fill=_COLOURS["card"][theme]),
        element("text", name, x=_LEFT, y=20, class_="sm-heading"),
        element("g", *heading, class_="sm-chart"),
        element("g", chart(series, style, name=name), transform=f"translate(0 {height})"),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {style.width} {style.height + height}",
        width=style.width,
        height=style.height + height,
        class_="sm-dark" if dark else "sm-light",
    )


def _heading(series: Series, style: ChartStyle, about: Sequence[str]) -> tuple[list[Markup], int]:
    """The lines below the name, broken to the width, and the height of the whole heading."""
    room = style.width - _LEFT - _RIGHT
    y = _NAME
    marks: list[Markup] = []
    for line in _lines_of(about, room, lambda part: _LETTER * (len(part) + len(_DOT))):
        marks.append(element("text", _DOT.join(line), x=_LEFT, y=y + 12))
        y += _LINE
    for row in _lines_of(list(_legend(series, style)), room, lambda entry: _ENTRY + _LETTER * len(entry[1])):
        x = _LEFT
        for class_, word in row:
            if class_ in {"sm-heat", "sm-cool", "sm-gap"}:
                marks.append(element("rect", x=x, y=y + 4, width=16, height=8, class_=class_))
            else:
                marks.append(element("path", d=f"M{x} {y + 8}h16", class_=class_))
            marks.append(element("text", word, x=x + 21, y=y + 12))
            x += _ENTRY + _LETTER * len(word)
        y += _LINE
    return marks, y + _BELOW


def _lines_of[Part](parts: Sequence[Part], room: int, width: Callable[[Part], int]) -> list[list[Part]]:
    """The parts, in their order, broken into lines that fit into `room`."""
    lines: list[list[Part]] = []
    left = 0
    for part in parts:
        if not lines or width(part) > left:
            lines.append([])
            left = room
        lines[-1].append(part)
        left -= width(part)
    return lines


def _legend(series: Series, style: ChartStyle) -> Iterator[tuple[str, str]]:
    """The legend of a file: the class and the meaning of each mark in it."""
    words = style.words
    yield "sm-t", words.temperature
    if set_points := _set_points(series, words):
        yield "sm-s", set_points
    yield "sm-heat", words.heating
    if any(span.cooling_share for span in series.spans):
        yield "sm-cool", words.cooling
    yield "sm-h", words.humidity
    if any(_gaps(series, _frame(series, style), style)):
        yield "sm-gap", words.nothing_recorded


def _set_points(series: Series, words: Language) -> str:
    """The legend of the set point's line, which says why it has gaps; empty if there is no line."""
    told = {span.setpoint is not None for span in series.spans if span.temperature is not None}
    if True not in told:
        return ""
    return words.set_point_interrupted if False in told else words.set_point


def summary_text(
    series: Series, *, fahrenheit: bool, name: str | None = None, short: bool = False, words: Language = ENGLISH
) -> str:
    """The period in one line: extremes, means (not where `short`), and for how long it heated and cooled."""
    made = summary(series)
    parts = []
    if made.low is not None and made.high is not None:
        low = number_text(in_unit(made.low, fahrenheit=fahrenheit), words)
        high = temperature_text(made.high, fahrenheit=fahrenheit, words=words)
        parts.append(words.degrees_range.format(low=low, high=high))
    if made.temperature is not None and not short:
        mean = temperature_text(made.temperature, fahrenheit=fahrenheit, words=words)
        parts.append(words.mean.format(temperature=mean))
    if made.humidity is not None and not short:
        parts.append(f"{words.humidity} {percent_text(made.humidity)}")
    if made.heating_minutes is not None:
        parts.append(words.heated.format(length=minutes_text(made.heating_minutes)))
    if made.cooling_minutes:
        parts.append(words.cooled.format(length=minutes_text(made.cooling_minutes)))
    text = " · ".join(parts) or words.nothing_recorded
    return f"{name}: {text}" if name else text


def _frame(series: Series, style: ChartStyle) -> _Frame:
    bottom = style.height - _BOTTOM
    humidity_top = bottom - max(28.0, style.height * 0.2)
    relay_top = humidity_top - _GAP - _relay_height(series.grain, style)
    temperature_bottom = relay_top - _GAP
    shown = [
        float(in_unit(value, fahrenheit=style.fahrenheit))
        for span in series.spans
        for value in (span.low, span.high, span.setpoint)
        if value is not None
    ]
    percents = [float(span.humidity) for span in series.spans if span.humidity is not None]
    return _Frame(
        start=series.start,
        end=series.end,
        left=_LEFT,
        right=style.width - _RIGHT,
        temperature=_around(shown, _TOP, temperature_bottom, least=_LEAST_DEGREES),
        relay=_Panel(relay_top, humidity_top - _GAP, 0, 1, ()),
        humidity=_around(percents, humidity_top, bottom, least=_LEAST_PERCENT),
        fahrenheit=style.fahrenheit,
    )


def _relay_height(grain: Grain, style: ChartStyle) -> float:
    """The height of the relay's panel: low for readings, which are on or off; higher for shares of an hour or a day."""
    return max(8.0, style.height * 0.035) if grain is Grain.READINGS else max(20.0, style.height * 0.11)


def _around(values: Sequence[float], top: float, bottom: float, *, least: float) -> _Panel:
    """A panel that holds the values with some space around them, and as many round ticks as there is room for."""
    if not values:
        return _Panel(top, bottom, 0, 1, ())
    low, high = min(values), max(values)
    air = max((high - low) * 0.08, (least - (high - low)) / 2)
    low, high = low - air, high + air
    return _Panel(top, bottom, low, high, value_ticks(low, high, at_most=max(2, int((bottom - top) // _VALUE_LABEL))))


def _gaps(series: Series, frame: _Frame, style: ChartStyle) -> Iterator[Markup]:
    """The stretches of the past of which nothing is known."""
    known_until, known = series.start, min(series.end, series.until)
    for start, end in [*((span.start, span.end) for span in series.spans), (known, known)]:
        if frame.x(start) - frame.x(known_until) >= _NARROWEST_GAP:
            title = style.words.nothing_recorded
            yield frame.rectangle(frame.x(known_until), frame.x(start), class_="sm-gap", title=title)
        known_until = max(known_until, end)


def _axes(frame: _Frame, style: ChartStyle) -> Iterator[Markup]:
    for panel, unit in ((frame.temperature, "°"), (frame.humidity, "%")):
        for value in panel.ticks:
            y = panel.y(value)
            yield element("path", d=f"M{pixel(frame.left)} {pixel(y)}H{pixel(frame.right)}", class_="sm-grid")
            label = number_text(value, style.words, form="g")
            yield element("text", f"{label}{unit}", x=pixel(frame.left - 5), y=pixel(y + 4), text_anchor="end")
    ticks = time_ticks(
        frame.start,
        frame.end,
        style.zone,
        at_most=max(2, int((frame.right - frame.left) / _TIME_LABEL)),
        words=style.words,
    )
    for tick in ticks:
        x = frame.x(tick.at)
        line = "sm-axis" if tick.major else "sm-grid"
        top, bottom = pixel(frame.temperature.top), pixel(frame.humidity.bottom + 3)
        yield element("path", d=f"M{pixel(x)} {top}V{bottom}", class_=line)
        half = len(tick.label) * 3 + 2
        yield element(
            "text",
            tick.label,
            x=pixel(min(max(x, half), style.width - half)),
            y=pixel(frame.humidity.bottom + 15),
            text_anchor="middle",
            class_="sm-major" if tick.major else None,
        )


def _shades(series: Series, frame: _Frame, style: ChartStyle) -> Iterator[Markup]:
    """The areas behind the lines: of readings, when it heated or cooled; of means, from minimum to maximum."""
    if series.grain is Grain.READINGS:
        yield from _columns(series, frame.temperature, ("sm-heat-shade", "sm-cool-shade"), frame, style)
        return
    for lows in runs(series.spans, lambda span: span.low):
        highs = [(span, span.high if span.high is not None else low) for span, low in lows]
        outline = [*at_middles(highs), *reversed(at_middles(lows))]
        path = through((frame.x(at), frame.temperature_y(value)) for at, value in outline)
        yield element("path", d=f"{path}z", class_="sm-range")


def _relay(series: Series, frame: _Frame, style: ChartStyle) -> Iterator[Markup]:
    """The relay's panel: columns as high as the share of each span in which it heated or cooled."""
    yield element("path", d=f"M{pixel(frame.left)} {pixel(frame.relay.bottom)}H{pixel(frame.right)}", class_="sm-axis")
    yield from _columns(series, frame.relay, ("sm-heat", "sm-cool"), frame, style)


def _columns(
    series: Series, panel: _Panel, classes: tuple[str, str], frame: _Frame, style: ChartStyle
) -> Iterator[Markup]:
    """Heating and cooling as one path each, of columns on the lower edge of the panel."""
    words = style.words
    kinds = ((words.heating, lambda span: span.heating_share), (words.cooling, lambda span: span.cooling_share))
    for class_, (word, share) in zip(classes, kinds, strict=True):
        shape = "".join(
            column(frame.x(start), frame.x(end), panel.bottom, panel.bottom - float(part) * (panel.bottom - panel.top))
            for start, end, part in shares(series.spans, share)
        )
        if shape:
            yield element("path", element("title", word), d=shape, class_=class_)


def _lines(series: Series, frame: _Frame, style: ChartStyle) -> Iterator[Markup]:
    words = style.words
    yield from _curve(series, lambda span: span.humidity, frame, frame.humidity_y, ("sm-h", words.humidity))
    for run in runs(series.spans, lambda span: span.setpoint):
        yield _line(frame, frame.temperature_y, steps(run), ("sm-s", words.set_point))
    yield from _curve(series, lambda span: span.temperature, frame, frame.temperature_y, ("sm-t", words.temperature))
    if series.grain is Grain.READINGS:
        yield from _last(series, frame, style)


def _curve(
    series: Series,
    value: Callable[[Span], Decimal | None],
    frame: _Frame,
    y: Callable[[Decimal], float],
    look: tuple[str, str],
) -> Iterator[Markup]:
    """A quantity as one line for each unbroken run. Where the last reading of a run only still holds, it is faint."""
    for run in runs(series.spans, value):
        if series.grain is not Grain.READINGS:
            yield _line(frame, y, at_middles(run), look)
            continue
        last, believed = run[-1]
        yield _line(frame, y, [(last.start, believed), (last.end, believed)], (f"{look[0]} sm-held", look[1]))
        yield _line(frame, y, at_instants(run), look)


def _line(
    frame: _Frame, y: Callable[[Decimal], float], corners: Iterable[tuple[datetime, Decimal]], look: tuple[str, str]
) -> Markup:
    class_, title = look
    shape = through((frame.x(at), y(value)) for at, value in corners)
    return element("path", element("title", title), d=shape, class_=class_)


def _last(series: Series, frame: _Frame, style: ChartStyle) -> Iterator[Markup]:
    """A dot on the newest temperature."""
    for span in reversed(series.spans):
        if span.temperature is not None:
            text = style.words.newest.format(temperature=style.temperature_text(span.temperature))
            x, y = frame.x(span.start), frame.temperature_y(span.temperature)
            yield element("circle", element("title", text), cx=pixel(x), cy=pixel(y), r="3.5", class_="sm-now")
            return


def _nothing(style: ChartStyle) -> Markup:
    return element(
        "text",
        style.words.nothing_in_period,
        x=pixel(style.width / 2),
        y=pixel(style.height * 0.35),
        text_anchor="middle",
    )


def _hover(series: Series, frame: _Frame, style: ChartStyle) -> Iterator[Markup]:
    """Invisible columns that show the values of their span under the pointer; their number is bounded by the width."""
    starts = [span.start for span in series.spans]
    shown: list[tuple[float, float, Span]] = []
    x, width = frame.left, _HOVER_COLUMN if style.width < _WIDE else _HOVER_COLUMN_WIDE
    while x < frame.right:
        end = min(x + width, frame.right)
        middle = frame.at((x + end) / 2)
        span = series.spans[bisect_right(starts, middle) - 1] if starts and starts[0] <= middle else None
        if span is not None and middle < span.end:
            if shown and shown[-1][2] is span:
                shown[-1] = (shown[-1][0], end, span)
            else:
                shown.append((x, end, span))
        x = end
    for start, end, span in shown:
        yield frame.rectangle(start, end, class_="sm-hit", title=_values_text(span, series.grain, style))


def _values_text(span: Span, grain: Grain, style: ChartStyle) -> str:
    local, words = in_zone(span.start, style.zone), style.words
    day = f"{weekday_text(local, words)} {day_text(local, words)}"
    when = day if grain is Grain.DAYS else f"{day} {time_text(local)}"
    temperature = style.temperature_text(span.temperature)
    if span.low is not None and span.low != span.high:
        low, high = (
            number_text(in_unit(value, fahrenheit=style.fahrenheit), words)
            for value in (span.low, span.high or span.low)
        )
        temperature += f" ({words.degrees_range.format(low=low, high=high)})"
    told = [f"{when}: {temperature}"]
    if span.setpoint is not None:
        told.append(f"{words.set_point} {style.temperature_text(span.setpoint)}")
    if span.humidity is not None:
        told.append(f"{words.humidity} {percent_text(span.humidity)}")
    for share, word in ((span.heating_share, words.heating), (span.cooling_share, words.cooling)):
        if share:
            told.append(word if share == 1 else words.share.format(what=word, percent=percent_text(share * 100)))
    return ", ".join(told)
