"""Each check on what a cloud might say: the good, and for each a planted fault that it must name."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from smarther.domain.account.legrand_answers import Reason
from smarther.domain.keeper.keeper_probe import Handshake, Probe
from smarther.domain.keeper.keeper_report import PersonNeeded, PlantState, SilentModule
from smarther_cli.doctor import facts
from smarther_cli.doctor.checks import drill
from smarther_cli.doctor.examination import CHECKS, Check, Group
from smarther_cli.doctor.finding import Finding, Mark, bad, good, look, not_answered, not_told, wanting, worst
from smarther_cli.errors import Status
from tests.cli.conftest import PROJECT, report

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NAMES = ("receiver", "redriver", "keeper", "callback", "rollup", "widget", "pretraffic")


def function(name: str, **changes: Any) -> facts.Function:
    known: dict[str, Any] = {"state": "Active", "update": "Successful", "processor": "arm64"}
    return facts.Function(name=name, **(known | changes))


def functions(changed: str = "", **changes: Any) -> tuple[facts.Function, ...]:
    return tuple(function(name, **(changes if name == changed else {})) for name in NAMES)


def layer(*, declared: str = "arm64", built: tuple[str, ...] = ("arm64",)) -> facts.Layer:
    return facts.Layer(name="DependenciesLayer", declared=frozenset({declared}), built=frozenset(built))


def processors(**changes: Any) -> facts.Processors:
    ours = facts.Layer(name="SmartherLayer", declared=frozenset({"arm64"}), built=frozenset())
    found = facts.Processors(chosen="arm64", functions=functions(), layers=(layer(), ours))
    return replace(found, **changes)


def call(ms: int | None = 20, status: int | None = 200, *, new: bool = False) -> Handshake:
    return Handshake(status=status, ms=ms, proven=status == 200, new_container=new)


STRANGER = Handshake(status=404, ms=9)


def answers(*made: Handshake, at_once: tuple[Handshake, ...] = (call(310, new=True), call()), **more: Any) -> Any:
    probe: dict[str, Any] = {"has_secret": True, "stranger": STRANGER} | more
    return facts.AddressAnswers(probe=Probe(one_by_one=made or (call(),) * 20, at_once=at_once, **probe))


FAILED = facts.AddressAnswers(
    probe=None, failure="nobody could ask: it failed (Runtime.ImportModuleError).", remedy="its log"
)
NO_SECRET = facts.AddressAnswers(probe=Probe(has_secret=False))


def schedules(**changes: Any) -> list[facts.Schedule]:
    keeper = facts.Schedule(name="home-keeper", state="ENABLED")
    return [replace(keeper, **changes), facts.Schedule(name="home-keep-warm", state="ENABLED")]


def last_run(ago: timedelta | None, *, every: timedelta = 30 * MINUTE, stack_age: timedelta = 900 * HOUR) -> Any:
    return facts.LastRun(ago=ago, every=every, stack_age=stack_age)


def standing(**changes: Any) -> facts.LastReport:
    return facts.LastReport(report=report(**changes))


def needs(*reasons: Reason) -> facts.LastReport:
    person = tuple(PersonNeeded(reason=reason, do=reason.remedy) for reason in reasons)
    return standing(outcome="needs_person", person=person)


def subscribed(*standings: Any) -> facts.LastReport:
    plants = tuple(
        PlantState(plant_id=f"plant-{number}", name=f"Home {number}", subscription=each)
        for number, each in enumerate(standings, start=1)
    )
    return standing(plants=plants)


SILENT = SilentModule(plant_id="plant-1", module_id="m", name="Attic", since="2026-01-01T00:00:00Z", poll="no_news")


def logs(**changes: Any) -> facts.Logs:
    group = facts.LogGroup(name="/smarther/home/keeper", exists=True, days=30)
    return facts.Logs(groups=(replace(group, **changes), replace(group, name="/smarther/home/api")), chosen_days=30)


def alarms(**changes: Any) -> list[facts.Alarm]:
    first = facts.Alarm(name="home-person-needed", state="OK")
    return [replace(first, **changes), facts.Alarm(name="home-answers-slow", state="INSUFFICIENT_DATA")]


def topic(*confirmed: str, pending: int = 0, mail_chosen: bool = True) -> facts.Topic:
    return facts.Topic(confirmed=confirmed, pending=pending, mail_chosen=mail_chosen)


def dashboard(*calls: str) -> facts.Dashboard:
    return facts.Dashboard(calls=calls, region="eu-south-1", widget="home-widget")


WIDGET = "arn:aws:lambda:{}:123456789012:function:{}"


def day(**changes: float | None) -> facts.Day:
    known: dict[str, float | None] = {
        "invocations": 900,
        "throttled": None,
        "requests": 850,
        "failed": None,
        "keeper_runs": 48,
        "spilled": None,
    }
    return facts.Day(**(known | changes))


TABLE = facts.TableSettings(status="ACTIVE", protected=True)
EXPIRY = facts.Expiry(status="ENABLED", attribute="expires_at")
ALIAS = facts.Alias(version="7", sharing=None, newest="7")

type Row = tuple[str, Any, Mark, str, str]
"""The check, what it is told, the mark, and words of what it says and of what it says to do."""

GOOD: list[tuple[str, Any, str]] = [
    ("deploy", "UPDATE_COMPLETE", "completely"),
    ("functions", functions(), "all 7"),
    ("functions", functions("rollup", state="Inactive"), "all 7"),  # one that was not called for weeks
    ("live version", ALIAS, "newest version, 7"),
    ("processor", processors(), "arm64"),
    ("genuine calls", answers(), "all 22"),
    ("answer time", answers(call(10), call(500)), "slowest of 2 took 500 ms"),
    ("answer time", answers(call(1400, new=True), call(30)), "slowest of 1 took 30 ms"),  # that is the next check's
    ("cold start", answers(), "310 ms"),
    ("cold start", answers(at_once=(call(749, new=True),)), "749 ms"),
    ("strangers", answers(), "404"),
    ("schedules", schedules(), "2 are there and on"),
    ("schedules", schedules(state="DISABLED", wanted=False), "home-keeper is off, as chosen"),
    ("keeper's last run", last_run(MINUTE * 0.99), "just now"),
    ("keeper's last run", last_run(MINUTE), "1 min ago"),
    ("keeper's last run", last_run(90 * MINUTE), "90 min ago; it runs every 30 min"),
    ("keeper's last run", last_run(None, stack_age=90 * MINUTE), "not yet"),
    ("credentials", standing(), "given"),
    ("thermostats", standing(), "none is silent"),
    ("quarantine", 0, "every body could be read"),
    ("subscriptions", subscribed("healthy", "created", "remade"), "all plants are subscribed (3)"),
    ("last statistics", last_run(119 * MINUTE, every=HOUR), "119 min ago"),
    ("last statistics", last_run(120 * MINUTE, every=HOUR), "2 h ago"),
    ("last statistics", last_run(3 * HOUR, every=HOUR), "3 h ago; it runs every 60 min"),
    ("last statistics", last_run(None, every=HOUR, stack_age=HOUR), "not yet"),
    ("redriver", "Enabled", "takes"),
    ("table", TABLE, "protected"),
    ("table", replace(TABLE, status="UPDATING"), "protected"),
    ("expiry", EXPIRY, "on"),
    ("recovery", "ENABLED", "35 days"),
    ("spill queue", 0, "no notification"),
    ("given up", 0, "no notification"),
    ("failed runs", 0, "no scheduled run failed"),
    ("logs", logs(), "all 2 log groups forget after 30 days"),
    ("alarms", alarms(), "all 2"),
    ("ringing", alarms(), "none"),
    ("subscriber", topic("email", "sqs", "email"), "(email, sqs)"),
    ("dashboard", dashboard(WIDGET.format("eu-south-1", "home-widget")), "this home"),
    ("concurrency", 1000, "1000 executions"),
    ("concurrency", 50, "50 executions"),
    ("receiver's share", functions("rollup", reserved=1), "all of them"),
    ("throttle", facts.Throttle(rate=1000.0, burst=2000), "1,000 notifications a second, 2,000 at once"),
    ("throttle", facts.Throttle(rate=100.0, burst=100), "100 notifications a second, 100 at once"),
    ("turned away", day(throttled=0.0), "no call"),
    ("failed answers", day(), "none of 850"),
    ("spilled", day(), "straight"),
]

FAULTS: list[Row] = [
    # ---- the stack
    ("deploy", "UPDATE_IN_PROGRESS", Mark.LOOK, "under way", "Wait"),
    ("deploy", "UPDATE_ROLLBACK_COMPLETE", Mark.LOOK, "taken back", "events"),
    ("deploy", "UPDATE_ROLLBACK_FAILED", Mark.BAD, "failed", "events"),
    ("deploy", "ROLLBACK_COMPLETE", Mark.BAD, "failed", "make deploy"),
    ("functions", functions("rollup", state=None), Mark.BAD, "rollup is gone", "changed-by-hand"),
    ("functions", functions("keeper", state="Failed"), Mark.BAD, "keeper is broken", "changed-by-hand"),
    ("functions", functions("widget", update="Failed"), Mark.BAD, "widget is broken", "changed-by-hand"),
    ("live version", replace(ALIAS, newest="8"), Mark.BAD, "version 7, and the newest is 8", "pre-traffic"),
    ("live version", replace(ALIAS, version="10", newest="9"), Mark.BAD, "newest is 9", "pre-traffic"),
    ("live version", replace(ALIAS, sharing="8", newest="8"), Mark.LOOK, "from version 7 to 8", "Ask again"),
    ("live version", replace(ALIAS, newest=None), Mark.BAD, "no version", "changed-by-hand"),
    ("processor", processors(layers=(layer(built=("x86_64",)),)), Mark.BAD, "built for x86_64", "make clean"),
    ("processor", processors(layers=(layer(declared="x86_64"),)), Mark.BAD, "built for x86_64", "make clean"),
    ("processor", processors(layers=(layer(built=("arm64", "x86_64")),)), Mark.BAD, "built for x86_64", "make clean"),
    (
        "processor",
        processors(functions=functions("keeper", processor="x86_64")),
        Mark.BAD,
        "the function keeper runs on x86_64",
        "make clean",
    ),
    # ---- answers
    ("genuine calls", FAILED, Mark.BAD, "ImportModuleError", "its log"),
    ("genuine calls", NO_SECRET, Mark.NOT_TOLD, "before the keeper's first run", "smarther keeper run"),
    ("genuine calls", answers(call(), call(status=404)), Mark.BAD, "1 of 4 were not", "smarther keeper run"),
    (
        "genuine calls",
        answers(call(status=503), call(status=503), call(None, None), call(status=200)),
        Mark.BAD,
        "3 of 6 were not answered as they should be (503 2 times, no answer)",
        "answers-failing",
    ),
    ("genuine calls", answers(Handshake(status=200, ms=10)), Mark.BAD, "1 of 3 were not", "answers-failing"),
    ("genuine calls", answers(*[call(None, None)] * 3, at_once=()), Mark.BAD, "no answer 3 times", "WebhookBaseUrl"),
    ("genuine calls", answers(complete=False), Mark.LOOK, "time was over", "answers-slow"),
    ("answer time", answers(call(20), call(750)), Mark.BAD, "750 ms", "ReceiverMemory"),
    ("answer time", answers(call(20), call(749)), Mark.LOOK, "749 ms", "memory"),
    ("answer time", answers(call(20), call(501)), Mark.LOOK, "501 ms", "memory"),
    ("answer time", answers(call(status=500)), Mark.NOT_TOLD, "no answer was timed", ""),
    ("answer time", FAILED, Mark.NOT_TOLD, "no answer was timed", ""),
    ("cold start", answers(at_once=(call(750, new=True),)), Mark.BAD, "750 ms", "KeepWarm"),
    ("cold start", answers(call(900, new=True), at_once=()), Mark.BAD, "900 ms", "KeepWarm"),
    (
        "cold start",
        replace(answers(at_once=(call(750, new=True),)), on_this_machine=True),
        Mark.NOT_TOLD,
        "on this machine",
        "",
    ),
    ("cold start", answers(at_once=(call(),)), Mark.NOT_TOLD, "no container was new", "Ask again"),
    ("cold start", FAILED, Mark.NOT_TOLD, "no container was new", ""),
    ("strangers", answers(stranger=Handshake(status=200, ms=9)), Mark.BAD, "got 200 instead of 404", "WebhookBaseUrl"),
    ("strangers", answers(stranger=Handshake(status=403, ms=9)), Mark.BAD, "got 403 instead of 404", "WebhookBaseUrl"),
    ("strangers", answers(stranger=Handshake()), Mark.NOT_TOLD, "no answer came", ""),
    ("strangers", NO_SECRET, Mark.NOT_TOLD, "no answer came", ""),
    # ---- what runs by itself
    ("schedules", schedules(state="DISABLED"), Mark.BAD, "home-keeper is off", "changed-by-hand"),
    ("schedules", schedules(state=None), Mark.BAD, "home-keeper is gone", "changed-by-hand"),
    ("schedules", schedules(wanted=False), Mark.BAD, "home-keeper is on, and was chosen", "changed-by-hand"),
    ("keeper's last run", last_run(91 * MINUTE), Mark.BAD, "91 min ago", "schedules"),
    ("keeper's last run", last_run(31 * HOUR), Mark.BAD, "31 h ago", "schedules"),
    ("keeper's last run", last_run(47 * HOUR), Mark.BAD, "47 h ago", "schedules"),
    ("keeper's last run", last_run(48 * HOUR), Mark.BAD, "2 days ago", "schedules"),
    ("keeper's last run", last_run(None, stack_age=91 * MINUTE), Mark.BAD, "never", "schedules"),
    ("credentials", facts.LastReport(report=None, configured=False), Mark.BAD, "credentials missing", "configure"),
    ("credentials", facts.LastReport(report=None), Mark.BAD, "consent missing", "authorize"),
    ("credentials", needs(Reason.CONSENT_EXPIRED), Mark.BAD, "consent expired", "authorize"),
    ("credentials", needs(Reason.CLIENT_SECRET_BIRTHDAY), Mark.LOOK, "birthday", "configure"),
    (
        "credentials",
        needs(Reason.CLIENT_SECRET_BIRTHDAY, Reason.APP_TERMS),
        Mark.BAD,
        "client secret birthday, app terms",
        "Thermostat app",
    ),
    (
        "credentials",
        standing(outcome="degraded", troubles=("list: 500",)),
        Mark.BAD,
        "not everything worked in the keeper's last run; asking Legrand for the subscriptions: 500",
        "smarther keeper run",
    ),
    ("subscriptions", subscribed("healthy", "missing"), Mark.BAD, "not subscribed: Home 2", "subscription-missing"),
    ("subscriptions", subscribed("unknown"), Mark.BAD, "not known of Home 1", "subscription-missing"),
    ("subscriptions", subscribed(), Mark.BAD, "no plant is known yet, so nothing is recorded", "smarther keeper run"),
    ("subscriptions", standing(plants=(), tokens=None), Mark.NOT_TOLD, "no plant", ""),
    ("subscriptions", facts.LastReport(report=None), Mark.NOT_TOLD, "no plant", ""),
    ("credentials", needs(Reason.NO_PLANT), Mark.BAD, "no plant", "third-party access"),
    ("thermostats", standing(silent=(SILENT,)), Mark.BAD, "silent: Attic", "smarther history"),
    ("thermostats", facts.LastReport(report=None), Mark.NOT_TOLD, "the keeper has not checked them", ""),
    ("quarantine", 1, Mark.BAD, "1 body in quarantine", "smarther quarantine list"),
    ("quarantine", 6, Mark.BAD, "6 bodies in quarantine", "smarther redrive"),
    ("last statistics", last_run(4 * HOUR, every=HOUR), Mark.BAD, "4 h ago", "failed runs"),
    ("last statistics", last_run(None, every=HOUR), Mark.BAD, "never", "failed runs"),
    ("redriver", "Disabled", Mark.BAD, "takes nothing", "changed-by-hand"),
    ("redriver", "Enabling", Mark.LOOK, "being turned on", "minute"),
    # ---- what is kept
    ("table", replace(TABLE, protected=False), Mark.BAD, "deletion protection is off", "changed-by-hand"),
    (
        "table",
        replace(TABLE, status="INACCESSIBLE_ENCRYPTION_CREDENTIALS"),
        Mark.BAD,
        "INACCESSIBLE_ENCRYPTION_CREDENTIALS",
        "key",
    ),
    ("expiry", replace(EXPIRY, status="DISABLED"), Mark.BAD, "never deleted", "changed-by-hand"),
    ("expiry", replace(EXPIRY, attribute="ttl"), Mark.BAD, "goes by ttl", "changed-by-hand"),
    ("recovery", "DISABLED", Mark.BAD, "recovery is off", "changed-by-hand"),
    ("spill queue", 1, Mark.LOOK, "1 notification waits", "by itself"),
    ("spill queue", 2, Mark.LOOK, "2 notifications wait", "by itself"),
    ("given up", 3, Mark.BAD, "3 notifications wait", "smarther redrive"),
    ("failed runs", 2, Mark.BAD, "2 scheduled runs failed", "run-failed"),
    ("failed runs", 1, Mark.BAD, "1 scheduled run failed", "run-failed"),
    ("logs", logs(exists=False, days=None), Mark.BAD, "/smarther/home/keeper is gone", "changed-by-hand"),
    ("logs", logs(days=None), Mark.BAD, "/smarther/home/keeper keeps everything for ever", "changed-by-hand"),
    ("logs", logs(days=1), Mark.LOOK, "/smarther/home/keeper after 1", "changed-by-hand"),
    # ---- who is told
    ("alarms", [], Mark.LOOK, "turned off", "Alarms on"),
    ("alarms", alarms(state=None), Mark.BAD, "home-person-needed is gone", "changed-by-hand"),
    ("alarms", alarms(tells=False), Mark.BAD, "home-person-needed tells nobody", "changed-by-hand"),
    ("ringing", alarms(state="ALARM"), Mark.BAD, "home-person-needed", "runbook"),
    ("ringing", [], Mark.NOT_TOLD, "no alarms", ""),
    ("subscriber", topic(pending=1), Mark.BAD, "not confirmed", "Follow the link"),
    ("subscriber", topic("email", pending=1), Mark.LOOK, "1 not confirmed yet", "link"),
    ("subscriber", topic(), Mark.BAD, "though AlarmEmail", "no-mail-comes"),
    ("subscriber", topic(mail_chosen=False), Mark.LOOK, "nobody hears", "AlarmEmail"),
    ("subscriber", None, Mark.NOT_TOLD, "no alarms", ""),
    ("dashboard", dashboard(), Mark.BAD, "does not show", "changed-by-hand"),
    ("dashboard", dashboard(WIDGET.format("eu-west-1", "home-widget")), Mark.BAD, "another stack's", "changed-by-hand"),
    (
        "dashboard",
        dashboard(WIDGET.format("eu-south-1", "other-widget")),
        Mark.BAD,
        "another stack's",
        "changed-by-hand",
    ),
    # ---- the account, and the last day
    ("concurrency", 49, Mark.LOOK, "49 executions at once", "Service Quotas"),
    ("concurrency", 10, Mark.LOOK, "10 executions at once", "Service Quotas"),
    ("concurrency", 9, Mark.BAD, "only 9 executions at once", "Service Quotas"),
    ("receiver's share", functions("receiver", reserved=0), Mark.BAD, "only 0 of them", "delete-function-concurrency"),
    ("throttle", facts.Throttle(rate=99.0, burst=2000), Mark.BAD, "only 99 notifications a second", "changed-by-hand"),
    ("throttle", facts.Throttle(rate=20.0, burst=2000), Mark.BAD, "only 20 notifications a second", "changed-by-hand"),
    ("throttle", facts.Throttle(rate=1000.0, burst=40), Mark.BAD, "40 at once", "changed-by-hand"),
    ("throttle", None, Mark.NOT_TOLD, "this cloud does not tell", ""),
    ("turned away", day(throttled=2.0), Mark.BAD, "2 calls", "Too many functions"),
    ("turned away", day(invocations=None), Mark.NOT_TOLD, "no metric", ""),
    ("failed answers", day(failed=3.0), Mark.BAD, "3 answers", "answers-failing"),
    ("failed answers", day(requests=None), Mark.NOT_TOLD, "no metric", ""),
    ("spilled", day(spilled=4.0), Mark.LOOK, "4 notifications", "notification-spilled"),
    ("spilled", day(keeper_runs=None), Mark.NOT_TOLD, "no metric", ""),
]

DRILLS: list[tuple[facts.Drill, Mark, str]] = [
    (facts.Drill(alarm="home-person-needed", told=True, heard=True), Mark.GOOD, "two mails"),
    (facts.Drill(alarm="home-person-needed", told=True, heard=False), Mark.LOOK, "nobody hears"),
    (facts.Drill(alarm="home-person-needed", told=False, heard=True), Mark.BAD, "could not tell"),
    (facts.Drill(alarm="home-person-needed", told=None, heard=True), Mark.NOT_TOLD, "has not said"),
    (facts.Drill(alarm=None, told=None, heard=False), Mark.NOT_TOLD, "no alarm could be set off"),
]


def check(name: str) -> Check[Any]:
    (found,) = [each for each in CHECKS if each.name == name]
    return found


@pytest.mark.parametrize(("name", "fact", "says"), GOOD, ids=[f"{row[0]}: {row[2]}" for row in GOOD])
def test_what_is_as_it_should_be_is_good(name: str, fact: Any, says: str) -> None:
    found = check(name).judge(fact)

    assert (found.mark, found.status, found.do) == (Mark.GOOD, Status.FINE, "")
    assert says in found.says


@pytest.mark.parametrize(("name", "fact", "mark", "says", "do"), FAULTS, ids=[f"{row[0]}: {row[3]}" for row in FAULTS])
def test_a_planted_fault_is_named_with_what_to_do(name: str, fact: Any, mark: Mark, says: str, do: str) -> None:
    found = check(name).judge(fact)

    assert found.mark == mark
    assert says in found.says
    assert do in found.do
    if mark in {Mark.BAD, Mark.LOOK}:
        assert found.do


def test_every_check_is_tried_on_the_good_and_on_a_fault() -> None:
    names = {each.name for each in CHECKS}

    assert len(names) == len(CHECKS)
    assert {row[0] for row in GOOD} == names
    assert {row[0] for row in FAULTS if row[2] in {Mark.BAD, Mark.LOOK}} == names


@pytest.mark.parametrize(("name", "fact", "mark", "says", "do"), FAULTS, ids=[f"{row[0]}: {row[3]}" for row in FAULTS])
def test_the_status_is_1_for_what_is_bad_3_for_what_waits_for_the_owner_and_else_0(
    name: str, fact: Any, mark: Mark, says: str, do: str
) -> None:
    status = check(name).judge(fact).status

    if mark is Mark.LOOK and name == "credentials":  # the birthday, of which nothing fails yet
        assert status is Status.PERSON_NEEDED
    elif mark is not Mark.BAD:
        assert status is Status.FINE
    elif (name == "credentials" and do != "smarther keeper run") or (name, do) == ("subscriber", "Follow the link"):
        assert status is Status.PERSON_NEEDED
    else:
        assert status is Status.FAILED


@pytest.mark.parametrize(("fact", "mark", "says"), DRILLS, ids=[row[2] for row in DRILLS])
def test_a_drill_is_good_when_the_topic_was_told_and_somebody_hears_it(
    fact: facts.Drill, mark: Mark, says: str
) -> None:
    found = drill(fact)

    assert found.mark is mark
    assert says in found.says


def test_what_is_at_fault_comes_before_what_waits() -> None:
    fine: list[Finding] = [good("a"), look("b", "c"), not_told("d")]

    assert worst([]) is worst(fine) is Status.FINE
    assert worst([*fine, wanting("e", "f")]) is Status.PERSON_NEEDED
    assert worst([wanting("e", "f"), bad("g", "h"), *fine]) is Status.FAILED
    assert worst([wanting("e", "f"), not_answered("g", "h")]) is Status.FAILED


def test_every_chapter_that_a_remedy_leads_to_is_there() -> None:
    remedies = [check(row[0]).judge(row[1]).do for row in FAULTS]
    led_to = {chapter for do in remedies for chapter in re.findall(r"docs/running/runbook\.md#([a-z-]+)", do)}
    headings = re.findall(r"^## (.+)$", (PROJECT / "docs" / "running" / "runbook.md").read_text(), flags=re.MULTILINE)

    assert len(led_to) > 5
    assert led_to <= {heading.lower().replace(" ", "-") for heading in headings}


def test_checks_of_a_group_stand_together_and_fit_into_their_column() -> None:
    groups = [each.group for each in CHECKS]

    assert sorted(groups, key=list(Group).index) == groups
    assert max(len(each.name) for each in CHECKS) < 19
    assert max(len(group.value) for group in Group) <= 80
