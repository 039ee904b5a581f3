"""Where a thermostat stands: its last word, and since when it heats."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from smarther.domain.home import Load, Snapshot, ThermostatState, load_of, thermostat_state

NOW = datetime(2026, 1, 18, 12, tzinfo=UTC)


def said(*loads: Load | None) -> list[Snapshot]:
    return [Snapshot(time=NOW - timedelta(minutes=10 * number), load=load) for number, load in enumerate(loads)]


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


def test_silence_longer_than_the_limit_is_stale() -> None:
    stands = ThermostatState(said(Load.IDLE)[0], NOW, load_since_before=True)
    day = timedelta(hours=24)
    assert not stands.is_stale(NOW + day, day)
    assert stands.is_stale(NOW + day + timedelta(seconds=1), day)
