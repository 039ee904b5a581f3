"""Check what the layer holds: `contents.py FOLDER` names every file that may not be in it, and fails.

A file of a layer may run before the function does, with the function's credentials. `/opt/python` is at the front of
Python's path, so a module can replace one of the standard library. The interpreter runs `sitecustomize`,
`usercustomize` and the lines of a `.pth` file (https://docs.python.org/3/library/site.html). Lambda starts the programs
in `/opt/extensions` (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html).

So the layer may hold only files that the wheels of the bill of materials list in their RECORD, unaltered or as
bytecode, and files that the build adds. No wheel may contain anything that runs by itself.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import re
import sys
from pathlib import Path

ADDED = {"certifi/amazon.pem"}
"""Files that the build adds to those of the wheels (amazon_authorities.py)."""
RUNS_BY_ITSELF = {"sitecustomize", "usercustomize"}
RUNTIME = {"awslambdaric", "bootstrap", "lambda_runtime_client", "snapshot_restore_py", "runtime_client"}
"""Modules of the Lambda runtime's own client (github.com/aws/aws-lambda-python-runtime-interface-client)."""

PACKAGES = "python"
"""The one folder of a layer, which Lambda puts on Python's path."""


def strangers(layer: Path, bill: Path) -> list[str]:
    """One line for each file that may not be in the layer, or is missing; empty if all is well."""
    packages = layer / PACKAGES
    recorded, found = _recorded(packages, _billed(bill))
    found += [f"{path.name}: stands beside {PACKAGES}/" for path in layer.iterdir() if path.name != PACKAGES]
    for path in sorted(packages.rglob("*")):
        name = path.relative_to(packages).as_posix()
        if runs_by_itself(name):
            found.append(f"{name}: would run before any function does")
        elif path.is_file() and name not in ADDED and (why := _not_as_recorded(path, name, recorded)):
            found.append(f"{name}: {why}")
    return sorted(found)


def runs_by_itself(name: str) -> bool:
    """Whether Python runs a file or folder of this path below `python/` unasked, or instead of another module."""
    module = name.partition("/")[0].partition(".")[0]
    return (
        name.endswith((".pth", ".egg-link"))
        or name.startswith("bin/")
        or (module in RUNS_BY_ITSELF | RUNTIME or module in sys.stdlib_module_names)
    )


def _recorded(packages: Path, billed: set[str]) -> tuple[dict[str, str], list[str]]:
    """The files that the installed wheels list, with their hashes; and where wheels and bill of materials differ."""
    recorded: dict[str, str] = {}
    installed = set()
    for record in packages.glob("*.dist-info/RECORD"):
        installed.add(_normal(record.parent.name.partition("-")[0]))
        with record.open(newline="") as lines:
            recorded |= {name: digest for name, digest, _size in csv.reader(lines)}
    differ = [f"{name}: not in the bill of materials" for name in installed - billed]
    differ += [f"{name}: in the bill of materials, and not in the layer" for name in billed - installed]
    return recorded, differ


def _not_as_recorded(path: Path, name: str, recorded: dict[str, str]) -> str | None:
    """Why a file is not one that a wheel lists, unaltered; None if it is."""
    if name in recorded:
        digest = recorded[name].partition("=")[2]
        made = base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).rstrip(b"=").decode()
        return "altered since its wheel was installed" if digest and digest != made else None
    if name.endswith(".pyc") and f"{name.removesuffix('.pyc')}.py" in recorded:
        return None
    return "no locked wheel lists it"


def _billed(bill: Path) -> set[str]:
    return {_normal(component["name"]) for component in json.loads(bill.read_text())["components"]}


def _normal(name: str) -> str:
    """A package's name as https://packaging.python.org/en/latest/specifications/name-normalization/ has it."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    if told := strangers(Path(sys.argv[1]), Path(__file__).with_name("sbom.cdx.json")):
        sys.exit("\n".join(["This may not be in a layer (layers/dependencies/contents.py says why):", *told]))
