"""What goes live: routes and schedules call the receiver's alias, and whatever changes the receiver moves it.

A version is a copy of code and settings. One that is not published when something changes leaves the old code live
after a deploy that says it went well, so every way to change the receiver is tried here.
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from labs.translated import translated
from tests.template.conftest import of_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.template.conftest import Resources

    type Template = dict[str, Any]

ALIAS = "ReceiverFunctionAliaslive"
NOT_ON_AWS = {"AwsEndpointUrl"}
"""Parameters of the receiver that only `sam local invoke` uses."""


def version(resources: Resources) -> tuple[str, dict[str, Any]]:
    """The logical id and the properties of the receiver's version: CloudFormation publishes when either changes."""
    ((logical_id, each),) = of_type(resources, "AWS::Lambda::Version").items()
    return logical_id, each["Properties"]


def parameters_of(value: Any, template: Template) -> Iterator[str]:
    """The parameters that a value depends on, directly or by a condition."""
    match value:
        case {"Ref": str(name)} if name in template["Parameters"]:
            yield name
        case {"Fn::If": [condition, *values]}:
            yield from parameters_of(template["Conditions"][condition], template)
            yield from parameters_of(values, template)
        case {"Condition": str(condition)}:
            yield from parameters_of(template["Conditions"][condition], template)
        case {"Fn::Sub": [str(text), dict(variables)]}:
            yield from parameters_of([{"Fn::Sub": text}, variables], template)
        case {"Fn::Sub": str(text)}:
            yield from (name for name in template["Parameters"] if f"${{{name}}}" in text)
        case dict():
            yield from (name for each in value.values() for name in parameters_of(each, template))
        case list():
            yield from (name for each in value for name in parameters_of(each, template))


def untold(template: Template) -> set[str]:
    """The parameters that the receiver takes and its version does not name."""
    transformed = translated(template)
    receiver = transformed["Resources"]["ReceiverFunction"]["Properties"]
    _, told = version(transformed["Resources"])
    taken = set(parameters_of(receiver, transformed)) - NOT_ON_AWS
    return taken - set(parameters_of(told["Description"], transformed))


# ---- What calls the receiver calls the alias ----


def called(resources: Resources) -> Iterator[tuple[str, Any]]:
    """What each route, permission and schedule calls."""
    for name, each in of_type(resources, "AWS::ApiGatewayV2::Api").items():
        for path, methods in each["Properties"]["Body"]["paths"].items():
            for operation in methods.values():
                yield f"{name} {path}", operation["x-amazon-apigateway-integration"]["uri"]
    for name, each in of_type(resources, "AWS::Lambda::Permission").items():
        yield name, each["Properties"]["FunctionName"]
    for name, each in of_type(resources, "AWS::Scheduler::Schedule").items():
        yield name, each["Properties"]["Target"]["Arn"]
    for name, each in of_type(resources, "AWS::IAM::Role").items():
        yield name, [policy["PolicyDocument"] for policy in each["Properties"]["Policies"]]


def test_notifications_and_the_touch_that_keeps_warm_reach_the_live_version(resources: Resources) -> None:
    of_the_receiver = {name for name, target in called(resources) if "ReceiverFunctionAlias" in json.dumps(target)}
    assert of_the_receiver >= {
        "HttpApi /notifications/{secret}",
        "ReceiverFunctionNotificationPermission",
        "ReceiverFunctionKeepWarm",
        "ReceiverFunctionKeepWarmRole",
    }


def test_nothing_calls_the_receiver_past_its_alias(resources: Resources) -> None:
    past = ('"ReceiverFunction"', "${ReceiverFunction.Arn}", "${ReceiverFunction}")
    calling = {name for name, target in called(resources) if any(words in json.dumps(target) for words in past)}
    assert calling == {"PreTrafficRole", "DeploymentRole"}  # these are there to reach a version that is not live yet


def test_the_alias_is_called_live_and_follows_the_version(resources: Resources) -> None:
    alias = resources[ALIAS]["Properties"]
    logical_id, properties = version(resources)
    assert alias["Name"] == "live"
    assert alias["FunctionVersion"] == {"Fn::GetAtt": [logical_id, "Version"]}
    assert properties["FunctionName"] == alias["FunctionName"] == {"Ref": "ReceiverFunction"}


# ---- Whatever changes the receiver publishes a version ----


def code(template: Template) -> None:
    template["Resources"]["ReceiverFunction"]["Properties"]["CodeUri"] += "-changed"


def package(template: Template) -> None:
    template["Resources"]["SmartherLayer"]["Properties"]["ContentUri"] += "-changed"


def dependencies(template: Template) -> None:
    template["Resources"]["DependenciesLayer"]["Properties"]["ContentUri"] += "-changed"


def variable(template: Template) -> None:
    template["Resources"]["ReceiverFunction"]["Properties"]["Environment"]["Variables"]["NEW"] = "1"


def shared_variable(template: Template) -> None:
    template["Globals"]["Function"]["Environment"]["Variables"]["NEW"] = "1"


def timeout(template: Template) -> None:
    template["Resources"]["ReceiverFunction"]["Properties"]["Timeout"] = 4


def runtime(template: Template) -> None:
    template["Globals"]["Function"]["Runtime"] = "python3.14"


@pytest.mark.parametrize("change", [code, package, dependencies, variable, shared_variable, timeout, runtime])
def test_a_change_of_the_receiver_is_a_new_version(template: Template, change: Callable[[Template], None]) -> None:
    changed = copy.deepcopy(template)
    change(changed)
    assert version(translated(changed)["Resources"])[0] != version(translated(template)["Resources"])[0]


def test_a_change_of_another_function_is_none(template: Template) -> None:
    changed = copy.deepcopy(template)
    changed["Resources"]["KeeperFunction"]["Properties"]["Timeout"] = 119
    assert version(translated(changed)["Resources"]) == version(translated(template)["Resources"])


def test_a_change_of_a_parameter_that_the_receiver_takes_is_a_new_version(template: Template) -> None:
    """SAM does not see it, so the version's description names it: CloudFormation never changes that in place."""
    assert not untold(template), "name it in the VersionDescription of ReceiverFunction"


@pytest.mark.parametrize("parameter", ["ReceiverMemory", "RetentionDays", "Architecture"])
def test_a_parameter_that_the_description_does_not_name_is_found(template: Template, parameter: str) -> None:
    changed = copy.deepcopy(template)
    receiver = changed["Resources"]["ReceiverFunction"]["Properties"]
    described = receiver["VersionDescription"]["Fn::Sub"]
    receiver["VersionDescription"] = {"Fn::Sub": described.replace(f"${{{parameter}}}", "")}
    assert untold(changed) == {parameter}


def test_the_version_before_is_kept_whatever_has_replaced_it(resources: Resources) -> None:
    """New code makes another resource of it, and the old one is deleted; another parameter replaces it."""
    ((_, each),) = of_type(resources, "AWS::Lambda::Version").items()
    assert (each["DeletionPolicy"], each["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_the_description_names_no_parameter_that_the_receiver_does_not_take(template: Template) -> None:
    """CloudFormation would publish what has not changed, which Lambda refuses: the deploy would fail."""
    transformed = translated(template)
    _, told = version(transformed["Resources"])
    taken = set(parameters_of(transformed["Resources"]["ReceiverFunction"]["Properties"], transformed))
    assert set(parameters_of(told["Description"], transformed)) <= taken
