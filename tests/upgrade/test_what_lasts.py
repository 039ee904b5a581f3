"""What an upgrade may not replace: the template of the latest release beside the one of now.

CloudFormation replaces a resource whose logical id, type, or one of a few properties changes: it makes an empty one and
leaves or deletes the old. Which properties those are, the reference of each type says ("Update requires: Replacement").
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, cast

import pytest
from samtranslator.yaml_helper import yaml_parse

from labs import release
from labs.translated import as_written, translated
from tests.upgrade.lasting import FORGOTTEN, LASTING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    type Template = dict[str, Any]


MADE_AGAIN = {
    "AWS::ApiGatewayV2::Stage",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::CodeDeploy::Application",
    "AWS::CodeDeploy::DeploymentGroup",
    "AWS::IAM::Role",
    "AWS::KMS::Alias",
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Version",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::Scheduler::Schedule",
}
"""What a deploy makes as it was: nothing is lost when it is replaced."""

KEPT = {"Retain", "RetainExceptOnCreate"}

REMEDY = (
    "Leave it as it was released, or read what docs/developer/releasing.md says of changes that data has to follow."
)


def lost(before: Template, after: Template) -> list[str]:
    """What an upgrade from one translated template to another would replace or let go, in words."""
    return [
        f"{name}: {what}. {REMEDY}"
        for name, old in before["Resources"].items()
        if old["Type"] in LASTING and name not in FORGOTTEN
        for what in _faults(old, after["Resources"].get(name))
    ]


def _faults(old: dict[str, Any], new: dict[str, Any] | None) -> Iterator[str]:
    if new is None:
        yield "it is gone, or has another logical id: a deploy would make an empty one and leave or delete the old"
        return
    if new["Type"] != old["Type"] or new.get("Condition") != old.get("Condition"):
        yield "its type or its condition is another: a deploy would delete it"
    if old.get("DeletionPolicy") in KEPT and new.get("DeletionPolicy") not in KEPT:
        yield "it is no longer retained: who leaves would lose it"
    for name in LASTING[old["Type"]]:
        if new.get("Properties", {}).get(name) != old.get("Properties", {}).get(name):
            yield f"its {name} is another: a deploy would replace it by an empty one"


@pytest.fixture(scope="module")
def released() -> Template:
    return translated(yaml_parse(release.template()))


@pytest.fixture(scope="module")
def current() -> Template:
    return translated(as_written())


@pytest.mark.shows("upgrade loses nothing")
def test_an_upgrade_replaces_nothing_that_lasts(released: Template, current: Template) -> None:
    assert lost(released, current) == []


def test_every_type_of_resource_either_lasts_or_is_made_again() -> None:
    """A new type has to be thought about once: what is in it that nobody could make again?"""
    gradual = translated(as_written(), GradualDeploys="true")
    types = {each["Type"] for each in gradual["Resources"].values()}
    assert types - LASTING.keys() - MADE_AGAIN == set()


def test_an_upgrade_can_be_given_the_parameters_of_before(released: Template, current: Template) -> None:
    """`sam deploy` hands on what was chosen then."""
    assert released["Parameters"].keys() <= current["Parameters"].keys()
    for name, old in released["Parameters"].items():
        new = current["Parameters"][name]
        assert set(old.get("AllowedValues", [])) <= set(new.get("AllowedValues", old.get("AllowedValues", []))), name


def kept_table() -> dict[str, Any]:
    """The table as docs/owner/kept-table.yaml describes it, its key named as the stack names its own."""
    kept = yaml_parse((release.PROJECT / "docs" / "owner" / "kept-table.yaml").read_text())["Resources"]["Table"]
    encryption = kept["Properties"]["SSESpecification"]
    assert encryption["KMSMasterKeyId"]["Fn::If"][1] == {"Ref": "KeyArn"}
    encryption["KMSMasterKeyId"]["Fn::If"][1] = {"Fn::GetAtt": ["Key", "Arn"]}
    return cast("dict[str, Any]", kept)


def test_the_template_that_imports_a_kept_table_describes_all_of_it() -> None:
    """What it left out CloudFormation would take for new, and set on a table that has it."""
    assert kept_table() == as_written()["Resources"]["Table"]


def key_schema(resources: Template) -> None:
    resources["Table"]["Properties"]["KeySchema"][1]["AttributeName"] = "time"


def key_type(resources: Template) -> None:
    resources["Table"]["Properties"]["AttributeDefinitions"][1]["AttributeType"] = "N"


def table_name(resources: Template) -> None:
    resources["Table"]["Properties"]["TableName"] = "readings"


def logical_id(resources: Template) -> None:
    resources["Readings"] = resources.pop("Table")


def another_type(resources: Template) -> None:
    resources["Table"]["Type"] = "AWS::DynamoDB::GlobalTable"


def condition(resources: Template) -> None:
    resources["Table"]["Condition"] = "HasAlarms"


def not_retained(resources: Template) -> None:
    del resources["Table"]["DeletionPolicy"]


def queue(resources: Template) -> None:
    resources["SpillQueue"]["Properties"]["FifoQueue"] = True


def dead_letters(resources: Template) -> None:
    del resources["SpillDeadLetterQueue"]


def secret(resources: Template) -> None:
    resources["TokensSecret"]["Properties"]["Name"] = "tokens"


def api(resources: Template) -> None:
    resources["Api"] = resources.pop("HttpApi")


def topic(resources: Template) -> None:
    resources["AlarmTopic"]["Properties"]["TopicName"] = "alarms"


def log(resources: Template) -> None:
    resources["ReceiverLogGroup"]["Properties"]["LogGroupName"] = "/smarther/receiver"


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (key_schema, "Table"),
        (key_type, "Table"),
        (table_name, "Table"),
        (logical_id, "Table"),
        (another_type, "Table"),
        (condition, "Table"),
        (not_retained, "Table"),
        (queue, "SpillQueue"),
        (dead_letters, "SpillDeadLetterQueue"),
        (secret, "TokensSecret"),
        (api, "HttpApi"),
        (topic, "AlarmTopic"),
        (log, "ReceiverLogGroup"),
    ],
)
def test_a_change_that_would_lose_something_is_found(
    released: Template, change: Callable[[Template], None], name: str
) -> None:
    changed = copy.deepcopy(released)
    change(changed["Resources"])
    assert [fault.partition(":")[0] for fault in lost(released, changed)] == [name]
