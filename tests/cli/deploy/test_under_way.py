"""A deploy after the go-ahead, with a `sam` that does what it is told here: how each end of it is told."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from smarther_cli import answers
from smarther_cli.deploy import sam, story
from smarther_cli.deploy.account import Account
from smarther_cli.deploy.asking.interview import Said
from smarther_cli.deploy.events import STACK, Event
from smarther_cli.deploy.story import BrokenOff
from smarther_cli.errors import Failure
from tests.cli.cloud import Cloud, Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smarther_cli.place import Place

NAME = "smarther-recorder"
OUTPUTS = {"RedirectUri": "https://abc.example.org/callback", "DashboardUrl": "https://console.example.org"}
YES = Said(yes=True, alarm_email="me@example.org")


@dataclass
class Sam:
    """What `sam deploy` does, and what it was given."""

    aws: Cloud
    state: str = "CREATE_COMPLETE"
    events: list[Event] = field(default_factory=list)
    objections: list[str] = field(default_factory=list)
    says: str = ""
    succeeded: bool = True
    interrupted: bool = False
    given: dict[str, str] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    examined: list[tuple[str, str | None]] = field(default_factory=list)
    """The stacks that the doctor was called to."""

    @property
    def log(self) -> Any:
        return sam.BUILT / "deploy.log"

    def ends_within(self, _: float) -> bool:
        if self.interrupted:
            raise KeyboardInterrupt
        self.aws.stacks[NAME] = Stack(OUTPUTS if self.succeeded else {}, {"LegrandApiUrl": "x"}, self.state)
        return True

    def error(self) -> str:
        return self.says


@pytest.fixture
def running(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> Sam:
    stand_in = Sam(aws)

    @contextmanager
    def deploying(_: Place, parameters: dict[str, str]) -> Iterator[Sam]:
        stand_in.given = dict(parameters)
        stand_in.done.append("deploy")
        yield stand_in

    def new_events(account: Account, stack: str, region: str, seen: set[str]) -> list[Event]:
        return stand_in.events if "deploy" in stand_in.done else []

    monkeypatch.setattr(sam, "build", lambda *_, **__: stand_in.done.append("build"))
    monkeypatch.setattr(sam, "deploying", deploying)
    monkeypatch.setattr(Account, "events", new_events)
    monkeypatch.setattr(Account, "objections", lambda *_: stand_in.objections)
    monkeypatch.setattr(Account, "remove", lambda *_: stand_in.done.append("remove"))
    monkeypatch.setattr(story, "look", lambda call: stand_in.examined.append((call.place.stack, call.place.region)))
    return stand_in


def event(name: str, kind: str, status: str, reason: str = "") -> Event:
    return Event(id=f"{name}{status}", logical_id=name, type=kind, status=status, reason=reason)


MADE = event("ReceiverFunction", "AWS::Lambda::Function", "CREATE_COMPLETE")


def told(capsys: pytest.CaptureFixture[str]) -> str:
    shown = capsys.readouterr()
    return " ".join((shown.err + shown.out).split())


def test_a_first_deploy_shows_the_redirect_address_the_mail_to_confirm_and_the_next_two_commands(
    running: Sam, capsys: pytest.CaptureFixture[str]
) -> None:
    running.events = [MADE]

    assert story.deploy(YES) is True

    shown = told(capsys)
    for words in ("Your recorder is deployed.", OUTPUTS["RedirectUri"], OUTPUTS["DashboardUrl"], "confirm it"):
        assert words in shown
    assert shown.endswith(".venv/bin/smarther configure .venv/bin/smarther authorize")
    assert running.examined == [(NAME, "eu-south-1")]
    assert "made function receiver" in shown
    assert running.given["AlarmEmail"] == "me@example.org"
    assert running.given["GradualDeploys"] == "true"


def test_a_later_deploy_tells_where_to_look(running: Sam, aws: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    aws.stacks[NAME] = Stack(OUTPUTS, {"LegrandApiUrl": "x", "AlarmEmail": "me@example.org"})
    running.state, running.events = "UPDATE_COMPLETE", [MADE]

    story.deploy(YES)

    shown = told(capsys)
    assert "confirm it" not in shown
    assert OUTPUTS["RedirectUri"] not in shown
    assert "To see whether all is well:" in shown
    assert shown.endswith(".venv/bin/smarther status")


def test_a_deploy_that_changed_nothing_says_so(running: Sam, aws: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    aws.stacks[NAME] = Stack(OUTPUTS, {"LegrandApiUrl": "x"})
    story.deploy(YES)
    assert "Nothing had changed since the last deploy." in told(capsys)


def test_what_was_left_over_is_removed_after_the_build_and_before_the_deploy(running: Sam, aws: Cloud) -> None:
    aws.stacks[NAME] = Stack({}, {"LegrandApiUrl": "x"}, "ROLLBACK_COMPLETE")
    story.deploy(YES)
    assert running.done == ["build", "remove", "deploy"]


def test_at_once_is_for_one_deploy(running: Sam) -> None:
    story.deploy(Said(yes=True, at_once=True))
    assert running.given["GradualDeploys"] == "false"
    story.deploy(Said())
    assert running.given["GradualDeploys"] == "true"


def test_ctrl_c_while_cloudformation_is_at_work_says_what_comes_of_it(running: Sam) -> None:
    running.interrupted = True
    with pytest.raises(BrokenOff, match="CloudFormation has begun"):
        story.deploy(YES)


# ---- failures


def failure_of(running: Sam) -> Failure:
    running.succeeded = False
    with pytest.raises(Failure) as failure:
        story.deploy(YES)
    assert answers.read() is not None
    return failure.value


def test_a_failed_resource_is_shown_with_its_reason_without_its_consequences(running: Sam) -> None:
    running.state = "ROLLBACK_COMPLETE"
    running.events = [
        event("KeeperFunction", "AWS::Lambda::Function", "CREATE_FAILED", "home-keeper already exists"),
        event("WidgetFunction", "AWS::Lambda::Function", "CREATE_FAILED", "Resource creation cancelled"),
        event(NAME, STACK, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [KeeperFunction]."),
    ]
    failure = failure_of(running)
    assert str(failure) == "The deploy failed at function keeper: home-keeper already exists"
    assert "another name" in failure.remedy
    assert "begins from the start" in failure.remedy
    assert ".aws-sam/deploy.log" in failure.remedy


def test_the_reasons_of_a_failed_validation_are_shown_instead_of_the_command_to_list_them(running: Sam) -> None:
    running.state = "ROLLBACK_COMPLETE"
    running.events = [event(NAME, STACK, "CREATE_FAILED", "Validation failed with 1 error(s). Call DescribeEvents …")]
    running.objections = ["ApiLogGroup: the log group already exists"]
    failure = failure_of(running)
    assert str(failure) == "The deploy failed: ApiLogGroup: the log group already exists"
    assert "another name" in failure.remedy


def test_what_sam_says_is_told_where_cloudformation_did_nothing(running: Sam) -> None:
    running.state, running.says = "REVIEW_IN_PROGRESS", "User is not authorized to perform: s3:PutObject"
    failure = failure_of(running)
    assert str(failure) == "The deploy failed: User is not authorized to perform: s3:PutObject"
    assert "PROFILE=" in failure.remedy
    assert "Nothing was made." in failure.remedy


def test_the_stacks_own_reason_is_told_where_nothing_else_is_known(running: Sam) -> None:
    running.state = "UPDATE_ROLLBACK_COMPLETE"
    running.events = [event(NAME, STACK, "UPDATE_FAILED", "a hook said no")]
    failure = failure_of(running)
    assert str(failure) == "The deploy failed: a hook said no"
    assert "as it was before" in failure.remedy
