"""The day of the quota: when it ends, what its calls are for, and how a run spares them.

Rules that the properties quote: optional calls never leave the required ones short; no day sees more calls than nine
tenths of the quota; a scheduled run calls Legrand as often as its share allows, and once in two hours at least.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarther.domain.account.legrand_answers import LONGEST_WAIT, Kind, ProviderAnswer
from smarther.domain.account.quota import (
    FEWEST,
    LONGEST_PAUSE,
    LONGEST_REST,
    MOST,
    CallsOfDay,
    Need,
    Quota,
    day,
    next_day,
    stopped_until,
)

LATE = datetime(2026, 1, 14, 23, 59, 59, tzinfo=UTC)
ROME = timezone(timedelta(hours=1))


def test_the_day_is_utc_s_wherever_the_clock_hangs() -> None:
    assert day(LATE) == day(LATE.astimezone(ROME)) == "2026-01-14"
    assert next_day(LATE) == next_day(LATE.astimezone(ROME)) == datetime(2026, 1, 15, tzinfo=UTC)


def test_a_stop_of_the_quota_lasts_as_long_as_was_said_or_else_to_the_end_of_the_day() -> None:
    assert stopped_until(LATE, ProviderAnswer(Kind.QUOTA, 403, retry_after=90.0)) == LATE + timedelta(seconds=90)
    assert stopped_until(LATE, ProviderAnswer(Kind.QUOTA, 403)) == datetime(2026, 1, 15, tzinfo=UTC)
    assert stopped_until(LATE, ProviderAnswer(Kind.QUOTA, 403, retry_after=LONGEST_WAIT)) == LATE + timedelta(
        seconds=LONGEST_WAIT
    )


def test_what_is_not_the_quota_stops_calls_for_an_hour_at_most() -> None:
    assert stopped_until(LATE, ProviderAnswer(Kind.TRANSIENT, 503, retry_after=90.0)) == LATE + timedelta(seconds=90)
    assert stopped_until(LATE, ProviderAnswer(Kind.TRANSIENT, 503, retry_after=LONGEST_WAIT)) == LATE + LONGEST_PAUSE
    assert stopped_until(LATE, ProviderAnswer(Kind.TRANSIENT, 503)) is None
    assert stopped_until(LATE, ProviderAnswer(Kind.OK, 200)) is None


@pytest.mark.parametrize(("wait", "minutes"), [(None, 10), (0.0, 10), (120.0, 2), (LONGEST_WAIT, 60)])
def test_a_403_that_is_not_the_quota_stops_calls_for_minutes(wait: float | None, minutes: int) -> None:
    until = stopped_until(LATE, ProviderAnswer(Kind.FORBIDDEN, 403, retry_after=wait))
    assert until == LATE + timedelta(minutes=minutes)


# ---- shares, and rest

MIDNIGHT = datetime(2026, 1, 14, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
quotas = st.integers(FEWEST, MOST).map(Quota)


@given(quotas)
def test_optional_calls_leave_calls_for_required_ones_and_both_for_other_applications(quota: Quota) -> None:
    optional, required = quota.limit(Need.OPTIONAL), quota.limit(Need.REQUIRED)
    assert 0 < optional < required < quota.daily_calls
    assert quota.reserved == required - optional >= 24  # a look at the subscriptions in every hour


class Keeper:
    """What the keeper counts, and when it calls: `optional` calls are wanted by each run, and each look `costs` calls.

    It is well unless a look costs more than one call.
    """

    def __init__(self, quota: Quota, *, optional: int, costs: int) -> None:
        self.quota, self.optional, self.costs = quota, optional, costs
        self.made = 0
        self.looks: list[datetime] = []
        self.in_vain = 0
        self._rests_until = MIDNIGHT

    def live(self, minutes: int) -> None:
        """A day of scheduled runs."""
        for number in range(DAY // (minutes * MINUTE)):
            now = MIDNIGHT + number * minutes * MINUTE
            if now >= self._rests_until:
                self._run(now)

    def _run(self, now: datetime) -> None:
        for _ in range(self.costs):
            if self._take(Need.REQUIRED):
                self.looks.append(now)
            else:
                self.in_vain += 1
        for _ in range(self.optional):
            self._take(Need.OPTIONAL)
        self._rests_until = self.quota.rests_until(CallsOfDay(made=self.made), now, well=self.costs == 1)

    def _take(self, need: Need) -> bool:
        if self.made >= self.quota.limit(need):
            return False
        self.made += 1
        return True


@pytest.mark.shows("few calls granted")
@given(quota=quotas, minutes=st.integers(15, 50), optional=st.integers(0, 400))
def test_however_many_optional_calls_are_wanted_the_subscriptions_are_looked_at_all_day(
    quota: Quota, minutes: int, optional: int
) -> None:
    keeper = Keeper(quota, optional=optional, costs=1)
    keeper.live(minutes)

    assert keeper.in_vain == 0
    assert keeper.made <= quota.limit(Need.REQUIRED)
    gaps = [after - before for before, after in pairwise([*keeper.looks, MIDNIGHT + DAY])]
    assert max(gaps) <= LONGEST_REST + minutes * MINUTE, "a rest ends between two runs of the schedule"


@given(quota=quotas, minutes=st.integers(15, 50), optional=st.integers(0, 400))
def test_if_every_list_takes_a_second_attempt_the_calls_last_all_day(quota: Quota, minutes: int, optional: int) -> None:
    keeper = Keeper(quota, optional=optional, costs=2)
    keeper.live(minutes)

    assert keeper.in_vain == 0
    assert keeper.looks[-1] >= MIDNIGHT + DAY - LONGEST_REST - minutes * MINUTE


@pytest.mark.parametrize(("daily", "looks"), [(100, 24), (500, 48), (10_000, 48)])
def test_at_a_hundred_calls_a_day_every_other_run_rests_and_at_500_none(daily: int, looks: int) -> None:
    keeper = Keeper(Quota(daily), optional=1, costs=1)
    keeper.live(30)

    assert len(keeper.looks) == looks


@given(quota=quotas, made=st.integers(0, MOST), minutes=st.integers(0, 1439), well=st.booleans())
def test_no_rest_is_longer_than_two_hours_whatever_is_left(
    quota: Quota, made: int, minutes: int, *, well: bool
) -> None:
    now = MIDNIGHT + minutes * MINUTE
    assert now < quota.rests_until(CallsOfDay(made=made), now, well=well) <= now + LONGEST_REST


def test_where_not_all_is_well_a_run_calls_sooner() -> None:
    quota, calls = Quota(100), CallsOfDay(made=10)
    assert quota.rests_until(calls, MIDNIGHT, well=False) < quota.rests_until(calls, MIDNIGHT, well=True)


@pytest.mark.parametrize(("granted", "as_with"), [(60, 100), (120, 120), (300, 300), (2000, 1000), (None, 1000)])
def test_what_legrand_says_lowers_what_is_believed_and_nothing_raises_it(granted: int | None, as_with: int) -> None:
    calls = CallsOfDay(made=40, granted=granted)
    rests_until = Quota(1000).rests_until(calls, MIDNIGHT, well=True)
    assert rests_until == Quota(as_with).rests_until(CallsOfDay(made=0), MIDNIGHT, well=True)


def test_the_day_s_calls_are_projected_by_those_of_the_day_before() -> None:
    quota, noon = Quota(500), MIDNIGHT + DAY / 2
    assert quota.projected(CallsOfDay(made=60), CallsOfDay(made=100), noon) == 110
    assert quota.projected(CallsOfDay(made=60), CallsOfDay(), noon) is None
    assert quota.projected(CallsOfDay(made=400), CallsOfDay(made=450), noon) == quota.limit(Need.REQUIRED)
