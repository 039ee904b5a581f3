"""What a stack's state means: every state that CloudFormation has is somewhere, and in the right place."""

from __future__ import annotations

from botocore.session import Session

from smarther_cli.deploy.stack_state import StackState, stack_state, way_out

STATES: list[str] = (
    Session().get_service_model("cloudformation").shape_for("StackStatus").enum  # type: ignore[attr-defined]
)

EXPECTED = {
    "CREATE_FAILED": StackState.LEFT_OVER,
    "ROLLBACK_COMPLETE": StackState.LEFT_OVER,
    "ROLLBACK_FAILED": StackState.LEFT_OVER,
    "DELETE_COMPLETE": StackState.NEW,
    "REVIEW_IN_PROGRESS": StackState.NEW,
    "DELETE_FAILED": StackState.STUCK,
    "UPDATE_ROLLBACK_FAILED": StackState.STUCK,
    "IMPORT_ROLLBACK_FAILED": StackState.STUCK,
    "CREATE_COMPLETE": StackState.THERE,
    "UPDATE_COMPLETE": StackState.THERE,
    "UPDATE_FAILED": StackState.THERE,
    "UPDATE_ROLLBACK_COMPLETE": StackState.THERE,
    "IMPORT_COMPLETE": StackState.THERE,
    "IMPORT_ROLLBACK_COMPLETE": StackState.THERE,
}


def test_every_state_of_cloudformation_has_a_meaning() -> None:
    at_work = {state: StackState.BUSY for state in STATES if state.endswith("_IN_PROGRESS")}
    assert {state: stack_state(state) for state in STATES} == at_work | EXPECTED


def test_no_stack_is_a_new_one() -> None:
    assert stack_state(None) is StackState.NEW


def test_who_is_stuck_is_told_what_to_do() -> None:
    for state in (name for name, each in EXPECTED.items() if each is StackState.STUCK):
        words = way_out(state, "home", "eu-west-1")
        assert "CloudFormation console" in words or "--stack-name home --region eu-west-1" in words
