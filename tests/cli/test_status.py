"""Whether all is well."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from smarther.domain.keeper_report import PersonNeeded
from smarther.domain.legrand_answers import Reason
from smarther.domain.quota import Need
from smarther.domain.reading import Reading
from tests.cli.conftest import NOW, Home, Run, report

SPOKE = Reading(
    plant_id="plant-1",
    module_id="module-1",
    time=NOW - timedelta(minutes=12),
    function="HEATING",
    mode="AUTOMATIC",
    load_state="ACTIVE",
    temperature_c=Decimal("20.5"),
    humidity_percent=Decimal("48.2"),
    setpoint_c=Decimal(21),
    program=Decimal(3),
)


def said(home: Home, reading: Reading) -> None:
    home.table.put_reading(reading, received_at=NOW, source="push")


def test_all_is_well(home: Home, run: Run) -> None:
    home.records.keep_report(report(NOW, client_secret_ends_on="2027-01-31"))
    home.thermostat("module-1", "Kitchen")
    said(home, replace(SPOKE, time=NOW - timedelta(hours=2), temperature_c=Decimal(10)))
    said(home, SPOKE)
    home.records.count_call(Need.REQUIRED, NOW)

    result = run("status")

    assert result.exit_code == 0, result.output
    for words in (
        "all is well",
        "access 59 min, renewal 90 days",
        "1 of 500",
        "2027-01-31",
        "subscribed",
        "Kitchen",
        "20.5 °C",
        "21.0 °C",
        "48 %",
        "heating",
        "12 min ago",
    ):
        assert words in result.stdout
    assert "10.0 °C" not in result.stdout


def test_all_is_well_as_json(home: Home, run: Run) -> None:
    home.records.keep_report(report(NOW))
    home.thermostat("module-1", "Kitchen")
    home.thermostat("module-2", "Attic")
    said(home, SPOKE)

    told = json.loads(run("status", "--json").stdout)

    assert told["person"] == []
    assert told["keeper"]["outcome"] == "healthy"
    assert told["plants"] == [{"plant_id": "plant-1", "name": "Home", "subscription": "healthy"}]
    assert told["tokens"]["expires_at"] > NOW.timestamp()
    attic, kitchen = told["thermostats"]
    assert (attic["name"], attic["silent"], attic["last"]) == ("Attic", True, None)
    assert kitchen["silent"] is False
    assert kitchen["last"] == {
        "time": SPOKE.time.isoformat(),
        "temperature_c": 20.5,
        "setpoint_c": 21,
        "humidity_percent": 48.2,
        "state": "heating",
        "mode": "AUTOMATIC",
        "program": 3,
    }


def test_a_needed_person_is_told_what_to_do(home: Home, run: Run) -> None:
    needed = PersonNeeded(reason=Reason.CLIENT_SECRET_EXPIRED.value, do=Reason.CLIENT_SECRET_EXPIRED.remedy)
    home.records.keep_report(report(NOW, outcome="needs_person", person=(needed,)))

    result = run("status")

    assert result.exit_code == 3
    assert "client secret expired" in result.stdout
    assert "smarther configure" in result.stdout
    assert run("status", "--json").exit_code == 3


def test_a_new_stack_needs_credentials_first(home: Home, run: Run) -> None:
    result = run("status", "--json")

    assert result.exit_code == 3
    assert [each["reason"] for each in json.loads(result.stdout)["person"]] == ["credentials_missing"]
    assert "has not run yet" in run("status").stdout


def test_a_configured_stack_needs_consent_next(home: Home, run: Run) -> None:
    home.configured()

    result = run("status", "--json")

    assert result.exit_code == 3
    assert [each["reason"] for each in json.loads(result.stdout)["person"]] == ["consent_missing"]


@pytest.mark.parametrize(("minutes", "status"), [(89, 0), (91, 3)])
def test_a_keeper_that_missed_three_runs_needs_a_person(home: Home, run: Run, minutes: int, status: int) -> None:
    home.records.keep_report(report(NOW - timedelta(minutes=minutes)))

    result = run("status")

    assert result.exit_code == status, result.output
    assert ("smarther keeper run" in result.stdout) == (status == 3)


def test_silence_stands_out(home: Home, run: Run) -> None:
    home.records.keep_report(report(NOW))
    home.thermostat("module-1", "Kitchen")
    home.thermostat("module-2", "Attic")
    said(home, replace(SPOKE, time=NOW - timedelta(hours=25)))

    said_now = run("status").stdout

    assert "25 h ago (silent)" in said_now
    assert "never" in said_now


def test_plants_are_named_when_there_are_several(home: Home, run: Run) -> None:
    home.records.keep_report(report(NOW))
    home.thermostat("module-1", "Kitchen", plant_id="plant-1", plant="Via Roma")
    home.thermostat("module-2", "Kitchen", plant_id="plant-2", plant="Seaside")
    said(home, replace(SPOKE, temperature_c=None, humidity_percent=None, setpoint_c=None, load_state=None))

    said_now = run("status").stdout

    assert "Via Roma" in said_now
    assert "Seaside" in said_now


def test_names_are_plain_text(home: Home, run: Run) -> None:
    home.records.keep_report(report(NOW))
    home.thermostat("module-1", "[red]\x1b[2J\u202eKitchen[/red]:smile:")

    assert "[red]�[2J�Kitchen[/red]:smile:" in run("status").stdout


def test_troubles_are_shown(home: Home, run: Run) -> None:
    home.records.keep_report(report(NOW, outcome="degraded", troubles=("topology: 500",)))

    result = run("status")

    assert result.exit_code == 0
    assert "topology: 500" in result.stdout
