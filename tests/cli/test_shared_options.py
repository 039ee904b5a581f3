"""The options that every command shares, and what it says when it cannot reach its stack."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from smarther.domain.readings.notification import Reject
from smarther.store.keeper_items import KeeperNotes
from smarther.store.quarantine import Quarantine
from smarther_cli.app import app
from smarther_cli.call import shared_first
from tests.cli.conftest import NOW, REGION, STACK, Home, Run, report

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.cloud import Cloud


def test_shared_options_may_stand_anywhere(home: Home, run: Run) -> None:
    home.cloud.stacks["other"] = home.cloud.stacks.pop(STACK)
    KeeperNotes(home.table).keep_report(report())

    for arguments in (
        ("--stack", "other", "--json", "status"),
        ("status", "--json", "--stack=other"),
        ("status", "--stack", "other", "--json", "--region", REGION),
    ):
        result = run(*arguments)
        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout)["stack"] == "other"


def test_what_stands_behind_two_dashes_is_no_option() -> None:
    assert shared_first(["a", "--json", "--", "--sandbox"]) == ["--json", "a", "--", "--sandbox"]


def test_an_option_without_its_value_is_told(run: Run) -> None:
    assert run("status", "--stack").exit_code == 2


def test_the_stack_may_come_from_the_environment(home: Home, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    home.cloud.stacks["mine"] = home.cloud.stacks.pop(STACK)
    KeeperNotes(home.table).keep_report(report())
    monkeypatch.setenv("SMARTHER_STACK", "mine")

    assert json.loads(run("status", "--json").stdout)["stack"] == "mine"


def test_the_sandbox_is_found_by_its_state_file(
    home: Home, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.cloud.stacks["smarther-sandbox"] = home.cloud.stacks.pop(STACK)
    KeeperNotes(home.table).keep_report(report())
    sandbox_state(tmp_path, home.cloud.url)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL_CLOUDFORMATION"):
        monkeypatch.delenv(name)

    result = run("status", "--sandbox", "--json")

    assert json.loads(result.stdout)["stack"] == "smarther-sandbox"


def sandbox_state(tmp_path: Path, url: str) -> None:
    (tmp_path / "sandbox").mkdir()
    (tmp_path / "sandbox" / "state.json").write_text(
        json.dumps(
            {
                "aws": {"endpoint_url": url, "region": REGION, "access_key_id": "k", "secret_access_key": "s"},
                "legrand": {"url": "http://127.0.0.1:1"},
                "stack": {"name": "smarther-sandbox", "outputs": {}},
                "webhook_url": "http://127.0.0.1:1/notifications/x",
            }
        )
    )


# ---- what stands in the way, and what to do about it


def fails(run: Run, *arguments: str, status: int, says: str, remedy: str) -> None:
    result = run(*arguments)
    assert result.exit_code == status, result.output
    assert result.stdout == ""
    told, _, advice = result.stderr.partition("\n")
    assert re.search(says, told), result.stderr
    assert remedy in advice


def test_no_credentials(home: Home, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    fails(run, "status", status=1, says="no AWS credentials", remedy="--profile")


LOGINS = {
    "aws login": "login_session = arn:aws:iam::123456789012:user/me",
    "aws sso login": """sso_session = mine
        sso_account_id = 123456789012
        sso_role_name = Admin
        [sso-session mine]
        sso_region = eu-south-1
        sso_start_url = https://example.awsapps.com/start""",
}


@pytest.mark.parametrize("made_by", LOGINS)
def test_a_profile_whose_login_is_over(
    home: Home, run: Run, made_by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both ways to log in are known: neither asks for a package that is missing."""
    (tmp_path / "config").write_text(
        "\n".join(line.strip() for line in f"[profile me]\nregion = {REGION}\n{LOGINS[made_by]}\n".splitlines())
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))

    fails(run, "status", "--profile", "me", status=1, says="no AWS credentials", remedy="aws login")


def test_no_region(home: Home, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    fails(run, "status", status=2, says="No AWS region", remedy="--region")


def test_a_region_that_is_no_name(home: Home, run: Run) -> None:
    fails(run, "status", "--region", "not a region", status=2, says="region", remedy="eu-south-1")


def test_no_such_profile(home: Home, run: Run) -> None:
    fails(run, "status", "--profile", "nobody", status=2, says="nobody", remedy="list-profiles")


def test_no_such_stack(home: Home, run: Run) -> None:
    fails(run, "status", "--stack", "other", status=4, says=f"no stack 'other' in {REGION}", remedy="--stack")


def test_a_stack_without_outputs(home: Home, run: Run) -> None:
    home.stack.outputs.clear()
    home.stack.state = "CREATE_IN_PROGRESS"

    fails(run, "status", status=1, says="no outputs.*CREATE_IN_PROGRESS", remedy="Wait until")


def test_a_stack_of_something_else(home: Home, run: Run) -> None:
    del home.stack.outputs["TableName"]

    fails(run, "status", status=1, says="no output TableName", remedy="--stack")


@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidClientTokenId", "SignatureDoesNotMatch"])
def test_credentials_that_are_not_accepted(home: Home, run: Run, code: str) -> None:
    home.cloud.fault = (code, "words")

    fails(run, "status", status=1, says="does not accept your credentials", remedy=code)


def test_access_denied(home: Home, run: Run) -> None:
    home.cloud.fault = (
        "AccessDenied",
        "User: arn:aws:iam::123456789012:user/me is not authorized to perform: cloudformation:DescribeStacks on x",
    )

    fails(run, "status", status=1, says="cloudformation:DescribeStacks", remedy="permission")


def test_anything_else_that_aws_says(home: Home, run: Run) -> None:
    home.cloud.fault = ("Odd", "something rare")

    fails(run, "status", status=1, says="Odd.*something rare", remedy="try again")


def test_a_network_that_is_down(home: Home, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", "http://127.0.0.1:9")

    fails(run, "status", status=1, says="AWS does not answer", remedy="network")


def test_a_table_that_is_gone(home: Home, run: Run) -> None:
    home.stack.outputs["TableName"] = "gone"

    fails(run, "status", status=4, says="no longer there", remedy="make deploy")


def test_no_sandbox(run: Run) -> None:
    fails(run, "status", "--sandbox", status=1, says="No sandbox is running", remedy="make sandbox")


def test_a_sandbox_that_does_not_answer(run: Run, tmp_path: Path) -> None:
    sandbox_state(tmp_path, "http://127.0.0.1:9")

    fails(run, "status", "--sandbox", status=1, says="The sandbox does not answer", remedy="make sandbox")


def test_a_sandbox_state_that_is_no_json(run: Run, tmp_path: Path) -> None:
    sandbox_state(tmp_path, "http://127.0.0.1:9")
    (tmp_path / "sandbox" / "state.json").write_text("{")

    fails(run, "status", "--sandbox", status=1, says="cannot be read", remedy="make sandbox-stop")


@pytest.mark.parametrize(
    "command", [("status",), ("doctor",), ("keeper", "run"), ("authorize",), ("redrive", "--from", "quarantine")]
)
def test_what_is_advised_in_the_sandbox_works_there(
    home: Home, run: Run, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """Typed as it is, it does not reach AWS."""
    home.cloud.stacks["smarther-sandbox"] = home.cloud.stacks.pop(STACK)
    Quarantine(home.table).keep(b"odd", [Reject("body", "odd")], received_at=NOW)
    sandbox_state(tmp_path, home.cloud.url)

    told = " ".join(run("--sandbox", *command).output.split())

    assert "`smarther --sandbox " in told
    assert "`smarther " not in told.replace("`smarther --sandbox ", "")
    assert "`make deploy`" not in told


def test_what_is_advised_in_aws_is_not_of_the_sandbox(home: Home, run: Run) -> None:
    run("--sandbox", "status")
    assert "--sandbox" not in run("status").output


def test_the_sandbox_has_its_own_region(run: Run) -> None:
    fails(run, "status", "--sandbox", "--region", REGION, status=2, says="--sandbox", remedy="--region")


# ---- help


def test_every_command_explains_itself_with_an_example(aws: Cloud, run: Run) -> None:
    commands = [(each.name or each.callback.__name__,) for each in app.registered_commands if each.callback]
    groups = [
        (group.name or "", each.name or "")
        for group in app.registered_groups
        if group.typer_instance
        for each in group.typer_instance.registered_commands
    ]
    assert commands
    assert groups
    for command in commands + groups:
        result = run(*command, "--help")
        assert result.exit_code == 0
        assert f"Example: smarther {' '.join(command)}" in " ".join(result.stdout.split()), result.stdout


def test_the_exit_statuses_are_in_the_help(run: Run) -> None:
    assert "3 a person is needed" in " ".join(run("--help").stdout.split())


def every_command() -> list[tuple[str, ...]]:
    commands = [(each.name or each.callback.__name__,) for each in app.registered_commands if each.callback]
    return commands + [
        (group.name or "", each.name or "")
        for group in app.registered_groups
        if group.typer_instance
        for each in group.typer_instance.registered_commands
    ]


@pytest.mark.parametrize("command", [(), *every_command()])
def test_every_help_is_of_the_same_form(run: Run, command: tuple[str, ...]) -> None:
    """With -h as well; flags look like flags, and it is said that there are options for every command."""
    told = run(*command, "--help").stdout

    assert run(*command, "-h").stdout == told
    assert "<bool>" not in told
    assert not re.search(r"--\S+ .*<(str|path|list)", told)
    if command:
        assert "--stack NAME" in " ".join(told.split())


def test_the_version_is_told(run: Run) -> None:
    result = run("--version")

    assert result.exit_code == 0
    assert re.fullmatch(r"smarther \d+\.\d+\.\d+\S*\n", result.stdout)


# ---- what the shell completes


def completed(run: Run, monkeypatch: pytest.MonkeyPatch, line: str) -> list[str]:
    """What bash would offer at the end of a line."""
    words = line.split(" ")
    monkeypatch.setenv("_SMARTHER_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    result = CliRunner().invoke(app, [], prog_name="smarther")
    assert result.exit_code == 0, result.output
    return result.stdout.split()


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("smarther history --module ", ["Attic", "Kitchen"]),
        ("smarther history --module K", ["Kitchen"]),
        ("smarther plot -m K", ["Kitchen"]),
        ("smarther export --plant ", ["Home", "Lago"]),
        ("smarther export --stack another --plant ", []),
    ],
)
def test_names_of_thermostats_and_plants_are_completed(
    home: Home, run: Run, monkeypatch: pytest.MonkeyPatch, line: str, names: list[str]
) -> None:
    home.thermostat("module-1", "Kitchen")
    home.thermostat("module-2", "Attic", plant_id="plant-2", plant="Lago")

    assert sorted(completed(run, monkeypatch, line)) == names


def test_a_shell_that_completes_without_a_stack_hears_no_complaint(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert completed(run, monkeypatch, "smarther history --module ") == []
