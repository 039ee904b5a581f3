"""The plan of a deploy, and the words in which it is shown beforehand."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from smarther_cli.deploy.stack_state import StackState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from smarther_cli.deploy.account import Caller, KeptTable
    from smarther_cli.place import Place

A_MONTH: Final = "1.36"
"""US$ for a home with five thermostats, as docs/running/cost.md has it."""

_PARTS: Final = {
    "AWS::Serverless::HttpApi": "API",
    "AWS::Serverless::Function": "function",
    "AWS::DynamoDB::Table": "table",
    "AWS::SQS::Queue": "queue",
    "AWS::SecretsManager::Secret": "secret",
    "AWS::CloudWatch::Dashboard": "dashboard",
    "AWS::CloudWatch::Alarm": "alarm",
}
NO_TABLE: Final = "new"
"""The value of TABLE for an empty table instead of a kept one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that a deploy needs. `parameters` are the template's parameters that are given to CloudFormation."""

    place: Place
    caller: Caller
    state: StackState
    parameters: Mapping[str, str]
    makes: str
    cloud: str | None = None
    taken_up: KeptTable | None = None
    left_alone: Sequence[str] = ()

    @property
    def processor(self) -> str:
        """The processor of functions and packages."""
        return self.parameters["Architecture"]

    @property
    def goes_live_gradually(self) -> bool:
        """Whether a new receiver gets a tenth of the notifications first."""
        return self.parameters["GradualDeploys"] == "true"

    @property
    def is_new(self) -> bool:
        """Whether this is the first deploy of a stack."""
        return self.state in {StackState.NEW, StackState.LEFT_OVER}


def next_commands(place: Place, *, is_first: bool, is_in_the_file: bool) -> list[str]:
    """The commands to run after a deploy, in order; with the stack's place where the answers file does not tell it."""
    told = {"--stack": place.stack, "--region": place.region, "--profile": place.profile}
    where = "" if is_in_the_file else "".join(f" {option} {value}" for option, value in told.items() if value)
    return [f".venv/bin/smarther {name}{where}" for name in (("configure", "authorize") if is_first else ("status",))]


def processor(*, chosen: str | None, present: str | None, cloud: str | None, own: str) -> str:
    """The processor to build for: the chosen one, else that of the stack, else the cheapest.

    A cloud other than AWS runs functions on its own machine, which is taken to be this one.
    """
    return chosen or present or (own if cloud else "arm64")


def gradual(*, chosen: str | None, at_once: bool, cloud: str | None) -> str:
    """Whether a new receiver gets a tenth of the notifications first; that needs CodeDeploy, which only AWS has."""
    if at_once:
        return "false"
    return chosen or ("false" if cloud else "true")


def best(tables: Sequence[KeptTable]) -> KeptTable | None:
    """The kept table with the most items; of two with as many, the newer."""
    return max(tables, key=lambda each: (each.items, each.made), default=None)


def facts(plan: Plan) -> dict[str, str]:
    """The lines of the plan: names and texts."""
    said = {
        "stack": f"{plan.place.stack} in {plan.place.region}, {plan.state.value}",
        "account": f"{plan.caller.account}, as {plan.caller.name}"
        + (f" (profile {plan.place.profile})" if plan.place.profile else ""),
    }
    if plan.cloud:
        said["cloud"] = f"{plan.cloud}, not AWS (AWS_ENDPOINT_URL is set)"
    said |= {
        "processor": plan.processor,
        "time zone": plan.parameters["Timezone"],
        "alarms": _alarms(plan.parameters),
    }
    if plan.taken_up:
        items = plan.taken_up.items
        said["table"] = (
            f"{plan.taken_up.name} (about {items:,} item{'' if items == 1 else 's'}),\n"
            f"which an earlier stack has left: the new one goes on with it (TABLE={NO_TABLE} begins with an empty one)"
        )
    if plan.left_alone:
        said["left alone"] = "\n".join([*plan.left_alone, "(TABLE=name takes up that one instead)"])
    if plan.is_new:
        said["makes"] = plan.makes
    said["cost"] = _cost(plan)
    return said


def makes(template: Mapping[str, Any]) -> str:
    """The parts of a stack of this template in plain words, with their numbers."""
    counted = Counter(each["Type"] for each in template["Resources"].values())
    return ", ".join(f"{counted[kind]} {noun}{'s' if counted[kind] > 1 else ''}" for kind, noun in _PARTS.items())


def _alarms(parameters: Mapping[str, str]) -> str:
    email = parameters["AlarmEmail"]
    return f"by mail to {email}" if email else "on the dashboard, not by mail"


def _cost(plan: Plan) -> str:
    own_key = plan.parameters.get("CustomerManagedKey") == "true"
    return (
        ("nothing there; on AWS " if plan.cloud else "")
        + f"about {A_MONTH} US$ a month with five thermostats"
        + (", and 1 to 3 for the key of your own" if own_key else "")
        + " (docs/running/cost.md)"
    )
