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
from typing import TYPE_CHECKING, Any

import pytest

from labs.bench import notifications, places
from tests.guards.first_line import with_first_line

if TYPE_CHECKING:
    from labs.bench.artefacts import Artefact
    from labs.bench.stage import Stage

HERE = Path(__file__).parent


def cold_start(artefact: Artefact, stage: Stage) -> dict[str, Any]:
    """The modules that the function loaded, the files that had to be compiled, and how often garbage was looked for."""
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
    told: dict[str, Any] = json.loads(ran.stderr)
    return told


LIST = tomllib.loads((HERE / "receiver_modules.toml").read_text())
ENTRIES: dict[str, str] = {**LIST["ours"], **LIST["packages"]}
"""The modules that may be loaded, with their reasons."""
STANDARD: int = LIST["standard_library"]["at_most"]


def is_standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


def entry(module: str) -> str:
    """The entry of the list that allows a module, or the module's own name where none does."""
    parts = module.split(".")
    packages = (".".join(parts[:length]) + ".*" for length in range(1, len(parts) + 1))
    return next((package for package in packages if package in ENTRIES), module)


def test_every_module_has_a_reason_and_every_reason_a_module(receiver: Artefact, stage: Stage) -> None:
    loaded = cold_start(receiver, stage)["loaded"]
    assert all(ENTRIES.values())
    assert {entry(module) for module in loaded if not is_standard(module)} == ENTRIES.keys()
    assert STANDARD - 8 <= sum(map(is_standard, loaded)) <= STANDARD


@pytest.mark.parametrize("line", ["import pydantic", "import botocore.session", "import smarther.keeper.settings"])
def test_a_module_without_a_reason_is_seen(receiver: Artefact, stage: Stage, tmp_path: Path, line: str) -> None:
    planted = with_first_line(receiver, tmp_path / "task", line)
    loaded = cold_start(planted, stage)["loaded"]
    assert line.removeprefix("import ") in {entry(module) for module in loaded} - ENTRIES.keys()


@pytest.mark.parametrize("line", ["import asyncio", "import unittest", "import xml.sax"])
def test_more_of_the_standard_library_is_seen(receiver: Artefact, stage: Stage, tmp_path: Path, line: str) -> None:
    planted = with_first_line(receiver, tmp_path / "task", line)
    assert sum(map(is_standard, cold_start(planted, stage)["loaded"])) > STANDARD


def test_nothing_but_the_function_itself_is_compiled_at_a_cold_start(receiver: Artefact, stage: Stage) -> None:
    assert cold_start(receiver, stage)["compiled"] == [str(receiver.task.resolve() / "app.py")]


def test_a_module_without_bytecode_is_seen(receiver: Artefact, stage: Stage, tmp_path: Path) -> None:
    assert receiver.opt is not None
    opt = tmp_path / "opt"
    shutil.copytree(receiver.opt, opt)
    (bytecode,) = opt.glob("smarther/receiver/__pycache__/record.*.pyc")
    bytecode.unlink()
    assert str(opt / "smarther" / "receiver" / "record.py") in cold_start(replace(receiver, opt=opt), stage)["compiled"]


def test_a_cold_start_looks_for_no_garbage(receiver: Artefact, stage: Stage) -> None:
    """But once, when the collector is on again: all is permanent then, and there is nothing to look through."""
    assert cold_start(receiver, stage)["collections"] <= 1


def test_a_look_for_garbage_is_seen(receiver: Artefact, stage: Stage, tmp_path: Path) -> None:
    planted = with_first_line(receiver, tmp_path / "task", "gc.enable()")
    assert cold_start(planted, stage)["collections"] > 1
