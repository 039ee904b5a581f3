"""`smarther status`: whether all is well, and what to do if it is not."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import typer
from rich.text import Text

from smarther.domain.home import Load, Snapshot, Thermostat
from smarther.domain.keeper_report import PersonNeeded, Report
from smarther.domain.legrand_answers import Reason
from smarther.drawing.text import ago_text, temperature_text
from smarther_cli.call import ended, this_call
from smarther_cli.deployment import Deployment
from smarther_cli.errors import Status
from smarther_cli.show import screen
from smarther_cli.show.report import age_text, calls_text, outcome_text, show_person, show_plants, tokens_text

_MISSED_RUNS = 3  # of the keeper in a row: no longer a passing fault of the scheduler


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """All that the owner wants to know of the recorder, at one instant."""

    at: datetime
    stack: str
    dashboard: str
    report: Report | None
    person: tuple[PersonNeeded, ...]
    calls: int
    thermostats: tuple[tuple[Thermostat, Snapshot | None], ...]
    stale_after: timedelta

    def is_stale(self, last: Snapshot | None) -> bool:
        """Whether a thermostat has been silent for too long."""
        return last is None or self.at - last.time > self.stale_after


def status(context: typer.Context) -> None:
    """Show whether all is well, and what to do if it is not.

    Tokens and how long they last, each plant's subscription, each thermostat's last word, the calls that Legrand was
    asked today. The exit status is 3 when a person is needed; the reason and the command that helps are printed.
    """
    call = this_call(context)
    condition = observe(call.deployment, call.at)
    if call.json:
        screen.show_json(_document(condition))
    else:
        _show(condition)
    if condition.person:
        raise ended(Status.PERSON_NEEDED)


def observe(deployment: Deployment, now: datetime) -> Condition:
    """Ask the stack how it is. Nothing of Legrand is called for it."""
    report = deployment.records.report()
    thermostats = deployment.history.thermostats()
    return Condition(
        at=now,
        stack=deployment.place.stack,
        dashboard=deployment.outputs.get("DashboardUrl", ""),
        report=report,
        person=_person(deployment, report, now),
        calls=deployment.records.calls_today(now),
        thermostats=tuple(
            (one, next(iter(deployment.history.newest(one.module_id, limit=1)), None)) for one in thermostats
        ),
        stale_after=timedelta(hours=deployment.stale_after_hours),
    )


def _person(deployment: Deployment, report: Report | None, now: datetime) -> tuple[PersonNeeded, ...]:
    """Why a person is needed: as the last run said, or because there was none for too long."""
    if report is None:
        configured = deployment.secrets.read(deployment.credentials_arn) is not None
        reason = Reason.CONSENT_MISSING if configured else Reason.CREDENTIALS_MISSING
        return (PersonNeeded(reason=reason.value, do=reason.remedy),)
    if now - datetime.fromisoformat(report.at) <= _MISSED_RUNS * timedelta(minutes=deployment.keeper_minutes):
        return report.person
    silent = PersonNeeded(
        reason="keeper_silent",
        do="The keeper has not finished a run for too long. Run `smarther keeper run` and look at what it says.",
    )
    return (silent, *report.person)


def _show(condition: Condition) -> None:
    report = condition.report
    facts: dict[str, str | Text] = {"stack": condition.stack}
    if report is None:
        facts["keeper"] = "has not run yet"
    else:
        facts["keeper"] = outcome_text(report.outcome) + Text(f", {age_text(report, condition.at)}")
        facts["tokens"] = tokens_text(report.tokens, condition.at)
        facts["calls today"] = calls_text(report, condition.calls)
        if report.client_secret_ends_on:
            facts["client secret"] = f"good until about {report.client_secret_ends_on}"
        if report.troubles:
            facts["troubles"] = "\n".join(screen.plain(trouble) for trouble in report.troubles)
    facts["dashboard"] = condition.dashboard
    screen.show_facts(facts)
    if report is not None and report.plants:
        screen.say()
        show_plants(report.plants)
    if condition.thermostats:
        screen.say()
        _show_thermostats(condition)
    if condition.person:
        screen.say()
        show_person(condition.person)


def _show_thermostats(condition: Condition) -> None:
    several = len({one.plant_id for one, _ in condition.thermostats}) > 1
    columns = ("Thermostat", *(("Plant",) if several else ()), "Room", "Set to", "Humidity", "State", "Said")
    rows = [
        (one.name, *((one.plant_name,) if several else ()), *_cells(last, condition))
        for one, last in condition.thermostats
    ]
    screen.show_table(columns, rows, right=("Room", "Set to", "Humidity"), fold=("Thermostat", "Plant"))


def _cells(last: Snapshot | None, condition: Condition) -> tuple[str | Text, ...]:
    if last is None:
        return ("", "", "", "", Text("never", style="yellow"))
    said = ago_text(last.time, condition.at)
    return (
        "–" if last.temperature is None else temperature_text(last.temperature, fahrenheit=False),
        "–" if last.setpoint is None else temperature_text(last.setpoint, fahrenheit=False),
        "–" if last.humidity is None else f"{last.humidity:.0f} %",
        {Load.HEATING: "heating", Load.COOLING: "cooling", Load.IDLE: "idle", None: "–"}[last.load],
        Text(f"{said} (silent)", style="yellow") if condition.is_stale(last) else said,
    )


def _document(condition: Condition) -> dict[str, Any]:
    report = condition.report
    said = {} if report is None else report.model_dump(mode="json", exclude_none=True)
    return {
        "at": condition.at.isoformat(),
        "stack": condition.stack,
        "dashboard": condition.dashboard,
        "person": [each.model_dump() for each in condition.person],
        "keeper": None if report is None else {"at": said["at"], "outcome": said["outcome"]},
        "troubles": said.get("troubles", []),
        "tokens": said.get("tokens"),
        "client_secret_ends_on": said.get("client_secret_ends_on"),
        "plants": said.get("plants", []),
        "calls_today": condition.calls,
        "calls_paused_until": said.get("paused_until"),
        "thermostats": [
            {
                "module_id": one.module_id,
                "name": one.name,
                "plant_id": one.plant_id,
                "plant_name": one.plant_name,
                "silent": condition.is_stale(last),
                "last": None if last is None else _last(last),
            }
            for one, last in condition.thermostats
        ],
    }


def _last(last: Snapshot) -> dict[str, Any]:
    found = {
        "time": last.time.isoformat(),
        "temperature_c": last.temperature,
        "setpoint_c": last.setpoint,
        "humidity_percent": last.humidity,
        "state": None if last.load is None else last.load.value,
        "mode": last.mode,
        "program": last.program,
        "activation_time": last.activation_time,
    }
    return {name: value for name, value in found.items() if value is not None}
