"""The state of a thermostat: its latest reading, and since when it heats."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from smarther.domain.readings.home import Load, Snapshot, load_of
from smarther.domain.readings.latest import StoredReading, thermostat_state

NOW = datetime(2026, 1, 18, 12, tzinfo=UTC)


def said(*loads: Load | None) -> list[StoredReading]:
    times = [NOW - timedelta(minutes=10 * number) for number in range(len(loads))]
    return [
        StoredReading(key=f"READING#{at}", received_at=at, pushed=True, snapshot=Snapshot(time=at, load=load), said=())
        for at, load in zip(times, loads, strict=True)
    ]


@pytest.mark.parametrize(
    ("load_state", "function", "load"),
    [
        ("ACTIVE", "HEATING", Load.HEATING),
        ("ACTIVE", "COOLING", Load.COOLING),
        ("ACTIVE", None, Load.HEATING),
        ("INACTIVE", "COOLING", Load.IDLE),
        (None, "HEATING", None),
    ],
)
def test_the_load_is_the_relay_s_state_and_its_function(
    load_state: str | None, function: str | None, load: Load | None
) -> None:
    assert load_of(load_state, function) is load


def test_what_programs_read_of_the_relay_stays_as_it_is() -> None:
    """`state` in the JSON of `status` and `history`."""
    assert [each.value for each in Load] == ["heating", "cooling", "idle"]


def test_it_heats_since_the_first_of_the_unbroken_run() -> None:
    stands = thermostat_state(said(Load.HEATING, Load.HEATING, Load.IDLE, Load.HEATING))
    assert stands is not None
    assert (stands.load_since, stands.load_since_before) == (NOW - timedelta(minutes=10), False)


def test_a_run_that_reaches_back_to_the_oldest_may_have_begun_earlier() -> None:
    stands = thermostat_state(said(Load.IDLE, Load.IDLE))
    assert stands is not None
    assert (stands.load_since, stands.load_since_before) == (NOW - timedelta(minutes=10), True)


def test_who_never_spoke_stands_nowhere() -> None:
    assert thermostat_state([]) is None


def test_of_a_reading_that_is_not_the_newest_by_its_clock_nothing_is_known_before() -> None:
    """The clock is wrong, so what stands before it in the table is of another time."""
    odd = StoredReading(
        key="READING#2041",
        received_at=NOW + timedelta(days=1),
        pushed=True,
        snapshot=Snapshot(time=NOW + timedelta(days=5600), load=Load.HEATING),
        said=(),
    )
    for stands in (thermostat_state([odd, *said(Load.HEATING)]), thermostat_state(said(Load.HEATING), [odd])):
        assert stands is not None
        assert stands.last == odd.snapshot
        assert (stands.load_since, stands.load_since_before) == (odd.received_at, True)
