"""The layers as built: small, with bytecode for every module, which still counts after the way through a zip."""

from __future__ import annotations

import importlib.util
import py_compile
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from labs.bench import artefacts
from tests.guards.zipped_layer import zipped

if TYPE_CHECKING:
    from pathlib import Path

MEGABYTE = 1_000_000
DEPENDENCIES_LIMIT = 12 * MEGABYTE

_FLAGS = slice(4, 8)  # of a .pyc: four bytes of magic number, then these (PEP 552)
_UNCHECKED_HASH = (0b01).to_bytes(4, "little")


def stale(layer: Path) -> list[str]:
    """The modules of a layer for which Python would not take the bytecode that is there, or finds none."""
    found = []
    for source in layer.rglob("*.py"):
        bytecode = source.parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc"
        head = bytecode.read_bytes()[:8] if bytecode.exists() else b""
        if head[:4] != importlib.util.MAGIC_NUMBER or head[_FLAGS] != _UNCHECKED_HASH:
            found.append(str(source.relative_to(layer)))
    alone = (each for each in layer.rglob("*.pyc") if each.parent.name != "__pycache__")
    return found + [
        str(each.relative_to(layer)) for each in alone if each.read_bytes()[:4] != importlib.util.MAGIC_NUMBER
    ]


@pytest.mark.parametrize("layer", ["DependenciesLayer", "SmartherLayer"])
def test_every_module_has_bytecode_that_survives_the_zip(layers: dict[str, Path], layer: str, tmp_path: Path) -> None:
    arrived = zipped(layers[layer], tmp_path)
    assert len(list(arrived.rglob("*.pyc"))) > 20
    assert stale(arrived) == []


@pytest.mark.parametrize(
    "mode", [None, py_compile.PycInvalidationMode.TIMESTAMP, py_compile.PycInvalidationMode.CHECKED_HASH]
)
def test_missing_or_ordinary_bytecode_is_seen(
    layers: dict[str, Path], tmp_path: Path, mode: py_compile.PycInvalidationMode | None
) -> None:
    layer = tmp_path / "layer"
    shutil.copytree(layers["SmartherLayer"], layer)
    module = layer / "python" / "smarther" / "receiver" / "record.py"
    if mode is None:
        next(module.parent.glob("__pycache__/record.*.pyc")).unlink()
    else:
        py_compile.compile(str(module), invalidation_mode=mode)
    assert stale(zipped(layer, tmp_path)) == ["python/smarther/receiver/record.py"]


def test_bytecode_of_another_python_is_seen(layers: dict[str, Path], tmp_path: Path) -> None:
    layer = tmp_path / "layer"
    shutil.copytree(layers["DependenciesLayer"], layer)
    module = layer / "python" / "typing_extensions.pyc"
    module.write_bytes(b"\x00\x00\r\n" + module.read_bytes()[4:])
    assert stale(layer) == ["python/typing_extensions.pyc"]


def test_the_dependencies_are_small(layers: dict[str, Path]) -> None:
    assert artefacts.folder_size(layers["DependenciesLayer"]) <= DEPENDENCIES_LIMIT


def test_amazons_authorities_are_beside_the_whole_bundle(layers: dict[str, Path]) -> None:
    folder = layers["DependenciesLayer"] / "python" / "certifi"
    assert (folder / "amazon.pem").read_text().count("BEGIN CERTIFICATE") == 5
    assert (folder / "cacert.pem").read_text().count("BEGIN CERTIFICATE") > 100


def without_licence(layer: Path) -> list[str]:
    """The packages of a built layer that have no licence's text beside them."""
    return [
        package.name
        for package in layer.glob("python/*.dist-info")
        if not [each for each in package.rglob("*") if each.is_file() and each.name.upper().startswith("LICEN")]
    ]


@pytest.mark.shows("what is deployed is listed")
def test_every_package_is_shipped_with_the_text_of_its_licence(layers: dict[str, Path], tmp_path: Path) -> None:
    layer = layers["DependenciesLayer"]
    assert len(list(layer.glob("python/*.dist-info"))) > 10
    assert without_licence(layer) == []

    bare = tmp_path / "layer"
    shutil.copytree(layer, bare)
    shutil.rmtree(next(bare.glob("python/requests-*.dist-info")) / "licenses")
    assert [name.partition("-")[0] for name in without_licence(bare)] == ["requests"]
