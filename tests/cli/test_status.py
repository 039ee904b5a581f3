"""Whether all is well."""

from __future__ import annotations

import json
from copy import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import boto3
import pytest

from smarther.domain.account.legrand_answers import Reason
from smarther.domain.account.quota import CallsOfDay, Need, Quota
from smarther.domain.keeper.keeper_report import PersonNeeded, PlantState
from smarther.domain.keeper.provider_watch import ProviderState
from smarther.domain.readings.notification import Reject
from smarther.domain.readings.reading import instant_text
from smarther.store.keeper_items import CallCount, KeeperNotes
from smarther.store.listings import Listings, Module
from smarther.store.quarantine import Quarantine
from smarther_cli.show.unread import READINGS
from tests.cli.conftest import NOW, SPOKE, Home, Run, report, said


def test_all_is_well(home: Home, run: Run) -> None:
    KeeperNotes(home.table).keep_report(report(NOW, client_secret_ends_on="2027-01-31"))
    home.thermostat("module-1", "Kitchen")
    said(home, replace(SPOKE, time=NOW - timedelta(hours=2), temperature_c=Decimal(10)))
    said(home, SPOKE)
    CallCount(home.table, Quota(500)).count(Need.REQUIRED, NOW)

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


@pytest.mark.parametrize(("minutes", "reasons"), [(90, []), (91, ["keeper_silent"])])
def test_a_keeper_that_has_missed_three_runs_needs_a_person(
    home: Home, run: Run, minutes: int, reasons: list[str]
) -> None:
    KeeperNotes(home.table).keep_report(report(NOW - timedelta(minutes=minutes)))
    assert json.loads(run("status", "--json").stdout)["verdict"]["reasons"] == reasons


def test_the_days_calls_are_shown_with_their_projection_and_legrands_limit(home: Home, run: Run) -> None:
    KeeperNotes(home.table).keep_report(report(NOW, calls_quota=1000, calls_granted=3, rested=True))
    for made, day in ((96, NOW - timedelta(days=1)), (3, NOW)):
        for _ in range(made):
            CallCount(home.table, Quota(1000)).count(Need.REQUIRED, day)
    CallCount(home.table, Quota(1000)).pause(now=NOW, until=NOW, quota=True)

    told = json.loads(run("status", "--json").stdout)
    projected = Quota(1000).projected(CallsOfDay(made=3), CallsOfDay(made=96), NOW)
    assert {name: told[name] for name in told if name.startswith("calls_")} == {
        "calls_today": 3,
        "calls_projected": projected,
        "calls_quota": 1000,
        "calls_reserved": 300,
        "calls_granted": 3,
        "calls_paused_until": None,
    }
    shown = " ".join(run("status").stdout.split())
    for words in (
        "3 of 1,000;",
        f"about {projected} by the end of the day (UTC);",
        "300 reserved",
        "after 3 of ours Legrand said that it grants no more today;",
        "none in the last run, to spare them",
    ):
        assert words in shown


def test_a_report_of_a_version_that_knew_no_quota_is_shown_without(home: Home, run: Run) -> None:
    KeeperNotes(home.table).keep_report(report(NOW, calls_quota=None))

    assert json.loads(run("status", "--json").stdout)["calls_quota"] is None
    assert " of " not in next(line for line in run("status").stdout.splitlines() if "calls today" in line)


def test_all_is_well_as_json(home: Home, run: Run) -> None:
    KeeperNotes(home.table).keep_report(report(NOW))
    home.thermostat("module-1", "Kitchen")
    home.thermostat("module-2", "Attic")
    said(home, SPOKE)

    told = json.loads(run("status", "--json").stdout)

    assert told["person"] == []
    assert told["keeper"]["outcome"] == "healthy"
    assert told["plants"] == [{"plant_id": "plant-1", "name": "Home", "subscription": "healthy"}]
    assert told["tokens"]["expires_at"] > instant_text(NOW)
    attic, kitchen = told["thermostats"]
    assert (attic["name"], attic["silent"], attic["last"]) == ("Attic", True, None)
    assert kitchen["silent"] is False
    assert kitchen["last"] == {
        "time": instant_text(SPOKE.time),
        "temperature_c": 20.5,
        "setpoint_c": 21,
        "humidity_percent": 48.2,
        "state": "heating",
        "mode": "AUTOMATIC",
        "program": 3,
    }


@pytest.mark.parametrize(("programs", "name"), [({}, None), ({1: "Away"}, None), ({3: "Guests"}, "Guests")])
def test_a_programs_name_stands_beside_its_number(
    home: Home, run: Run, programs: dict[int, str], name: str | None
) -> None:
    KeeperNotes(home.table).keep_report(report(NOW))
    home.thermostat("module-1", "Kitchen", programs=programs)
    said(home, SPOKE)

    last = json.loads(run("status", "--json").stdout)["thermostats"][0]["last"]

    assert (last["program"], last.get("program_name")) == (3, name)


@pytest.mark.shows("more to report than an item holds")
def test_plants_that_a_report_cannot_hold_are_counted(home: Home, run: Run) -> None:
    plants = tuple(PlantState(plant_id=f"plant-{n:04}", subscription="healthy") for n in range(1000))
    KeeperNotes(home.table).keep_report(report(NOW, plants=plants))

    shown = run("status").stdout
    listed = shown.count("plant-")

    assert f"and {1000 - listed} more plants" in shown
    assert json.loads(run("status", "--json").stdout)["left_out"] == {"plants": 1000 - listed}


def test_a_needed_person_is_told_what_to_do(home: Home, run: Run) -> None:
    needed = PersonNeeded(reason=Reason.CLIENT_SECRET_EXPIRED.value, do=Reason.CLIENT_SECRET_EXPIRED.remedy)
    KeeperNotes(home.table).keep_report(report(NOW, outcome="needs_person", person=(needed,)))

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
    KeeperNotes(home.table).keep_report(report(NOW - timedelta(minutes=minutes)))

    result = run("status")

    assert result.exit_code == status, result.output
    assert ("smarther keeper run" in result.stdout) == (status == 3)


def test_silence_stands_out(home: Home, run: Run) -> None:
    KeeperNotes(home.table).keep_report(report(NOW))
    home.thermostat("module-1", "Kitchen")
    home.thermostat("module-2", "Attic")
    said(home, replace(SPOKE, time=NOW - timedelta(hours=25)))

    said_now = run("status").stdout

    assert "25 h ago (silent)" in said_now
    assert "never" in said_now


ODD: Any = {"humidity_percent": {"value": "--", "unit": "%"}, "setpoint_c": {"value": ""}}


def test_what_could_not_be_read_lately_is_told_with_its_thermostat(home: Home, run: Run) -> None:
    KeeperNotes(home.table).keep_report(report(NOW))
    home.thermostat("module-1", "Kitchen")
    Listings(home.table).keep_module(Module("plant-1", "module-2", "Attic", "chronothermostat", NOW))
    for minutes, unread in enumerate([{}, ODD, {"humidity_percent": "\x1b[31mwet"}, ODD]):
        said(home, replace(SPOKE, time=NOW - timedelta(minutes=minutes), unread=unread))

    result = run("status")

    assert result.exit_code == 0, result.output
    assert 'Kitchen: humidity_percent in 3 of the newest 40 readings, last sent as {"value": "--"' in result.stdout
    assert 'Kitchen: setpoint_c in 2 of the newest 40 readings, last sent as {"value": ""}' in result.stdout
    assert "Attic:" not in result.stdout
    attic, kitchen = json.loads(run("status", "--json").stdout)["thermostats"]
    assert attic["unread"] == {}
    assert kitchen["unread"] == {
        "humidity_percent": {"readings": 3, "last_sent": {"value": "--", "unit": "%"}},
        "setpoint_c": {"readings": 2, "last_sent": {"value": ""}},
    }


def test_what_could_not_be_read_long_ago_is_not_told(home: Home, run: Run) -> None:
    KeeperNotes(home.table).keep_report(report(NOW))
    home.thermostat("module-1", "Kitchen")
    said(home, replace(SPOKE, time=NOW - timedelta(hours=1), unread=ODD))
    for seconds in range(READINGS):
        said(home, replace(SPOKE, time=NOW - timedelta(seconds=seconds)))
    assert "not read" not in run("status").stdout


@pytest.mark.parametrize(
    "sent", ["\x1b[31m", "[bold]x[/bold]", "\u202e", "x" * 5_000, {"a": [None, Decimal("1E+125")]}]
)
def test_what_was_sent_is_shown_harmlessly_and_in_one_line(home: Home, run: Run, sent: Any) -> None:
    KeeperNotes(home.table).keep_report(report(NOW))
    home.thermostat("module-1", "Kitchen")
    said(home, replace(SPOKE, unread={"mode": sent}))
    (line,) = [line for line in run("status").stdout.splitlines() if "mode in 1" in line]
    assert line.isprintable()
    assert len(line) < 200


def test_silence_is_by_arrival_and_a_late_word_is_one(home: Home, run: Run) -> None:
    KeeperNotes(home.table).keep_report(report(NOW))
    home.thermostat("module-1", "Kitchen")
    said(home, replace(SPOKE, time=NOW - timedelta(hours=25)), arrived=NOW - timedelta(minutes=1))

    assert "25 h ago (silent)" not in run("status").stdout
    assert json.loads(run("status", "--json").stdout)["thermostats"][0]["silent"] is False


def test_one_that_was_met_lately_and_has_not_spoken_yet_is_not_silent(home: Home, run: Run) -> None:
    KeeperNotes(home.table).keep_report(report(NOW))
    Listings(home.table).keep_module(
        Module("plant-1", "module-1", "Kitchen", "chronothermostat", NOW - timedelta(hours=1))
    )

    assert "never" in run("status").stdout
    assert json.loads(run("status", "--json").stdout)["thermostats"][0]["silent"] is False


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (datetime(2041, 5, 21, 8, tzinfo=UTC), "Kitchen is 15 years ahead: it said 2041-05-21T08:00:00Z"),
        (datetime.max.replace(tzinfo=UTC, microsecond=0), "Kitchen is 7979 years ahead: it said 9999-12-31T23:59:59Z"),
        (datetime.min.replace(tzinfo=UTC), "Kitchen is 2026 years behind: it said 0001-01-01T00:00:00Z"),
    ],
)
def test_a_wrong_clock_is_told_with_the_thermostat_s_name_and_needs_nobody(
    home: Home, run: Run, told: datetime, words: str
) -> None:
    KeeperNotes(home.table).keep_report(report(NOW))
    home.thermostat("module-1", "Kitchen")
    said(home, replace(SPOKE, time=told), arrived=NOW - timedelta(minutes=12))

    result = run("status")
    assert result.exit_code == 0
    assert words in result.stdout
    assert "20.5 °C" in result.stdout
    assert "12 min ago" in result.stdout
    assert "silent" not in result.stdout

    (kitchen,) = json.loads(run("status", "--json").stdout)["thermostats"]
    assert kitchen["wrong_clock"] == {"told": instant_text(told), "at": "2026-01-31T12:18:00Z"}
    assert kitchen["heard_at"] == "2026-01-31T12:18:00Z"
    assert kitchen["last"]["time"] == instant_text(told)


def test_plants_are_named_when_there_are_several(home: Home, run: Run) -> None:
    KeeperNotes(home.table).keep_report(report(NOW))
    home.thermostat("module-1", "Kitchen", plant_id="plant-1", plant="Via Roma")
    home.thermostat("module-2", "Kitchen", plant_id="plant-2", plant="Seaside")
    said(home, replace(SPOKE, temperature_c=None, humidity_percent=None, setpoint_c=None, load_state=None))

    said_now = run("status").stdout

    assert "Via Roma" in said_now
    assert "Seaside" in said_now


def test_names_are_plain_text(home: Home, run: Run) -> None:
    KeeperNotes(home.table).keep_report(report(NOW))
    home.thermostat("module-1", "[red]\x1b[2J\u202eKitchen[/red]:smile:")

    assert "[red][2JKitchen[/red]:smile:" in run("status").stdout.replace("�", "")


def test_troubles_are_shown(home: Home, run: Run) -> None:
    KeeperNotes(home.table).keep_report(report(NOW, outcome="degraded", troubles=("topology: 500",)))

    result = run("status")

    assert result.exit_code == 1
    assert "not all is well" in result.stdout
    assert "asking Legrand for a plant's thermostats: 500" in result.stdout


# ---- the verdict


def test_a_stack_that_is_not_well_is_seen_in_the_status_with_what_helps(home: Home, run: Run) -> None:
    """What a daily job goes by: silence is good news."""
    plants = (PlantState(plant_id="plant-1", name="Home", subscription="missing"),)
    KeeperNotes(home.table).keep_report(report(NOW, outcome="degraded", plants=plants))
    home.thermostat("module-1", "Kitchen")
    said(home, replace(SPOKE, time=NOW - timedelta(hours=30)))
    Quarantine(home.table).keep(b"odd", [Reject("body", "odd")], received_at=NOW)
    boto3.client("sqs").send_message(QueueUrl=home.stack.outputs["SpillDeadLetterQueueUrl"], MessageBody="x")

    result = run("status")

    assert result.exit_code == 1
    for words in (
        "not all is well: not subscribed: Home; silent: Kitchen; 1 body in quarantine; 1 notification that could not",
        "smarther keeper run",
        "smarther quarantine list",
        "smarther redrive",
    ):
        assert words in result.stdout
    assert ": all is well" not in result.stdout
    told = json.loads(run("status", "--json").stdout)
    assert told["verdict"] == {
        "word": "not_well",
        "reasons": ["not_subscribed", "silent", "quarantine", "dead_letters"],
        "incidents": [],
    }
    assert told["waiting"] == {"quarantine": 1, "dead_letters": 1}


def test_a_stack_that_knows_no_plant_is_not_well(home: Home, run: Run) -> None:
    KeeperNotes(home.table).keep_report(report(NOW, plants=()))

    result = run("status")

    assert result.exit_code == 1
    assert "no plant is known yet, so nothing is recorded" in result.stdout


@pytest.mark.parametrize(
    "reason",
    [
        Reason.CREDENTIALS_MISSING,
        Reason.CREDENTIALS_REFUSED,
        Reason.SUBSCRIPTION_KEY_REFUSED,
        Reason.ACCESS_REFUSED,
    ],
)
def test_who_has_configured_since_is_not_told_to_configure_again(home: Home, run: Run, reason: Reason) -> None:
    needed = PersonNeeded(reason=reason.value, do=reason.remedy)
    KeeperNotes(home.table).keep_report(report(NOW, outcome="needs_person", person=(needed,)))
    assert json.loads(run("status", "--json").stdout)["verdict"]["reasons"] == [reason.value]

    home.configured()  # at this machine's time, which is later

    result = run("status")
    assert result.exit_code == 3
    assert "credentials changed" in result.stdout
    assert "smarther keeper run" in result.stdout
    assert "smarther configure" not in result.stdout


def test_credentials_from_before_the_report_change_nothing_of_it(home: Home, run: Run) -> None:
    home.configured()
    needed = PersonNeeded(reason=Reason.CREDENTIALS_REFUSED.value, do=Reason.CREDENTIALS_REFUSED.remedy)
    later = datetime.now(UTC) + timedelta(minutes=1)
    KeeperNotes(home.table).keep_report(report(later, outcome="needs_person", person=(needed,)))

    assert json.loads(run("status", "--json").stdout)["verdict"]["reasons"] == ["credentials_refused"]


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        (Reason.CONSENT_EXPIRED, "tokens         no longer good: the consent has ended"),
        (Reason.CLIENT_SECRET_EXPIRED, "client secret  expired"),
        (Reason.CREDENTIALS_REFUSED, "client secret  refused"),
    ],
)
def test_what_legrand_said_goes_before_what_tokens_and_secrets_promised(
    home: Home, run: Run, reason: Reason, line: str
) -> None:
    needed = PersonNeeded(reason=reason.value, do=reason.remedy)
    told = report(NOW, outcome="needs_person", person=(needed,), client_secret_ends_on="2027-01-31")
    KeeperNotes(home.table).keep_report(told)
    home.keeper_answers(told)

    assert line in run("status").stdout
    if reason is Reason.CONSENT_EXPIRED:
        assert "access 59 min" not in run("keeper", "run").stdout


def test_fahrenheit(home: Home, run: Run) -> None:
    KeeperNotes(home.table).keep_report(report(NOW))
    home.thermostat("module-1", "Kitchen")
    said(home, SPOKE)

    shown = run("status", "--fahrenheit").stdout
    assert "68.9 °F" in shown
    assert "°C" not in shown


# ---- a provider that changes or ends


@pytest.mark.parametrize(
    ("provider", "lines"),
    [
        (
            ProviderState(gone={"api": "gone"}, gone_since=NOW),
            ["its API is gone for good, as it says itself, since 2026-01-31 13:30"],
        ),
        (
            ProviderState(gone={"login": "no_host"}, gone_since=NOW),
            ["its login has no host: its name does not resolve since 2026-01-31 13:30"],
        ),
        (
            ProviderState(changed=("token", "topology")),
            [
                "asking Legrand's login for tokens: for a day an answer that nobody knows",
                "asking Legrand for a plant's thermostats: for a day an answer that nobody knows",
            ],
        ),
        (
            ProviderState(announced=True, deprecated_on=date(2026, 1, 1), ends_on=date(2027, 6, 30)),
            ["announces that this API is deprecated as of 2026-01-01; it ends on 2027-06-30"],
        ),
        (ProviderState(announced=True), ["announces that this API is deprecated; no day is named"]),
    ],
)
def test_how_it_stands_with_the_provider_is_told(
    home: Home, run: Run, in_rome: None, provider: ProviderState, lines: list[str]
) -> None:
    home.keeper_answers(report(provider=provider))
    KeeperNotes(home.table).keep_report(report(provider=provider))

    for command in (("status",), ("keeper", "run")):
        told = run(*command)
        assert told.exit_code == 0, told.output
        for line in lines:
            assert line in told.stdout
    assert json.loads(run("status", "--json").stdout)["provider"] == provider.model_dump(mode="json", exclude_none=True)


def test_an_end_that_is_near_is_told_in_the_verdict(home: Home, run: Run) -> None:
    provider = ProviderState(announced=True, ends_on=date(2026, 2, 28))
    KeeperNotes(home.table).keep_report(report(provider=provider))

    told = run("status")

    assert told.exit_code == 1
    assert "Legrand ends this API on 2026-02-28" in told.stdout
    assert "runbook.md#the-provider-changes" in told.stdout
