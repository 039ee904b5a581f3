"""What the receiver's cold start loads: nothing without a reason, and nothing that Python must compile first."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from labs.bench import notifications, places
from tests.guards.first_line import with_first_line

if TYPE_CHECKING:
    from labs.bench.artefacts import Artefact
    from labs.bench.stage import Stage

HERE = Path(__file__).parent


def cold_start(artefact: Artefact, stage: Stage) -> dict[str, list[str]]:
    """The modules that the function loaded, and the files that had to be compiled."""
    environment = {
        "PATH": os.defpath,
        "PYTHONPATH": str(artefact.opt),
        "PYTHONDONTWRITEBYTECODE": "1",
        **stage.environment,
        **artefact.environment,
    }
    ran = subprocess.run(  # noqa: S603 - our own program
        [places.RUNTIME_PYTHON, HERE / "imported.py"],
        input=json.dumps(next(notifications.events())),
        cwd=artefact.task,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    told: dict[str, list[str]] = json.loads(ran.stderr)
    return told


def listed() -> dict[str, str]:
    """The modules that may be loaded, with their reasons."""
    lists = tomllib.loads((HERE / "receiver_modules.toml").read_text())
    return {name: reason for modules in lists.values() for name, reason in modules.items()}


def entry(module: str, entries: dict[str, str]) -> str:
    """The entry of the list that allows a module, or the module's own name where none does."""
    first, *_ = parts = module.split(".")
    if first in sys.stdlib_module_names:
        return first
    packages = (".".join(parts[:length]) + ".*" for length in range(1, len(parts) + 1))
    return next((package for package in packages if package in entries), module)


def test_every_module_has_a_reason_and_every_reason_a_module(receiver: Artefact, stage: Stage) -> None:
    entries = listed()
    assert all(entries.values())
    assert {entry(module, entries) for module in cold_start(receiver, stage)["loaded"]} == entries.keys()


@pytest.mark.parametrize(
    "line", ["import pydantic", "import botocore.session", "import smarther.keeper.settings", "import csv"]
)
def test_a_module_without_a_reason_is_seen(receiver: Artefact, stage: Stage, tmp_path: Path, line: str) -> None:
    entries = listed()
    planted = with_first_line(receiver, tmp_path / "task", line)
    unlisted = {entry(module, entries) for module in cold_start(planted, stage)["loaded"]} - entries.keys()
    assert line.removeprefix("import ") in unlisted


def test_nothing_but_the_function_itself_is_compiled_at_a_cold_start(receiver: Artefact, stage: Stage) -> None:
    assert cold_start(receiver, stage)["compiled"] == [str(receiver.task.resolve() / "app.py")]


def test_a_module_without_bytecode_is_seen(receiver: Artefact, stage: Stage, tmp_path: Path) -> None:
    assert receiver.opt is not None
    opt = tmp_path / "opt"
    shutil.copytree(receiver.opt, opt)
    (bytecode,) = opt.glob("smarther/receiver/__pycache__/record.*.pyc")
    bytecode.unlink()
    assert str(opt / "smarther" / "receiver" / "record.py") in cold_start(replace(receiver, opt=opt), stage)["compiled"]
