"""What an add-on's stack is answered with, and which stacks are left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from smarther_cli.deploy import add_on, sam
from smarther_cli.deployment import Deployment
from smarther_cli.errors import Failure, NotFound, WrongUse
from smarther_cli.place import Place
from tests.cli.cloud import Stack
from tests.cli.conftest import REGION, STACK

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Home

TEMPLATE: dict[str, Any] = {
    "Parameters": {
        "StackName": {"Type": "String"},
        "TableName": {"Type": "String"},
        "Timezone": {"Type": "String", "Default": "UTC"},
        "Days": {"Type": "Number", "Default": 0, "MinValue": 0, "MaxValue": 10},
    }
}


@pytest.fixture
def core(home: Home) -> Deployment:
    assert home.cloud.stacks
    return Deployment(Place(stack=STACK, region=REGION))


@pytest.fixture(autouse=True)
def ran(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What `sam` was told; nothing is run."""
    commands: list[list[str]] = []
    monkeypatch.setattr(sam, "run", lambda command, *_: commands.append(command))
    return commands


def test_what_is_called_as_the_core_calls_it_has_the_core_s_value(core: Deployment) -> None:
    assert add_on.answered(TEMPLATE, "", core) == {
        "StackName": STACK,
        "TableName": core.outputs["TableName"],
        "Timezone": core.parameters["Timezone"],
    }


def test_what_is_given_counts(core: Deployment) -> None:
    values = add_on.answered(TEMPLATE, "Days=7 Timezone=Europe/Berlin", core)
    assert (values["Days"], values["Timezone"]) == ("7", "Europe/Berlin")


@pytest.mark.parametrize("given", ["Days=11", "Day=7", "Days", "Timezone=Atlantis"])
def test_a_value_that_would_be_refused_is_refused_first(core: Deployment, given: str) -> None:
    with pytest.raises(WrongUse):
        add_on.answered(TEMPLATE, given, core)


def test_what_nothing_answers_is_told(core: Deployment) -> None:
    asks = {"Parameters": {**TEMPLATE["Parameters"], "BusName": {"Type": "String"}}}
    with pytest.raises(Failure, match="BusName"):
        add_on.answered(asks, "", core)


def test_an_add_on_without_parameters_is_answered_with_nothing(core: Deployment) -> None:
    assert add_on.answered({}, "", core) == {}


def test_an_add_on_that_there_is_not_is_told_with_those_that_there_are(core: Deployment, ran: list[list[str]]) -> None:
    with pytest.raises(WrongUse, match="events"):
        add_on.deploy(core, "event", report=lambda _: None)
    assert ran == []


def test_every_add_on_s_parameters_are_answered_by_the_core(core: Deployment) -> None:
    for template in add_on.ADD_ONS.glob("*/template.yaml"):
        assert add_on.answered(yaml_parse(template.read_text()), "", core)["StackName"] == STACK


def test_a_stack_that_is_no_add_on_s_is_left_alone(core: Deployment, home: Home, ran: list[list[str]]) -> None:
    home.cloud.stacks[f"{STACK}-events"] = Stack({}, {})  # somebody's second recorder may be called so

    with pytest.raises(Failure, match="no add-on"):
        add_on.deploy(core, "events", report=lambda _: None)
    with pytest.raises(NotFound):
        add_on.remove(core, "events")
    assert ran == []


def test_what_is_not_there_cannot_be_removed(core: Deployment) -> None:
    with pytest.raises(NotFound):
        add_on.remove(core, "events")


def test_a_name_of_python_s_becomes_one_of_a_stack_s(core: Deployment, tmp_path: Path, ran: list[list[str]]) -> None:
    (tmp_path / "home_assistant").mkdir()
    (tmp_path / "home_assistant" / "template.yaml").write_text("Resources: {}\n")

    with pytest.raises(NotFound):  # nothing was deployed, so it has no outputs
        add_on.deploy(core, "home_assistant", report=lambda _: None, folder=tmp_path)

    build, deploy = ran
    assert build[:2] == ["build", "--template-file"]
    assert deploy[deploy.index("--stack-name") + 1] == f"{STACK}-home-assistant"
    assert "--parameter-overrides" not in deploy


def test_the_layers_of_an_add_on_are_built_for_the_processor_of_its_functions(
    core: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[list[str], dict[str, str]]] = []
    monkeypatch.setattr(sam, "run", lambda command, variables, *_: told.append((command, variables)))

    with pytest.raises(NotFound):  # nothing was deployed, so it has no outputs
        add_on.deploy(core, "archive", given="Architecture=x86_64", report=lambda _: None)

    command, variables = told[0]
    assert command[-2:] == ["--parameter-overrides", "Architecture=x86_64"]
    assert variables == {"ARCHITECTURE": "x86_64"}
