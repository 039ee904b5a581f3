"""The drawing, read back as the XML that it is: every mark where its value belongs, and told in words."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET  # the document read is the one that was just made
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smarther.domain.readings.home import Load, Snapshot
from smarther.domain.summaries.series import Grain, Series, Shown, of_days, of_hours, of_snapshots, shown_of
from smarther.domain.summaries.statistics import HOUR, LONGEST_HOLD, daily, hourly
from smarther.drawing.chart import ChartStyle, _frame, chart, chart_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from smarther.domain.summaries.statistics import Statistics

START = datetime(2026, 1, 18, tzinfo=UTC)
END = START + 24 * HOUR
STYLE = ChartStyle(width=600, height=300, zone=UTC, fahrenheit=False)
LEFT, RIGHT = 34, 588  # where time begins and ends in a drawing of that width


def x(hours: float) -> float:
    return LEFT + hours / 24 * (RIGHT - LEFT)


def at(hours: float, temperature: str | None = "20", **said: object) -> Snapshot:
    return Snapshot(
        time=START + timedelta(hours=hours),
        temperature=None if temperature is None else Decimal(temperature),
        **said,  # type: ignore[arg-type]  # named by the caller
    )


def readings(*snapshots: Snapshot, now: datetime = END) -> Series:
    return of_snapshots(snapshots, start=START, end=END, now=now)


def shown(hours: Mapping[datetime, Statistics]) -> dict[datetime, Shown]:
    return {hour: shown_of(made) for hour, made in hours.items()}


def drawn(series: Series, style: ChartStyle = STYLE) -> ET.Element:
    return ET.fromstring(chart(series, style, name="Salotto"))  # noqa: S314 - made here, not received


def marks(svg: ET.Element, class_: str) -> Iterator[ET.Element]:
    return (mark for mark in svg.iter() if class_ in mark.get("class", "").split())


def path(svg: ET.Element, class_: str) -> list[str]:
    return [mark.get("d", "") for mark in marks(svg, class_)]


def points(shape: str) -> list[tuple[float, float]]:
    return [(float(a), float(b)) for a, b in re.findall(r"(-?[\d.]+) (-?[\d.]+)", shape)]


def told(svg: ET.Element) -> list[str]:
    return [mark.findtext("title") or "" for mark in marks(svg, "sm-hit")]


def test_a_reading_stands_at_its_instant_and_warmer_is_higher() -> None:
    (line,) = [shape for shape in path(drawn(readings(at(0, "19"), at(4, "21"), at(8, "20"))), "sm-t") if "L" in shape][
        1:
    ]
    (x0, y0), (x1, y1), (x2, y2) = points(line)
    assert (x0, x1, x2) == pytest.approx((x(0), x(4), x(8)), abs=0.1)
    assert y1 < y2 < y0


def test_the_set_point_is_steps() -> None:
    said = (at(0, setpoint=Decimal(19)), at(2, setpoint=Decimal(19)), at(5, setpoint=Decimal(21)))
    (steps,) = path(drawn(readings(*said)), "sm-s")
    corners = points(steps)
    assert [corner[0] for corner in corners] == pytest.approx([x(0), x(5), x(5), x(11)], abs=0.1)
    assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(corners)), "level or upright, never aslant"


def test_heating_is_a_band_for_as_long_as_it_heated() -> None:
    said = (at(1, load=Load.HEATING), at(2, load=Load.HEATING), at(3, load=Load.IDLE), at(5, load=Load.COOLING))
    svg = drawn(readings(*said, now=START + 6 * HOUR))
    (heat,), (cool,) = path(svg, "sm-heat"), path(svg, "sm-cool")
    assert [float(number) for number in re.findall(r"[MH]([\d.]+)", heat)] == pytest.approx([x(1), x(3)], abs=0.1)
    assert [float(number) for number in re.findall(r"[MH]([\d.]+)", cool)] == pytest.approx([x(5), x(6)], abs=0.1)
    assert len(path(svg, "sm-heat-shade")) == 1


def test_an_hour_s_band_is_as_high_as_the_share_of_it_that_heated() -> None:
    said = [at(0, load=Load.HEATING), at(1, load=Load.HEATING), at(1.25, load=Load.IDLE)]
    series = of_hours(shown(hourly(said, start=START, end=START + 2 * HOUR, until=END)), start=START, end=END, now=END)
    (heat,) = path(drawn(series), "sm-heat")
    relay = _frame(series, STYLE).relay
    ends = [(float(bottom), float(top)) for bottom, top in re.findall(r"M[\d.]+ (-?[\d.]+)V(-?[\d.]+)", heat)]
    quarter = relay.bottom - (relay.bottom - relay.top) / 4
    assert [bottom for bottom, _ in ends] == pytest.approx([relay.bottom] * 2, abs=0.1)
    assert [top for _, top in ends] == pytest.approx([relay.top, quarter], abs=0.1), (
        "an hour of heating fills its panel"
    )


def test_means_stand_in_the_middle_of_their_hours_with_their_extremes_around_them() -> None:
    said = [at(0, "18"), at(0.5, "22"), at(1, "20")]
    series = of_hours(
        shown(hourly(said, start=START, end=START + 2 * HOUR, until=START + 2 * HOUR)), start=START, end=END, now=END
    )
    svg = drawn(series)
    (line,) = path(svg, "sm-t")
    assert [point[0] for point in points(line)] == pytest.approx([x(0), x(0.5), x(1.5), x(2)], abs=0.1)
    assert len(path(svg, "sm-range")) == 1
    assert told(svg)[0] == "Sun 18 Jan 00:00: 20.0 °C (18.0 to 22.0)"


def test_a_line_breaks_where_nothing_is_known_and_the_gap_is_marked() -> None:
    svg = drawn(readings(at(0), at(12), at(13), now=START + 22 * HOUR))
    faint = path(svg, "sm-held")
    assert [points(shape)[-1][0] for shape in faint] == pytest.approx([x(6), x(19)], abs=0.1)
    assert len(path(svg, "sm-t")) == 4, "two runs, each with its faint end"
    gaps = [(float(gap.get("x", "")), float(gap.get("width", ""))) for gap in marks(svg, "sm-gap")]
    assert [edge for edge, _ in gaps] == pytest.approx([x(6), x(19)], abs=0.1)
    assert gaps[0][1] == pytest.approx(x(12) - x(6), abs=0.2)
    assert gaps[1][1] == pytest.approx(x(22) - x(19), abs=0.2), "the hours to come are no gap"


@pytest.mark.parametrize("grain", Grain)
def test_the_hour_that_is_running_leaves_no_gap_at_the_right_edge(grain: Grain) -> None:
    now = START + timedelta(hours=20, minutes=25)
    said = [at(hours / 2) for hours in range(41)]
    hours = hourly(said, start=START, end=END, until=now)
    series = {
        Grain.READINGS: of_snapshots(said, start=START, end=now, now=now),
        Grain.HOURS: of_hours(shown(hours), start=START, end=now, now=now),
        Grain.DAYS: of_days(
            {day: shown_of(made) for day, made in daily(hours, UTC).items()}, start=START, end=now, now=now, zone=UTC
        ),
    }[grain]
    assert not list(marks(drawn(series), "sm-gap"))


def test_the_hour_that_the_clocks_show_twice_says_which_it_is() -> None:
    start = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)  # 01:30 in Rome
    said = [replace(at(0), time=start + number * timedelta(minutes=30)) for number in range(7)]
    now = start + timedelta(minutes=190)
    style = replace(STYLE, zone=ZoneInfo("Europe/Rome"))
    for series in (
        of_snapshots(said, start=start, end=now, now=now),
        of_hours(shown(hourly(said, start=start - HOUR, end=now + HOUR, until=now)), start=start, end=now, now=now),
    ):
        labels = [label.partition(": ")[0] for label in told(drawn(series, style))]
        assert len(labels) == len(set(labels)) >= 4, labels
        assert {"Sun 25 Oct 02:00 UTC+02:00", "Sun 25 Oct 02:00 UTC+01:00", "Sun 25 Oct 03:00"} <= set(labels)


@given(
    start=st.datetimes(max_value=datetime(9999, 1, 1)),  # noqa: DTZ001 - with its zone right below
    length=st.timedeltas(min_value=timedelta(minutes=1), max_value=timedelta(days=360)),
    zone=st.timezones(),
)
@settings(max_examples=60, deadline=None)
def test_a_period_anywhere_in_the_calendar_is_drawn(start: datetime, length: timedelta, zone: ZoneInfo) -> None:
    start = start.replace(tzinfo=UTC)
    end = start + length
    said = [replace(at(0), time=start + length / 3), replace(at(0), time=end)]
    svg = drawn(of_snapshots(said, start=start, end=end, now=end), replace(STYLE, zone=zone))
    assert path(svg, "sm-t")


def test_what_was_not_sent_is_not_drawn() -> None:
    svg = drawn(readings(at(0, None, humidity=Decimal(50))))
    assert not path(svg, "sm-t")
    assert path(svg, "sm-h")
    assert "–" in told(svg)[0]


def test_every_mark_says_what_it_is() -> None:
    said = (at(0, setpoint=Decimal(21), humidity=Decimal(55), load=Load.HEATING), at(1, "20.5"))
    svg = drawn(readings(*said))
    shapes = {"sm-t", "sm-s", "sm-h", "sm-heat", "sm-heat-shade", "sm-gap", "sm-hit", "sm-now"}
    for class_ in shapes:
        found = list(marks(svg, class_))
        assert found, class_
        assert all(mark.findtext("title") for mark in found), class_
    assert "Sun 18 Jan 00:00: 20.0 °C, set point 21.0 °C, humidity 55 %, heating" in told(svg)
    assert svg.get("aria-label") == "Salotto: 20.0 to 20.5 °C · mean 20.4 °C · humidity 55 % · heated 1 h"


def test_fahrenheit() -> None:
    svg = drawn(readings(at(0, "20", setpoint=Decimal(21))), replace(STYLE, fahrenheit=True))
    assert told(svg)[0].startswith("Sun 18 Jan 00:00: 68.0 °F, set point 69.8 °F")
    assert {text.text for text in svg.iter("text")} & {"68°", "69°"}


def test_nothing_recorded_is_said() -> None:
    svg = drawn(readings())
    assert "Nothing recorded in this period" in [text.text for text in svg.iter("text")]
    assert not told(svg)


temperatures = st.decimals(min_value=-40, max_value=60, places=1)
histories = st.lists(
    st.builds(
        lambda minute, temperature, setpoint, humidity, load: Snapshot(
            time=START + timedelta(minutes=minute),
            temperature=temperature,
            setpoint=setpoint,
            humidity=humidity,
            load=load,
        ),
        st.integers(min_value=-LONGEST_HOLD // timedelta(minutes=1), max_value=1439),
        st.none() | temperatures,
        st.none() | temperatures,
        st.none() | st.decimals(min_value=0, max_value=100, places=1),
        st.none() | st.sampled_from(Load),
    ),
    max_size=30,
).map(lambda snapshots: sorted(snapshots, key=lambda each: each.time))


@settings(max_examples=60)
@given(
    snapshots=histories,
    width=st.integers(min_value=240, max_value=2400),
    grain=st.sampled_from([Grain.READINGS, Grain.HOURS]),
)
def test_nothing_is_drawn_outside_and_the_columns_under_the_pointer_are_few(
    snapshots: list[Snapshot], width: int, grain: Grain
) -> None:
    series = of_snapshots(snapshots, start=START, end=END, now=END)
    if grain is Grain.HOURS:
        series = of_hours(shown(hourly(snapshots, start=START, end=END, until=END)), start=START, end=END, now=END)
    style = replace(STYLE, width=width, height=200)
    svg = drawn(series, style)
    for shape in svg.iter("path"):
        assert all(0 <= a <= width and 0 <= b <= 200 for a, b in points(shape.get("d", "")))
    for text in svg.iter("text"):
        assert 0 <= float(text.get("x", "-1")) <= width
    assert len(told(svg)) <= width / 4 + 1


@pytest.mark.parametrize(("dark", "ink"), [(False, "#16191f"), (True, "#e9ebed")])
def test_a_file_has_its_colours_in_it_because_image_programs_know_no_variables(*, dark: bool, ink: str) -> None:
    file = chart_file(readings(at(0)), STYLE, name="var(--t)", about=["of a test"], dark=dark)
    (rules,) = (part.text or "" for part in ET.fromstring(file).iter("{http://www.w3.org/2000/svg}style"))  # noqa: S314
    assert "var(" not in rules
    assert f".sm-heading{{fill:{ink};" in rules
    assert file.count("var(") == file.count("var(--t)") > 0, "nowhere but in the name"


@pytest.mark.parametrize(("load", "words"), [(Load.HEATING, ["heating"]), (Load.COOLING, ["heating", "cooling"])])
def test_a_file_says_what_its_marks_mean(load: Load, words: list[str]) -> None:
    series = readings(at(0, load=load, setpoint=Decimal(21)), at(12, setpoint=Decimal(21)))
    heading = headed(series)
    assert heading[:2] == ["Salotto", "Casa · today"]
    assert heading[2 : 5 + len(words)] == ["temperature", "set point", *words, "humidity"]


def headed(series: Series) -> list[str]:
    """What stands above the drawing of a file, and then in it."""
    drawing = ET.fromstring(chart_file(series, STYLE, name="Salotto", about=["Casa", "today"], dark=False))  # noqa: S314 - made here
    told = [text.text for text in drawing.iter() if text.text]
    return told[told.index("Salotto") :]


def test_a_file_says_what_grey_means_where_there_is_some() -> None:
    whole = readings(*map(at, range(24)))
    assert "nothing recorded" not in headed(whole)
    assert "nothing recorded" in headed(replace(whole, spans=whole.spans[1:]))


def test_a_file_says_why_a_set_point_may_be_missing() -> None:
    series = readings(at(0, setpoint=Decimal(21)), at(12, setpoint=Decimal(21)))
    assert headed(series)[3] == "set point"
    boosted = replace(series, spans=(replace(series.spans[0], setpoint=None), *series.spans[1:]))
    assert headed(boosted)[3] == "set point (not sent during boost)"
    without = replace(series, spans=tuple(replace(span, setpoint=None) for span in series.spans))
    assert not [word for word in headed(without) if word.startswith("set point")]


@pytest.mark.parametrize("width", [240, 400, 600, 900, 2400])
def test_what_stands_above_a_drawing_fits_into_its_width(width: int) -> None:
    series = readings(at(0, setpoint=Decimal(21), load=Load.COOLING), at(12))
    about = ["Casa in città", "26 Nov 16:35 to 27 Nov 16:35 in Europe/Rome, 2026", "°C and % humidity", "every reading"]
    file = chart_file(series, replace(STYLE, width=width), name="Salotto", about=about, dark=False)
    drawing = ET.fromstring(file)  # noqa: S314 - made here
    (heading,) = (part for part in drawing if part.tag.endswith("}g") and "transform" not in part.attrib)
    texts = [part for part in heading if part.text]
    above = float(drawing.get("height", "0")) - STYLE.height
    said = " · ".join(part.text or "" for part in texts)
    for words in (*about, "set point (not sent during boost)", "nothing recorded"):
        assert words in said
    for text in texts:
        assert float(text.get("y", "0")) < above
        if " to " not in (text.text or ""):  # which is wider than the narrowest drawing by itself
            assert float(text.get("x", "0")) + 5.5 * len(text.text or "") <= width
