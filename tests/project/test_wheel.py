"""The command line as a wheel, for owners who do not have the repository."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

from tests.support.deployed import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGES = (PROJECT / "layers/smarther/python/smarther", PROJECT / "cli/smarther_cli")
NOT_IN_IT = PROJECT / "cli/smarther_cli/deploy"
ALWAYS_THERE = {"botocore": "boto3"}
"""What comes with something that is required, and belongs to it."""


def requirements() -> list[Requirement]:
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    return [Requirement(each) for each in settings["project"]["dependencies"]]


def imported() -> Iterator[str]:
    """The packages of others that are imported at run time, wherever it stands."""
    for package in PACKAGES:
        for path in package.rglob("*.py"):
            if not path.is_relative_to(NOT_IN_IT):
                yield from _imported(ast.parse(path.read_text()))


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
        else:
            yield from _imported(node)


def test_all_that_it_imports_is_required() -> None:
    distributions = metadata.packages_distributions()
    required = {each.name for each in requirements()}
    for name in set(imported()) - sys.stdlib_module_names - {"smarther", "smarther_cli"}:
        known = {each.replace("_", "-").lower() for each in distributions[name]}
        assert ALWAYS_THERE.get(name) in required or required & known, name


def test_what_is_tested_here_is_allowed_there() -> None:
    for each in requirements():
        assert each.specifier.contains(metadata.version(each.name)), each


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content; nothing is fetched for it."""
    folder = tmp_path_factory.mktemp("wheel")
    made = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*made, "--wheel-dir", str(folder), str(PROJECT)], check=True, capture_output=True)  # noqa: S603
    (wheel,) = folder.glob("smarther_recorder-*.whl")
    with zipfile.ZipFile(wheel) as content:
        content.extractall(folder / "content")
    return folder / "content"


def ran(installed: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SMARTHER_"))}
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, *words],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(installed), "AWS_EC2_METADATA_DISABLED": "true", "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_all_of_it_can_be_imported_without_the_repository(installed: Path, tmp_path: Path) -> None:
    program = """
import importlib, pkgutil, smarther, smarther_cli
for package in (smarther, smarther_cli):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
print(smarther.__file__, smarther_cli.__file__)
"""
    done = ran(installed, tmp_path, "-c", program)

    assert done.returncode == 0, done.stderr
    assert done.stdout.count(str(installed)) == 2
    assert not (installed / "smarther_cli/deploy").exists()


def test_it_says_its_version_and_what_it_lacks(installed: Path, tmp_path: Path) -> None:
    assert ran(installed, tmp_path, "-m", "smarther_cli", "--version").stdout.startswith("smarther ")
    lacking = ran(installed, tmp_path, "-m", "smarther_cli", "status", "--region", "eu-south-1")
    assert lacking.returncode == 1
    assert "no AWS credentials" in lacking.stderr
    assert "Traceback" not in lacking.stderr


def test_what_it_is_called_is_its_command(installed: Path) -> None:
    (points,) = installed.glob("*.dist-info/entry_points.txt")
    assert "smarther = smarther_cli.app:main" in points.read_text()
