"""CloudFormation's events in plain words: what is worth a line, what failed first, and what to do about it."""

from __future__ import annotations

from typing import Any

import pytest

from smarther_cli.deploy import events
from smarther_cli.deploy.events import STACK, Event

REASON = (
    'Resource handler returned message: "Function already exists: home-receiver (Service: Lambda, Status Code: 409,'
    ' Request ID: 4c21) (SDK Attempt Count: 1)" (RequestToken: 9f, HandlerErrorCode: AlreadyExists)'
)


def event(logical_id: str, kind: str, status: str, reason: str = "") -> Event:
    told: dict[str, Any] = {
        "EventId": f"{logical_id}-{status}",
        "LogicalResourceId": logical_id,
        "ResourceType": kind,
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }
    return events.event_of(told)


def stack(status: str, reason: str = "") -> Event:
    return event("home", STACK, status, reason)


def resource(status: str, reason: str = "", name: str = "ReceiverFunction") -> Event:
    return event(name, "AWS::Lambda::Function", status, reason)


@pytest.mark.parametrize(
    ("logical_id", "kind", "name"),
    [
        ("ReceiverFunction", "AWS::Lambda::Function", "function receiver"),
        ("PreTrafficFunction", "AWS::Lambda::Function", "function pre traffic"),
        ("Table", "AWS::DynamoDB::Table", "table"),
        ("AnswersSlowAlarm", "AWS::CloudWatch::Alarm", "alarm answers slow"),
        ("DependenciesLayer033044dfc0", "AWS::Lambda::LayerVersion", "layer dependencies"),
        ("ReceiverFunctionVersionef12ff16d9", "AWS::Lambda::Version", "version receiver function"),
        ("ReceiverFunctionAliaslive", "AWS::Lambda::Alias", "alias receiver function live"),
        ("HttpApi", "AWS::ApiGatewayV2::Api", "API http"),
        ("Odd", "AWS::New::Thing", "AWS::New::Thing odd"),
    ],
)
def test_a_resource_is_called_what_people_call_it(logical_id: str, kind: str, name: str) -> None:
    assert event(logical_id, kind, "CREATE_COMPLETE").name == name


@pytest.mark.parametrize(
    ("status", "line"),
    [
        ("CREATE_IN_PROGRESS", None),
        ("CREATE_COMPLETE", "made      function receiver"),
        ("UPDATE_COMPLETE", "changed   function receiver"),
        ("DELETE_COMPLETE", "removed   function receiver"),
        ("DELETE_SKIPPED", "kept      function receiver"),
        ("IMPORT_COMPLETE", "taken up  function receiver"),
    ],
)
def test_what_is_worth_a_line(status: str, line: str | None) -> None:
    assert events.line(resource(status)) == line


def test_a_failure_is_worth_a_line_with_its_reason_and_what_follows_from_it_is_not() -> None:
    assert events.line(resource("CREATE_FAILED", REASON)) == (
        "failed    function receiver: Function already exists: home-receiver"
    )
    assert events.line(resource("CREATE_FAILED", "Resource creation cancelled")) is None
    assert events.line(resource("UPDATE_FAILED", "Resource update cancelled")) is None


def test_that_cloudformation_goes_back_is_said_once() -> None:
    said = [
        events.line(stack(status))
        for status in ("CREATE_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE")
    ]
    assert len([line for line in said if line]) == 1


def test_while_a_new_receiver_is_tried_it_is_said_what_takes_so_long() -> None:
    alias = event("ReceiverFunctionAliaslive", "AWS::Lambda::Alias", "UPDATE_IN_PROGRESS")
    assert "ten minutes" in (events.line(alias, gradual=True) or "")
    assert events.line(alias, gradual=False) is None
    assert events.line(resource("UPDATE_IN_PROGRESS"), gradual=True) is None


HAPPENED = [
    stack("CREATE_IN_PROGRESS"),
    resource("CREATE_IN_PROGRESS"),
    resource("CREATE_FAILED", "Resource creation cancelled", name="KeeperFunction"),
    resource("CREATE_FAILED", REASON),
    resource("CREATE_FAILED", "something that came of it", name="WidgetFunction"),
    stack("ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [ReceiverFunction, KeeperFunction]."),
    stack("ROLLBACK_FAILED", "The following resource(s) failed to delete: [X]."),
]


def test_the_cause_is_what_failed_first_by_itself() -> None:
    found = events.cause(HAPPENED)
    assert found is not None
    assert (found.logical_id, found.reason) == ("ReceiverFunction", "Function already exists: home-receiver")


def test_where_no_resource_failed_it_is_the_stacks_own_reason() -> None:
    found = events.cause([stack("CREATE_IN_PROGRESS"), stack("CREATE_FAILED", "Validation failed")])
    assert found is not None
    assert (found.name, found.reason) == ("the stack", "Validation failed")


def test_where_nothing_failed_there_is_no_cause() -> None:
    assert events.cause([stack("CREATE_COMPLETE"), resource("CREATE_COMPLETE")]) is None


def test_a_reason_is_told_without_what_only_support_can_use() -> None:
    told = events.plainly(REASON)
    assert told == "Function already exists: home-receiver"
    assert events.plainly(told) == told
    assert events.plainly("Rollback successful (for a reason)") == "Rollback successful (for a reason)"


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (REASON, "another name"),
        ("A version for this Lambda function exists ( 7 ). Modify the function", "--function-name home-receiver"),
        ("User: arn:x is not authorized to perform: iam:CreateRole on resource: y", "PROFILE="),
        ("Access Denied (Service: S3)", "PROFILE="),
        ("The security token included in the request is expired", "Log in again"),
        ("Specified ConcurrentExecutions decreases below its limit", "Service Quotas"),
        ("You have exceeded your quota of topics", "Service Quotas"),
        ("anything else", "make deploy"),
    ],
)
def test_a_reason_has_a_remedy(reason: str, words: str) -> None:
    assert words in events.remedy(resource("CREATE_FAILED", reason), "home")


def test_a_receiver_that_did_not_go_live_is_reported_as_such_whatever_codedeploy_said() -> None:
    words = events.remedy(event("ReceiverFunctionAliaslive", "AWS::Lambda::Alias", "UPDATE_FAILED", "limit"), "home")
    assert "/smarther/home/pre-traffic" in words
    assert "AT_ONCE=1" in words


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (None, "Nothing was made"),
        ("REVIEW_IN_PROGRESS", "Nothing was made"),
        ("ROLLBACK_COMPLETE", "begins from the start"),
        ("UPDATE_ROLLBACK_COMPLETE", "as it was before"),
        ("ROLLBACK_FAILED", "ROLLBACK_FAILED"),
    ],
)
def test_how_a_failure_leaves_the_stack(state: str | None, words: str) -> None:
    assert words in events.aftermath(state)
