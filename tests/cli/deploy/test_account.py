"""What is asked of AWS before and during a deploy, and what its answers mean; boto3 holds them to AWS's own form."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from smarther_cli.deploy.account import Account, Caller, Stack
from smarther_cli.deploy.answer_rules import Wrong
from smarther_cli.deploy.sam import PROJECT
from smarther_cli.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION = "eu-south-1"
OWNER = {"Account": "123456789012", "Arn": "arn:aws:sts::123456789012:assumed-role/Admin/me", "UserId": "x"}
MADE = datetime(2026, 1, 1, tzinfo=UTC)


class Aws:
    """An account whose services answer what was laid down for them, each to one call after the other."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._stubs: dict[tuple[str, str], Stubber] = {}
        self.session = boto3.Session(aws_access_key_id="a", aws_secret_access_key="b")
        self._make = self.session.client
        monkeypatch.setattr(self.session, "client", lambda service, region_name, **_: self[service, region_name].client)

    def __getitem__(self, at: tuple[str, str]) -> Stubber:
        """What stands for a service in a region."""
        if at not in self._stubs:
            service, region = at
            self._stubs[at] = Stubber(self._make(service, region_name=region))
            self._stubs[at].activate()
        return self._stubs[at]

    def says_no(self, service: str, operation: str, code: str, message: str = "", region: str = REGION) -> None:
        self[service, region].add_client_error(operation, code, message)

    def all_asked(self) -> None:
        for stub in self._stubs.values():
            stub.assert_no_pending_responses()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    made = Aws(monkeypatch)
    yield made
    made.all_asked()


@pytest.fixture
def account(aws: Aws) -> Account:
    return Account(aws.session)


# ---- who asks, and where


@pytest.mark.parametrize(
    ("region", "asked"),
    [
        (REGION, "us-east-1"),
        ("eu-west-1", "us-east-1"),
        ("cn-northwest-1", "cn-north-1"),
        ("us-gov-east-1", "us-gov-west-1"),
        ("not-a-region", "us-east-1"),
    ],
)
def test_who_asks_is_known_wherever_every_account_may_ask(aws: Aws, account: Account, region: str, asked: str) -> None:
    aws["sts", asked].add_response("get_caller_identity", OWNER)
    assert account.caller(region) == Caller("123456789012", "assumed-role/Admin/me")


def test_a_region_that_knows_the_caller_may_be_used(aws: Aws, account: Account) -> None:
    aws["sts", REGION].add_response("get_caller_identity", OWNER)
    assert account.usable("EU-South-1") == REGION


@pytest.mark.parametrize("code", ["InvalidClientTokenId", "UnrecognizedClientException", "OptInRequired"])
def test_a_region_that_does_not_is_not_enabled(aws: Aws, account: Account, code: str) -> None:
    aws.says_no("sts", "get_caller_identity", code)
    with pytest.raises(Wrong, match=rf"{REGION} is not enabled in this account.*such as eu-west-1\.$"):
        account.usable(REGION)


def test_anything_else_that_a_region_says_is_not_taken_for_that(aws: Aws, account: Account) -> None:
    aws.says_no("sts", "get_caller_identity", "ServiceUnavailable")
    with pytest.raises(ClientError, match="ServiceUnavailable"):
        account.usable(REGION)


def test_nobody_is_asked_about_a_region_that_there_is_not(account: Account) -> None:
    with pytest.raises(Wrong, match="eu-south-1 is one"):
        account.usable("eu-suoth-1")


# ---- stacks


def test_a_stack_as_it_is(aws: Aws, account: Account) -> None:
    told = {
        "StackName": "home",
        "CreationTime": MADE,
        "StackStatus": "UPDATE_COMPLETE",
        "Parameters": [{"ParameterKey": "LegrandApiUrl", "ParameterValue": "x"}],
        "Outputs": [{"OutputKey": "TableName", "OutputValue": "t"}],
    }
    aws["cloudformation", REGION].add_response("describe_stacks", {"Stacks": [told]}, {"StackName": "home"})
    found = account.stack("home", REGION)
    assert found == Stack("UPDATE_COMPLETE", {"LegrandApiUrl": "x"}, {"TableName": "t"})
    assert found.is_ours


def test_no_stack(aws: Aws, account: Account) -> None:
    aws.says_no("cloudformation", "describe_stacks", "ValidationError", "Stack with id home does not exist")
    assert account.stack("home", REGION) == Stack()


def test_a_stack_that_may_not_be_looked_at_is_no_missing_one(aws: Aws, account: Account) -> None:
    aws.says_no("cloudformation", "describe_stacks", "AccessDenied")
    with pytest.raises(ClientError, match="AccessDenied"):
        account.stack("home", REGION)


@pytest.mark.parametrize(
    ("stack", "ours"),
    [
        (Stack("CREATE_COMPLETE", {"BucketName": "x"}), False),
        (Stack("ROLLBACK_COMPLETE", {"LegrandApiUrl": "x"}), True),
        (Stack("IMPORT_COMPLETE"), True),
        (Stack("CREATE_COMPLETE"), False),
    ],
)
def test_what_was_made_from_our_template_is_known(stack: Stack, *, ours: bool) -> None:
    assert stack.is_ours is ours


def test_a_left_over_that_cannot_be_removed_is_told(aws: Aws, account: Account) -> None:
    formation = aws["cloudformation", REGION]
    formation.add_response("delete_stack", {}, {"StackName": "home"})
    failed = {"StackName": "home", "CreationTime": MADE, "StackStatus": "DELETE_FAILED"}
    formation.add_response("describe_stacks", {"Stacks": [failed]})
    with pytest.raises(Failure, match="could not be removed") as failure:
        account.remove("home", REGION)
    assert "console" in failure.value.remedy


# ---- tables that were kept


def test_the_tables_that_earlier_stacks_of_the_name_have_left(aws: Aws, account: Account) -> None:
    """Two were left, one is in a stack of another name by now, and two have nothing to do with it."""
    formation, tables = aws["cloudformation", REGION], aws["dynamodb", REGION]
    names = ["another", "home-Table-1", "home-Table-2", "home-Table-3", "home-lake-Table-1"]
    tables.add_response("list_tables", {"TableNames": names})
    for name, items in (("home-Table-1", 5), ("home-Table-2", None), ("home-Table-3", 9)):
        if items is None:
            held = {"LogicalResourceId": "Table", "ResourceType": "T", "Timestamp": MADE, "ResourceStatus": "X"}
            formation.add_response("describe_stack_resources", {"StackResources": [held]}, {"PhysicalResourceId": name})
            continue
        formation.add_client_error(
            "describe_stack_resources",
            "ValidationError",
            f"Stack for {name} does not exist",
            expected_params={"PhysicalResourceId": name},
        )
        described = {"TableName": name, "ItemCount": items, "CreationDateTime": MADE.replace(month=items)}
        tables.add_response("describe_table", {"Table": described}, {"TableName": name})

    found = account.kept_tables("home", REGION)

    assert [(each.name, each.items) for each in found] == [("home-Table-3", 9), ("home-Table-1", 5)]


def test_a_kept_table_is_imported_as_the_page_for_owners_tells(aws: Aws, account: Account) -> None:
    formation = aws["cloudformation", REGION]
    formation.add_response(
        "create_change_set",
        {},
        {
            "StackName": "home",
            "ChangeSetName": ANY,
            "ChangeSetType": "IMPORT",
            "TemplateBody": (PROJECT / "docs" / "owner" / "kept-table.yaml").read_text(),
            "ResourcesToImport": [
                {
                    "ResourceType": "AWS::DynamoDB::Table",
                    "LogicalResourceId": "Table",
                    "ResourceIdentifier": {"TableName": "home-Table-1"},
                }
            ],
        },
    )
    formation.add_response("describe_change_set", {"Status": "CREATE_COMPLETE"})
    formation.add_response("execute_change_set", {}, {"StackName": "home", "ChangeSetName": ANY})
    imported = {"StackName": "home", "CreationTime": MADE, "StackStatus": "IMPORT_COMPLETE"}
    formation.add_response("describe_stacks", {"Stacks": [imported]})

    account.take_up("home-Table-1", "home", REGION)


def test_a_table_that_cannot_be_imported_is_told_with_aws_reason(aws: Aws, account: Account) -> None:
    formation = aws["cloudformation", REGION]
    formation.add_response("create_change_set", {})
    formation.add_response("describe_change_set", {"Status": "FAILED", "StatusReason": "it is another stack's"})
    with pytest.raises(Failure, match="home-Table-1 could not be put under the new stack: it is another") as failure:
        account.take_up("home-Table-1", "home", REGION)
    assert "TABLE=new" in failure.value.remedy


# ---- what happens


def happened(number: int) -> dict[str, Any]:
    return {
        "StackId": "s",
        "EventId": f"event-{number}",
        "StackName": "home",
        "LogicalResourceId": f"Resource{number}",
        "ResourceType": "AWS::SQS::Queue",
        "ResourceStatus": "CREATE_COMPLETE",
        "Timestamp": MADE,
    }


def test_events_come_in_the_order_of_time_and_only_once(aws: Aws, account: Account) -> None:
    formation = aws["cloudformation", REGION]
    formation.add_response("describe_stack_events", {"StackEvents": [happened(2), happened(1)]})
    formation.add_response("describe_stack_events", {"StackEvents": [happened(4)], "NextToken": "more"})
    formation.add_response("describe_stack_events", {"StackEvents": [happened(3), happened(2)], "NextToken": "rest"})
    seen: set[str] = set()

    assert [each.id for each in account.events("home", REGION, seen)] == ["event-1", "event-2"]
    assert [each.id for each in account.events("home", REGION, seen)] == ["event-3", "event-4"]


def test_a_stack_that_is_not_there_yet_has_no_events(aws: Aws, account: Account) -> None:
    aws.says_no("cloudformation", "describe_stack_events", "ValidationError", "Stack [home] does not exist")
    assert account.events("home", REGION, set()) == []


def test_only_the_reasons_of_a_failed_validation_are_shown(aws: Aws, account: Account) -> None:
    told = [
        {"EventType": "STACK_EVENT", "LogicalResourceId": "home", "ResourceStatusReason": "Validation failed"},
        {
            "EventType": "VALIDATION_ERROR",
            "LogicalResourceId": "ApiLogGroup",
            "ValidationStatusReason": "Resource of type 'AWS::Logs::LogGroup' with identifier 'x' already exists.",
        },
    ]
    aws["cloudformation", REGION].add_response(
        "describe_events", {"OperationEvents": told}, {"StackName": "home", "Filters": {"FailedEvents": True}}
    )
    assert account.objections("home", REGION) == [
        "ApiLogGroup: Resource of type 'AWS::Logs::LogGroup' with identifier 'x' already exists."
    ]


def test_who_may_not_ask_for_them_hears_what_sam_says(aws: Aws, account: Account) -> None:
    aws.says_no("cloudformation", "describe_events", "AccessDenied")
    assert account.objections("home", REGION) == []
