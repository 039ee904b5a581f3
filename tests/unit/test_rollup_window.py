"""Which stretch a run of the rollup makes, to the hour."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from smarther.domain.summaries.rollup_window import RollupRequestError, RollupState, Stretch, asked_for, by_day, due
from smarther.domain.summaries.statistics import HOUR

ROME = ZoneInfo("Europe/Rome")
NOW = datetime(2026, 1, 14, 15, 5, tzinfo=UTC)
MIDNIGHT = datetime(2026, 1, 13, 23, tzinfo=UTC)  # in Rome


def state(complete_through: datetime) -> RollupState:
    """A run of a moment ago that came so far."""
    return RollupState(ran_at=NOW - HOUR, complete_through=complete_through)


def test_a_run_makes_the_last_three_hours_again_and_the_first_of_a_day_the_last_eight_days() -> None:
    """What costs most of what statistics cost (docs/running/cost.md), so not a minute more."""
    there = NOW - HOUR

    assert due(state(there), now=NOW, zone=ROME).start == datetime(2026, 1, 14, 11, tzinfo=UTC)
    yesterdays = RollupState(ran_at=MIDNIGHT - HOUR, complete_through=there)
    assert due(yesterdays, now=NOW, zone=ROME).start == datetime(2026, 1, 6, 14, tzinfo=UTC)
    assert due(None, now=NOW, zone=ROME) == Stretch(
        datetime(2026, 1, 6, 15, tzinfo=UTC), datetime(2026, 1, 14, 15, tzinfo=UTC)
    )


def test_a_stretch_that_ends_with_a_day_has_no_part_in_the_next() -> None:
    stretch = Stretch(MIDNIGHT - 26 * HOUR, MIDNIGHT)

    assert list(by_day(stretch, ROME)) == [
        (date(2026, 1, 12), Stretch(MIDNIGHT - 26 * HOUR, MIDNIGHT - 24 * HOUR)),
        (date(2026, 1, 13), Stretch(MIDNIGHT - 24 * HOUR, MIDNIGHT)),
    ]
    assert list(by_day(Stretch(MIDNIGHT, MIDNIGHT), ROME)) == []


@pytest.mark.parametrize("to", ["2026-01-14T08:00:00Z", "2026-01-14T07:59:59Z"])
def test_a_range_without_any_time_in_it_is_refused(to: str) -> None:
    with pytest.raises(RollupRequestError, match="ends before it begins"):
        asked_for({"from": "2026-01-14T08:00:00Z", "to": to}, now=NOW, zone=ROME)


def test_a_range_of_a_moment_is_the_hour_that_holds_it() -> None:
    event = {"from": "2026-01-14T08:10:00Z", "to": "2026-01-14T08:10:01Z"}
    hour = datetime(2026, 1, 14, 8, tzinfo=UTC)

    assert asked_for(event, now=NOW, zone=ROME) == Stretch(hour, hour + timedelta(hours=1))
