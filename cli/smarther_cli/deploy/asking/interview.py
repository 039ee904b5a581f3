"""The answers that a deploy needs, from the command, the answers file or the person."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import botocore.session

from smarther_cli import answers
from smarther_cli.answers import Answers
from smarther_cli.deploy import answer_rules, machine
from smarther_cli.deploy.answer_rules import Wrong
from smarther_cli.deploy.asking import parameters
from smarther_cli.deploy.asking.dialogue import NONE, Dialogue, Question
from smarther_cli.deploy.stack_state import StackState, stack_state, way_out
from smarther_cli.errors import Failure, WrongUse
from smarther_cli.place import DEFAULT_STACK
from smarther_cli.show import screen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from smarther_cli.deploy.account import Account, Stack
    from smarther_cli.deploy.asking.parameters import Parameters
    from smarther_cli.place import Place

FALLBACK_REGION = "eu-west-1"
"""The region where none is set: every account may use it, and it is among the cheapest in Europe."""

_FALLBACK_NAME = "smarther-home"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The arguments of the command; None if one is not given."""

    yes: bool = False
    ask: bool = False
    at_once: bool = False
    stack: str | None = None
    region: str | None = None
    profile: str | None = None
    time_zone: str | None = None
    alarm_email: str | None = None
    processor: str | None = None
    table: str | None = None
    parameters: str | None = None


class Interview:
    """The answers of one run. Those of the file are taken without asking, unless the command names another stack."""

    def __init__(self, said: Said, declared: Parameters) -> None:
        """Raises WrongUse if an argument or a noted answer cannot be used."""
        self._said = said
        self._declared = declared
        self._dialogue = Dialogue(yes=said.yes)
        self._given = _given(said, declared)
        self._file = answers.read()
        self._ours = self._file if said.ask or not _is_elsewhere(said, self._file) else None
        self._noted = None if said.ask else self._ours
        if self._ours:
            _may_be_noted(self._ours, declared)

    @property
    def parameters(self) -> dict[str, str]:
        """The template's parameters from the answers file and from the command."""
        return {**(self._ours.parameters if self._ours else {}), **self._given}

    def goes_ahead(self) -> bool:
        """Whether to deploy: asked, unless every answer was already there."""
        return (self._noted is not None and not self._dialogue.has_asked) or self._dialogue.goes_ahead()

    @property
    def speaks_of_another_stack(self) -> bool:
        """Whether the answers file is of another stack, and so is not changed."""
        return self._file is not None and self._ours is None

    def note(self, place: Place, *, time_zone: str, alarm_email: str) -> None:
        """Write the answers file for the next run."""
        if self._file is not None and self.speaks_of_another_stack:
            screen.paragraph(f"{answers.FILE.name} goes on naming {self._file.stack} in {self._file.region}.")
            return
        noted = self.parameters | {"Timezone": time_zone, "AlarmEmail": alarm_email}
        answers.write(Answers(stack=place.stack, region=str(place.region), profile=place.profile, parameters=noted))

    def profile(self) -> str | None:
        """The AWS profile; None if boto3 is to find credentials by itself."""
        available = botocore.session.Session().available_profiles
        if self._said.profile is not None:
            return self._said.profile or None
        if self._noted:
            return self._noted.profile
        if not machine.may_choose_profile(available):
            return os.environ.get("AWS_PROFILE") or None
        if len(available) == 1:
            return available[0]
        question = Question(
            word="Profile",
            about=f"Which of your AWS profiles is to be used: {', '.join(available)}?",
            variable="PROFILE",
            check=lambda answer: answer_rules.one_of(answer, available, "profile"),
        )
        preferred = [*self._before(lambda file: file.profile), "default", *available]
        return self._dialogue.answer(
            question, given=None, noted=None, defaults=[each for each in preferred if each in available]
        )

    def region(self, account: Account, usual: str | None) -> str:
        """A region that this account may use; `usual` is the one that boto3 would take."""
        question = Question(
            word="Region",
            about="In which of AWS's regions are the readings to be kept? One near you is best, such as"
            " eu-west-1 (Ireland) or eu-central-1 (Frankfurt).",
            variable="REGION",
            check=account.usable,
        )
        usual_ones = [*self._before(lambda file: file.region), *([usual] if usual else []), FALLBACK_REGION]
        return self._dialogue.answer(
            question,
            given=self._said.region,
            noted=self._noted.region if self._noted else None,
            defaults=list(dict.fromkeys(usual_ones)),
        )

    def stack(self, account: Account, region: str) -> str:
        """A name under which a recorder can be deployed. Raises Failure if its stack is busy or stuck."""
        question = Question(
            word="Name",
            about="What is the stack to be called? Enter, unless you have several homes; then such as smarther-lake.",
            variable="STACK",
            check=lambda answer: _free(answer, account.stack(answer_rules.stack_name(answer), region), region),
        )
        usual = os.environ.get("SMARTHER_STACK") or DEFAULT_STACK
        return self._dialogue.answer(
            question,
            given=self._said.stack,
            noted=self._noted.stack if self._noted else None,
            defaults=list(dict.fromkeys([*self._before(lambda file: file.stack), usual, _FALLBACK_NAME])),
        )

    def time_zone(self, present: Mapping[str, str]) -> str:
        """The home's time zone; `present` are the parameters of the deployed stack."""
        question = Question(
            word="Time zone",
            about="In which time zone is the home? It says when a day begins and ends, such as Europe/Rome.",
            variable="TIMEZONE",
            check=self._declared["Timezone"].checked,
        )
        usual = [present.get("Timezone"), machine.time_zone(), self._declared["Timezone"].default]
        return self._asked(question, "Timezone", [each for each in usual if each])

    def alarm_email(self, present: Mapping[str, str]) -> str:
        """The address to which alarms are mailed; empty for none."""
        question = Question(
            word="Mail address",
            about="To which address are alarms to be mailed, such as you@example.org? AWS asks it once to confirm."
            f" A hyphen ({NONE}) means none.",
            variable="ALARM_EMAIL",
            check=self._declared["AlarmEmail"].checked,
            may_be_none=True,
        )
        return self._asked(question, "AlarmEmail", [present.get("AlarmEmail", "")])

    def _asked(self, question: Question, name: str, usual: Sequence[str]) -> str:
        before = self._before(lambda file: file.parameters.get(name))
        return self._dialogue.answer(
            question,
            given=self._given.get(name),
            noted=self._noted.parameters.get(name) if self._noted else None,
            defaults=list(dict.fromkeys([*before, *usual])),
        )

    def _before(self, pick: Callable[[Answers], str | None]) -> list[str]:
        """An answer of the file, as a default for a person who wants to be asked again."""
        found = pick(self._file) if self._said.ask and self._file else None
        return [] if found is None else [found]


def _free(name: str, found: Stack, region: str) -> str:
    """The name, unless another stack has it (raises Wrong). Raises Failure if the stack is busy or stuck."""
    now = stack_state(found.state)
    if now is not StackState.NEW and not found.is_ours:
        raise Wrong(
            f"There is another stack {name!r} in {region}, and it is no recorder: take another name, such as"
            f" {name[:40]}-2."
        )
    if now is StackState.BUSY:
        raise Failure(
            f"CloudFormation is at work on the stack {name!r} ({found.state}).",
            "Wait until that has ended, which may take some minutes, then run `make deploy` again.",
        )
    if now is StackState.STUCK:
        raise Failure(
            f"The stack {name!r} cannot be deployed ({found.state}).", way_out(str(found.state), name, region)
        )
    return name


def _given(said: Said, declared: Parameters) -> dict[str, str]:
    """The template's parameters from the command. Raises WrongUse."""
    try:
        given = parameters.assigned(said.parameters or "")
        by_name = {"Timezone": said.time_zone, "AlarmEmail": said.alarm_email, "Architecture": said.processor}
        given |= {name: value for name, value in by_name.items() if value is not None}
        return parameters.checked(given, declared)
    except Wrong as wrong:
        raise WrongUse(str(wrong)) from None


def _may_be_noted(noted: Answers, declared: Parameters) -> None:
    try:
        parameters.checked(noted.parameters, declared)
    except Wrong as wrong:
        raise answers.broken(str(wrong).removesuffix(".")) from None


def _is_elsewhere(said: Said, file: Answers | None) -> bool:
    """Whether the command names another stack than the answers file."""
    if file is None:
        return False
    return (
        said.stack not in {None, file.stack}
        or (said.region or file.region).lower() != file.region.lower()
        or (said.profile is not None and (said.profile or None) != file.profile)
    )
