"""Credentials on their way into the secret, and nowhere else."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import typer

from smarther_cli.show import screen
from tests.cli.conftest import CLIENT_ID, CLIENT_SECRET, NOW, STACK, SUBSCRIPTION_KEY, AtLegrand, Home, Run, report

GIVEN = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "subscription_key": SUBSCRIPTION_KEY}
TODAY = NOW.date().isoformat()
SECRETS = (CLIENT_SECRET, SUBSCRIPTION_KEY)


@pytest.fixture
def somebody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person at the terminal."""
    monkeypatch.setattr(screen, "can_ask", lambda: True)


def test_json_on_standard_input_is_stored(home: Home, run: Run) -> None:
    result = run("configure", "--stdin", stdin=json.dumps(GIVEN))

    assert result.exit_code == 0, result.output
    assert home.credentials == {**GIVEN, "recorded_at": TODAY}


def test_the_redirect_address_and_the_next_command_are_told(home: Home, run: Run) -> None:
    said = run("configure", "--stdin", stdin=json.dumps(GIVEN)).stdout

    assert "https://abc.execute-api.eu-south-1.amazonaws.com/callback" in said.split()
    assert "smarther authorize" in said


def test_once_consent_was_given_a_look_is_next(home: Home, run: Run) -> None:
    home.keeper_answers(report())

    told = json.loads(run("configure", "--stdin", "--json", stdin=json.dumps(GIVEN)).stdout)

    assert told == {
        "recorded_at": TODAY,
        "redirect_uri": home.stack.outputs["RedirectUri"],
        "next": "smarther status",
        "known_at_legrand": {"application": True, "subscription_key": True},
    }


# ---- whether they are right


def test_the_keeper_runs_after_the_credentials_are_stored_so_that_its_report_is_about_them(
    home: Home, run: Run
) -> None:
    seen: list[dict[str, str]] = []

    def keeper(_: Any) -> Any:
        seen.append(home.credentials)
        return report().model_dump(mode="json", exclude_none=True)

    home.keeper_answers(keeper)

    result = run("configure", "--stdin", stdin=json.dumps(GIVEN))

    assert result.exit_code == 0, result.output
    assert "Legrand knows them" in result.stdout
    assert seen == [{**GIVEN, "recorded_at": TODAY}]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"client_id": CLIENT_ID[:-1] + "0"}, "does not know this client id with this client secret. Nothing"),
        ({"client_secret": "mistyped"}, "does not know this client id with this client secret. Nothing"),
        ({"subscription_key": "f" * 32}, "does not know this subscription key, or it is not active. Nothing"),
        (
            {"client_secret": "mistyped", "subscription_key": "f" * 32},
            "this client id with this client secret, and does not know this subscription key",
        ),
    ],
    ids=["client id", "client secret", "subscription key", "two of them"],
)
def test_what_legrand_does_not_know_is_told_at_once_and_not_stored(
    home: Home, run: Run, wrong: dict[str, str], says: str
) -> None:
    result = run("configure", "--stdin", stdin=json.dumps(GIVEN | wrong))

    assert result.exit_code == 1
    assert says in result.stderr
    assert "developer portal" in result.stderr
    assert nothing_stored(home)
    assert home.cloud.invoked == []
    assert not [value for value in (*SECRETS, *wrong.values()) if value in result.output]


def test_a_client_secret_that_has_expired_is_told_as_such(home: Home, run: Run, legrand: AtLegrand) -> None:
    long_ago = legrand.provider.clock.now() - timedelta(days=366)
    legrand.knows(CLIENT_ID, CLIENT_SECRET, SUBSCRIPTION_KEY, secret_created_at=long_ago)

    result = run("configure", "--stdin", stdin=json.dumps(GIVEN))

    assert result.exit_code == 1
    assert "this client secret has expired" in result.stderr
    assert nothing_stored(home)


def test_good_credentials_stay_when_others_are_refused(home: Home, run: Run) -> None:
    home.configured(recorded_at="2025-01-31")

    assert run("configure", "--stdin", stdin='{"client_secret": "not yet active"}').exit_code == 1
    assert home.credentials == {**GIVEN, "recorded_at": "2025-01-31"}


def test_when_legrand_does_not_answer_they_are_stored_and_it_is_said(home: Home, run: Run, legrand: AtLegrand) -> None:
    legrand.silent = True

    result = run("configure", "--stdin", stdin=json.dumps(GIVEN))

    assert result.exit_code == 0
    assert home.credentials == {**GIVEN, "recorded_at": TODAY}
    assert "whether the client id and secret and the subscription key are right, Legrand did not say" in result.stdout


def test_they_can_be_stored_without_asking(home: Home, run: Run, legrand: AtLegrand) -> None:
    result = run("configure", "--stdin", "--unchecked", stdin=json.dumps(GIVEN | {"client_secret": "x"}))

    assert result.exit_code == 0
    assert home.credentials["client_secret"] == "x"
    assert legrand.provider.calls.by_operation() == {}


def test_the_question_changes_nothing_at_legrand(home: Home, run: Run, legrand: AtLegrand) -> None:
    before = legrand.provider.login.counts()

    run("configure", "--stdin", stdin=json.dumps(GIVEN))

    assert legrand.provider.login.counts() == before
    assert sum(legrand.provider.calls.by_operation().values()) <= 2


@pytest.mark.parametrize("fault", ["SecretsError", None])
def test_a_keeper_that_cannot_be_run_is_no_obstacle(home: Home, run: Run, fault: str | None) -> None:
    if fault is None:
        home.keeper_answers(lambda _: {"odd": True})
    else:
        home.cloud.function_errors[f"{STACK}-keeper"] = fault

    result = run("configure", "--stdin", stdin=json.dumps(GIVEN))

    assert result.exit_code == 0
    assert "it runs by itself within half an hour" in result.stderr
    assert "smarther authorize" in result.stdout


def test_the_environment_is_stored(home: Home, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMARTHER_CLIENT_SECRET", CLIENT_SECRET)
    monkeypatch.setenv("SMARTHER_SUBSCRIPTION_KEY", SUBSCRIPTION_KEY)

    assert run("configure", "--client-id", CLIENT_ID).exit_code == 0
    assert home.credentials == {**GIVEN, "recorded_at": TODAY}


@pytest.mark.usefixtures("somebody_there")
def test_a_person_is_asked_and_what_is_secret_is_hidden(home: Home, run: Run) -> None:
    result = run("configure", stdin=f"{CLIENT_ID}\n{CLIENT_SECRET}\n{SUBSCRIPTION_KEY}\n")

    assert result.exit_code == 0, result.output
    assert home.credentials == {**GIVEN, "recorded_at": TODAY}
    assert not [secret for secret in SECRETS if secret in result.output]


@pytest.mark.usefixtures("somebody_there")
def test_a_person_who_mistypes_is_asked_again(home: Home, run: Run) -> None:
    result = run("configure", stdin=f"oops\n{CLIENT_ID}\n{CLIENT_SECRET}\nshort\n{SUBSCRIPTION_KEY}\n")

    assert home.credentials == {**GIVEN, "recorded_at": TODAY}
    assert "01234567-89ab-cdef-0123-456789abcdef" in result.stderr
    assert "32 hexadecimal digits" in result.stderr


@pytest.mark.usefixtures("somebody_there")
def test_a_person_may_keep_what_is_there_and_the_secret_keeps_its_birthday(home: Home, run: Run) -> None:
    home.configured(recorded_at="2026-01-31")

    assert run("configure", stdin="\n\n\n").exit_code == 0
    assert home.credentials == {**GIVEN, "recorded_at": "2026-01-31"}


def test_a_renewed_client_secret_alone_keeps_the_rest_and_has_its_own_birthday(
    home: Home, run: Run, legrand: AtLegrand
) -> None:
    home.configured(recorded_at="2025-01-31")

    legrand.knows(CLIENT_ID, "renewed", SUBSCRIPTION_KEY)

    assert run("configure", "--stdin", stdin='{"client_secret": "renewed"}').exit_code == 0
    assert home.credentials == {**GIVEN, "client_secret": "renewed", "recorded_at": TODAY}


def test_a_secret_that_holds_something_else_is_replaced(home: Home, run: Run) -> None:
    home.secrets.put_secret_value(SecretId=home.credentials_arn, SecretString="no json")

    assert run("configure", "--stdin", stdin=json.dumps(GIVEN)).exit_code == 0
    assert home.credentials == {**GIVEN, "recorded_at": TODAY}


def test_line_ends_around_values_are_not_part_of_them(home: Home, run: Run) -> None:
    padded = {name: f"{value}\n" for name, value in GIVEN.items()}

    assert run("configure", "--stdin", stdin=json.dumps(padded)).exit_code == 0
    assert home.credentials == {**GIVEN, "recorded_at": TODAY}


@pytest.mark.shows("command line shows no secret")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("client_id", "not-a-uuid"),
        ("client_id", CLIENT_ID + "0"),
        ("client_secret", "two\nlines"),
        ("subscription_key", SUBSCRIPTION_KEY[:-1]),
        ("subscription_key", SUBSCRIPTION_KEY[:-1] + "g"),
    ],
)
def test_a_value_of_another_form_is_refused_without_quoting_it(home: Home, run: Run, name: str, value: str) -> None:
    result = run("configure", "--stdin", stdin=json.dumps(GIVEN | {name: value}))

    assert result.exit_code == 2
    assert "this is not its form" in result.stderr
    assert value not in result.output
    assert nothing_stored(home)


@pytest.mark.parametrize("text", ["", "no json", "[]", '{"client_secret": 5}'])
def test_standard_input_in_another_form_is_refused_without_quoting_it(home: Home, run: Run, text: str) -> None:
    result = run("configure", "--stdin", stdin=text)

    assert result.exit_code == 2
    assert "client_secret" in result.stderr
    assert nothing_stored(home)


def test_with_nobody_to_ask_the_missing_value_is_named(home: Home, run: Run) -> None:
    result = run("configure", "--stdin", stdin=json.dumps({"client_id": CLIENT_ID}))

    assert result.exit_code == 2
    assert "SMARTHER_CLIENT_SECRET" in result.stderr
    assert nothing_stored(home)


def test_with_nothing_given_and_nobody_to_ask_nothing_is_written_again(home: Home, run: Run) -> None:
    home.configured(recorded_at="2026-01-31")
    version = home.secrets.get_secret_value(SecretId=home.credentials_arn)["VersionId"]

    assert run("configure").exit_code == 2
    assert home.secrets.get_secret_value(SecretId=home.credentials_arn)["VersionId"] == version


@pytest.mark.shows("command line shows no secret")
@pytest.mark.parametrize("option", ["--client-secret", "--subscription-key"])
def test_a_secret_is_no_argument(home: Home, run: Run, option: str) -> None:
    assert run("configure", option, "x").exit_code == 2


@pytest.mark.parametrize("operation", ["GetSecretValue", "PutSecretValue"])
def test_a_refusal_of_the_secret_store_is_told(
    home: Home, run: Run, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", home.cloud.url)
    home.cloud.refused[operation] = ("AccessDeniedException", f"not authorized to perform: secretsmanager:{operation}")

    result = run("configure", "--stdin", stdin=json.dumps(GIVEN))

    assert result.exit_code == 1
    assert f"secretsmanager:{operation}" in result.stderr


def test_what_the_secret_store_quotes_is_not_shown(home: Home, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", home.cloud.url)
    home.cloud.refused["PutSecretValue"] = ("InvalidRequestException", f"{CLIENT_SECRET} is not to our taste")

    result = run("configure", "--stdin", stdin=json.dumps(GIVEN))

    assert result.exit_code == 1
    assert "InvalidRequestException" in result.stderr
    assert CLIENT_SECRET not in result.output


def nothing_stored(home: Home) -> bool:
    return home.secrets.describe_secret(SecretId=home.credentials_arn).get("VersionIdsToStages", {}) == {}


@pytest.mark.usefixtures("somebody_there")
def test_ctrl_c_at_a_question_ends_it_with_its_own_status(
    home: Home, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ctrl_c(*_: object, **__: object) -> None:
        raise typer.Abort

    monkeypatch.setattr(typer, "prompt", ctrl_c)

    result = run("configure")

    assert result.exit_code == 130
    assert nothing_stored(home)
