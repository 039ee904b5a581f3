"""How values are written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarther.drawing.text import (
    ago_text,
    clock_error_text,
    clock_text,
    minutes_text,
    percent_text,
    period_text,
    temperature_text,
)

ROME = ZoneInfo("Europe/Rome")
NOW = datetime(2026, 1, 18, 22, 30, tzinfo=UTC)  # 23:30 in Rome


def test_temperatures_in_both_units() -> None:
    assert temperature_text(Decimal("19.55"), fahrenheit=False) == "19.6 °C"
    assert temperature_text(Decimal(20), fahrenheit=True) == "68.0 °F"
    assert temperature_text(None, fahrenheit=True) == percent_text(None) == "–"
    assert percent_text(Decimal("54.6")) == "55 %"


@pytest.mark.parametrize(
    ("minutes", "text"), [("0", "0 min"), ("59.6", "1 h"), ("61", "1 h 1 min"), ("45.2", "45 min")]
)
def test_durations(minutes: str, text: str) -> None:
    assert minutes_text(Decimal(minutes)) == text


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=59), "just now"),
        (-timedelta(hours=1), "just now"),
        (timedelta(minutes=59), "59 min ago"),
        (timedelta(hours=47), "47 h ago"),
        (timedelta(hours=48), "2 days ago"),
    ],
)
def test_how_long_ago(ago: timedelta, text: str) -> None:
    assert ago_text(NOW - ago, NOW) == text


@pytest.mark.parametrize(
    ("ahead", "text"),
    [
        (timedelta(minutes=16), "16 min ahead"),
        (timedelta(hours=2), "2 h ahead"),
        (-timedelta(days=2), "2 days behind"),
        (-timedelta(days=729), "729 days behind"),
        (timedelta(days=5606), "15 years ahead"),
    ],
)
def test_how_wrong_a_clock_is(ahead: timedelta, text: str) -> None:
    assert clock_error_text(ahead) == text


def test_the_date_is_left_out_when_it_is_today_where_the_reader_is() -> None:
    assert clock_text(NOW, zone=ROME, now=NOW) == "23:30"
    assert clock_text(NOW + timedelta(hours=1), zone=ROME, now=NOW) == "19 Jan 00:30"
    assert clock_text(NOW - timedelta(days=30), zone=ROME, now=NOW) == "19 Dec 2025 23:30"


def test_periods() -> None:
    assert period_text(NOW - timedelta(hours=2), NOW, zone=ROME) == "18 Jan 21:30 to 23:30"
    assert period_text(NOW - timedelta(days=1), NOW, zone=ROME) == "17 Jan 23:30 to 18 Jan 23:30"
    assert period_text(NOW - timedelta(days=30), NOW, zone=UTC) == "19 Dec 2025 22:30 to 18 Jan 2026 22:30"


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        ("2026-10-24T23:30:00Z", "25 Oct 01:30"),
        ("2026-10-25T00:30:00Z", "25 Oct 02:30 UTC+02:00"),
        ("2026-10-25T01:30:00Z", "25 Oct 02:30 UTC+01:00"),
        ("2026-10-25T02:30:00Z", "25 Oct 03:30"),
        ("2026-03-29T00:30:00Z", "29 Mar 01:30"),
        ("2026-03-29T01:30:00Z", "29 Mar 03:30"),
    ],
)
def test_a_time_that_the_clocks_show_twice_says_which_it_is(instant: str, text: str) -> None:
    assert clock_text(datetime.fromisoformat(instant), zone=ROME, now=NOW) == text


@given(instant=st.datetimes(timezones=st.timezones()), now=st.datetimes(timezones=st.timezones()), zone=st.timezones())
def test_any_instant_has_a_text(instant: datetime, now: datetime, zone: ZoneInfo) -> None:
    assert clock_text(instant, zone=zone, now=now)
    assert period_text(instant, now, zone=zone)
    assert ago_text(instant, now)
