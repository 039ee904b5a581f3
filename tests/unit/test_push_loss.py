"""Pushes of which a part is missing: what is suspected, and what is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from smarther.domain.keeper.push_loss import (
    CLEAN_TO_END,
    COUNT_EVERY,
    FEWEST_WEEKS,
    MISSED_TO_CONFIRM,
    RECENT,
    WEEK,
    WEEKS,
    WINDOW,
    Answer,
    Suspicion,
    habit_windows,
    is_suspicious,
    recent_window,
)

NOW = datetime(2026, 2, 11, 18, 20, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def hours(usual: int, lately: int, *, weeks: int = WEEKS) -> dict[datetime, int]:
    """A thermostat that pushed so often in each hour of those weeks, and so often in each hour of the window."""
    start, end = recent_window(NOW)
    first = start - weeks * WEEK
    return {
        first + number * HOUR: usual if first + number * HOUR < start else lately
        for number in range((end - first) // HOUR)
    }


def test_the_window_is_of_full_hours_that_are_made() -> None:
    start, end = recent_window(NOW)
    assert (start, end) == (datetime(2026, 2, 11, 5, tzinfo=UTC), datetime(2026, 2, 11, 17, tzinfo=UTC))
    assert habit_windows(NOW) == [(start - week * WEEK, end - week * WEEK) for week in range(WEEKS + 1)]


@pytest.mark.parametrize(
    ("homes", "asked", "expected"),
    [
        pytest.param([hours(8, 8)] * 5, 0, False, id="as usual"),
        pytest.param([hours(8, 4)] * 5, 0, True, id="half"),
        pytest.param([hours(8, 6)] * 5, 0, False, id="three quarters"),
        pytest.param([hours(8, 4)], 0, True, id="half, of one thermostat"),
        pytest.param([hours(1, 0)], 0, True, id="a slow one that says nothing is far from chance"),
        pytest.param([hours(0, 0)], 0, False, id="nothing, as usual"),
        pytest.param([], 0, False, id="nobody"),
        pytest.param([{}], 0, False, id="nothing is known"),
        pytest.param([hours(8, 4, weeks=FEWEST_WEEKS)], 0, True, id="as many weeks as it takes"),
        pytest.param([hours(8, 4, weeks=FEWEST_WEEKS - 1)], 0, False, id="too new to have a habit"),
        pytest.param([hours(8, 4), *[hours(8, 8)] * 4], 0, False, id="one of five"),
        pytest.param([hours(8, 8)], 48, True, id="half of what came are answers"),
    ],
)
def test_far_fewer_than_in_the_same_hours_of_the_weeks_before_is_suspected(
    homes: list[dict[datetime, int]], asked: int, *, expected: bool
) -> None:
    assert is_suspicious(homes, asked=asked, now=NOW) is expected


def test_chance_alone_is_not_suspected() -> None:
    """A home that pushes twice in twelve hours may well push nothing."""
    start, _ = recent_window(NOW)
    slow = {start - week * WEEK + shift: 1 for week in range(1, WEEKS + 1) for shift in (timedelta(), HOUR)}
    assert not is_suspicious([slow], asked=0, now=NOW)


def answers(*missed: bool, at: datetime = NOW) -> Suspicion:
    suspicion = Suspicion().counted(NOW, suspicious=True)
    for each in missed:
        suspicion = suspicion.answered(Answer(module_id="m", at=at, missed=each))
    return suspicion


def test_it_is_known_when_enough_changes_were_missed_within_a_day() -> None:
    assert not answers(*[True] * (MISSED_TO_CONFIRM - 1)).is_confirmed(NOW)
    assert answers(*[True] * MISSED_TO_CONFIRM).is_confirmed(NOW)
    assert answers(*[True] * MISSED_TO_CONFIRM).is_confirmed(NOW + RECENT)
    assert not answers(*[True] * MISSED_TO_CONFIRM).is_confirmed(NOW + RECENT + HOUR)


def test_answers_in_a_row_that_missed_nothing_end_it_and_a_day_of_calm_begins() -> None:
    suspicion = answers(*[True] * MISSED_TO_CONFIRM, *[False] * (CLEAN_TO_END - 1))
    assert suspicion.since == NOW - WINDOW
    ended = suspicion.answered(Answer(module_id="m", at=NOW, missed=False))
    assert (ended.since, ended.answers, ended.is_confirmed(NOW)) == (None, (), False)
    assert not ended.is_count_due(NOW + DAY - HOUR)
    assert ended.is_count_due(NOW + DAY)


def test_pushes_are_counted_now_and_then_and_not_while_thermostats_are_asked() -> None:
    assert Suspicion().is_count_due(NOW)
    counted = Suspicion().counted(NOW, suspicious=False)
    assert not counted.is_count_due(NOW + COUNT_EVERY - HOUR)
    assert counted.is_count_due(NOW + COUNT_EVERY)
    assert not Suspicion().counted(NOW, suspicious=True).is_count_due(NOW + DAY)
