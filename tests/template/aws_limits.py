"""AWS's limits, as far as the template can meet them, each with the page that says so.

What a customer can have raised stands here as it is in a new account.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tests.template.conftest import of_type
from tests.template.named_metrics import rendered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.template.conftest import Resources

    type Measure = Literal["characters", "value", "number", "policy"]

_DOCS = "https://docs.aws.amazon.com"
_LAMBDA = f"{_DOCS}/lambda/latest/dg/gettingstarted-limits.html"
_FUNCTION = f"{_DOCS}/lambda/latest/api/API_CreateFunction.html"
_MAPPING = f"{_DOCS}/lambda/latest/api/API_CreateEventSourceMapping.html"
_SCHEDULE = f"{_DOCS}/scheduler/latest/APIReference/API_CreateSchedule.html"
_ALARM = f"{_DOCS}/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"
_DASHBOARD = f"{_DOCS}/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html"
_LOGS = f"{_DOCS}/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html"
_SQS = f"{_DOCS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"
_QUEUE = f"{_DOCS}/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"
_IAM = f"{_DOCS}/IAM/latest/UserGuide/reference_iam-quotas.html"
_KMS = f"{_DOCS}/kms/latest/developerguide/resource-limits.html"
_API = f"{_DOCS}/apigateway/latest/developerguide/http-api-quotas.html"
_SECRET = f"{_DOCS}/secretsmanager/latest/apireference/API_CreateSecret.html"
CLOUDFORMATION = f"{_DOCS}/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"
THROTTLES = f"{_DOCS}/apigateway/latest/developerguide/limits.html"
"""Throttle quota per account, per Region, and its footnote on the younger ones."""

EVERYWHERE = (10_000, 5_000)
YOUNGER = (2_500, 1_250)
ACCOUNT_THROTTLES: Mapping[str, tuple[int, int]] = {
    "us-east-1": EVERYWHERE,
    "eu-central-1": EVERYWHERE,
    "eu-west-1": EVERYWHERE,
    **dict.fromkeys(
        (
            *("af-south-1", "eu-south-1", "eu-south-2", "eu-central-2", "ap-south-2", "ap-southeast-3"),
            *("ap-southeast-4", "ap-southeast-5", "ap-southeast-7", "me-central-1", "il-central-1"),
            *("ca-west-1", "mx-central-1"),
        ),
        YOUNGER,
    ),
}
"""Requests a second and burst of an account's APIs in a region. The burst is AWS's to set, no route's can be more."""

ROLES_OF_AN_ACCOUNT = 1_000
"""IAM's quota of roles."""
LONGEST_REGION = 14
LONGEST_ARN = 150
"""Characters of the longest of ours, generously."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What one property of one type of resource may be at most.

    `path` leads to it. `measure`: its characters, its value, how many entries it has, or its characters as a policy,
    where spaces do not count.
    """

    kind: str
    path: tuple[str, ...]
    measure: Measure
    most: int
    source: str

    def __str__(self) -> str:
        return f"{self.kind.removeprefix('AWS::')} {'.'.join(self.path)}: {self.measure}"


LIMITS = (
    Limit("AWS::Lambda::Function", ("FunctionName",), "characters", 64, _FUNCTION),
    Limit("AWS::Lambda::Function", ("Description",), "characters", 256, _FUNCTION),
    Limit("AWS::Lambda::Function", ("Timeout",), "value", 900, _LAMBDA),
    Limit("AWS::Lambda::Function", ("MemorySize",), "value", 3_008, _LAMBDA),  # of a new account; else 10,240
    Limit("AWS::Lambda::Function", ("Layers",), "number", 5, _LAMBDA),
    Limit("AWS::Lambda::Function", ("Environment", "Variables"), "characters", 4_096, _LAMBDA),
    Limit("AWS::Lambda::Version", ("Description",), "characters", 256, _FUNCTION),
    # Of a stream; ten of a queue without a batching window. More than ten need a window.
    Limit("AWS::Lambda::EventSourceMapping", ("BatchSize",), "value", 10_000, _MAPPING),
    Limit("AWS::Lambda::EventSourceMapping", ("MaximumBatchingWindowInSeconds",), "value", 300, _MAPPING),
    Limit("AWS::Lambda::EventSourceMapping", ("MaximumRecordAgeInSeconds",), "value", 604_800, _MAPPING),
    Limit("AWS::Scheduler::Schedule", ("Name",), "characters", 64, _SCHEDULE),
    Limit("AWS::Scheduler::Schedule", ("Description",), "characters", 512, _SCHEDULE),
    Limit("AWS::Scheduler::Schedule", ("Target", "RetryPolicy", "MaximumRetryAttempts"), "value", 185, _SCHEDULE),
    Limit(
        "AWS::Scheduler::Schedule", ("Target", "RetryPolicy", "MaximumEventAgeInSeconds"), "value", 86_400, _SCHEDULE
    ),
    Limit("AWS::CloudWatch::Alarm", ("AlarmName",), "characters", 255, _ALARM),
    Limit("AWS::CloudWatch::Alarm", ("AlarmDescription",), "characters", 1_024, _ALARM),
    Limit("AWS::CloudWatch::Alarm", ("AlarmActions",), "number", 5, _ALARM),
    Limit("AWS::CloudWatch::Dashboard", ("DashboardName",), "characters", 255, _DASHBOARD),
    Limit("AWS::Logs::LogGroup", ("LogGroupName",), "characters", 512, _LOGS),
    Limit("AWS::SQS::Queue", ("MaximumMessageSize",), "value", 1_048_576, _SQS),
    Limit("AWS::SQS::Queue", ("MessageRetentionPeriod",), "value", 1_209_600, _SQS),
    Limit("AWS::SQS::Queue", ("VisibilityTimeout",), "value", 43_200, _SQS),
    Limit("AWS::SQS::Queue", ("RedrivePolicy", "maxReceiveCount"), "value", 1_000, _QUEUE),
    Limit("AWS::IAM::Role", ("Policies",), "policy", 10_240, _IAM),  # all of a role's inline policies together
    Limit("AWS::IAM::Role", ("AssumeRolePolicyDocument",), "policy", 2_048, _IAM),
    Limit("AWS::KMS::Key", ("KeyPolicy",), "characters", 32_768, _KMS),
    Limit("AWS::KMS::Key", ("Description",), "characters", 8_192, _KMS),
    Limit("AWS::ApiGatewayV2::Stage", ("AccessLogSettings", "Format"), "characters", 3_072, _API),
    Limit("AWS::ApiGatewayV2::Api", ("Body", "paths"), "number", 300, _API),  # routes
    Limit("AWS::SecretsManager::Secret", ("Description",), "characters", 2_048, _SECRET),
)

_PSEUDO = {"Region": LONGEST_REGION, "AccountId": 12, "Partition": len("aws-us-gov"), "URLSuffix": 16, "NoValue": 0}
_PLACE = re.compile(r"<([\w:.]+)>")


def longest(value: Any, parameters: Mapping[str, Any], stack: int) -> Any:
    """A value of the template with everything in it as long, or as large, as it may be, in a stack with such a name."""
    match rendered(value, {"HasOwnKey": True, "HasAlarms": True, "HasPublicBaseUrl": True}):
        case str(text):
            alone = _PLACE.fullmatch(text)
            if alone and "MaxValue" in parameters.get(alone[1], {}):
                return int(parameters[alone[1]]["MaxValue"])
            return _PLACE.sub(lambda found: "x" * _length(found[1], parameters, stack), text)
        case dict(entries):
            return {name: longest(part, parameters, stack) for name, part in entries.items()}
        case list(entries):
            return [longest(part, parameters, stack) for part in entries]
        case plain:
            return plain


def _length(name: str, parameters: Mapping[str, Any], stack: int) -> int:
    if name == "AWS::StackName":
        return stack
    if name.startswith("AWS::"):
        return _PSEUDO[name.removeprefix("AWS::")]
    if name in parameters:
        told = (
            parameters[name].get("MaxValue"),
            *parameters[name].get("AllowedValues", []),
            parameters[name]["Default"],
        )
        return max(len(str(each)) for each in told if each is not None)
    return LONGEST_ARN


def measured(limit: Limit, resource: Any, parameters: Mapping[str, Any], stack: int) -> int | None:
    """How much of a limit a resource takes; None if it does not have the property."""
    value: Any = resource["Properties"]
    for step in limit.path:
        if not isinstance(value, dict) or step not in value:
            return None
        value = value[step]
    value = longest(value, parameters, stack)
    match limit.measure:
        case "value":
            return int(value)
        case "number":
            return len(value)
        case "policy":
            return len(re.sub(r"\s", "", json.dumps(value)))
        case "characters":
            return len(value if isinstance(value, str) else json.dumps(value))


def over(limit: Limit, resources: Resources, parameters: Mapping[str, Any], stack: int) -> Iterator[str]:
    """The resources that a limit does not let be as they are."""
    for name, resource in of_type(resources, limit.kind).items():
        taken = measured(limit, resource, parameters, stack)
        if taken is not None and taken > limit.most:
            yield f"{name}: {taken} of {limit.most}"
