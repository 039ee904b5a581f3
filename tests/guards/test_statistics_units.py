"""What hours and days may cost: DynamoDB's units for each reading that comes in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labs.bench.statistics_units import a_day
from smarther.store.hours_and_days import HoursAndDays

if TYPE_CHECKING:
    import pytest

MOST_READ_FOR_EACH = 2
RUNS = 24
EACH_HOUR_AND_THE_DAY = RUNS + 1


def test_hours_and_days_read_at_most_two_units_for_a_reading_and_are_written_once() -> None:
    day = a_day()
    assert day.read <= MOST_READ_FOR_EACH * day.notifications
    assert day.written == EACH_HOUR_AND_THE_DAY
    assert day.written_for_all == RUNS
    assert 0 < day.read_for_all <= MOST_READ_FOR_EACH * RUNS


def test_a_rollup_that_looks_back_each_time_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HoursAndDays, "rollup_state", lambda _: None)
    hours = a_day(hours=2)
    assert hours.read > MOST_READ_FOR_EACH * hours.notifications
