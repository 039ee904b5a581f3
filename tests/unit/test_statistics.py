"""Hours and days against a brute-force integration of the step function, and the cases that are easy to get wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smarther.domain.readings.home import Load, Snapshot
from smarther.domain.summaries.statistics import (
    HOUR,
    LONGEST_HOLD,
    Statistics,
    daily,
    held,
    hourly,
    hours_of_day,
    local_day,
)

ROME = ZoneInfo("Europe/Rome")
START = datetime(2026, 1, 10, tzinfo=UTC)
ALWAYS = datetime(2100, 1, 1, tzinfo=UTC)
STEP = timedelta(seconds=60)


def at(hours: float, **said: object) -> Snapshot:
    return Snapshot(time=START + timedelta(hours=hours), **said)  # type: ignore[arg-type]  # named by the caller


def hours(snapshots: list[Snapshot], count: int = 24, until: datetime = ALWAYS) -> dict[datetime, Statistics]:
    return hourly(snapshots, start=START, end=START + count * HOUR, until=until)


# Instants on whole minutes, so that sampling once a minute integrates the step function without an error.
minutes = st.integers(min_value=-400, max_value=26 * 60)
tenths = st.integers(min_value=-50, max_value=350).map(lambda tenth: Decimal(tenth) / 10)
histories = st.lists(
    st.builds(
        lambda minute, temperature, humidity, load: Snapshot(
            time=START + timedelta(minutes=minute), temperature=temperature, humidity=humidity, load=load
        ),
        minutes,
        st.none() | tenths,
        st.none() | tenths,
        st.none() | st.sampled_from(Load),
    ),
    max_size=40,
).map(lambda snapshots: sorted(snapshots, key=lambda snapshot: snapshot.time))


def state_at(snapshots: list[Snapshot], instant: datetime, until: datetime) -> Snapshot | None:
    """The step function itself, said as plainly as it can be said."""
    earlier = [snapshot for snapshot in snapshots if snapshot.time <= instant]
    if not earlier or instant >= until or instant - earlier[-1].time >= LONGEST_HOLD:
        return None
    return earlier[-1]


@settings(max_examples=60)
@given(snapshots=histories, until_minute=st.integers(min_value=1, max_value=24 * 60))
def test_an_hour_is_the_integral_of_the_step_function(snapshots: list[Snapshot], until_minute: int) -> None:
    until = START + timedelta(minutes=until_minute)
    made = hours(snapshots, until=until)
    assert all(START <= hour < START + 24 * HOUR for hour in made), "an hour outside would be made of half its readings"
    for number in range(24):
        hour = START + number * HOUR
        samples = [state_at(snapshots, hour + minute * STEP, until) for minute in range(60)]
        known = [sample for sample in samples if sample is not None]
        statistics = made.get(hour, Statistics(count=0))
        assert statistics.heating_minutes == sum(sample.load is Load.HEATING for sample in known)
        assert statistics.cooling_minutes == sum(sample.load is Load.COOLING for sample in known)
        assert statistics.load_minutes == sum(sample.load is not None for sample in known)
        for measure, values in (
            (statistics.temperature, [s.temperature for s in known if s.temperature is not None]),
            (statistics.humidity, [s.humidity for s in known if s.humidity is not None]),
        ):
            if measure is None:
                assert not values
            else:
                assert measure.minutes == len(values)
                assert (measure.minimum, measure.maximum) == (min(values), max(values))
                assert abs(measure.mean - sum(values, Decimal(0)) / len(values)) <= Decimal("0.0001")
        assert statistics.count == sum(hour <= s.time < min(hour + HOUR, until) for s in snapshots)


@settings(max_examples=60)
@given(snapshots=histories, zone=st.sampled_from([UTC, ROME, ZoneInfo("Asia/Kolkata")]))
def test_a_day_is_the_sum_of_its_hours(snapshots: list[Snapshot], zone: ZoneInfo) -> None:
    made = hours(snapshots)
    for day, statistics in daily(made, zone).items():
        first, after = hours_of_day(day, zone)
        within = [part for hour, part in made.items() if first <= hour < after]
        assert statistics.count == sum(part.count for part in within)
        assert statistics.heating_minutes == sum(part.heating_minutes for part in within)
        assert statistics.load_minutes == sum(part.load_minutes for part in within)
        temperatures = [part.temperature for part in within if part.temperature is not None]
        if temperatures:
            assert statistics.temperature is not None
            weighted = sum((part.mean * part.minutes for part in temperatures), Decimal(0))
            assert abs(statistics.temperature.mean * statistics.temperature.minutes - weighted) <= Decimal(
                "0.08"
            )  # half of the last place, for a day's minutes
            assert statistics.temperature.minimum == min(part.minimum for part in temperatures)


@settings(max_examples=40)
@given(snapshots=histories.filter(bool), late=st.data())
def test_a_late_snapshot_changes_only_hours_in_which_it_is_believed(
    snapshots: list[Snapshot], late: st.DataObject
) -> None:
    missing = late.draw(st.integers(min_value=0, max_value=len(snapshots) - 1))
    before = [snapshot for number, snapshot in enumerate(snapshots) if number != missing]
    whole = hours(snapshots)
    changed = {hour for hour, part in whole.items() if hours(before).get(hour) != part}
    # What a late snapshot can change begins with its own hour and ends with the time for which it is believed.
    arrived = snapshots[missing].time
    assert all(arrived - HOUR < hour < arrived + LONGEST_HOLD for hour in changed)


@given(
    day=st.dates(min_value=date(2020, 1, 1), max_value=date(2030, 12, 31)),
    zone=st.sampled_from(
        [UTC, ROME, *map(ZoneInfo, ("Asia/Kolkata", "Asia/Beirut", "Atlantic/Azores", "America/Santiago"))]
    ),
)
def test_every_hour_of_a_day_belongs_to_it_and_no_other_does(day: date, zone: ZoneInfo) -> None:
    first, after = hours_of_day(day, zone)
    assert local_day(first, zone) == local_day(after - HOUR, zone) == day
    assert local_day(first - HOUR, zone) < day < local_day(after, zone)


def test_the_state_before_the_hour_is_carried_into_it() -> None:
    made = hours([at(-0.5, temperature=Decimal(20), load=Load.HEATING), at(0.25, temperature=Decimal(24))])
    first = made[START]
    assert first.count == 1
    assert first.heating_minutes == 15
    assert first.temperature is not None
    assert first.temperature.mean == Decimal("23.0000")
    assert first.temperature.minutes == 60


def test_a_gap_is_not_known_time() -> None:
    made = hours([at(0, temperature=Decimal(20), load=Load.HEATING), at(9.5, temperature=Decimal(15), load=Load.IDLE)])
    assert list(made) == [START + hour * HOUR for hour in (0, 1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14, 15)]
    assert made[START + 5 * HOUR].heating_minutes == 60
    assert made[START + 9 * HOUR].load_minutes == 30
    (day,) = daily(made, UTC).values()
    assert day.heating_minutes == 6 * 60
    assert day.load_minutes == 12 * 60


def test_the_first_hour_begins_with_the_first_word_and_the_last_ends_now() -> None:
    made = hours([at(0.75, humidity=Decimal(50))], until=START + timedelta(hours=2, minutes=20))
    known = {hour: part.humidity.minutes for hour, part in made.items() if part.humidity is not None}
    assert known == {START: 15, START + HOUR: 60, START + 2 * HOUR: 20}


def test_what_a_snapshot_does_not_say_is_unknown_from_then_on() -> None:
    made = hours([at(0, setpoint=Decimal(21), load=Load.IDLE), at(0.5, load=Load.HEATING)])[START]
    assert made.setpoint is not None
    assert made.setpoint.minutes == 30
    assert made.load_minutes == 60


def test_of_two_snapshots_at_one_instant_the_last_counts_and_both_are_counted() -> None:
    made = hours([at(0, temperature=Decimal(10)), at(0, temperature=Decimal(20))])[START]
    assert made.count == 2
    assert made.temperature is not None
    assert made.temperature.minimum == 20


def test_fractions_of_a_second_count() -> None:
    (piece,) = held([at(0)], until=START + timedelta(microseconds=7))
    assert piece.end - piece.start == timedelta(microseconds=7)


@pytest.mark.parametrize(("day", "count"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)])
def test_a_day_has_as_many_hours_as_the_clocks_give_it(day: date, count: int) -> None:
    first, after = hours_of_day(day, ROME)
    steady = [Snapshot(time=first + number * HOUR, load=Load.HEATING) for number in range(-1, 30)]
    made = hourly(steady, start=first - 2 * HOUR, end=after + 2 * HOUR, until=ALWAYS)
    statistics = daily(made, ROME)[day]
    assert statistics.count == count
    assert statistics.heating_minutes == count * 60
