"""What the state of a stack means for a deploy."""

from __future__ import annotations

from enum import Enum
from typing import Final


class StackState(Enum):
    """What a deploy finds under the stack's name, in words for the plan."""

    NEW = "new"
    THERE = "brought up to date"
    LEFT_OVER = "new: a first deploy failed, and what it has left is removed first"
    BUSY = "CloudFormation is at work on it"
    STUCK = "CloudFormation could not finish, and waits for a person"


_NEW: Final = frozenset({None, "DELETE_COMPLETE", "REVIEW_IN_PROGRESS"})
"""A stack in REVIEW_IN_PROGRESS has only a change set."""

_LEFT_OVER: Final = frozenset({"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"})
_STUCK: Final = frozenset({"UPDATE_ROLLBACK_FAILED", "IMPORT_ROLLBACK_FAILED", "DELETE_FAILED"})


def stack_state(state: str | None) -> StackState:
    """The meaning of CloudFormation's `StackStatus`, which is None if there is no stack.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html#cfn-console-view-stack-data-resources-status-codes
    """
    if state in _NEW:
        return StackState.NEW
    if state in _LEFT_OVER:
        return StackState.LEFT_OVER
    if state in _STUCK:
        return StackState.STUCK
    return StackState.BUSY if str(state).endswith("_IN_PROGRESS") else StackState.THERE


def way_out(state: str, stack: str, region: str) -> str:
    """What a person has to do about a stack that is stuck."""
    if state == "DELETE_FAILED":
        return (
            "Its removal did not end. Look in the CloudFormation console at what stands in the way, remove the stack"
            " there, then run `make deploy` again; the table with the readings is kept."
        )
    return (
        "Its last deploy failed, and so did the way back. Repair what its events name, then run"
        f" `aws cloudformation continue-update-rollback --stack-name {stack} --region {region}`, and deploy again."
    )
