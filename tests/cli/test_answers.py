"""The answers file: what is written is read again, what is broken is named, and the command line takes its defaults."""

from __future__ import annotations

import json
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarther.store.keeper_items import KeeperNotes
from smarther_cli import answers
from smarther_cli.answers import Answers, parsed, text_of
from smarther_cli.deployment import Deployment, place_of
from smarther_cli.place import DEFAULT_STACK, Place
from tests.cli.conftest import PROJECT, REGION, STACK, Home, Run, report

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
"""Anything but halves of characters, which no file of UTF-8 can hold."""


@given(
    st.builds(
        Answers,
        stack=TEXT,
        region=TEXT,
        profile=st.none() | TEXT,
        parameters=st.dictionaries(TEXT, st.text(st.characters(exclude_categories=["Cs"]))),
    )
)
def test_what_is_written_is_read_again(told: Answers) -> None:
    assert parsed(text_of(told)) == told


def test_what_is_written_to_the_file_is_read_from_it_and_nothing_else_is_left() -> None:
    told = Answers(stack="s", region="eu-west-1", parameters={"Timezone": "Europe/Rome"})

    answers.write(Answers(stack="older", region="eu-west-1"))
    answers.write(told)

    assert answers.read() == told
    assert [each.name for each in answers.FILE.parent.iterdir()] == [answers.FILE.name]


def test_without_a_file_there_are_no_answers() -> None:
    assert answers.read() is None


def test_numbers_and_truths_may_stand_without_quotes() -> None:
    told = parsed('stack = "s"\nregion = "r"\n[parameters]\nRetentionDays = 365\nKeepWarm = false\n')
    assert told.parameters == {"RetentionDays": "365", "KeepWarm": "false"}


BROKEN = {
    "no TOML": ("stack = ", "Invalid value"),
    "a stack that is none": ('stack = 1\nregion = "r"', "stack is to be a text"),
    "an empty region": ('stack = "s"\nregion = ""', "region is to be a text"),
    "no region": ('stack = "s"', "does not say the region"),
    "a word that means nothing": ('stack = "s"\nregion = "r"\nzone = "x"', "'zone'"),
    "parameters that are none": ('stack = "s"\nregion = "r"\nparameters = 1', "table"),
    "a value that is none": ('stack = "s"\nregion = "r"\n[parameters]\nPlantIds = ["a"]', "PlantIds"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_named_with_what_is_wrong(run: Run, name: str) -> None:
    text, says = BROKEN[name]
    answers.FILE.write_text(text)

    result = run("status")

    assert result.exit_code == 2
    assert str(answers.FILE) in result.stderr
    assert says in result.stderr
    assert "remove it" in result.stderr


def test_a_file_that_is_no_text_is_named(run: Run) -> None:
    answers.FILE.write_bytes(b"\xff\xfe")

    result = run("status")

    assert result.exit_code == 2
    assert str(answers.FILE) in result.stderr


@pytest.mark.parametrize("command", [("--help",), ("status", "--help"), ("status", "--sandbox")])
def test_who_does_not_need_the_file_is_not_stopped_by_it(run: Run, command: tuple[str, ...]) -> None:
    answers.FILE.write_text("broken")
    assert str(answers.FILE) not in run(*command).output


# ---- what the command line takes from it


def noted(**changes: str) -> None:
    answers.write(Answers(**({"stack": "mine", "region": "eu-central-1", "profile": "home"} | changes)))  # type: ignore[arg-type]


def test_stack_region_and_profile_are_those_of_the_last_deploy() -> None:
    noted()
    assert place_of() == Place(stack="mine", region="eu-central-1", profile="home")


def test_without_a_deploy_they_are_the_usual_ones() -> None:
    assert place_of() == Place(stack=DEFAULT_STACK)


def test_what_is_said_goes_first() -> None:
    noted()
    assert place_of(stack="other").stack == "other"
    assert place_of(region="eu-west-1") == Place(stack="mine", region="eu-west-1", profile="home")


def test_another_profile_is_another_account_and_has_its_own_region() -> None:
    noted()
    assert place_of(profile="work") == Place(stack="mine", profile="work", region=None)
    assert place_of(profile="home").region == "eu-central-1"


def test_the_sandbox_has_nothing_to_do_with_it() -> None:
    noted()
    assert place_of(sandbox=True) == Place(sandbox=True)


def test_a_command_finds_the_stack_of_the_last_deploy(home: Home, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    home.cloud.stacks["mine"] = home.cloud.stacks.pop(STACK)
    KeeperNotes(home.table).keep_report(report())
    answers.write(Answers(stack="mine", region=REGION))
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    result = run("status", "--json")

    assert json.loads(result.stdout)["stack"] == "mine"


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_a_region_may_be_set_in_the_environment(
    home: Home, run: Run, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    KeeperNotes(home.table).keep_report(report())
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv(variable, REGION)

    assert run("status", "--json").exit_code == 0


def test_aws_region_goes_before_the_profiles_region_and_the_last_deploy_before_both(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    assert Deployment(place_of()).place.region == "eu-north-1"

    answers.write(Answers(stack="mine", region="eu-central-1"))
    assert Deployment(place_of()).place.region == "eu-central-1"


def test_git_ignores_the_file_and_what_is_on_its_way_to_it() -> None:
    names = [answers.FILE.name, f"{answers.FILE.name}.new"]
    ran = subprocess.run(["git", "check-ignore", *names], cwd=PROJECT, capture_output=True, text=True, check=False)  # noqa: S603, S607
    assert ran.stdout.split() == names
