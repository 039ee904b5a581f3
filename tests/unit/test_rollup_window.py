"""Which hours a run of the rollup makes, to the hour."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarther.domain.summaries.rollup_window import (
    EARLIEST,
    FIRST_LOOK_BACK,
    LONGEST_PAUSE,
    STREAM_RETENTION,
    HourRange,
    RollupRequestError,
    RollupState,
    affected_hours,
    dropped_by_stream_since,
    due_hours,
    plausible,
    requested_hours,
    split_by_day,
)
from smarther.domain.summaries.statistics import HOUR, LONGEST_HOLD, hour_of

ROME = ZoneInfo("Europe/Rome")
NOW = datetime(2026, 1, 14, 15, 5, tzinfo=UTC)
MIDNIGHT = datetime(2026, 1, 13, 23, tzinfo=UTC)  # in Rome


RUNNING = datetime(2026, 1, 14, 15, tzinfo=UTC)


def state(*, late_through: datetime | None, complete_through: datetime = RUNNING - HOUR) -> RollupState:
    """What a run of an hour ago left."""
    return RollupState(ran_at=NOW - HOUR, complete_through=complete_through, late_through=late_through)


def test_a_run_makes_the_hours_since_the_last_and_none_again() -> None:
    assert due_hours(state(late_through=NOW - HOUR), now=NOW) == HourRange(RUNNING - HOUR, RUNNING)
    long_ago = RUNNING - timedelta(days=40)
    assert due_hours(state(late_through=NOW, complete_through=long_ago), now=NOW) == HourRange(long_ago, RUNNING)
    assert due_hours(state(late_through=NOW, complete_through=RUNNING), now=NOW) == HourRange(RUNNING, RUNNING)


def test_a_run_that_does_not_know_what_came_late_looks_back() -> None:
    """The first of a stack, and the first after a release that did not follow the stream."""
    assert due_hours(None, now=NOW) == HourRange(RUNNING - FIRST_LOOK_BACK, RUNNING)
    assert due_hours(state(late_through=None), now=NOW) == HourRange(RUNNING - HOUR - FIRST_LOOK_BACK, RUNNING)


def test_a_state_in_the_future_is_not_believed() -> None:
    known, ahead = state(late_through=NOW), NOW + HOUR
    assert plausible(known, now=NOW) == known
    for wrong in (
        replace(known, ran_at=ahead),
        replace(known, complete_through=ahead),
        replace(known, late_through=ahead),
    ):
        assert plausible(wrong, now=NOW) is None
    assert plausible(None, now=NOW) is None


def test_what_the_stream_may_have_dropped_is_looked_for_after_a_pause_of_nearly_a_day() -> None:
    assert dropped_by_stream_since(None, now=NOW) is None
    assert dropped_by_stream_since(state(late_through=None), now=NOW) is None
    assert dropped_by_stream_since(state(late_through=NOW - LONGEST_PAUSE), now=NOW) is None
    paused = NOW - LONGEST_PAUSE - HOUR
    assert dropped_by_stream_since(state(late_through=paused), now=NOW) == paused - STREAM_RETENTION


@given(
    times=st.lists(st.datetimes(datetime(1999, 12, 30), datetime(2026, 1, 16), timezones=st.just(UTC)), max_size=6)  # noqa: DTZ001
)
def test_what_a_late_reading_touches_are_the_hours_over_of_the_six_after_it(times: list[datetime]) -> None:
    ranges = affected_hours(times, now=NOW)
    hours = [hour for each in ranges for hour in _hours(each)]
    assert hours == sorted(set(hours)), "none twice"
    reach = {
        hour
        for time in times
        for hour in _hours(HourRange(hour_of(time), hour_of(time + LONGEST_HOLD) + HOUR))
        if time >= EARLIEST and hour < RUNNING
    }
    assert set(hours) == reach


def test_the_end_of_the_calendar_touches_nothing() -> None:
    assert affected_hours([datetime.max.replace(tzinfo=UTC)], now=NOW) == []


def _hours(hours: HourRange) -> list[datetime]:
    return [hours.start + number * HOUR for number in range((hours.end - hours.start) // HOUR)]


def test_a_stretch_that_ends_with_a_day_has_no_part_in_the_next() -> None:
    hours = HourRange(MIDNIGHT - 26 * HOUR, MIDNIGHT)

    assert list(split_by_day(hours, ROME)) == [
        (date(2026, 1, 12), HourRange(MIDNIGHT - 26 * HOUR, MIDNIGHT - 24 * HOUR)),
        (date(2026, 1, 13), HourRange(MIDNIGHT - 24 * HOUR, MIDNIGHT)),
    ]
    assert list(split_by_day(HourRange(MIDNIGHT, MIDNIGHT), ROME)) == []


@pytest.mark.parametrize("to", ["2026-01-14T08:00:00Z", "2026-01-14T07:59:59Z"])
def test_a_range_without_any_time_in_it_is_refused(to: str) -> None:
    with pytest.raises(RollupRequestError, match="ends before it begins"):
        requested_hours({"from": "2026-01-14T08:00:00Z", "to": to}, now=NOW, zone=ROME)


def test_a_range_of_a_moment_is_the_hour_that_holds_it() -> None:
    event = {"from": "2026-01-14T08:10:00Z", "to": "2026-01-14T08:10:01Z"}
    hour = datetime(2026, 1, 14, 8, tzinfo=UTC)

    assert requested_hours(event, now=NOW, zone=ROME) == HourRange(hour, hour + timedelta(hours=1))
