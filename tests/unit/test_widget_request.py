"""What the console says, and what is made of it when it says less, more, or nonsense."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from smarther.drawing.widget_request import DEFAULT_RANGE, WidgetCallError, wants_description, widget_call

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


@pytest.mark.parametrize(
    "event",
    [
        {"unit": "K"},
        {"module": {"a": 1}},
        {"module": "x" * 201},
        {"start": START, "end": START},
        {"start": 10**30, "end": 10**30 + 1},
        {"start": -1, "end": 1},
        {"start": "soon", "end": END},
        {"widgetContext": {"timeRange": {"start": END, "end": START}}},
        {"widgetContext": {"timezone": {"offsetISO": "<script>"}}},
        {"widgetContext": "nothing of the kind"},
    ],
)
def test_what_cannot_be_used_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(WidgetCallError):
        call(event)
