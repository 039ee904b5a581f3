"""What `make deploy` assumes about the template and the pages is true."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from labs.translated import translated
from smarther_cli.deploy.answer_rules import LONGEST_STACK_NAME
from smarther_cli.deploy.events import NOUNS
from smarther_cli.deploy.plan import A_MONTH
from tests.template.conftest import PROJECT, of_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.template.conftest import Resources

LIMITS = {
    # https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
    "AWS::Lambda::Function": ("FunctionName", 64),
    # https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
    "AWS::Scheduler::Schedule": ("Name", 64),
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    "AWS::CloudWatch::Alarm": ("AlarmName", 255),
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html
    "AWS::CloudWatch::Dashboard": ("DashboardName", 255),
    # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
    "AWS::Logs::LogGroup": ("LogGroupName", 512),
}
"""The names that the template makes of the stack's, and how many characters each may have."""


def longest_stack_name(resources: Resources) -> int:
    """How long a stack's name may be, so that every name made of it fits."""
    return min(
        limit - len(_said(each["Properties"][name], {"AWS::StackName": ""}))
        for kind, (name, limit) in LIMITS.items()
        for each in of_type(resources, kind).values()
    )


def _said(name: Any, values: Mapping[str, str]) -> str:
    """A name with these values in it; a region's is as long as the longest."""
    text: str = name["Fn::Sub"] if "Fn::Sub" in name else f"${{{name['Ref']}}}"
    return re.sub(r"\$\{(.*?)\}", lambda found: values.get(found[1], "ap-southeast-5"), text)


@pytest.fixture(scope="module")
def everything(template: dict[str, Any]) -> Resources:
    """The template with all that can be turned on."""
    found: Resources = translated(template, GradualDeploys="true", CustomerManagedKey="true")["Resources"]
    return found


def test_the_longest_name_that_is_accepted_fits_into_every_name_that_is_made_of_it(everything: Resources) -> None:
    assert longest_stack_name(everything) == LONGEST_STACK_NAME


def test_a_longer_name_in_the_template_would_be_noticed(everything: Resources) -> None:
    longer = {"FunctionName": {"Fn::Sub": "${AWS::StackName}-something-longer"}}
    grown = {**everything, "Odd": {"Type": "AWS::Lambda::Function", "Properties": longer}}
    assert longest_stack_name(grown) < LONGEST_STACK_NAME


def test_no_other_name_is_made_of_the_stacks(everything: Resources) -> None:
    """All others CloudFormation makes itself, and cuts to what fits."""
    known = {kind: name for kind, (name, _) in LIMITS.items()}
    made = {
        (each["Type"], key)
        for each in everything.values()
        for key, value in each["Properties"].items()
        if key.endswith("Name") and "AWS::StackName" in str(value)
    }
    assert made == set(known.items())


def test_every_kind_of_resource_has_a_word(everything: Resources) -> None:
    assert {each["Type"] for each in everything.values()} - NOUNS.keys() == set()


def test_what_it_costs_is_what_the_page_computes() -> None:
    page = (PROJECT / "docs" / "running" / "cost.md").read_text()
    (total,) = re.findall(r"^\| \*\*in all\*\* \| \*\*([\d.]+)\*\*", page, re.MULTILINE)
    assert total == A_MONTH


def test_who_takes_sams_own_questions_gets_through_with_enter() -> None:
    """To confirm a change set is a question whose Enter means no."""
    settings = tomllib.loads((PROJECT / "samconfig.toml").read_text())
    assert settings["default"]["deploy"]["parameters"]["confirm_changeset"] is False
