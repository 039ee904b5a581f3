"""The layers, and the functions' own folders, hold nothing that nobody locked, and nothing that runs by itself."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from labs.bench import places
from tests.guards.zipped_layer import zipped
from tests.support.deployed import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType

DEPENDENCIES = PROJECT / "layers" / "dependencies"
BILL = DEPENDENCIES / "sbom.cdx.json"


def _contents() -> ModuleType:
    spec = importlib.util.spec_from_file_location("contents", DEPENDENCIES / "contents.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


contents = _contents()


def strangers_of_ours(layer: Path) -> list[str]:
    """What is no module of the recorder's package, and no bytecode of one."""
    files = (path.relative_to(layer) for path in layer.rglob("*") if path.is_file())
    return [
        str(file) for file in files if file.parts[:2] != ("python", "smarther") or file.suffix not in {".py", ".pyc"}
    ]


def as_built(layer: Path, folder: Path) -> Path:
    """A copy to plant something in."""
    return shutil.copytree(layer, folder / "layer")


ways = pytest.mark.parametrize("way", [as_built, zipped])


@pytest.mark.shows("layers hold what is locked")
@ways
def test_the_layers_hold_the_bill_of_materials_and_our_package(
    layers: dict[str, Path], tmp_path: Path, way: Callable[[Path, Path], Path]
) -> None:
    for folder in ("theirs", "ours"):
        (tmp_path / folder).mkdir()

    assert contents.strangers(way(layers["DependenciesLayer"], tmp_path / "theirs"), BILL) == []
    assert strangers_of_ours(way(layers["SmartherLayer"], tmp_path / "ours")) == []


PLANTED = {
    "python/begin.pth": "would run before",
    "python/requests/begin.pth": "would run before",
    "python/sitecustomize.py": "would run before",
    "python/sitecustomize.pyc": "would run before",
    "python/usercustomize/__init__.py": "would run before",
    "python/json.py": "would run before",
    "python/bootstrap.py": "would run before",
    "python/bin/normalizer": "would run before",
    "python/boto3/__init__.py": "no locked wheel lists it",
    "python/requests/fast.abi3.so": "no locked wheel lists it",
    "python/requests/more.pyc": "no locked wheel lists it",
    "python/nobodys-1.0.dist-info/RECORD": "not in the bill of materials",
    "extensions/watcher": "stands beside python/",
    "lib/libcrypto.so.3": "stands beside python/",
}


@pytest.mark.shows("layers hold what is locked")
@ways
@pytest.mark.parametrize("name", PLANTED)
def test_whatever_else_is_in_it_is_named(
    layers: dict[str, Path], tmp_path: Path, name: str, way: Callable[[Path, Path], Path]
) -> None:
    layer = as_built(layers["DependenciesLayer"], tmp_path)
    stranger = layer / name
    stranger.parent.mkdir(parents=True, exist_ok=True)
    stranger.write_text("")
    (tmp_path / "again").mkdir()

    told = contents.strangers(way(layer, tmp_path / "again"), BILL)

    assert [line for line in told if PLANTED[name] in line]


def test_what_was_altered_or_is_missing_is_named(layers: dict[str, Path], tmp_path: Path) -> None:
    layer = as_built(layers["DependenciesLayer"], tmp_path)
    compiled = next(layer.glob("python/pydantic_core/*.so"))
    compiled.write_bytes(compiled.read_bytes() + b"\0")
    shutil.rmtree(next(layer.glob("python/idna-*.dist-info")))

    told = contents.strangers(layer, BILL)

    assert any("pydantic_core" in line and "altered" in line for line in told)
    assert "idna: in the bill of materials, and not in the layer" in told


@pytest.mark.shows("layers hold what is locked")
@pytest.mark.parametrize("name", ["begin.pth", "sitecustomize.py", "extensions/watcher"])
def test_the_build_of_a_layer_fails_on_it(layers: dict[str, Path], tmp_path: Path, name: str) -> None:
    layer = as_built(layers["DependenciesLayer"], tmp_path)
    stranger = layer / name if "/" in name else layer / "python" / name
    stranger.parent.mkdir(exist_ok=True)
    stranger.write_text("import os")

    done = subprocess.run(  # noqa: S603 - the command is our own
        [sys.executable, DEPENDENCIES / "contents.py", layer], check=False, capture_output=True, text=True
    )

    assert done.returncode == 1
    assert name.partition("/")[0] in done.stderr
    assert "contents.py" in (DEPENDENCIES / "Makefile").read_text()


@pytest.mark.shows("layers hold what is locked")
def test_the_build_of_our_layer_fails_on_what_is_no_module(tmp_path: Path) -> None:
    source = shutil.copytree(PROJECT / "layers" / "smarther", tmp_path / "source")
    (source / "python" / "smarther" / "begin.pth").write_text("import os")

    done = subprocess.run(  # noqa: S603 - the command is our own
        [
            shutil.which("make") or "make",
            "build-SmartherLayer",
            f"PYTHON={sys.executable}",
            f"ARTIFACTS_DIR={tmp_path / 'built'}",
        ],
        cwd=source,
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode
    assert "begin.pth" in done.stderr


@pytest.mark.usefixtures("layers")
def test_a_functions_folder_holds_its_module_and_what_that_reads() -> None:
    built = places.ARTEFACTS / "stack"
    folders = [folder for folder in built.iterdir() if folder.name.endswith("Function")]
    held = {path.name for folder in folders for path in folder.rglob("*") if path.is_file()}

    assert len(folders) >= 7
    assert held == {"app.py", "notification.json"}
