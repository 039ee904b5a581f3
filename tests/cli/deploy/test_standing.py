"""What a stack's state means: every state that CloudFormation has is somewhere, and in the right place."""

from __future__ import annotations

from botocore.session import Session

from smarther_cli.deploy.standing import Standing, standing, way_out

STATES: list[str] = (
    Session().get_service_model("cloudformation").shape_for("StackStatus").enum  # type: ignore[attr-defined]
)

EXPECTED = {
    "CREATE_FAILED": Standing.LEFT_OVER,
    "ROLLBACK_COMPLETE": Standing.LEFT_OVER,
    "ROLLBACK_FAILED": Standing.LEFT_OVER,
    "DELETE_COMPLETE": Standing.NEW,
    "REVIEW_IN_PROGRESS": Standing.NEW,
    "DELETE_FAILED": Standing.STUCK,
    "UPDATE_ROLLBACK_FAILED": Standing.STUCK,
    "IMPORT_ROLLBACK_FAILED": Standing.STUCK,
    "CREATE_COMPLETE": Standing.THERE,
    "UPDATE_COMPLETE": Standing.THERE,
    "UPDATE_FAILED": Standing.THERE,
    "UPDATE_ROLLBACK_COMPLETE": Standing.THERE,
    "IMPORT_COMPLETE": Standing.THERE,
    "IMPORT_ROLLBACK_COMPLETE": Standing.THERE,
}


def test_every_state_of_cloudformation_has_a_meaning() -> None:
    at_work = {state: Standing.BUSY for state in STATES if state.endswith("_IN_PROGRESS")}
    assert {state: standing(state) for state in STATES} == at_work | EXPECTED


def test_no_stack_is_a_new_one() -> None:
    assert standing(None) is Standing.NEW


def test_who_is_stuck_is_told_what_to_do() -> None:
    for state in (name for name, each in EXPECTED.items() if each is Standing.STUCK):
        words = way_out(state, "home", "eu-west-1")
        assert "CloudFormation console" in words or "--stack-name home --region eu-west-1" in words
