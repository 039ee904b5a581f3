"""The template stays within AWS's limits in every region, under the longest name that a stack may have."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from labs.translated import translated
from tests.template.aws_limits import (
    ACCOUNT_THROTTLES,
    LIMITS,
    ROLES_OF_AN_ACCOUNT,
    YOUNGER,
    Limit,
    measured,
    over,
)
from tests.template.conftest import PROJECT, of_type

if TYPE_CHECKING:
    from tests.template.conftest import Resources

LONGEST_STACK_NAME = 52
"""Function names have 64 characters, and `-pre-traffic` is the longest that is added. CloudFormation would allow 128, a
template cannot look at its stack's name, and who is told by Lambda is in the middle of a deploy: so the page on
deploying says it."""


@pytest.fixture(scope="module")
def gradual(template: dict[str, Any]) -> dict[str, Any]:
    """All there can be: with CodeDeploy, too."""
    return translated(template, GradualDeploys="true")


@pytest.fixture(scope="module")
def deployed(gradual: dict[str, Any]) -> Resources:
    found: Resources = gradual["Resources"]
    return found


@pytest.mark.parametrize("limit", LIMITS, ids=str)
def test_nothing_is_longer_or_larger_or_more_than_aws_allows(
    deployed: Resources, template: dict[str, Any], limit: Limit
) -> None:
    taken = [
        measured(limit, each, template["Parameters"], LONGEST_STACK_NAME)
        for each in of_type(deployed, limit.kind).values()
    ]
    assert [each for each in taken if each is not None], "a limit of something that is not in the template"
    assert list(over(limit, deployed, template["Parameters"], LONGEST_STACK_NAME)) == []


@pytest.mark.parametrize("limit", LIMITS, ids=str)
def test_what_is_over_a_limit_is_found(deployed: Resources, template: dict[str, Any], limit: Limit) -> None:
    planted: dict[str, Any] = copy.deepcopy(next(iter(of_type(deployed, limit.kind).items())))[1]
    too_much: dict[str, Any] = {
        "value": limit.most + 1,
        "number": [1] * (limit.most + 1),
        "characters": "x" * (limit.most + 1),
        "policy": {"Statement": "x" * limit.most},
    }
    place = planted["Properties"]
    for step in limit.path[:-1]:
        place = place.setdefault(step, {})
    place[limit.path[-1]] = too_much[limit.measure]
    assert list(over(limit, {"Planted": planted}, template["Parameters"], LONGEST_STACK_NAME))


def test_a_name_that_is_longer_by_one_character_breaks_and_the_page_on_deploying_says_so(
    deployed: Resources, template: dict[str, Any]
) -> None:
    broken = {
        name for limit in LIMITS for name in over(limit, deployed, template["Parameters"], LONGEST_STACK_NAME + 1)
    }
    assert broken == {"PreTrafficFunction: 65 of 64"}
    page = (PROJECT / "docs" / "owner" / "the-whole-way.md").read_text()
    assert f"at most {LONGEST_STACK_NAME} characters" in page


@pytest.mark.parametrize("region", ACCOUNT_THROTTLES)
def test_no_throttle_is_more_than_an_account_has_in_a_region(deployed: Resources, region: str) -> None:
    rate, burst = ACCOUNT_THROTTLES[region]
    (stage,) = of_type(deployed, "AWS::ApiGatewayV2::Stage").values()
    settings = [stage["Properties"]["DefaultRouteSettings"], *stage["Properties"]["RouteSettings"].values()]
    assert all(each["ThrottlingRateLimit"] <= rate and each["ThrottlingBurstLimit"] <= burst for each in settings)


def test_the_burst_of_the_notifications_is_the_most_that_every_region_has(deployed: Resources) -> None:
    (stage,) = of_type(deployed, "AWS::ApiGatewayV2::Stage").values()
    route = stage["Properties"]["RouteSettings"]["POST /notifications/{secret}"]
    assert route["ThrottlingBurstLimit"] == YOUNGER[1]
    said = " ".join((PROJECT / "docs" / "running" / "scale.md").read_text().split())
    assert f"{route['ThrottlingRateLimit']:,} a second, bursts of {route['ThrottlingBurstLimit']:,}" in said


def test_an_alarm_looks_back_no_further_than_it_may(deployed: Resources) -> None:
    """A day, or a week where its periods are an hour or longer (API_PutMetricAlarm, EvaluationPeriods)."""
    for name, alarm in of_type(deployed, "AWS::CloudWatch::Alarm").items():
        properties = alarm["Properties"]
        most = 7 * 86_400 if properties["Period"] >= 3_600 else 86_400
        assert properties["Period"] * properties["EvaluationPeriods"] <= most, name


def test_the_template_itself_is_within_what_cloudformation_takes(gradual: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""
    assert len(gradual["Resources"]) <= 500
    assert len(gradual["Parameters"]) <= 200
    assert len(gradual["Outputs"]) <= 200
    assert len(json.dumps(gradual).encode()) <= 1_000_000  # `sam deploy` uploads it; what is sent along may have 51,200
    assert len(gradual["Description"].encode()) <= 1_024
    assert not [name for name, each in gradual["Parameters"].items() if len(each["Description"]) > 4_000]
    assert not [name for name in (*gradual["Resources"], *gradual["Outputs"]) if len(name) > 255]


def test_the_page_on_many_stacks_says_how_many_roles_one_takes_and_how_many_fit(deployed: Resources) -> None:
    roles = len(of_type(deployed, "AWS::IAM::Role"))
    said = " ".join((PROJECT / "docs" / "running" / "scale.md").read_text().split())
    assert f"{roles} roles a stack, {ROLES_OF_AN_ACCOUNT:,} an account: {ROLES_OF_AN_ACCOUNT // roles} stacks" in said
