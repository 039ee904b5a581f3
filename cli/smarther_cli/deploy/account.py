"""The owner's AWS account: the caller, the regions, the stack, and tables that deleted stacks left."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError, UnknownRegionError, WaiterError

from smarther_cli.deploy import answer_rules
from smarther_cli.deploy.answer_rules import Wrong
from smarther_cli.deploy.events import Event, event_of, plainly
from smarther_cli.deploy.sam import PROJECT
from smarther_cli.deployment import PATIENT
from smarther_cli.errors import REFUSED_CREDENTIALS, Failure

if TYPE_CHECKING:
    from collections.abc import Mapping

    import boto3
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import WaiterConfigTypeDef
    from mypy_boto3_dynamodb import DynamoDBClient

ALWAYS_OPEN: Final = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""A region of each partition that every account may use."""

_WAITING: Final[WaiterConfigTypeDef] = {"Delay": 3, "MaxAttempts": 200}
_CLOSED: Final = REFUSED_CREDENTIALS | {"OptInRequired", "RegionDisabledException"}
"""The error codes of a region that is not enabled: it does not know credentials that are valid elsewhere."""

_OURS: Final = "LegrandApiUrl"
"""A parameter that every version of our template has had."""

_TABLE: Final = "Table"
"""The logical id of the one table."""

_KEPT_TABLE: Final = PROJECT / "docs" / "owner" / "kept-table.yaml"
_ENABLE: Final = "https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html"


@dataclass(frozen=True, slots=True)
class Caller:
    """The owner of the credentials."""

    account: str
    name: str


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack as it is now; `state` is None if there is no stack of that name."""

    state: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_ours(self) -> bool:
        """Whether it was made from our template, or holds only a table that is being taken up."""
        return _OURS in self.parameters or str(self.state).startswith(("IMPORT_", "REVIEW_"))


@dataclass(frozen=True, slots=True)
class KeptTable:
    """A table that a deleted stack left. `items` is DynamoDB's estimate, `made` is in epoch seconds."""

    name: str
    items: int
    made: float


class Account:
    """An owner's account, in any region. Errors of AWS are raised as boto3's own."""

    def __init__(self, session: boto3.Session) -> None:
        self._session = session

    def caller(self, region: str) -> Caller:
        """The owner of the credentials. `region` may be any of the partition; it is asked where every account may."""
        told = self._client("sts", ALWAYS_OPEN.get(self._partition(region), region)).get_caller_identity()
        return Caller(told["Account"], told["Arn"].rpartition(":")[2])

    def usable(self, answer: str) -> str:
        """The region, where it exists and this account may use it. Raises Wrong."""
        region = answer_rules.region(answer, self._regions())
        try:
            self._client("sts", region).get_caller_identity()
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") not in _CLOSED:
                raise
            raise Wrong(
                f"The region {region} is not enabled in this account: enable it ({_ENABLE}), which takes some minutes,"
                " or name another, such as eu-west-1."
            ) from None
        return region

    def stack(self, name: str, region: str) -> Stack:
        """The stack of that name."""
        try:
            told = self._formation(region).describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if _is_absent(error):
                return Stack()
            raise
        return Stack(
            told["StackStatus"],
            {each["ParameterKey"]: each["ParameterValue"] for each in told.get("Parameters", [])},
            {each["OutputKey"]: each["OutputValue"] for each in told.get("Outputs", [])},
        )

    def kept_tables(self, stack: str, region: str) -> list[KeptTable]:
        """The tables that earlier stacks of this name left and that no stack holds now, the newest first."""
        client: DynamoDBClient = self._client("dynamodb", region)
        pages = client.get_paginator("list_tables").paginate()
        names = [name for page in pages for name in page["TableNames"] if name.startswith(f"{stack}-{_TABLE}-")]
        described = [client.describe_table(TableName=name)["Table"] for name in names if not self._held(name, region)]
        tables = [
            KeptTable(each["TableName"], each.get("ItemCount", 0), each["CreationDateTime"].timestamp())
            for each in described
        ]
        return sorted(tables, key=lambda each: each.made, reverse=True)

    def remove(self, stack: str, region: str) -> None:
        """Remove what a failed first deploy left. Raises Failure."""
        formation = self._formation(region)
        formation.delete_stack(StackName=stack)
        try:
            formation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig=_WAITING)
        except WaiterError:
            raise Failure(
                f"What the failed deploy of {stack!r} has left could not be removed.",
                "Look in the CloudFormation console at what stands in the way, remove the stack there, then run"
                " `make deploy` again.",
            ) from None

    def take_up(self, table: str, stack: str, region: str) -> None:
        """Make a stack that holds only a kept table, as in docs/owner/the-whole-way.md. Raises Failure."""
        formation = self._formation(region)
        name = f"take-up-{uuid.uuid4()}"  # an interrupted one left a change set with another name
        formation.create_change_set(
            StackName=stack,
            ChangeSetName=name,
            ChangeSetType="IMPORT",
            TemplateBody=_KEPT_TABLE.read_text(),
            ResourcesToImport=[
                {
                    "ResourceType": "AWS::DynamoDB::Table",
                    "LogicalResourceId": _TABLE,
                    "ResourceIdentifier": {"TableName": table},
                }
            ],
        )
        try:
            formation.get_waiter("change_set_create_complete").wait(
                StackName=stack, ChangeSetName=name, WaiterConfig=_WAITING
            )
            formation.execute_change_set(StackName=stack, ChangeSetName=name)
            formation.get_waiter("stack_import_complete").wait(StackName=stack, WaiterConfig=_WAITING)
        except WaiterError as error:
            last: Mapping[str, Any] = error.last_response
            reason = plainly(str(last.get("StatusReason") or error))
            raise Failure(
                f"The table {table} could not be put under the new stack: {reason}",
                "The table is as it was. docs/owner/the-whole-way.md does it by hand; `make deploy TABLE=new` leaves it"
                " alone and begins with an empty one.",
            ) from None

    def events(self, stack: str, region: str, seen: set[str]) -> list[Event]:
        """The stack's events that are not in `seen`, in the order of time; their ids are added to `seen`."""
        found: list[Event] = []
        try:
            for page in self._formation(region).get_paginator("describe_stack_events").paginate(StackName=stack):
                new = [event_of(each) for each in page["StackEvents"] if each["EventId"] not in seen]
                found += new
                if len(new) < len(page["StackEvents"]):
                    break
        except ClientError as error:
            if not _is_absent(error):
                raise
        seen.update(event.id for event in found)
        return found[::-1]

    def objections(self, stack: str, region: str) -> list[str]:
        """The messages of CloudFormation's validation of the last deploy, before anything was made."""
        try:
            told = self._formation(region).describe_events(StackName=stack, Filters={"FailedEvents": True})
        except ClientError:
            return []  # a caller who may deploy may not be allowed this; then `sam` reports the failure
        return [
            f"{each.get('LogicalResourceId', stack)}: {plainly(each['ValidationStatusReason'])}"
            for each in told.get("OperationEvents", [])
            if each.get("EventType") == "VALIDATION_ERROR" and each.get("ValidationStatusReason")
        ]

    def _held(self, table: str, region: str) -> bool:
        """Whether the table belongs to a stack."""
        try:
            return bool(self._formation(region).describe_stack_resources(PhysicalResourceId=table)["StackResources"])
        except ClientError as error:
            if _is_absent(error):
                return False
            raise

    def _regions(self) -> list[str]:
        return [
            region
            for partition in self._session.get_available_partitions()
            for region in self._session.get_available_regions("cloudformation", partition)
        ]

    def _partition(self, region: str) -> str:
        try:
            return self._session.get_partition_for_region(region)
        except UnknownRegionError:
            return "aws"

    def _formation(self, region: str) -> CloudFormationClient:
        client: CloudFormationClient = self._client("cloudformation", region)
        return client

    def _client(self, service: str, region: str) -> Any:
        return self._session.client(service, region_name=region, config=PATIENT)


def other_cloud() -> str | None:
    """The address of the cloud that is used instead of AWS, as boto3 and `sam` take it from the environment."""
    return os.environ.get("AWS_ENDPOINT_URL") or None


def _is_absent(error: ClientError) -> bool:
    told = error.response.get("Error", {})
    return told.get("Code") == "ValidationError" and "does not exist" in str(told.get("Message"))
