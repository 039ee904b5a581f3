"""CloudFormation's events in plain words: what was done, what failed first, and what to do about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NOUNS: Final = {
    "AWS::ApiGatewayV2::Api": ("API", "Api"),
    "AWS::ApiGatewayV2::Stage": ("stage", "ApiGatewayDefaultStage"),
    "AWS::CloudWatch::Alarm": ("alarm", "Alarm"),
    "AWS::CloudWatch::Dashboard": ("dashboard", "Dashboard"),
    "AWS::CodeDeploy::Application": ("CodeDeploy application", "DeploymentApplication"),
    "AWS::CodeDeploy::DeploymentGroup": ("CodeDeploy group", "DeploymentGroup"),
    "AWS::DynamoDB::Table": ("table", "Table"),
    "AWS::IAM::Role": ("role", "Role"),
    "AWS::KMS::Key": ("key", "Key"),
    "AWS::Lambda::Alias": ("alias", "Alias"),
    "AWS::Lambda::EventInvokeConfig": ("destination of failed runs", "EventInvokeConfig"),
    "AWS::Lambda::EventSourceMapping": ("event source", ""),
    "AWS::Lambda::Function": ("function", "Function"),
    "AWS::Lambda::LayerVersion": ("layer", "Layer"),
    "AWS::Lambda::Permission": ("permission", "Permission"),
    "AWS::Lambda::Version": ("version", "Version"),
    "AWS::Logs::LogGroup": ("log group", "LogGroup"),
    "AWS::SNS::Subscription": ("subscription", "Subscription"),
    "AWS::SNS::Topic": ("topic", "Topic"),
    "AWS::SNS::TopicPolicy": ("policy", "Policy"),
    "AWS::SQS::Queue": ("queue", "Queue"),
    "AWS::Scheduler::Schedule": ("schedule", "Schedule"),
    "AWS::SecretsManager::Secret": ("secret", "Secret"),
}
"""The plain name of each type of resource, and the part of its logical id that repeats it."""

ALIAS: Final = "AWS::Lambda::Alias"
"""The receiver's `live` alias, which CodeDeploy changes."""

STACK: Final = "AWS::CloudFormation::Stack"

_VERBS: Final = {
    "CREATE_COMPLETE": "made",
    "UPDATE_COMPLETE": "changed",
    "DELETE_COMPLETE": "removed",
    "DELETE_SKIPPED": "kept",
    "IMPORT_COMPLETE": "taken up",
}
_HASH: Final = re.compile(r"[0-9a-f]{10}$")
_WORDS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_HANDLER: Final = re.compile(r'Resource handler returned message: "(.*)" \(RequestToken: .*\)', re.DOTALL)
_FOR_SUPPORT: Final = re.compile(r" ?\((Service|SDK Attempt Count|Request ID|RequestToken|HandlerErrorCode):[^()]*\)")
_NOT_LIVE: Final = (
    "The new receiver did not go live and the old one goes on: its check failed, or an alarm rings. The check's log"
    " (`aws logs tail /smarther/{stack}/pre-traffic --since 1h`) and docs/running/runbook.md say more. To repair what"
    " an alarm rings for: `make deploy AT_ONCE=1`."
)
_REMEDIES: Final = {
    "A version for this Lambda function exists": (
        "This very version was deployed before and taken back. Remove it (`aws lambda delete-function --function-name"
        " {stack}-receiver --qualifier` and the number above), then run `make deploy` again."
    ),
    "already exists|AlreadyExists": (
        "Something else in this account and region has that name. Remove it if nobody needs it, or choose another name"
        " for the stack (`make deploy ASK=1`)."
    ),
    "not authorized|AccessDenied|Access Denied|Forbidden": (
        "These credentials may not do this. Use others (`make deploy PROFILE=name`), or have the permission added."
    ),
    "security token|expired": "Log in again, then run `make deploy` again.",
    "limit|quota|exceed|throttl": (
        "A limit of the account is reached. Raise it in the Service Quotas console, or remove what nobody needs, then"
        " run `make deploy` again."
    ),
}
"""What to do, by patterns of CloudFormation's reason; the first that matches counts."""

_FOLLOWS: Final = re.compile(r"^Resource \w+ cancelled", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of a stack's events."""

    id: str
    logical_id: str
    type: str
    status: str
    reason: str = ""

    @property
    def failed(self) -> bool:
        """Whether it failed by itself, and not as a consequence of another failure."""
        return self.status.endswith("_FAILED") and _FOLLOWS.match(self.reason) is None

    @property
    def name(self) -> str:
        """The plain name of the resource."""
        if self.type == STACK:
            return "the stack"
        noun, said_already = NOUNS.get(self.type, (self.type, ""))
        bare = _HASH.sub("", self.logical_id)
        if said_already:
            bare = " ".join(bare.rsplit(said_already, 1))
        return " ".join([noun, *(word.lower() for word in _WORDS.findall(bare))])


def event_of(told: Mapping[str, Any]) -> Event:
    """The event from boto3's form."""
    return Event(
        id=told["EventId"],
        logical_id=told["LogicalResourceId"],
        type=told["ResourceType"],
        status=told["ResourceStatus"],
        reason=plainly(told.get("ResourceStatusReason", "")),
    )


def line(event: Event, *, gradual: bool = False) -> str | None:
    """The line for an event; None if it needs none."""
    if gradual and event.type == ALIAS and event.status == "UPDATE_IN_PROGRESS":
        return "trying    the new receiver, with a tenth of the notifications for ten minutes"
    if event.failed and event.type != STACK:
        return f"failed    {event.name}: {event.reason}"
    if event.type == STACK:
        going_back = event.status in {"ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"}
        return "Something failed; CloudFormation takes back what it has done." if going_back else None
    verb = _VERBS.get(event.status)
    return None if verb is None else f"{verb:<10}{event.name}"


def cause(events: Iterable[Event]) -> Event | None:
    """The event that failed first, a resource's rather than the stack's. `events` are in the order of time."""
    failed = [event for event in events if event.failed]
    return next((event for event in failed if event.type != STACK), failed[0] if failed else None)


def plainly(reason: str) -> str:
    """A reason without the parts that are only for AWS's support."""
    told = _HANDLER.fullmatch(reason.strip())
    return " ".join(_FOR_SUPPORT.sub("", told[1] if told else reason).split())


def remedy(failure: Event, stack: str) -> str:
    """What to do about what failed first."""
    if failure.type == ALIAS:
        return _NOT_LIVE.format(stack=stack)
    for pattern, words in _REMEDIES.items():
        if re.search(pattern, failure.reason, re.IGNORECASE):
            return words.format(stack=stack)
    return "Repair what it names, then run `make deploy` again."


def aftermath(state: str | None) -> str:
    """How a failed deploy leaves the stack."""
    if state in {None, "REVIEW_IN_PROGRESS"}:
        return "Nothing was made."
    if state == "ROLLBACK_COMPLETE":
        return "What had been made is removed again; the next `make deploy` begins from the start."
    if state == "UPDATE_ROLLBACK_COMPLETE":
        return "The stack is as it was before, and goes on recording."
    return f"The stack's state is {state}."
