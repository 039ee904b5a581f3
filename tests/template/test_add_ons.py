"""What the template of every add-on keeps to, beside what the tools of the gate look at."""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from labs.translated import ADD_ONS, as_written, translated
from tests.template.conftest import of_type

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.template.conftest import Resources

TOPIC = [{"Ref": "AlarmTopicArn"}]


@pytest.fixture(scope="module", params=ADD_ONS, ids=lambda path: path.parent.name)
def page(request: pytest.FixtureRequest) -> Path:
    """The page of the add-on."""
    path: Path = request.param
    return path.parent / "README.md"


@pytest.fixture(scope="module")
def written(page: Path) -> dict[str, Any]:
    """The add-on's template."""
    return as_written(page.parent / "template.yaml")


@pytest.fixture(scope="module")
def deployed(written: dict[str, Any]) -> Resources:
    """Its resources as deployed."""
    found: Resources = translated(written)["Resources"]
    return found


def test_what_has_no_default_is_answered_by_the_core(written: dict[str, Any], template: dict[str, Any]) -> None:
    asked = {name for name, each in written["Parameters"].items() if "Default" not in each}
    assert asked <= {"StackName", *template["Outputs"], *template["Parameters"]}


def faults(resources: Resources) -> Iterator[str]:
    """What an add-on's resources do otherwise than the core's."""
    yield from _role_faults(resources)
    yield from _log_faults(resources)
    yield from _source_faults(resources)
    yield from _call_faults(resources)
    yield from _alarm_faults(resources)


def _role_faults(resources: Resources) -> Iterator[str]:
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        if "ManagedPolicyArns" in role["Properties"]:
            yield f"{name} has managed policies"
        for policy in role["Properties"]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                if "*" in json.dumps(statement["Action"]) or statement["Resource"] == "*":
                    yield f"{name} may do anything, or to everything"
    roles = [json.dumps(each["Properties"]["Role"]) for each in of_type(resources, "AWS::Lambda::Function").values()]
    if len(roles) != len(set(roles)):
        yield "functions share a role"


def _log_faults(resources: Resources) -> Iterator[str]:
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        group = function["Properties"].get("LoggingConfig", {}).get("LogGroup", {}).get("Ref")
        properties = resources.get(group, {}).get("Properties", {})
        if "RetentionInDays" not in properties:
            yield f"{name} has no log group that forgets"
        elif not properties["LogGroupName"]["Fn::Sub"].startswith("/smarther/${AWS::StackName}/"):
            yield f"{name} logs under another stack's name"


def _source_faults(resources: Resources) -> Iterator[str]:
    for name, mapping in of_type(resources, "AWS::Lambda::EventSourceMapping").items():
        properties = mapping["Properties"]
        if properties.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
            yield f"{name} cannot say what failed"
        aside = _aside(properties, resources)
        if aside is None:
            yield f"{name} drops what it gives up"
        elif not _is_watched(aside, resources):
            yield f"nobody looks at what {name} gives up"


def _call_faults(resources: Resources) -> Iterator[str]:
    """Of what is called without anybody who waits: by a schedule, or by a function's own configuration for it."""
    for name, schedule in of_type(resources, "AWS::Scheduler::Schedule").items():
        if not _is_watched(schedule["Properties"]["Target"].get("DeadLetterConfig", {}).get("Arn"), resources):
            yield f"nobody looks at what {name} could not call"
        function = schedule["Properties"]["Target"]["Arn"]["Fn::GetAtt"][0]
        called = [each["Properties"] for each in of_type(resources, "AWS::Lambda::EventInvokeConfig").values()]
        if {"Ref": function} not in [each["FunctionName"] for each in called]:
            yield f"nobody hears of it when {function} has failed"
    for name, config in of_type(resources, "AWS::Lambda::EventInvokeConfig").items():
        if not _is_watched(
            config["Properties"].get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"), resources
        ):
            yield f"nobody looks at what {name} gives up"


def _is_watched(queue: dict[str, Any] | None, resources: Resources) -> bool:
    """Whether an alarm looks at a queue, which is given by its ARN."""
    alarms = of_type(resources, "AWS::CloudWatch::Alarm").values()
    watched = [each["Value"] for alarm in alarms for each in alarm["Properties"]["Dimensions"]]
    return queue is not None and {"Fn::GetAtt": [queue["Fn::GetAtt"][0], "QueueName"]} in watched


def _aside(source: dict[str, Any], resources: Resources) -> Any:
    """Where a source puts what it gives up: a stream as its mapping says, a queue as it says itself."""
    if "StartingPosition" in source:
        return source.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    queue = resources[source["EventSourceArn"]["Fn::GetAtt"][0]]["Properties"]
    return queue.get("RedrivePolicy", {}).get("deadLetterTargetArn")


def _alarm_faults(resources: Resources) -> Iterator[str]:
    for name, alarm in of_type(resources, "AWS::CloudWatch::Alarm").items():
        properties = alarm["Properties"]
        if alarm.get("Condition") != "HasAlarms" or not properties["AlarmActions"] == properties["OKActions"] == TOPIC:
            yield f"{name} does not tell the core's topic, if there is one"
        if not properties["AlarmName"]["Fn::Sub"].startswith("${AWS::StackName}-"):
            yield f"{name} has a name that the core's topic refuses"
        english, _, italian = properties["AlarmDescription"].partition("\nItaliano: ")
        if min(len(english.split()), len(italian.split())) < 15 or not properties["AlarmDescription"].isascii():
            yield f"{name} does not say in both languages, in ASCII, what to do"


def test_an_add_on_keeps_to_what_the_core_keeps_to(deployed: Resources) -> None:
    assert list(faults(deployed)) == []


def test_every_alarm_has_a_row_in_the_add_ons_page(deployed: Resources, page: Path) -> None:
    add_on = page.parent.name.replace("_", "-")
    told = set(re.findall(rf"^\| `…-{add_on}(-[a-z-]+)` \|", page.read_text(), re.MULTILINE))
    names = [each["Properties"]["AlarmName"] for each in of_type(deployed, "AWS::CloudWatch::Alarm").values()]
    assert {each["Fn::Sub"].removeprefix("${AWS::StackName}") for each in names} == told


def having(kind: str) -> list[Resources]:
    """The resources of those add-ons that have one of a kind, to plant faults in."""
    found: list[Resources] = [copy.deepcopy(translated(as_written(each))["Resources"]) for each in ADD_ONS]
    chosen = [each for each in found if of_type(each, kind)]
    assert chosen
    return chosen


@pytest.mark.parametrize(
    ("kind", "changes", "told"),
    [
        ("AWS::IAM::Role", {"ManagedPolicyArns": ["arn"]}, "managed policies"),
        (
            "AWS::IAM::Role",
            {"Policies": [{"PolicyDocument": {"Statement": [{"Action": "sqs:*", "Resource": "arn"}]}}]},
            "anything",
        ),
        ("AWS::Lambda::Function", {"LoggingConfig": {}}, "no log group"),
        ("AWS::Logs::LogGroup", {"LogGroupName": {"Fn::Sub": "/smarther/${StackName}/x"}}, "another stack's name"),
        ("AWS::Lambda::EventSourceMapping", {"FunctionResponseTypes": []}, "cannot say"),
        ("AWS::Lambda::EventInvokeConfig", {"DestinationConfig": {}}, "gives up"),
        ("AWS::Scheduler::Schedule", {"Target": {"Arn": {"Fn::GetAtt": ["X", "Arn"]}}}, "could not call"),
        ("AWS::CloudWatch::Alarm", {"OKActions": []}, "topic, if there is one"),
        ("AWS::CloudWatch::Alarm", {"AlarmName": {"Fn::Sub": "${StackName}-x"}}, "refuses"),
        ("AWS::CloudWatch::Alarm", {"AlarmDescription": "It is broken"}, "both languages"),
    ],
)
def test_what_does_not_is_found(kind: str, changes: dict[str, Any], told: str) -> None:
    for planted in having(kind):
        next(iter(of_type(planted, kind).values()))["Properties"].update(changes)

        assert any(re.search(told, each) for each in faults(planted))


@pytest.mark.parametrize(("aside", "told"), [(None, "drops"), ({"Fn::GetAtt": ["Other", "Arn"]}, "nobody looks")])
def test_a_source_that_gives_up_unseen_is_found(aside: Any, told: str) -> None:
    for planted in having("AWS::Lambda::EventSourceMapping"):
        (source,) = (each["Properties"] for each in of_type(planted, "AWS::Lambda::EventSourceMapping").values())
        if "StartingPosition" in source:
            source["DestinationConfig"] = {} if aside is None else {"OnFailure": {"Destination": aside}}
        else:
            queue = planted[source["EventSourceArn"]["Fn::GetAtt"][0]]["Properties"]
            queue["RedrivePolicy"] = {} if aside is None else {"deadLetterTargetArn": aside}

        assert any(told in each for each in faults(planted))


def test_a_scheduled_function_whose_failures_nobody_hears_of_is_found() -> None:
    for planted in having("AWS::Scheduler::Schedule"):
        for name in of_type(planted, "AWS::Lambda::EventInvokeConfig"):
            del planted[name]

        assert any("has failed" in each for each in faults(planted))
