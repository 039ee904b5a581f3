"""The day of the quota, and when it ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from smarther.domain.account.legrand_answers import LONGEST_WAIT, Kind, ProviderAnswer
from smarther.domain.account.quota import HARD_LIMIT, LONGEST_PAUSE, OPTIONAL_LIMIT, Need, day, next_day, stopped_until

LATE = datetime(2026, 1, 14, 23, 59, 59, tzinfo=UTC)
ROME = timezone(timedelta(hours=1))


def test_the_day_is_utc_s_wherever_the_clock_hangs() -> None:
    assert day(LATE) == day(LATE.astimezone(ROME)) == "2026-01-14"
    assert next_day(LATE) == next_day(LATE.astimezone(ROME)) == datetime(2026, 1, 15, tzinfo=UTC)


def test_a_stop_of_the_quota_lasts_as_long_as_was_said_or_else_to_the_end_of_the_day() -> None:
    assert stopped_until(LATE, ProviderAnswer(Kind.QUOTA, 403, retry_after=90.0)) == LATE + timedelta(seconds=90)
    assert stopped_until(LATE, ProviderAnswer(Kind.QUOTA, 403)) == datetime(2026, 1, 15, tzinfo=UTC)
    assert stopped_until(LATE, ProviderAnswer(Kind.QUOTA, 403, retry_after=LONGEST_WAIT)) == LATE + timedelta(hours=25)


def test_what_is_not_the_quota_stops_calls_for_an_hour_at_most() -> None:
    assert stopped_until(LATE, ProviderAnswer(Kind.TRANSIENT, 503, retry_after=90.0)) == LATE + timedelta(seconds=90)
    assert stopped_until(LATE, ProviderAnswer(Kind.TRANSIENT, 503, retry_after=LONGEST_WAIT)) == LATE + LONGEST_PAUSE
    assert stopped_until(LATE, ProviderAnswer(Kind.TRANSIENT, 503)) is None
    assert stopped_until(LATE, ProviderAnswer(Kind.OK, 200)) is None


@pytest.mark.parametrize(("wait", "minutes"), [(None, 10), (0.0, 10), (120.0, 2), (LONGEST_WAIT, 60)])
def test_a_403_that_is_not_the_quota_stops_calls_for_minutes(wait: float | None, minutes: int) -> None:
    until = stopped_until(LATE, ProviderAnswer(Kind.FORBIDDEN, 403, retry_after=wait))
    assert until == LATE + timedelta(minutes=minutes)


def test_what_keeps_nothing_alive_leaves_room_for_what_does_and_all_of_it_for_others() -> None:
    assert OPTIONAL_LIMIT + 100 <= HARD_LIMIT <= 450
    assert (Need.OPTIONAL.limit, Need.REQUIRED.limit) == (OPTIONAL_LIMIT, HARD_LIMIT)
