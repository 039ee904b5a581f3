"""`smarther status`: whether all is well, and what to do if it is not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Annotated, Any

import typer
from rich.text import Text

from smarther.domain.account.quota import CallsOfDay, Quota
from smarther.domain.keeper.keeper_report import PersonNeeded, Report, is_overdue
from smarther.domain.readings.home import Load, Snapshot, Thermostat
from smarther.domain.readings.latest import Latest, silent_since
from smarther.domain.readings.reading import instant_text
from smarther.drawing.text import ago_text, clock_error_text, temperature_text
from smarther.store.keeper_items import KeeperNotes, calls_of_day
from smarther.store.listings import Listings
from smarther.store.past.history import LatestReader
from smarther.store.past.rows import Rows
from smarther_cli.call import ended, this_call
from smarther_cli.commands.readings.thermostats import several_plants
from smarther_cli.deployment import Deployment
from smarther_cli.errors import Status
from smarther_cli.show import screen
from smarther_cli.show.actions import troubles
from smarther_cli.show.report import (
    age_text,
    calls_text,
    client_secret_text,
    outcome_text,
    provider_text,
    report_document,
    show_plants,
    show_verdict,
    tokens_text,
    verdict_text,
    waiting_facts,
)
from smarther_cli.show.unread import Unread, unread_lately
from smarther_cli.standing import is_configured, needed_first, person_since
from smarther_cli.verdict import Backlog, ProblemName, Verdict, judge


@dataclass(frozen=True, kw_only=True)
class Condition:
    """The state of the recorder at one instant."""

    at: datetime
    stack: str
    sandbox: bool
    dashboard: str
    report: Report | None
    person: tuple[PersonNeeded, ...]
    calls: CallsOfDay
    calls_before: CallsOfDay
    thermostats: tuple[tuple[Thermostat, Latest | None], ...]
    stale_after: timedelta
    unread: Mapping[str, Sequence[Unread]]
    waiting: Backlog

    @cached_property
    def verdict(self) -> Verdict:
        """Whether all is well."""
        silent = {one.module_id: one.name for one, found in self.thermostats if self.is_silent(one, found)}
        names = {one.module_id: one.name for one, _ in self.thermostats}
        return judge(self.report, person=self.person, silent=silent, names=names, waiting=self.waiting)

    @property
    def quota(self) -> Quota | None:
        """How many calls Legrand grants in a day, as the keeper was told; None if it has not said so."""
        known = None if self.report is None else self.report.calls_quota
        return None if known is None else Quota(known)

    @property
    def calls_projected(self) -> int | None:
        """How many calls the day will have seen; None if nobody can say."""
        return None if self.quota is None else self.quota.projected(self.calls, self.calls_before, self.at)

    def is_silent(self, one: Thermostat, found: Latest | None) -> bool:
        """Whether a thermostat has been silent for too long."""
        return silent_since(found, known_since=one.known_since, now=self.at, limit=self.stale_after) is not None


def status(
    context: typer.Context,
    *,
    fahrenheit: Annotated[bool, typer.Option("--fahrenheit", help="In °F instead of °C.")] = False,
) -> None:
    """Show whether all is well, and what to do if it is not.

    Tokens and how long they last, each plant's subscription, each thermostat's last word, what of its newest readings
    could not be read, what waits outside the table, the calls to Legrand today, of how many, and how many the day will
    see. The exit status is 3 when a person is needed and 1 when anything else is not as it should be; the reasons and
    what helps are printed.
    """
    call = this_call(context)
    condition = observe(call.deployment, call.at)
    if call.json:
        screen.show_json(document(condition))
    else:
        _show(condition, fahrenheit=fahrenheit)
    if (left_with := condition.verdict.status) is not Status.FINE:
        raise ended(left_with)


def observe(deployment: Deployment, now: datetime) -> Condition:
    """Read the state from the stack, without a call to Legrand."""
    report = KeeperNotes(deployment.table).report()
    thermostats = Listings(deployment.table).thermostats()
    stale_after = timedelta(hours=int(deployment.parameter("StaleAfterHours")))
    reader = LatestReader(deployment.table, stale_after=stale_after)
    unusual = reader.unusual()
    return Condition(
        at=now,
        stack=deployment.place.stack,
        sandbox=deployment.place.sandbox,
        dashboard=deployment.outputs.get("DashboardUrl", ""),
        report=report,
        person=_person(deployment, report, now),
        calls=calls_of_day(deployment.table, now),
        calls_before=calls_of_day(deployment.table, now - timedelta(days=1)),
        thermostats=tuple((one, reader.readings(one.module_id, unusual, now=now).latest) for one in thermostats),
        stale_after=stale_after,
        unread={one.module_id: unread_lately(Rows(deployment.table), one.module_id) for one in thermostats},
        waiting=deployment.waiting,
    )


def _person(deployment: Deployment, report: Report | None, now: datetime) -> tuple[PersonNeeded, ...]:
    """Why a person is needed: the reasons of the keeper's last run, or that there was none for too long."""
    if report is None:
        return (needed_first(configured=is_configured(deployment)),)
    person = person_since(deployment, report)
    if not is_overdue(now - datetime.fromisoformat(report.at), every=timedelta(minutes=deployment.keeper_minutes)):
        return person
    silent = PersonNeeded(
        reason=ProblemName.KEEPER_SILENT,
        do="The keeper has not finished a run for too long. Run `smarther keeper run` and look at what it says.",
    )
    return (silent, *person)


def _show(condition: Condition, *, fahrenheit: bool) -> None:
    report, verdict = condition.report, condition.verdict
    facts: dict[str, str | Text] = {"stack": condition.stack, "verdict": verdict_text(verdict)}
    if report is None:
        facts["keeper"] = "has not run yet"
    else:
        facts["keeper"] = outcome_text(report.outcome) + Text(f", {age_text(report, condition.at)}")
        facts["tokens"] = tokens_text(report, condition.at)
        facts["calls today"] = calls_text(report, condition.calls.made, projected=condition.calls_projected)
        if report.client_secret_ends_on:
            facts["client secret"] = client_secret_text(report)
        if report.provider is not None:
            facts["Legrand"] = Text(provider_text(report.provider), style="yellow")
        if report.troubles:
            facts["troubles"] = "\n".join(map(screen.plain, troubles(report)))
    if unread := [
        f"{screen.plain(one.name)}: {each.text()}"
        for one, _ in condition.thermostats
        for each in condition.unread[one.module_id]
    ]:
        facts["not read"] = Text("\n".join(unread), style="yellow")
    if wrong := _wrong_clocks(condition):
        facts["clocks"] = Text("\n".join(wrong), style="yellow")
    facts |= waiting_facts(condition.waiting)
    facts["dashboard"] = "`make preview` shows it" if condition.sandbox else condition.dashboard
    screen.show_facts(facts)
    if report is not None and report.plants:
        screen.say()
        show_plants(report.plants, left_out=report.left_out.get("plants", 0))
    if condition.thermostats:
        screen.say()
        _show_thermostats(condition, fahrenheit=fahrenheit)
    show_verdict(verdict)


def _show_thermostats(condition: Condition, *, fahrenheit: bool) -> None:
    several = several_plants(one for one, _ in condition.thermostats)
    columns = ("Thermostat", *(("Plant",) if several else ()), "Room", "Set to", "Humidity", "State", "Said")
    rows = [
        (one.name, *((one.plant_name,) if several else ()), *_cells(one, found, condition, fahrenheit=fahrenheit))
        for one, found in condition.thermostats
    ]
    screen.show_table(columns, rows, right=("Room", "Set to", "Humidity"), fold=("Thermostat", "Plant"))


def _wrong_clocks(condition: Condition) -> list[str]:
    """A line for each thermostat whose clock is wrong."""
    return [
        f"{screen.plain(one.name)} is {clock_error_text(found.wrong_clock.ahead)}:"
        f" it said {instant_text(found.wrong_clock.told)}"
        for one, found in condition.thermostats
        if found is not None and found.wrong_clock is not None
    ]


def _cells(one: Thermostat, found: Latest | None, condition: Condition, *, fahrenheit: bool) -> tuple[str | Text, ...]:
    if found is None:
        return ("", "", "", "", Text("never", style="yellow"))
    silent = condition.is_silent(one, found)
    heard = ago_text(found.heard.received_at if silent else found.at, condition.at)
    last = found.reading.snapshot
    return (
        "–" if last.temperature is None else temperature_text(last.temperature, fahrenheit=fahrenheit),
        "–" if last.setpoint is None else temperature_text(last.setpoint, fahrenheit=fahrenheit),
        "–" if last.humidity is None else f"{last.humidity:.0f} %",
        {Load.HEATING: "heating", Load.COOLING: "cooling", Load.IDLE: "idle", None: "–"}[last.load],
        Text(f"{heard} (silent)", style="yellow") if silent else heard,
    )


def document(condition: Condition) -> dict[str, Any]:
    """The condition for programs."""
    report = condition.report
    said = {} if report is None else report_document(report)
    return {
        "at": condition.at,
        "stack": condition.stack,
        "dashboard": condition.dashboard,
        "verdict": condition.verdict.document(),
        "person": [each.model_dump() for each in condition.person],
        "keeper": None if report is None else {"at": said["at"], "outcome": said["outcome"]},
        "troubles": said.get("troubles", []),
        "provider": said.get("provider"),
        "tokens": said.get("tokens"),
        "client_secret_ends_on": said.get("client_secret_ends_on"),
        "plants": said.get("plants", []),
        "left_out": said.get("left_out", {}),
        "calls_today": condition.calls.made,
        "calls_projected": condition.calls_projected,
        "calls_quota": said.get("calls_quota"),
        "calls_reserved": None if condition.quota is None else condition.quota.reserved,
        "calls_granted": condition.calls.granted,
        "calls_paused_until": said.get("paused_until"),
        "waiting": {"quarantine": condition.waiting.quarantine, "dead_letters": condition.waiting.dead_letters},
        "thermostats": [
            {
                "module_id": one.module_id,
                "name": one.name,
                "plant_id": one.plant_id,
                "plant_name": one.plant_name,
                "silent": condition.is_silent(one, found),
                "last": None if found is None else _last(found.reading.snapshot, one),
                **({} if found is None else _times(found)),
                "unread": {
                    each.attribute: {"readings": each.readings, "last_sent": each.sent}
                    for each in condition.unread[one.module_id]
                },
            }
            for one, found in condition.thermostats
        ],
    }


def _times(found: Latest) -> dict[str, Any]:
    """When the last reading arrived, by our clock, and the thermostat's own time where its clock is wrong."""
    wrong = found.wrong_clock
    told = {} if wrong is None else {"wrong_clock": {"told": wrong.told, "at": wrong.at}}
    return {"heard_at": found.heard.received_at, **told}


def _last(last: Snapshot, one: Thermostat) -> dict[str, Any]:
    found = {
        "time": last.time,
        "temperature_c": last.temperature,
        "setpoint_c": last.setpoint,
        "humidity_percent": last.humidity,
        "state": None if last.load is None else last.load.value,
        "mode": last.mode,
        "program": last.program,
        "program_name": None if last.program is None else one.programs.get(last.program),
        "activation_time": last.activation_time,
    }
    return {name: value for name, value in found.items() if value is not None}
