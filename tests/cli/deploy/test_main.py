"""How `make deploy` and `make build` call it, and with which exit status each end is told."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import typer
from botocore.exceptions import ClientError, NoCredentialsError

from smarther_cli.deploy import __main__ as command
from smarther_cli.deploy import sam, story
from smarther_cli.deploy.asking.interview import Said
from smarther_cli.errors import Failure, WrongUse
from tests.support.deployed import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    def run(outcome: Any, *arguments: str) -> int:
        def deploy(_: Said) -> bool:
            if isinstance(outcome, BaseException):
                raise outcome
            return bool(outcome)

        monkeypatch.setattr(story, "deploy", deploy)
        monkeypatch.setattr(sys, "argv", ["deploy", "deploy", *arguments])
        return command.main()

    return run


@pytest.mark.parametrize(
    ("outcome", "status", "says"),
    [
        (True, 0, ""),
        (False, 1, ""),
        (Failure("it broke", "mend it"), 1, "it broke\nmend it"),
        (WrongUse("that is wrong"), 2, "that is wrong"),
        (NoCredentialsError(), 1, "make deploy PROFILE=name"),
        (ClientError({"Error": {"Code": "ExpiredToken"}}, "GetCallerIdentity"), 1, "aws login"),
        (ClientError({"Error": {"Code": "AccessDenied"}}, "DescribeStacks"), 1, "DescribeStacks"),
        (typer.Abort(), 130, "Nothing was deployed."),
        (KeyboardInterrupt(), 130, "Nothing was deployed."),
        (story.BrokenOff("it goes on"), 130, "it goes on"),
    ],
)
def test_every_end_has_its_words_and_its_exit_status(
    ends: Callable[..., int], outcome: Any, status: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ends(outcome) == status
    assert says in capsys.readouterr().err


def test_nothing_of_the_other_command_line_is_advised(
    ends: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    ends(NoCredentialsError())
    assert "--" not in capsys.readouterr().err


def recipe(target: str, *variables: str, **environment: str) -> list[str]:
    """The arguments that make would run it with."""
    ran = subprocess.run(  # noqa: S603
        ["make", "--dry-run", "--always-make", "--no-print-directory", target, *variables],  # noqa: S607
        cwd=PROJECT,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    (line,) = re.findall(r"-m smarther_cli\.deploy (.*)", ran.stdout.replace("\\\n", " "))
    split = subprocess.run(  # noqa: S603
        ["/bin/sh", "-c", f'printf "%s\\n" {line}'], capture_output=True, text=True, check=True
    )
    return split.stdout.splitlines()


def said(arguments: list[str]) -> Said:
    told = vars(command.parser().parse_args(arguments))
    assert told.pop("command") == "deploy"
    return Said(**told)


def test_what_stands_on_makes_command_line_arrives_to_the_letter() -> None:
    values = {
        "STACK": "my home",
        "REGION": "eu-west-1",
        "PROFILE": "",
        "TIMEZONE": "Europe/Rome",
        "ALARM_EMAIL": "o'neil@example.org",
        "ARCHITECTURE": "x86_64",
        "TABLE": "new",
        "PARAMETERS": "RetentionDays=365 PlantIds=a,b",
    }
    given = [f"{name}={value}" for name, value in values.items()]

    assert said(recipe("deploy", *given, "YES=1", "ASK=1", "AT_ONCE=1")) == Said(
        yes=True,
        ask=True,
        at_once=True,
        stack="my home",
        region="eu-west-1",
        profile="",
        time_zone="Europe/Rome",
        alarm_email="o'neil@example.org",
        processor="x86_64",
        table="new",
        parameters="RetentionDays=365 PlantIds=a,b",
    )


def test_what_the_environment_happens_to_hold_is_not_meant() -> None:
    assert said(recipe("deploy", STACK="x", REGION="x", PROFILE="x", YES="1", TABLE="x")) == Said()
    assert said(recipe("deploy", "YES=")) == Said()


@pytest.mark.parametrize(("variables", "processor"), [((), "arm64"), (("ARCHITECTURE=x86_64",), "x86_64")])
def test_a_build_alone_is_for_one_processor(
    variables: tuple[str, ...], processor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []
    monkeypatch.setattr(sam, "build", built.append)
    monkeypatch.setattr(sys, "argv", ["deploy", *recipe("build", *variables)])

    assert command.main() == 0
    assert built == [processor]


def test_an_add_on_is_named_and_may_be_beside_the_sandbox_s() -> None:
    variables = ("NAME=events", "SANDBOX=1", "STACK=my-home", "PARAMETERS=ArchiveDays=30 Name=o'neil")

    told = vars(command.parser().parse_args(recipe("addon", *variables)))
    assert told == {
        "command": "addon",
        "name": "events",
        "sandbox": True,
        "stack": "my-home",
        "region": None,
        "profile": None,
        "parameters": "ArchiveDays=30 Name=o'neil",
    }
    removed = vars(command.parser().parse_args(recipe("addon-remove", "NAME=events", "REGION=eu-west-1")))
    assert (removed["command"], removed["name"], removed["region"]) == ("addon-remove", "events", "eu-west-1")
