"""The keeper, run by hand."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from smarther.domain.account.legrand_answers import Reason
from smarther.domain.keeper.keeper_report import PersonNeeded, Report, SilentModule
from tests.cli.conftest import STACK, Home, Run, report

NEEDED = PersonNeeded(reason=Reason.CONSENT_EXPIRED.value, do=Reason.CONSENT_EXPIRED.remedy)


def test_the_report_is_shown(home: Home, run: Run) -> None:
    home.keeper_answers(
        report(
            actions=("tokens_renewed",),
            webhook="rotated",
            silent=(
                SilentModule(
                    plant_id="plant-1", module_id="m", name="Attic", since="2026-01-01T00:00:00Z", poll="no_news"
                ),
            ),
        )
    )

    result = run("keeper", "run")

    assert result.exit_code == 1, result.output
    assert home.cloud.invoked == [(f"{STACK}-keeper", {})]
    for words in (
        "not all is well: silent: Attic",
        "everything worked",
        "renewed the tokens",
        "Home",
        "subscribed",
        "12 of 500",
        "Attic",
        "access 59 min",
    ):
        assert words in result.stdout


def test_the_report_as_json_is_the_keepers_with_instants_instead_of_epochs(home: Home, run: Run) -> None:
    answered = report()
    home.keeper_answers(answered)

    told = json.loads(run("keeper", "run", "--json").stdout)
    assert answered.tokens is not None
    tokens = told["tokens"]
    for name in ("expires_at", "refresh_expires_at"):
        tokens[name] = datetime.fromisoformat(tokens[name]).timestamp()
    assert Report.model_validate(told) == answered


def test_a_needed_person_is_told_what_to_do(home: Home, run: Run) -> None:
    home.keeper_answers(report(outcome="needs_person", person=(NEEDED,), plants=(), tokens=None))

    result = run("keeper", "run")

    assert result.exit_code == 3
    assert "consent expired" in result.stdout
    assert "smarther authorize" in result.stdout


def test_troubles_are_shown_and_the_run_counts_as_failed(home: Home, run: Run) -> None:
    home.keeper_answers(report(outcome="degraded", troubles=("list: 500",), paused_until="2026-01-01T00:00:00Z"))

    result = run("keeper", "run")

    assert result.exit_code == 1
    assert "asking Legrand for the subscriptions: 500" in result.stdout
    assert "paused until 2026-01-0" in result.stdout


@pytest.mark.parametrize("arguments", [("keeper", "run"), ("rotate-webhook",)])
def test_another_run_under_way_is_told(home: Home, run: Run, arguments: tuple[str, ...]) -> None:
    home.keeper_answers(Report(at="2026-01-01T00:00:00Z", outcome="busy"))

    result = run(*arguments)

    assert result.exit_code == 1
    assert "Another run" in result.stderr


def test_a_keeper_that_fails_is_told_by_kind_with_its_log(home: Home, run: Run) -> None:
    home.keeper_answers(report())
    home.cloud.function_errors[f"{STACK}-keeper"] = "SecretsError"

    result = run("keeper", "run")

    assert result.exit_code == 1
    assert "SecretsError" in result.stderr
    assert f"aws logs tail /smarther/{STACK}/keeper" in result.stderr
    assert "words that may hold anything" not in result.output


def test_an_answer_that_is_no_report_is_told(home: Home, run: Run) -> None:
    home.keeper_answers(lambda _: {"odd": True})

    result = run("keeper", "run")

    assert result.exit_code == 1
    assert "not a report" in result.stderr


def test_a_rotation_is_asked_for(home: Home, run: Run) -> None:
    home.keeper_answers(report(webhook="settling"))

    result = run("rotate-webhook")

    assert result.exit_code == 0, result.output
    assert home.cloud.invoked == [(f"{STACK}-keeper", {"rotate_webhook": True})]
    assert "a new secret is being introduced" in result.stdout


def test_a_failed_run_is_not_run_again(home: Home, run: Run) -> None:
    home.cloud.functions[f"{STACK}-keeper"] = lambda _: 1 / 0  # the connection breaks off

    assert run("keeper", "run").exit_code == 1
    assert len(home.cloud.invoked) == 1


def test_json_of_a_needed_person_leaves_with_its_status(home: Home, run: Run) -> None:
    home.keeper_answers(report(outcome="needs_person", person=(NEEDED,)))

    result = run("keeper", "run", "--json")

    assert result.exit_code == 3
    assert json.loads(result.stdout)["person"][0]["reason"] == "consent_expired"
