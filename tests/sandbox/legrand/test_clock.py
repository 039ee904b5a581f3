from datetime import UTC, datetime, timedelta

import pytest

from sandbox.legrand.account.clock import MovableClock

START = datetime(2025, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Real:
    """Real time, passed by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def real() -> Real:
    return Real()


@pytest.fixture
def clock(real: Real) -> MovableClock:
    return MovableClock(real)


def test_it_shows_real_time_until_it_is_moved(clock: MovableClock, real: Real) -> None:
    real.now += HOUR
    assert clock.now() == START + HOUR


def test_it_runs_on_from_where_it_is_set(clock: MovableClock, real: Real) -> None:
    clock.run(START - 24 * HOUR)
    real.now += HOUR
    assert clock.now() == START - 23 * HOUR


def test_it_runs_faster_when_asked(clock: MovableClock, real: Real) -> None:
    clock.run(START, rate=60)
    real.now += timedelta(minutes=1)
    assert clock.now() == START + HOUR


def test_held_it_stands_still(clock: MovableClock, real: Real) -> None:
    clock.hold(START + HOUR)
    real.now += HOUR
    assert clock.now() == START + HOUR


def test_it_can_be_advanced_running_or_held(clock: MovableClock, real: Real) -> None:
    clock.advance(HOUR)
    real.now += HOUR
    assert clock.now() == START + 2 * HOUR

    clock.hold(START)
    clock.advance(HOUR)
    real.now += HOUR
    assert clock.now() == START + HOUR


def test_it_returns_to_real_time(clock: MovableClock, real: Real) -> None:
    clock.hold(START + 9 * HOUR)
    clock.follow_real_time()
    real.now += HOUR
    assert clock.now() == START + HOUR


def test_a_naive_instant_is_refused(clock: MovableClock) -> None:
    with pytest.raises(ValueError, match="offset from UTC"):
        clock.hold(datetime(2025, 11, 20))  # noqa: DTZ001 - that is the point


def test_an_instant_in_another_zone_becomes_utc(clock: MovableClock) -> None:
    clock.hold(datetime.fromisoformat("2025-11-20T13:00:00+01:00"))
    assert clock.now() == START
    assert clock.now().tzinfo is UTC
