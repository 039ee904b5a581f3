"""What keeps a notification from being lost and a secret from being told, as far as the template decides it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Literal

import pytest

from labs.described import partitions
from tests.template.conftest import of_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.template.conftest import Resources

ROUTES = {
    "POST /notifications/{secret}": "ReceiverFunction",  # by the secret in its path
    "GET /callback": "CallbackFunction",  # by the one-time state in its query
}
"""Every route there may be, and the function that tells who calls; how it does is tested there."""

LIVES_ON = {"AWS::DynamoDB::Table", "AWS::KMS::Key"}
"""What the stack may neither delete nor replace, ever."""
REPLACED_BY_NOBODY = {"AWS::SecretsManager::Secret"}
"""What goes with the stack, and must not be lost by an update."""
WAITING = {"SpillQueue", "SpillDeadLetterQueue"}
"""The queues in which a notification may wait that is in no other place."""
KEPT = {"Retain", "RetainExceptOnCreate"}
"""The ways to outlive the stack; with the second nothing is left of a first deploy that fails."""
COST_NOTHING_EMPTY = {"AWS::DynamoDB::Table", "AWS::Lambda::Version"}
"""What a first deploy that fails may leave behind: a table that is protected from its first moment on cannot be deleted
then, and costs by what is in it; a version is SAM's."""

NAME_A_KEY = {
    f"dynamodb:{name}" for name in ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "BatchWriteItem")
}
"""The calls to the table that name a partition, so that a role can be held to some: no scan, no PartiQL."""

LISTS_STREAMS = ["dynamodb:ListStreams"]
"""Lambda requires it to read a stream. It lists streams, and has no resource."""

API_PATIENCE_SECONDS = 30
"""An HTTP API gives up on its integration then (API Gateway quotas, "Maximum integration timeout")."""


def functions(resources: Resources) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, each in of_type(resources, "AWS::Lambda::Function").items():
        yield name, each["Properties"]


def statements(role: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for policy in role["Properties"].get("Policies", []):
        found = policy["PolicyDocument"]["Statement"]
        for each in found if isinstance(found, list) else [found]:
            yield each["Fn::If"][1] if "Fn::If" in each else each  # a grant on what may not be there


@pytest.mark.shows("access log holds no address")
def test_the_access_log_tells_neither_path_nor_query(resources: Resources) -> None:
    for stage in of_type(resources, "AWS::ApiGatewayV2::Stage").values():
        fields = json.loads(stage["Properties"]["AccessLogSettings"]["Format"])
        assert fields["route"] == "$context.routeKey"
        told = {value.removeprefix("$context.") for value in fields.values()}
        assert not {field for field in told if "path" in field.lower() or "query" in field.lower()}
        assert "status" in told


def routes(resources: Resources) -> dict[str, str]:
    """The routes of the API, each with the function that it calls, by its logical id or its alias's."""
    (api,) = of_type(resources, "AWS::ApiGatewayV2::Api").values()
    return {
        f"{method.upper()} {path}": re.findall(
            r"\$\{(\w+?)(?:Aliaslive)?(?:\.Arn)?\}/invocations", json.dumps(operation)
        )[0]
        for path, operations in api["Properties"]["Body"]["paths"].items()
        for method, operation in operations.items()
    }


@pytest.mark.shows("no other route")
def test_there_is_no_route_but_those_that_know_their_callers(resources: Resources) -> None:
    assert routes(resources) == ROUTES
    assert not of_type(resources, "AWS::ApiGatewayV2::Route")
    assert not of_type(resources, "AWS::Lambda::Url")


def test_no_function_behind_the_api_runs_into_its_patience(resources: Resources) -> None:
    for function in routes(resources).values():
        assert resources[function]["Properties"]["Timeout"] < API_PATIENCE_SECONDS, function


def test_the_receiver_cannot_be_throttled_by_a_reservation(resources: Resources) -> None:
    assert "ReservedConcurrentExecutions" not in resources["ReceiverFunction"]["Properties"]


@pytest.mark.shows("backlog of 500 at once")
def test_the_notifications_route_is_throttled_far_above_any_home(resources: Resources) -> None:
    (stage,) = of_type(resources, "AWS::ApiGatewayV2::Stage").values()
    route = stage["Properties"]["RouteSettings"]["POST /notifications/{secret}"]
    assert route["ThrottlingRateLimit"] >= 500  # the account's own limit is the next one


@pytest.mark.shows("logs are forgotten")
def test_every_function_writes_json_to_a_log_group_of_its_own_that_forgets(resources: Resources) -> None:
    for name, function in functions(resources):
        logging = function["LoggingConfig"]
        assert logging["LogFormat"] == "JSON", name
        assert logging["SystemLogLevel"] == "WARN", name
        group = resources[logging["LogGroup"]["Ref"]]
        assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name


@pytest.mark.shows("logs are forgotten")
def test_every_log_group_forgets_and_has_a_name_of_this_stacks(resources: Resources) -> None:
    for name, group in of_type(resources, "AWS::Logs::LogGroup").items():
        assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name
        assert "/smarther/${AWS::StackName}/" in group["Properties"]["LogGroupName"]["Fn::Sub"], name


def test_the_group_of_the_access_log_shares_its_entry_in_the_policy_with_all_others(resources: Resources) -> None:
    """API Gateway adds others one by one to a policy of 5,120 characters, and fails when that is full.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html (size considerations)
    """
    (stage,) = of_type(resources, "AWS::ApiGatewayV2::Stage").values()
    destination = stage["Properties"]["AccessLogSettings"]["DestinationArn"]["Fn::GetAtt"][0]
    group = resources[destination]["Properties"]
    assert group["LogGroupName"]["Fn::Sub"].startswith("/aws/vendedlogs/")


def test_only_what_no_command_reads_event_by_event_is_in_the_class_for_rare_access(resources: Resources) -> None:
    """That class has no FilterLogEvents, by which `smarther redrive` reads the receiver's log, and no embedded metrics.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
    """
    rare = {
        name
        for name, group in of_type(resources, "AWS::Logs::LogGroup").items()
        if group["Properties"].get("LogGroupClass", "STANDARD") != "STANDARD"
    }
    assert rare == {"ApiLogGroup"}


@pytest.mark.shows("each function has its role")
def test_every_function_has_a_role_of_its_own_without_managed_policies(resources: Resources) -> None:
    roles = [function["Role"]["Fn::GetAtt"][0] for _, function in functions(resources)]
    assert len(roles) == len(set(roles))
    for role in roles:
        assert "ManagedPolicyArns" not in resources[role]["Properties"], role


@pytest.mark.shows("each function has its role")
def test_no_role_may_do_anything_to_everything(resources: Resources) -> None:
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        for statement in statements(role):
            assert statement["Effect"] == "Allow"
            assert "*" not in json.dumps(statement["Action"]), name
            assert statement["Resource"] != "*", name


def of_table(resources: Resources) -> Iterator[tuple[str, set[str], dict[str, Any]]]:
    """Each statement on the table: whose role, which actions, under which conditions."""
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        for statement in statements(role):
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            of_stream = statement["Resource"] == {"Fn::GetAtt": ["Table", "StreamArn"]} or actions == LISTS_STREAMS
            if any(action.startswith("dynamodb:") for action in actions) and not of_stream:
                assert statement["Resource"] == {"Fn::GetAtt": ["Table", "Arn"]}, name
                yield name, set(actions), statement.get("Condition", {})


@pytest.mark.shows("each role has its partitions")
def test_every_role_is_held_to_the_partitions_of_the_table_that_it_names(resources: Resources) -> None:
    for name, actions, conditions in of_table(resources):
        assert actions <= NAME_A_KEY, name
        # Without the second a call that names no key would pass the first.
        assert set(conditions) == {"ForAllValues:StringLike", "Null"}, name
        assert conditions["ForAllValues:StringLike"]["dynamodb:LeadingKeys"], name
        assert conditions["Null"] == {"dynamodb:LeadingKeys": "false"}, name


def test_the_rollup_alone_reads_the_stream(resources: Resources) -> None:
    allowed = [
        (name, action, statement["Resource"])
        for name, role in of_type(resources, "AWS::IAM::Role").items()
        for statement in statements(role)
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
        if re.search("Stream|Shard|Records", action) and action.startswith("dynamodb:")
    ]
    stream, streams = {"Fn::GetAtt": ["Table", "StreamArn"]}, {"Fn::Sub": "${Table.Arn}/stream/*"}
    reads = ("DescribeStream", "GetRecords", "GetShardIterator")
    assert allowed == [
        *(("RollupRole", f"dynamodb:{name}", stream) for name in reads),
        ("RollupRole", "dynamodb:ListStreams", streams),
    ]


@pytest.mark.shows("each role has its partitions")
@pytest.mark.parametrize("function", ["receiver", "redriver", "keeper", "callback", "rollup", "widget"])
def test_a_role_has_just_the_partitions_that_the_schema_says(
    resources: Resources, function: Literal["receiver", "redriver", "keeper", "callback", "rollup", "widget"]
) -> None:
    allowed: tuple[set[str], set[str]] = set(), set()
    for name, actions, conditions in of_table(resources):
        if name == f"{function.title()}Role":
            written = not actions <= {"dynamodb:GetItem", "dynamodb:Query"}
            allowed[written].update(conditions["ForAllValues:StringLike"]["dynamodb:LeadingKeys"])

    assert allowed == partitions(function)


@pytest.mark.shows("Secrets Manager is down", "only the keeper reads secrets")
def test_only_the_keeper_can_read_secrets(resources: Resources) -> None:
    readers = {
        name
        for name, role in of_type(resources, "AWS::IAM::Role").items()
        for statement in statements(role)
        if "secretsmanager" in json.dumps(statement["Action"])
    }
    assert readers == {"KeeperRole"}


@pytest.mark.shows("no secret in an environment")
def test_no_function_has_a_secret_in_its_environment(resources: Resources, template: dict[str, Any]) -> None:
    assert not [name for name, each in template["Parameters"].items() if "NoEcho" in each]  # none is a secret
    for name, function in functions(resources):
        variables = function["Environment"]["Variables"]
        assert not {key for key in variables if "SECRET" in key and not key.endswith("_ARN")}, name
        assert "{{resolve:" not in json.dumps(variables), name


def test_every_schedule_retries_and_then_keeps_what_failed(resources: Resources) -> None:
    schedules = of_type(resources, "AWS::Scheduler::Schedule")
    assert schedules
    for name, schedule in schedules.items():
        target = schedule["Properties"]["Target"]
        assert target["RetryPolicy"]["MaximumRetryAttempts"] >= 1, name
        assert target["DeadLetterConfig"]["Arn"], name


@pytest.mark.shows("no other route")
def test_functions_may_be_called_only_by_our_own_routes(resources: Resources) -> None:
    allowed = {
        re.sub("Aliaslive$", "", each["Properties"]["FunctionName"]["Ref"]): each["Properties"]
        for each in of_type(resources, "AWS::Lambda::Permission").values()
    }

    assert set(allowed) == set(ROUTES.values())
    for route, function in ROUTES.items():
        method, path = route.split()
        text, names = allowed[function]["SourceArn"]["Fn::Sub"]
        assert allowed[function]["Principal"] == "apigateway.amazonaws.com"
        assert names["__ApiId__"] == {"Ref": "HttpApi"}
        assert text.endswith(f":${{__ApiId__}}/${{__Stage__}}/{method}{path.replace('{secret}', '*')}"), route


@pytest.mark.shows("data outlives the stack")
def test_what_holds_the_homes_data_is_neither_deleted_nor_replaced(resources: Resources) -> None:
    policies = {
        name: (each.get("DeletionPolicy", "Delete"), each.get("UpdateReplacePolicy", "Delete"))
        for name, each in resources.items()
    }
    for name in {*WAITING, *(name for kind in LIVES_ON for name in of_type(resources, kind))}:
        deleted, replaced = policies[name]
        assert deleted in KEPT, name
        assert replaced == "Retain", name
    for kind in REPLACED_BY_NOBODY:
        assert {policies[name] for name in of_type(resources, kind)} == {("Delete", "Retain")}, kind
    assert resources["Table"]["Properties"]["DeletionProtectionEnabled"] is True


def test_a_first_deploy_that_fails_leaves_nothing_that_costs(resources: Resources) -> None:
    left = {each["Type"] for each in resources.values() if each.get("DeletionPolicy") == "Retain"}
    assert left == COST_NOTHING_EMPTY


def test_nothing_that_outlives_the_stack_has_a_name_that_a_new_one_would_need(resources: Resources) -> None:
    names = {"TableName", "QueueName", "Name", "LogGroupName", "AliasName"}
    kept = {name: each for name, each in resources.items() if each.get("DeletionPolicy") in KEPT}

    assert kept
    assert not {name: set(each["Properties"]) & names for name, each in kept.items() if set(each["Properties"]) & names}


def test_what_is_one_in_all_regions_of_an_account_has_the_region_in_its_name_or_no_name(
    resources: Resources, template: dict[str, Any]
) -> None:
    """Else a stack of the same name in another region would take it over, and deleting either would delete it."""
    (dashboard,) = of_type(resources, "AWS::CloudWatch::Dashboard").values()
    name = dashboard["Properties"]["DashboardName"]["Fn::Sub"]
    assert name == "${AWS::StackName}-${AWS::Region}"
    assert template["Outputs"]["DashboardUrl"]["Value"]["Fn::Sub"].endswith(f"/{name}")
    assert not [role for role, each in of_type(resources, "AWS::IAM::Role").items() if "RoleName" in each["Properties"]]
