"""Legrand's cloud or AWS out of reach of the deployed functions: what that raises carries addresses, headers and forms.

Here everything of the kind is made to happen once; that no secret got out on the way, tests/e2e/test_secrets.py sees.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from sandbox.running import owner, processes
from sandbox.running.processes import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Home

LATER_THAN_A_CALL_WAITS = 10_500
"""Milliseconds."""


@pytest.fixture(autouse=True)
def _all_well_again(home: Home) -> Iterator[None]:
    """A passing failure repairs itself."""
    yield
    home.control("faults", method="DELETE")
    assert home.run_keeper()["outcome"] == "healthy"


@contextmanager
def legrand_moved_away(home: Home) -> Iterator[None]:
    """While inside, the keeper looks for Legrand's cloud where nobody listens."""
    functions, name = home.state.cloud.client("lambda"), home.outputs["KeeperFunctionName"]
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    nowhere = f"http://127.0.0.1:{processes.free_port()}"
    moved = {"LEGRAND_API_URL": f"{nowhere}/smarther/v2.0", "LEGRAND_LOGIN_URL": nowhere}
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables | moved})
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


@pytest.mark.shows("failures carry no secret")
def test_legrand_hangs_up(home: Home) -> None:
    home.control("faults", {"operation": "*", "drop": True, "times": None})

    assert home.run_keeper()["troubles"] == ["list: transient"]


def test_legrands_login_hangs_up_when_tokens_are_to_be_renewed(home: Home) -> None:
    home.control("revoke", {"access": True})
    home.control("faults", {"operation": "token", "drop": True, "times": None})

    assert home.run_keeper()["troubles"] == ["refresh: transient", "list: unauthorised (401)"]


def test_legrands_login_hangs_up_when_a_consents_code_is_exchanged(home: Home) -> None:
    home.control("faults", {"operation": "token", "drop": True, "times": None})

    assert owner.give_consent(home.state).status_code == httpx.codes.SERVICE_UNAVAILABLE


@pytest.mark.shows("failures carry no secret")
def test_legrand_refuses_connections(home: Home) -> None:
    with legrand_moved_away(home):
        assert home.run_keeper()["troubles"] == ["list: transient"]
        assert owner.give_consent(home.state).status_code == httpx.codes.SERVICE_UNAVAILABLE


@pytest.mark.shows("failures carry no secret")
def test_legrand_answers_too_late(home: Home) -> None:
    home.control("faults", {"operation": "list", "delay_ms": LATER_THAN_A_CALL_WAITS})

    assert home.run_keeper()["outcome"] == "healthy"  # at the second attempt
    assert home.control("faults")["faults"] == []


@pytest.mark.shows("failures carry no secret")
@pytest.mark.parametrize("action", ["secretsmanager:GetSecretValue", "dynamodb:PutItem", "dynamodb:UpdateItem"])
def test_aws_refuses_the_keeper(home: Home, action: str) -> None:
    with home.forbidden("KeeperRole", action), pytest.raises(SandboxError, match="AccessDenied"):
        home.run_keeper()


@pytest.mark.shows("failures carry no secret")
@pytest.mark.parametrize("action", ["dynamodb:UpdateItem", "lambda:InvokeFunction"])
def test_aws_refuses_the_callback(home: Home, action: str) -> None:
    with home.forbidden("CallbackRole", action):
        assert owner.give_consent(home.state).status_code == httpx.codes.INTERNAL_SERVER_ERROR


def test_the_keeper_fails_while_the_callback_waits_for_it(home: Home) -> None:
    with home.forbidden("KeeperRole", "secretsmanager:GetSecretValue"):
        assert owner.give_consent(home.state).status_code == httpx.codes.INTERNAL_SERVER_ERROR
