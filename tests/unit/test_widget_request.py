"""What the console says, and what is made of it when it says less, more, or nonsense."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarther.drawing.widget_request import (
    DEFAULT_RANGE,
    DEFAULT_WIDTH,
    EARLIEST,
    LATEST,
    NARROWEST,
    WIDEST,
    wants_description,
    widget_call,
)

ROME = ZoneInfo("Europe/Rome")
EVENTS = Path(__file__).parents[2] / "events" / "widget"
NOW = datetime(2025, 1, 18, 23, tzinfo=UTC)
START, END = 1737154800000, 1737241200000


def call(event: dict[str, Any]) -> Any:
    return widget_call(event, now=NOW, home=ROME)


def context(**said: Any) -> dict[str, Any]:
    return {"widgetContext": {"timeRange": {"mode": "absolute", "start": START, "end": END}, **said}}


def test_the_recorded_call_is_understood() -> None:
    made = call(json.loads((EVENTS / "home.json").read_text()))
    assert (made.start, made.end) == (datetime(2025, 1, 17, 23, tzinfo=UTC), datetime(2025, 1, 18, 23, tzinfo=UTC))
    assert (made.width, made.dark, made.fahrenheit, made.module_id, made.moved) == (1180, False, False, None, False)
    assert made.zone == ROME, "the viewer's clock shows what the home's shows"


def test_a_choice_inside_the_widget_is_understood() -> None:
    made = call(json.loads((EVENTS / "thermostat.json").read_text()))
    assert (made.start, made.end) == (datetime(2025, 1, 17, 23, tzinfo=UTC), datetime(2025, 1, 18, 23, tzinfo=UTC))
    assert (made.dark, made.fahrenheit, made.module_id, made.moved) == (
        True,
        True,
        "1ee68d6f-46b7-8f11-e053-27182d0a846a",
        True,
    )


def test_only_a_plain_yes_asks_for_the_description() -> None:
    assert wants_description(json.loads((EVENTS / "describe.json").read_text()))
    assert not wants_description({"describe": "no"})
    assert not wants_description({})


def test_an_empty_call_draws_the_last_day() -> None:
    made = call({})
    assert (made.start, made.end, made.dark) == (NOW - DEFAULT_RANGE, NOW, False)


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        ("-05:00", timezone(timedelta(hours=-5))),
        ("+05:45", timezone(timedelta(hours=5, minutes=45))),
        ("+00:00", timezone(timedelta(0))),
    ],
)
def test_elsewhere_the_viewer_s_offset_counts_and_its_sign_is_that_of_iso(offset: str, expected: timezone) -> None:
    assert call(context(timezone={"label": "Local", "offsetISO": offset, "offsetInMinutes": 300})).zone == expected


def test_a_zoom_of_the_dashboard_goes_before_its_range_and_a_choice_in_the_widget_before_both() -> None:
    event = context()
    event["widgetContext"]["timeRange"]["zoom"] = {"start": START + 1000, "end": END - 1000}
    assert call(event).start == datetime(2025, 1, 17, 23, 0, 1, tzinfo=UTC)
    moved = call({**event, "start": START + 2000, "end": END, "module": "m"})
    assert (moved.start, moved.moved) == (datetime(2025, 1, 17, 23, 0, 2, tzinfo=UTC), True)


def test_the_dashboard_s_parameters_hold_where_a_choice_says_nothing() -> None:
    event = {**context(params={"unit": "F", "module": "fixed"}), "start": START, "end": END}
    assert call(event).fahrenheit
    assert call(event).module_id == "fixed"
    assert call({**event, "module": None}).module_id is None, "back to the whole home"


@pytest.mark.parametrize(("width", "drawn"), [(-5, 240), (390, 390), (99_999, 2400)])
def test_the_width_is_kept_within_reason(width: int, drawn: int) -> None:
    assert call(context(width=width)).width == drawn


RANGE = (datetime(2025, 1, 17, 23, tzinfo=UTC), datetime(2025, 1, 18, 23, tzinfo=UTC))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (START, END),
        (float(START), float(END)),
        (START + 0.25, END - 0.25),
        (str(START), str(END)),
        ("1.7371548e12", "1737241200000.0"),
        ("2025-01-17T23:00:00Z", "2025-01-18T23:00:00.000Z"),
        ("2025-01-18T00:00:00+01:00", "2025-01-18T23:00:00+00:00"),
    ],
)
def test_an_instant_is_read_however_it_is_written(start: object, end: object) -> None:
    said = {"start": start, "end": end}
    for event in ({"widgetContext": {"timeRange": said}}, {"widgetContext": {"timeRange": {"zoom": said}}}, said):
        made = call(event)
        assert abs(made.start - RANGE[0]) < timedelta(milliseconds=1), event
        assert abs(made.end - RANGE[1]) < timedelta(milliseconds=1), event


@pytest.mark.parametrize(
    "nothing", [None, "", "soon", "2025-01-17T23:00:00", True, [], {}, -1, 1e300, float("nan"), "1" * 5000, 10**400]
)
def test_an_instant_that_says_nothing_leaves_the_period_to_what_comes_next(nothing: Any) -> None:
    """The widget's own choice, a zoom, the dashboard's range, the last day."""
    said = {"start": nothing, "end": END}
    assert call(context() | said).start == RANGE[0]
    assert call(context() | {"start": START, "end": nothing}).start == RANGE[0]
    assert not call(context() | said).moved
    zoomed = context()
    zoomed["widgetContext"]["timeRange"]["zoom"] = said
    assert call(zoomed).start == RANGE[0]
    assert call({"widgetContext": {"timeRange": said}}).start == NOW - DEFAULT_RANGE


@pytest.mark.parametrize(
    ("width", "drawn"),
    [
        (588.4, 588),
        ("588", 588),
        (588.6, 589),
        (None, DEFAULT_WIDTH),
        ("", DEFAULT_WIDTH),
        ("wide", DEFAULT_WIDTH),
        (True, DEFAULT_WIDTH),
        ([], DEFAULT_WIDTH),
        (float("inf"), DEFAULT_WIDTH),
        (float("nan"), DEFAULT_WIDTH),
    ],
)
def test_a_width_is_a_number_or_the_usual_one(width: object, drawn: int) -> None:
    assert call(context(width=width)).width == drawn


@pytest.mark.parametrize("offset", ["+02:00", "+0200"])
def test_an_offset_may_come_without_its_colon(offset: str) -> None:
    assert call(context(timezone={"offsetISO": offset})).zone == timezone(timedelta(hours=2))


def test_z_is_utc() -> None:
    assert call(context(timezone={"offsetISO": "Z"})).zone == timezone(timedelta(0))


@pytest.mark.parametrize("said", [None, {}, {"offsetISO": None}, {"offsetISO": 60}, {"offsetISO": "<script>"}, "UTC"])
def test_where_no_offset_is_told_the_viewer_is_at_home(said: object) -> None:
    assert call(context(timezone=said)).zone == ROME


@pytest.mark.parametrize(
    ("said", "fahrenheit", "module"),
    [
        ({"unit": "F"}, True, None),
        ({"unit": "f"}, True, None),
        *(({"unit": nothing}, False, None) for nothing in (None, "K", "<b>", 5, {"F": 1}, ["F"])),
        *(({"module": nothing}, False, None) for nothing in (None, "", "x" * 201, {"a": 1}, 7)),
        ({"module": "m"}, False, "m"),
    ],
)
def test_a_parameter_that_says_nothing_has_its_default(
    said: dict[str, object], module: str | None, *, fahrenheit: bool
) -> None:
    for event in (said, {"widgetContext": {"params": said}}):
        made = call(event)
        assert (made.fahrenheit, made.module_id) == (fahrenheit, module)


NAMES = (
    *("widgetContext", "timeRange", "zoom", "start", "end", "timezone", "offsetISO", "params", "width", "theme"),
    *("unit", "module", "describe"),
)
WORDS = st.sampled_from(["", "Z", "F", "dark", "+25:99", "-00:30", "588", "soon", "2025-01-17T23:00:00Z", str(START)])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.sampled_from([START, END, END + 0.5]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=8),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING))
def test_whatever_the_console_says_there_is_something_to_draw(event: dict[str, Any]) -> None:
    made = call(event)
    assert EARLIEST <= made.start < made.end <= LATEST
    assert NARROWEST <= made.width <= WIDEST
    assert made.module_id is None or 0 < len(made.module_id) <= 200
    assert NOW.astimezone(made.zone) == NOW
