"""Axes: round marks, few enough to read, at local times that exist."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarther.drawing.axes import time_ticks, value_ticks

ROME = ZoneInfo("Europe/Rome")
DAY = timedelta(days=1)
Y2K = datetime(2000, 1, 1, tzinfo=UTC)


def labels(start: datetime, end: datetime, at_most: int = 12, zone: ZoneInfo = ROME) -> list[str]:
    return [tick.label for tick in time_ticks(start, end, zone, at_most=at_most)]


@given(
    low=st.floats(min_value=-50, max_value=150),
    span=st.floats(min_value=0.5, max_value=200),
    at_most=st.integers(min_value=2, max_value=20),
)
def test_values_are_marked_within_their_range_and_not_too_often(low: float, span: float, at_most: int) -> None:
    ticks = value_ticks(low, low + span, at_most=at_most)
    assert 1 <= len(ticks) <= at_most
    assert all(low - 1e-6 <= tick <= low + span + 1e-6 for tick in ticks)
    assert ticks == sorted(set(ticks))


def test_values_are_round() -> None:
    assert value_ticks(17.1, 21.3, at_most=5) == [18, 19, 20, 21]
    assert value_ticks(17.1, 21.3, at_most=3) == [18, 20]
    assert value_ticks(62.8, 70.0, at_most=4) == [64, 66, 68, 70]


@given(
    start=st.integers(min_value=0, max_value=200 * 365 * 24 * 60).map(lambda minutes: Y2K + timedelta(minutes=minutes)),
    length=st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=36_500)),
    zone=st.sampled_from([ROME, ZoneInfo("Asia/Kolkata"), ZoneInfo("America/Santiago"), timezone(timedelta(hours=-5))]),
    at_most=st.integers(min_value=2, max_value=30),
)
def test_times_are_marked_in_order_and_not_too_often(
    start: datetime, length: timedelta, zone: ZoneInfo, at_most: int
) -> None:
    end = start + length
    ticks = time_ticks(start, end, zone, at_most=at_most)
    assert len(ticks) <= at_most + 2
    instants = [tick.at for tick in ticks]
    assert instants == sorted(set(instants))
    assert all(start <= instant <= end for instant in instants)


@given(
    first=st.datetimes(timezones=st.timezones()),
    second=st.datetimes(timezones=st.timezones()),
    zone=st.timezones(),
    at_most=st.integers(min_value=2, max_value=30),
)
def test_a_period_anywhere_in_the_calendar_has_marks(
    first: datetime, second: datetime, zone: ZoneInfo, at_most: int
) -> None:
    start, end = sorted((first, second))
    assert len(time_ticks(start, end, zone, at_most=at_most)) <= at_most + 2


@pytest.mark.parametrize(
    ("length", "at_most", "expected"),
    [
        (timedelta(hours=1), 5, ["12:00", "12:15", "12:30", "12:45", "13:00"]),
        (DAY, 4, ["12:00", "18:00", "Mon 19", "06:00", "12:00"]),
        (7 * DAY, 4, ["19 Jan", "21 Jan", "23 Jan", "25 Jan"]),
        (30 * DAY, 5, ["19 Jan", "26 Jan", "2 Feb", "9 Feb", "16 Feb"]),
        (365 * DAY, 6, ["Apr", "Jul", "Oct", "2027"]),
        (3650 * DAY, 6, ["2028", "2030", "2032", "2034", "2036"]),
    ],
)
def test_marks_are_round_whatever_the_period(length: timedelta, at_most: int, expected: list[str]) -> None:
    noon = datetime(2026, 1, 18, 11, tzinfo=UTC)
    assert labels(noon, noon + length, at_most=at_most) == expected


@pytest.mark.parametrize(
    ("midnight", "hours"), [(datetime(2026, 3, 28, 23, tzinfo=UTC), 8), (datetime(2026, 10, 24, 22, tzinfo=UTC), 10)]
)
def test_when_the_clocks_change_the_marks_stay_on_the_wall_clock(midnight: datetime, hours: int) -> None:
    ticks = time_ticks(midnight, midnight + timedelta(hours=hours), ROME, at_most=3)
    assert [tick.label for tick in ticks][1:] == ["03:00", "06:00", "09:00"]
    assert ticks[1].at - ticks[0].at != timedelta(hours=3), "the night in which the clocks change is not as long"
    assert [tick.major for tick in ticks] == [True, False, False, False]


def test_a_time_that_the_clocks_skip_is_not_marked() -> None:
    start = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert labels(start, start + timedelta(hours=2), at_most=6) == ["01:30", "03:00", "03:30", "04:00", "04:30"]
