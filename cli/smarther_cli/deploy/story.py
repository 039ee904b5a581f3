"""A deploy from beginning to end: look, ask, show the plan, build, deploy, report."""

from __future__ import annotations

import textwrap
from contextlib import contextmanager
from typing import TYPE_CHECKING

from smarther_cli.call import Call, clock
from smarther_cli.commands.doctor import look
from smarther_cli.deploy import events, machine, plan, sam
from smarther_cli.deploy.account import Account, Stack, other_cloud
from smarther_cli.deploy.asking import parameters
from smarther_cli.deploy.asking.interview import FALLBACK_REGION, Interview
from smarther_cli.deploy.plan import NO_TABLE, Plan
from smarther_cli.deploy.stack_state import StackState, stack_state
from smarther_cli.deployment import session_at
from smarther_cli.errors import Failure, WrongUse
from smarther_cli.place import Place
from smarther_cli.show import screen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from smarther_cli.deploy.account import KeptTable
    from smarther_cli.deploy.asking.interview import Said
    from smarther_cli.deploy.events import Event

_INDENT = 14
_POLL_SECONDS = 2.0


class BrokenOff(Exception):  # noqa: N818 - Ctrl-C is no error
    """A person interrupted the deploy while CloudFormation was at work. The message says what follows."""


def deploy(said: Said) -> bool:
    """Deploy this folder; False if the person decides against it.

    Raises Failure, BrokenOff, or boto3's own error. Nothing is written or made before the person agrees.
    """
    template = sam.template()
    interview = Interview(said, parameters.declared(template))
    profile = interview.profile()
    session = session_at(Place(profile=profile))
    account = Account(session)
    caller = account.caller(session.region_name or FALLBACK_REGION)
    region = interview.region(account, session.region_name)
    place = Place(stack=interview.stack(account, region), profile=profile, region=region)
    stack = account.stack(place.stack, region)
    now, cloud = stack_state(stack.state), other_cloud()
    present = stack.parameters if now is StackState.THERE else {}
    time_zone, alarm_email = interview.time_zone(present), interview.alarm_email(present)
    chosen = interview.parameters | {"Timezone": time_zone, "AlarmEmail": alarm_email}
    chosen["Architecture"] = plan.processor(
        chosen=chosen.get("Architecture"),
        present=present.get("Architecture"),
        cloud=cloud,
        own=machine.own_processor(),
    )
    chosen["GradualDeploys"] = plan.gradual(chosen=chosen.get("GradualDeploys"), at_once=said.at_once, cloud=cloud)
    kept = [] if now is StackState.THERE else account.kept_tables(place.stack, region)
    taken_up = _taken_up(said.table, kept, now)
    planned = Plan(
        place=place,
        caller=caller,
        state=now,
        parameters=chosen,
        makes=plan.makes(template),
        cloud=cloud,
        taken_up=taken_up,
        left_alone=[each.name for each in kept if each is not taken_up],
    )
    _show(planned)
    if not interview.goes_ahead():
        screen.paragraph("Nothing was deployed.")
        return False
    interview.note(place, time_zone=time_zone, alarm_email=alarm_email)
    _make(account, planned, is_in_the_file=not interview.speaks_of_another_stack)
    return True


def _taken_up(wanted: str | None, kept: Sequence[KeptTable], now: StackState) -> KeptTable | None:
    """The kept table that the new stack takes up. Raises WrongUse if there is no such table."""
    if wanted is None:
        return plan.best(kept)
    if now is StackState.THERE:
        raise WrongUse("TABLE: this stack has its table already.", "Leave TABLE out.")
    if wanted == NO_TABLE:
        return None
    named = next((each for each in kept if each.name == wanted), None)
    if named is None:
        there_are = ", ".join(each.name for each in kept) or "none"
        raise WrongUse(f"TABLE: there is no kept table {wanted!r}; there are: {there_are}.")
    return named


def _make(account: Account, planned: Plan, *, is_in_the_file: bool) -> None:
    stack, region = planned.place.stack, str(planned.place.region)
    with _step("building the functions and their layers (sam build)"):
        sam.build(planned.processor, log=sam.BUILT / "build.log")
    if planned.state is StackState.LEFT_OVER:
        with _step("removing what a first deploy that failed has left"):
            account.remove(stack, region)
    if planned.taken_up:
        with _step(f"putting the table {planned.taken_up.name} under the new stack"):
            account.take_up(planned.taken_up.name, stack, region)
    before = account.stack(stack, region)
    try:
        happened = _deployed(account, planned)
    except KeyboardInterrupt:
        raise BrokenOff("What CloudFormation has begun it ends by itself. Then run `make deploy` again.") from None
    # The doctor's findings do not fail a deploy: a new stack has no credentials yet.
    look(Call(stack, planned.place.profile, region, sandbox=False, json=False, at=clock()))
    _tell(planned, before, account.stack(stack, region), changed=bool(happened), is_in_the_file=is_in_the_file)


def _deployed(account: Account, planned: Plan) -> list[Event]:
    """Run `sam deploy` and show what CloudFormation does meanwhile; returns its events. Raises Failure."""
    stack, region = planned.place.stack, str(planned.place.region)
    seen: set[str] = set()
    account.events(stack, region, seen)
    happened: list[Event] = []
    with _step("deploying (sam deploy)") as console, sam.deploying(planned.place, planned.parameters) as running:
        ended = False
        while not ended:
            ended = running.ends_within(_POLL_SECONDS)
            for event in account.events(stack, region, seen):
                happened.append(event)
                if (words := events.line(event, gradual=planned.goes_live_gradually)) is not None:
                    console.print(f"  {screen.plain(words)}", style="red" if event.failed else "")
    if not running.succeeded:
        raise _failure(account, planned, happened, running)
    return happened


def _failure(account: Account, planned: Plan, happened: Sequence[Event], running: sam.Deploying) -> Failure:
    stack, region = planned.place.stack, str(planned.place.region)
    state = account.stack(stack, region).state
    found = events.cause(happened)
    objections = account.objections(stack, region) if found is None or found.type == events.STACK else []
    if found is None or objections:
        reason = "; ".join(objections) or running.error()
        found = events.Event(id="", logical_id=stack, type=events.STACK, status="CREATE_FAILED", reason=reason)
    log = running.log.relative_to(sam.PROJECT)
    at = "" if found.type == events.STACK else f" at {found.name}"
    return Failure(
        f"The deploy failed{at}: {found.reason}",
        f"{events.remedy(found, stack)}\n{events.aftermath(state)} All that sam said is in {log}.",
    )


def _show(planned: Plan) -> None:
    screen.remark()
    for name, value in plan.facts(planned).items():
        label = f"  {name}"
        for line in _lines(value, screen.remarks().width - _INDENT):
            screen.remark(f"{label:<{_INDENT}}{line}")
            label = ""
    screen.remark()


def _lines(text: str, width: int) -> list[str]:
    """The text in lines of that width; a longer word is not broken."""
    return [line for part in text.split("\n") for line in textwrap.wrap(part, width, break_long_words=False)]


@contextmanager
def _step(words: str) -> Iterator[Console]:
    """Show a step while it runs, in a terminal with a spinner."""
    console = screen.remarks()
    console.print(f"· {words}")
    with console.status("", spinner="dots"):
        yield console


def _tell(planned: Plan, before: Stack, now: Stack, *, changed: bool, is_in_the_file: bool) -> None:
    """Show what the owner needs after a deploy."""
    is_first = not before.outputs
    screen.remark()
    screen.paragraph(
        "Your recorder is deployed." if changed else "Nothing had changed since the last deploy.", style="green"
    )
    redirect = {"redirect URI": now.outputs.get("RedirectUri", "")} if is_first else {}
    screen.show_facts(redirect | {"dashboard": now.outputs.get("DashboardUrl", "")})
    email = planned.parameters["AlarmEmail"]
    if email and before.parameters.get("AlarmEmail") != email:
        screen.paragraph(f"AWS has sent a mail to {email}: confirm it, or no alarm arrives there.", style="yellow")
    screen.remark()
    screen.paragraph(
        "Register the redirect URI for your application at Legrand, exactly as it stands here. Then:"
        if is_first
        else "To see whether all is well:"
    )
    for command in plan.next_commands(planned.place, is_first=is_first, is_in_the_file=is_in_the_file):
        screen.say(f"  {command}")
