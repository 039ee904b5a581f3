"""No secret of this whole run is in anything that was written in it, whole or in any usual spelling.

Not in Secrets Manager, of course: Secrets Manager and the memory of the stand-in are where they are at home. The one
file with a secret is the sandbox's `state.json`, which says so.
"""

from __future__ import annotations

import json
import stat
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from sandbox.running import paths
from smarther.domain.account.webhook import has_secret_form
from smarther_cli.app import app
from tests.e2e.secret_search import hits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.conftest import Home

pytestmark = pytest.mark.judges_the_run

OF_THE_PROVIDER = {
    "client_secret",
    "subscription_key",
    "code",
    "state",
    "access_token",
    "refresh_token",
    "id_token",
}
UNPACKED = {"code", "layer_0", "layer_1"}
COMMANDS = {
    "status": ("status",),
    "status as JSON": ("status", "--json"),
    "doctor": ("doctor",),
    "history": ("history", "--since", "7d"),
    "quarantine": ("quarantine", "list"),
    "redrive": ("redrive", "--dry-run"),
}


@pytest.fixture(scope="module")
def secrets(home: Home) -> dict[str, list[str]]:
    """Every secret that there was in this run, by its sort."""
    told: dict[str, list[str]] = home.control("secrets")
    last = {url.rpartition("/")[2] for url in [*told["address"], home.state.webhook_url]}
    return {**told, "webhook_secret": sorted(each for each in last if has_secret_form(each))}


def test_there_was_something_to_find(secrets: dict[str, list[str]]) -> None:
    assert {sort for sort, found in secrets.items() if found} == OF_THE_PROVIDER | {"address", "webhook_secret"}
    assert min(len(secrets[sort]) for sort in ("code", "state", "access_token", "refresh_token")) > 3
    assert len(secrets["webhook_secret"]) >= 2  # it was rotated


@pytest.mark.shows("no secret is written")
def test_no_secret_is_in_what_the_stack_wrote(home: Home, secrets: dict[str, list[str]]) -> None:
    written = dict(written_in_the_cloud(home))

    assert b"keeper_trouble" in written["the logs"]
    assert b"QUARANTINE#" in written["the table"]
    assert hits(secrets, written.items()) == []


@pytest.mark.shows("no secret is shown")
def test_no_secret_is_in_what_the_stack_answered(home: Home, secrets: dict[str, list[str]]) -> None:
    answers = [(f"answer {number}", answer) for number, answer in enumerate(sorted(home.answers))]

    assert any(b"<!doctype html>" in answer for _, answer in answers)
    assert any(b"Not Found" in answer for _, answer in answers)
    assert hits(secrets, answers) == []


@pytest.mark.shows("no secret is shown")
def test_no_secret_is_in_what_the_command_line_prints_and_exports(
    home: Home, secrets: dict[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    module_id = home.control("plants")["plants"][0]["modules"][0]["id"]
    runs = {
        **COMMANDS,
        "export": ("export", "--output", str(tmp_path / "readings.csv")),
        "export of JSON": ("export", "--output", str(tmp_path / "readings.jsonl")),
        "plot": ("plot", "--module", module_id, "--output", str(tmp_path / "plot.svg")),
    }
    printed = [(name, CliRunner().invoke(app, ["--sandbox", *words]).output.encode()) for name, words in runs.items()]
    exported = [(path.name, path.read_bytes()) for path in tmp_path.iterdir()]

    assert [name for name, content in [*printed, *exported] if not content] == []
    assert {name for name, _ in exported} == {"readings.csv", "readings.jsonl", "plot.svg"}
    assert hits(secrets, [*printed, *exported]) == []


@pytest.mark.shows("no secret in a sandbox's files")
def test_no_secret_is_in_the_sandboxs_files(secrets: dict[str, list[str]], home: Home) -> None:
    contents: dict[bytes, str] = {}
    for path in written_files():
        with suppress(FileNotFoundError):  # a container that was ended meanwhile takes its files along
            contents[path.read_bytes()] = str(path)

    assert str(paths.LOGS / "cloud.log") in contents.values()
    assert hits(secrets, ((place, content) for content, place in contents.items())) == []


@pytest.mark.shows("no secret in a sandbox's files")
def test_the_one_file_with_a_secret_is_its_owners_only_and_git_ignores_it(home: Home) -> None:
    assert home.state.webhook_url in paths.STATE.read_text()
    assert stat.S_IMODE(paths.STATE.stat().st_mode) == stat.S_IRUSR | stat.S_IWUSR
    ignored = subprocess.run(["git", "check-ignore", "--quiet", paths.STATE], cwd=paths.PROJECT, check=False)  # noqa: S603, S607 - git is where the system has it
    assert ignored.returncode == 0


def written_files() -> Iterator[Path]:
    """Every file of the sandbox but `state.json` and what its containers unpacked, which `sam build` made before."""
    for folder, folders, names in paths.SANDBOX.walk():
        folders[:] = [name for name in folders if name not in UNPACKED]
        yield from (folder / name for name in names if folder / name != paths.STATE)


def written_in_the_cloud(home: Home) -> Iterator[tuple[str, bytes]]:
    """Everything but the secrets themselves that the deployed stack consists of and has written, by its place."""
    cloud, name = home.state.cloud, home.state.stack.name
    formation, functions, watch = cloud.client("cloudformation"), cloud.client("lambda"), cloud.client("cloudwatch")
    yield "the logs", home.logs().encode()
    yield "the table", _told(home.items())
    yield "the queues", _told(list(waiting_messages(home)))
    yield "the dashboard", watch.get_dashboard(DashboardName=home.physical("Dashboard"))["DashboardBody"].encode()
    yield "the alarms", _told(watch.describe_alarms()["MetricAlarms"])
    yield "the metrics", _told(watch.list_metrics()["Metrics"])
    yield "the stack", _told(formation.describe_stacks(StackName=name))
    yield "the stack's events", _told(formation.describe_stack_events(StackName=name)["StackEvents"])
    yield "the template", _told(formation.get_template(StackName=name, TemplateStage="Processed")["TemplateBody"])
    yield "the functions", _told(functions.list_functions()["Functions"])


def waiting_messages(home: Home) -> Iterator[str]:
    """What stands in any queue, which stays there."""
    queues = home.state.cloud.client("sqs")
    for url in queues.list_queues().get("QueueUrls", []):
        while messages := queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            yield from (message["Body"] for message in messages)


def _told(content: Any) -> bytes:
    return json.dumps(content, default=str, ensure_ascii=False).encode()
