"""Sandboxes side by side and one after the other: none ends another's without being told to."""

from __future__ import annotations

import os
import re
import shlex
import sys
from typing import TYPE_CHECKING

import pytest
from rich.console import Console
from typer.testing import CliRunner

from sandbox import __main__ as command_line
from sandbox.running import lifecycle, paths, processes
from sandbox.running.cloud import Cloud
from sandbox.running.processes import SandboxError
from sandbox.running.stack import Stack
from sandbox.running.state import State
from sandbox.shows import hints
from smarther_cli.app import app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from subprocess import Popen

LEFT: dict[int, Popen[bytes]] = {}
"""What another process is taken to have started."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A sandbox's folder, with nothing in it."""
    for name in ("STATE", "LOGS", "TEMPORARY", "REGISTER"):
        path = getattr(paths, name)
        monkeypatch.setattr(paths, name, tmp_path / path.name)
    started = processes._started_here
    yield tmp_path
    monkeypatch.setattr(processes, "_started_here", started)
    started.update(LEFT)
    LEFT.clear()
    processes.stop_all()


def start(name: str = "cloud") -> processes.Background:
    """Something that runs until it is ended."""
    paths.STATE.write_text("{}")
    return processes.start(name, [sys.executable, "-c", "import time; time.sleep(60)"], {}, ready=lambda: True)


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on this is another process than the one that started what runs."""
    LEFT.update(processes._started_here)
    monkeypatch.setattr(processes, "_started_here", {})


def test_who_ends_its_own_leaves_what_another_has_started_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    start()
    forget(monkeypatch)

    assert lifecycle.down(own_only=True) == []
    assert processes.running() == ["cloud"]
    assert paths.STATE.exists()


def test_who_ends_its_own_ends_it() -> None:
    start("cloud")
    start("legrand")
    assert processes.started_here()

    assert lifecycle.down(own_only=True) == ["legrand", "cloud"]
    assert processes.running() == []
    assert not paths.STATE.exists()
    assert not processes.started_here()


def test_of_several_only_those_are_ended_that_were_started_here(monkeypatch: pytest.MonkeyPatch) -> None:
    start("others")
    forget(monkeypatch)
    start("own")

    assert processes.stop_all(own_only=True) == ["own"]
    assert processes.running() == ["others"]


def test_one_that_runs_is_not_ended_without_a_word() -> None:
    start()

    with pytest.raises(SandboxError, match="running already") as told:
        command_line._end_running(Console(), fresh=False)
    assert "FRESH=1" in str(told.value)
    assert "SANDBOX_FOLDER" in str(told.value)
    assert processes.running() == ["cloud"]


def test_one_in_a_folder_elsewhere_says_where_it_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lifecycle, "up", lambda **_: STATE)

    command_line._up(Console(width=400), legrand_url=None, is_lived=False)

    assert str(folder / "state.json") in capsys.readouterr().out


def test_what_does_not_start_there_says_where_its_log_is(folder: Path) -> None:
    paths.LOGS.mkdir(exist_ok=True)

    with pytest.raises(SandboxError, match=re.escape(str(folder))):
        processes.start("cloud", [sys.executable, "-c", "raise SystemExit(1)"], {}, ready=lambda: False)


def test_one_is_recognised_from_a_terminal_of_any_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    start()
    monkeypatch.setenv("COLUMNS", "160")

    assert processes.running() == ["cloud"]
    assert processes.stop_all() == ["cloud"]


def test_one_that_is_to_be_replaced_is_ended_and_it_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    start()

    command_line._end_running(Console(), fresh=True)

    assert "what it held is gone" in capsys.readouterr().out
    assert processes.running() == []


@pytest.mark.parametrize("words", [["up"], ["demo", "--once"]])
def test_the_commands_ask_for_room_first(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    start()
    monkeypatch.setattr("sys.argv", ["sandbox", *words])

    assert command_line.main() == 1
    assert processes.running() == ["cloud"]


# ---- what is printed to try next


STATE = State(
    Cloud("http://127.0.0.1:1", 1, "eu-south-1", "test", "test"),
    "http://127.0.0.1:2",
    Stack("smarther-sandbox", {"TableName": "table"}),
    "",
)


def all_hints() -> list[hints.Hint]:
    return [*hints.LIVED, *hints.untouched(), hints.of_aws(STATE)]


def commands() -> list[list[str]]:
    lines = [line.replace(f"SANDBOX_FOLDER={os.environ['SANDBOX_FOLDER']} ", "") for _, line in all_hints()]
    return [shlex.split(part) for line in lines for part in line.split(" | ")]


def test_each_command_of_the_owner_that_is_advised_is_one() -> None:
    found = [words[1:] for words in commands() if words[0] == ".venv/bin/smarther"]
    assert len(found) >= 5
    for words in found:
        assert words[0] == "--sandbox"
        assert CliRunner().invoke(app, [*words, "--help"]).exit_code == 0, words


def test_each_target_that_is_advised_is_one_with_these_variables() -> None:
    makefile = (paths.DEV_ENVIRONMENT.parent / "Makefile").read_text()
    found = [words[1:] for words in commands() if words[0] == "make"]
    assert len(found) >= 3
    for target, *variables in found:
        recipe = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
        assert recipe, target
        for variable in variables:
            assert f"$(if $({variable.partition('=')[0]})," in recipe[1]


def test_lines_to_copy_are_whole_and_of_this_sandbox(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SANDBOX_FOLDER", ".sandbox/second")

    hints.show(Console(width=60), all_hints())

    shown = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("  #")]
    assert len(shown) == len(all_hints())
    for line in shown:
        assert line.count("SANDBOX_FOLDER=.sandbox/second") == (0 if "aws dynamodb" in line else 1 + line.count(" | "))
