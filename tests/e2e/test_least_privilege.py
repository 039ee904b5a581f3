"""Each role may do just what is done with it: the calls of this whole run beside the statements that are deployed.

The local cloud enforces IAM and keeps a record of its decisions (sandbox/running/access.py). Taking an action away
makes a call fail that is made here; one that nobody needs is never made. So these tests need all the other deployed
ones before them: run alone, they find most grants unused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.running import access
from smarther_cli.deployment import add_on_stack

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.e2e.conftest import Home

pytestmark = pytest.mark.judges_the_run

ADD_ONS = ["archive", "events", "home_assistant"]
"""Add-ons that the tests before these have deployed."""

REMOVED = "latest_temperatures"
"""The add-on that they have deployed and removed: the example of a page."""

STREAMS = {"logs:CreateLogStream", "logs:PutLogEvents"}
PATTERNS = {
    ("PreTrafficRole", "lambda:InvokeFunction"): "the check calls a version that has yet to be made",
    ("PreTrafficRole", "codedeploy:PutLifecycleEventHookExecutionStatus"): "a deployment is named as it is made",
    ("DeploymentRole", "lambda:GetAlias"): "CodeDeploy may ask for an alias by its own ARN or by the function's",
    ("DeploymentRole", "lambda:UpdateAlias"): "the same",
    ("DeploymentRole", "lambda:GetProvisionedConcurrencyConfig"): "the same, for a version that has yet to be made",
    ("RollupRole", "dynamodb:ListStreams"): "it asks for the streams of a table, and names none",
    ("PublisherRole", "dynamodb:ListStreams"): "the same",
    ("MirrorRole", "iot:Publish"): "each thermostat has topics of its own",
    ("MirrorRole", "iot:RetainPublish"): "the same",
    ("ArchiverRole", "s3:GetObject"): "each day of each plant has a file of its own",
    ("ArchiverRole", "s3:PutObject"): "the same",
    ("DeploymentRole", "cloudwatch:DescribeAlarms"): "CodeDeploy asks by name, and alarms are deployed after the alias",
}
"""Why a grant is on a pattern and not on one resource. Besides, a function's log has streams, named as it runs."""

SELDOM = {
    ("KeeperRole", "dynamodb:PutItem", "MODULE#*"): "a thermostat has to be silent for hours before it is asked",
    ("RedriverRole", "dynamodb:PutItem", "QUARANTINE#*"): "a body that nobody can read and that the table did not take",
    ("KeeperRole", "dynamodb:GetItem", "MODULE#*"): "a thermostat that is asked tells of days ago what was just pushed",
    ("KeeperRole", "sns:Publish", ""): "what is mailed has to go on for an hour or a day first",
    ("KeeperRole", "dynamodb:PutItem", "ARRIVALS"): "a thermostat that is asked tells of days ago, or of the future",
    ("MirrorRole", "iot:RetainPublish", ""): "AWS asks for it beside iot:Publish, and the local cloud does not",
}
"""Why a partition is granted that no deployed test makes a function ask for; tests/keeper and tests/functions do."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role, by its name in the template, may do this to that (an ARN, or a pattern of such).

    Of the table just to the partitions under `keys`, a key or a pattern of such; of everything else that is empty.
    """

    role: str
    action: str
    resource: str
    keys: str = ""

    def covers(self, call: Grant) -> bool:
        """Whether it allows a call."""
        return (
            (self.role, self.action) == (call.role, call.action)
            and fnmatchcase(call.resource, self.resource)
            and fnmatchcase(call.keys, self.keys)
        )

    def __str__(self) -> str:
        return f"{self.role}: {self.action} on {self.resource} {self.keys}".rstrip()


class Roles:
    """The roles of the deployed core and of the add-ons beside it."""

    def __init__(self, home: Home) -> None:
        self._cloud = home.state.cloud
        self._stack = home.state.stack.name
        self._resources: list[dict[str, Any]] = []
        for stack in (self._stack, *(add_on_stack(self._stack, name) for name in ADD_ONS)):
            described = self._cloud.client("cloudformation").describe_stack_resources(StackName=stack)
            self._resources += described["StackResources"]
        self._names = {each["PhysicalResourceId"]: each["LogicalResourceId"] for each in self._of("AWS::IAM::Role")}

    def granted(self) -> set[Grant]:
        """What the deployed statements allow: each action with each resource."""
        return {
            Grant(name, action, resource, keys)
            for role, name in self._names.items()
            for statement in self._statements(role)
            for action in _listed(statement["Action"])
            for resource in _listed(statement["Resource"])
            for keys in _listed(_keys_of(statement))
        }

    def called(self) -> dict[Grant, bool]:
        """The calls that were made in this run, and whether any of a kind was allowed."""
        found: dict[Grant, bool] = {}
        decisions = [
            each for each in access.decisions() if not each.role.startswith(add_on_stack(self._stack, REMOVED))
        ]
        for each in decisions:
            for keys in {re.sub("#.*", "#*", key) for key in each.keys} or {""}:
                grant = Grant(self._names[each.role], each.action, each.resource, keys)
                found[grant] = found.get(grant, False) or each.allowed
        return found

    def lent(self) -> set[Grant]:
        """What AWS's own services do with these roles, unseen: the local cloud does it without asking its IAM.

        It has no CodeDeploy at all.
        """
        return {*self._logging(), *self._polling(), *self._scheduling(), *self._giving_up(), *self._deploying()}

    def _logging(self) -> Iterator[Grant]:
        """Lambda writes a function's log with its role; the group is there already.

        https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html. The ARN of a log group, as
        CloudFormation gives it, ends with `:*`, which stands for its streams.
        """
        groups = self._cloud.client("logs").describe_log_groups()["logGroups"]
        arns = {group["logGroupName"]: group["arn"].removesuffix(":*") + ":*" for group in groups}
        for function in self._of("AWS::Lambda::Function"):
            settings = self._function(function["PhysicalResourceId"])
            for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
                yield Grant(self._role(settings["Role"]), action, arns[settings["LoggingConfig"]["LogGroup"]])

    def _polling(self) -> Iterator[Grant]:
        """Lambda takes messages and records with the role of the function that they are for, and sets them aside.

        https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html (execution role permissions),
        https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html (the same),
        https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html (destination)
        """
        for mapping in self._cloud.client("lambda").list_event_source_mappings()["EventSourceMappings"]:
            role, source = self._role(self._function(mapping["FunctionArn"])["Role"]), mapping["EventSourceArn"]
            if ":dynamodb:" not in source:
                for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"):
                    yield Grant(role, action, source)
                continue
            for action in ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"):
                yield Grant(role, action, source)
            yield Grant(role, "dynamodb:ListStreams", f"{source.partition('/stream/')[0]}/stream/*")
            yield Grant(role, "sqs:SendMessage", mapping["DestinationConfig"]["OnFailure"]["Destination"])

    def _scheduling(self) -> Iterator[Grant]:
        """The scheduler calls its target, and leaves in the dead-letter queue what it could not, with a role for that.

        https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html (execution role),
        https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
        """
        scheduler = self._cloud.client("scheduler")
        for schedule in self._of("AWS::Scheduler::Schedule"):
            target = scheduler.get_schedule(Name=schedule["PhysicalResourceId"])["Target"]
            role = self._role(target["RoleArn"])
            yield Grant(role, "lambda:InvokeFunction", target["Arn"])
            yield Grant(role, "sqs:SendMessage", target["DeadLetterConfig"]["Arn"])

    def _giving_up(self) -> Iterator[Grant]:
        """Lambda sends an event that failed three times to the function's destination, with its role.

        https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
        """
        client = self._cloud.client("lambda")
        for function in self._of("AWS::Lambda::Function"):
            name = function["PhysicalResourceId"]
            for each in client.list_function_event_invoke_configs(FunctionName=name)["FunctionEventInvokeConfigs"]:
                queue = each["DestinationConfig"]["OnFailure"]["Destination"]
                yield Grant(self._role(self._function(name)["Role"]), "sqs:SendMessage", queue)

    def _deploying(self) -> Iterator[Grant]:
        """CodeDeploy moves the alias while the alarms are silent, after a check whose verdict it is told.

        https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCodeDeployRoleForLambdaLimited.html,
        https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/automating-updates-to-serverless-apps.html
        """
        check, receiver = (self._function(f"{self._stack}-{name}") for name in ("pre-traffic", "receiver"))
        arn, deployer = receiver["FunctionArn"], "DeploymentRole"
        place = ":".join(arn.split(":")[3:5])
        for action in ("lambda:GetAlias", "lambda:UpdateAlias", "lambda:GetProvisionedConcurrencyConfig"):
            yield Grant(deployer, action, arn)
            yield Grant(deployer, action, f"{arn}:*")
        yield Grant(deployer, "lambda:InvokeFunction", check["FunctionArn"])
        yield Grant(deployer, "cloudwatch:DescribeAlarms", f"arn:aws:cloudwatch:{place}:alarm:*")
        group = f"arn:aws:codedeploy:{place}:deploymentgroup:{self._stack}-*/*"
        yield Grant(self._role(check["Role"]), "codedeploy:PutLifecycleEventHookExecutionStatus", group)

    def _of(self, kind: str) -> list[dict[str, Any]]:
        found = [each for each in self._resources if each["ResourceType"] == kind]
        assert found, f"there is no {kind} in the stack"
        return found

    def _statements(self, role: str) -> Iterator[dict[str, Any]]:
        iam = self._cloud.client("iam")
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            yield from _listed(document["Statement"])

    def _function(self, name: str) -> dict[str, Any]:
        settings: dict[str, Any] = self._cloud.client("lambda").get_function_configuration(FunctionName=name)
        return settings

    def _role(self, arn: str) -> str:
        name: str = self._names[arn.rpartition("/")[2]]
        return name


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _keys_of(statement: dict[str, Any]) -> Any:
    conditions = statement.get("Condition", {}).get("ForAllValues:StringLike", {})
    return conditions.get("dynamodb:LeadingKeys", "")


def _told(grants: Iterable[Grant]) -> list[str]:
    return sorted(map(str, grants))


@pytest.fixture(scope="module")
def roles(bare_home: Home) -> Roles:
    return Roles(bare_home)


@pytest.mark.shows("each role has its calls")
def test_nothing_is_called_that_is_not_granted(roles: Roles) -> None:
    granted = roles.granted()

    assert _told(call for call, allowed in roles.called().items() if not allowed) == []
    assert _told(call for call in roles.called() if not any(grant.covers(call) for grant in granted)) == []


@pytest.mark.shows("each role has its calls")
def test_nothing_is_granted_that_is_not_used(roles: Roles) -> None:
    used = [call for call, allowed in roles.called().items() if allowed]
    unused = [grant for grant in roles.granted() if not any(grant.covers(call) for call in used)]

    assert _told(each for each in set(unused) - roles.lent() if (each.role, each.action, each.keys) not in SELDOM) == []


@pytest.mark.shows("services have their grants")
def test_the_services_that_use_a_role_by_themselves_are_granted_what_they_do(roles: Roles) -> None:
    assert _told(roles.lent() - roles.granted()) == []


@pytest.mark.shows("each function has its role")
def test_no_grant_is_a_pattern_without_a_reason(roles: Roles) -> None:
    patterns = {grant for grant in roles.granted() if set("*?[") & set(grant.resource)}

    assert {(each.role, each.action) for each in patterns if each.action not in STREAMS} == set(PATTERNS)
    assert _told(grant for grant in roles.granted() if "*" in grant.action) == []
