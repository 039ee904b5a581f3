"""What a chart is made of: the finest grain that fits, the state at the left edge, and no time after the present."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarther.domain.readings.home import Load, Snapshot
from smarther.domain.summaries.series import (
    CHART_ITEMS,
    Grain,
    Shown,
    finest_grain,
    hours_between,
    hours_in,
    of_days,
    of_hours,
    of_snapshots,
    share_of_items,
    shown_of,
    summary,
)
from smarther.domain.summaries.statistics import HOUR, Measure, Statistics

START = datetime(2026, 1, 18, tzinfo=UTC)
DAY = timedelta(days=1)
LATER = START + 99 * DAY
ROME = ZoneInfo("Europe/Rome")
PLENTY = 10_000


def at(hours: float, temperature: int, load: Load = Load.IDLE) -> Snapshot:
    return Snapshot(time=START + hours * HOUR, temperature=Decimal(temperature), load=load)


@pytest.mark.parametrize(
    ("period", "limit", "grain"),
    [
        (HOUR, PLENTY, Grain.READINGS),
        (2 * DAY, PLENTY, Grain.READINGS),
        (2 * DAY + HOUR, PLENTY, Grain.HOURS),
        (62 * DAY, PLENTY, Grain.HOURS),
        (63 * DAY, PLENTY, Grain.DAYS),
        (31 * DAY, share_of_items(12), Grain.HOURS),
        (62 * DAY, share_of_items(12), Grain.DAYS),
        (3650 * DAY, PLENTY, Grain.DAYS),
    ],
)
def test_the_grain_suits_the_period_and_the_room(period: timedelta, limit: int, grain: Grain) -> None:
    assert finest_grain(period, limit) is grain


@given(charts=st.integers(min_value=0, max_value=500))
def test_the_shares_together_are_within_the_bound(charts: int) -> None:
    assert charts * share_of_items(charts) <= CHART_ITEMS


@given(minutes=st.integers(min_value=0, max_value=3000), length=st.integers(min_value=1, max_value=3000))
def test_no_period_touches_more_hours_than_said(minutes: int, length: int) -> None:
    start = START + timedelta(minutes=minutes)
    period = timedelta(minutes=length)
    first, after = hours_between(start, start + period)
    assert first <= start < start + period <= after
    assert (after - first) // HOUR <= hours_in(period)


def test_the_state_at_the_left_edge_is_that_of_the_reading_before() -> None:
    series = of_snapshots(
        [at(-2, 18), at(-1, 19), at(1, 20, Load.HEATING)], start=START, end=START + 4 * HOUR, now=START + 2 * HOUR
    )
    assert [(span.start, span.end, span.temperature) for span in series.spans] == [
        (START, START + HOUR, Decimal(19)),
        (START + HOUR, START + 2 * HOUR, Decimal(20)),
    ]
    assert [span.heating_share for span in series.spans] == [0, 1]
    together = summary(series)
    assert (together.heating_minutes, together.cooling_minutes) == (Decimal(60), Decimal(0))
    assert (together.low, together.high, together.temperature) == (Decimal(19), Decimal(20), Decimal("19.5"))


def test_a_summary_weighs_by_the_time_that_is_known() -> None:
    hours = {
        START: Shown(
            temperature=Decimal(10), low=Decimal(9), high=Decimal(11), minutes=Decimal(15), humidity=Decimal(40)
        ),
        START + HOUR: Shown(
            temperature=Decimal(20),
            minutes=Decimal(45),
            humidity=Decimal(60),
            heating_minutes=Decimal(30),
            cooling_minutes=Decimal(6),
        ),
        START + 2 * HOUR: Shown(),
    }
    together = summary(of_hours(hours, start=START, end=START + DAY, now=START + DAY))
    assert (together.temperature, together.humidity) == (Decimal("17.5"), Decimal(55))
    assert (together.low, together.high) == (Decimal(9), Decimal(11))
    assert (together.heating_minutes, together.cooling_minutes) == (Decimal(30), Decimal(6))


def test_hours_and_days_are_spans_of_their_own_length() -> None:
    half = Statistics(
        count=1,
        temperature=Measure(Decimal(20), Decimal(18), Decimal(22), Decimal(60)),
        load_minutes=Decimal(60),
        heating_minutes=Decimal(30),
    )
    (hour,) = of_hours({START: shown_of(half)}, start=START, end=START + DAY, now=LATER).spans
    assert (hour.end - hour.start, hour.low, hour.high, hour.heating_share) == (
        HOUR,
        Decimal(18),
        Decimal(22),
        Decimal("0.5"),
    )
    day = date(2026, 3, 29)
    (long,) = of_days({day: shown_of(half)}, start=START, end=LATER, now=LATER, zone=ROME).spans
    assert long.end - long.start == 23 * HOUR
    assert long.heating_share == Decimal(30) / (23 * 60)


def test_the_hour_and_the_day_that_are_running_end_now() -> None:
    half = shown_of(
        Statistics(
            count=1,
            temperature=Measure(Decimal(20), Decimal(18), Decimal(22), Decimal(24)),
            load_minutes=Decimal(24),
            heating_minutes=Decimal(12),
        )
    )
    now = START + 24 * HOUR / 60
    (hour,) = of_hours({START: half, START + HOUR: half}, start=START - DAY, end=START + DAY, now=now).spans
    assert (hour.start, hour.end, hour.heating_share) == (START, now, Decimal("0.5"))
    today, tomorrow = date(2026, 1, 18), date(2026, 1, 19)
    series = of_days({today: half, tomorrow: half}, start=START - DAY, end=START + 9 * DAY, now=now, zone=UTC)
    assert [(span.start, span.end, span.heating_share) for span in series.spans] == [(START, now, Decimal("0.5"))]
    assert series.until == now


def test_more_heating_than_there_are_minutes_is_all_of_them() -> None:
    (hour,) = of_hours({START: Shown(heating_minutes=Decimal(61))}, start=START, end=LATER, now=LATER).spans
    assert hour.heating_share == 1


def test_nothing_is_nothing() -> None:
    assert of_snapshots([], start=START, end=START + DAY, now=START).spans == []
    nothing = summary(of_hours({}, start=START, end=START + DAY, now=START))
    assert {nothing.temperature, nothing.low, nothing.humidity, nothing.heating_minutes, nothing.cooling_minutes} == {
        None
    }
