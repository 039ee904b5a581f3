"""What keeps a notification from being lost and a secret from being told, as far as the template decides it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.template.conftest import of_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.template.conftest import Resources

API_PATIENCE_SECONDS = 30
"""An HTTP API gives up on its integration then (API Gateway quotas, "Maximum integration timeout")."""


def functions(resources: Resources) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, each in of_type(resources, "AWS::Lambda::Function").items():
        yield name, each["Properties"]


def statements(role: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for policy in role["Properties"].get("Policies", []):
        found = policy["PolicyDocument"]["Statement"]
        yield from found if isinstance(found, list) else [found]


def test_the_access_log_tells_neither_path_nor_query(resources: Resources) -> None:
    for stage in of_type(resources, "AWS::ApiGatewayV2::Stage").values():
        fields = json.loads(stage["Properties"]["AccessLogSettings"]["Format"])
        assert fields["route"] == "$context.routeKey"
        told = {value.removeprefix("$context.") for value in fields.values()}
        assert not {field for field in told if "path" in field.lower() or "query" in field.lower()}
        assert "status" in told


def test_the_receiver_can_neither_be_throttled_by_a_reservation_nor_run_into_the_apis_patience(
    resources: Resources,
) -> None:
    receiver = resources["ReceiverFunction"]["Properties"]
    assert "ReservedConcurrentExecutions" not in receiver
    assert receiver["Timeout"] < API_PATIENCE_SECONDS


def test_the_notifications_route_is_throttled_far_above_any_home(resources: Resources) -> None:
    (stage,) = of_type(resources, "AWS::ApiGatewayV2::Stage").values()
    route = stage["Properties"]["RouteSettings"]["POST /notifications/{secret}"]
    assert route["ThrottlingRateLimit"] >= 500  # the account's own limit is the next one


def test_every_function_writes_json_to_a_log_group_of_its_own_that_forgets(resources: Resources) -> None:
    for name, function in functions(resources):
        logging = function["LoggingConfig"]
        assert logging["LogFormat"] == "JSON", name
        assert logging["SystemLogLevel"] == "WARN", name
        group = resources[logging["LogGroup"]["Ref"]]
        assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name


def test_every_function_has_a_role_of_its_own_without_managed_policies(resources: Resources) -> None:
    roles = [function["Role"]["Fn::GetAtt"][0] for _, function in functions(resources)]
    assert len(roles) == len(set(roles))
    for role in roles:
        assert "ManagedPolicyArns" not in resources[role]["Properties"], role


def test_no_role_may_do_anything_to_everything(resources: Resources) -> None:
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        for statement in statements(role):
            assert statement["Effect"] == "Allow"
            assert "*" not in json.dumps(statement["Action"]), name
            assert statement["Resource"] != "*", name


def test_only_the_keeper_can_read_secrets(resources: Resources) -> None:
    readers = {
        name
        for name, role in of_type(resources, "AWS::IAM::Role").items()
        for statement in statements(role)
        if "secretsmanager" in json.dumps(statement["Action"])
    }
    assert readers == {"KeeperRole"}


def test_no_function_has_a_secret_in_its_environment(resources: Resources) -> None:
    for name, function in functions(resources):
        variables = function["Environment"]["Variables"]
        assert not {key for key in variables if "SECRET" in key and not key.endswith("_ARN")}, name


def test_every_schedule_retries_and_then_keeps_what_failed(resources: Resources) -> None:
    schedules = of_type(resources, "AWS::Scheduler::Schedule")
    assert schedules
    for name, schedule in schedules.items():
        target = schedule["Properties"]["Target"]
        assert target["RetryPolicy"]["MaximumRetryAttempts"] >= 1, name
        assert target["DeadLetterConfig"]["Arn"], name


def test_functions_may_be_called_only_by_our_own_routes(resources: Resources) -> None:
    for name, permission in of_type(resources, "AWS::Lambda::Permission").items():
        assert permission["Properties"]["SourceArn"], name
