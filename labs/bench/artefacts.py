"""The measured functions, as `sam build` makes them, with their layers merged as Lambda merges them."""

from __future__ import annotations

import compileall
import os
import py_compile
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labs.bench import places

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


_CONTENDERS = places.PROJECT / "labs" / "bench" / "contenders" / "template.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """A function as deployed: its folder (`/var/task`), and its merged layers (`/opt/python`)."""

    name: str
    task: Path
    opt: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    def trust(self, authority: Path) -> bool:
        """Add a certificate authority to the layer's bundles; False if it has none."""
        bundles = [] if self.opt is None else sorted(self.opt.glob("certifi/*.pem"))
        for bundle in bundles:
            bundle.write_bytes(bundle.read_bytes() + b"\n" + authority.read_bytes())
        return bool(bundles)

    def size(self) -> int:
        """The unzipped bytes of the package, which count for Lambda's limit."""
        return sum(folder_size(folder) for folder in (self.task, self.opt) if folder is not None)


def folder_size(folder: Path) -> int:
    """The bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def sam_build(template: Path, into: Path, *only: str) -> None:
    """Run the real `sam build`, of all or of one resource, for this machine's processor. Raises RuntimeError."""
    from sandbox.running.stack import host_architecture  # noqa: PLC0415 - the sandbox reads SANDBOX_FOLDER when imported

    architecture = host_architecture()
    environment = {
        **os.environ,
        "PATH": f"{places.SAM_ENVIRONMENT / 'bin'}:{os.environ.get('PATH', os.defpath)}",
        "SAM_CLI_TELEMETRY": "0",
        "AWS_DEFAULT_REGION": "us-east-1",
        "ARCHITECTURE": architecture,
    }
    ran = subprocess.run(  # noqa: S603 - the command is our own
        [
            places.SAM_ENVIRONMENT / "bin" / "sam",
            "build",
            *only,
            "--template",
            template,
            "--build-dir",
            into,
            "--cache-dir",
            f"{into}-cache",
            "--cached",
            "--parallel",
            "--parameter-overrides",
            f"Architecture={architecture}",
        ],
        env=environment,
        cwd=places.PROJECT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        raise RuntimeError(f"sam build failed:\n{ran.stdout}{ran.stderr}")


def build_ours() -> Path:
    """Build the project; returns the folder with the built functions and layers."""
    into = places.ARTEFACTS / "stack"
    sam_build(places.PROJECT / "template.yaml", into)
    return into


def merged_layers(build: Path) -> Path:
    """The project's layers in one folder, in the template's order, as Lambda extracts them to `/opt`."""
    opt = places.ARTEFACTS / "opt" / "python"
    shutil.rmtree(opt, ignore_errors=True)
    for layer in ("DependenciesLayer", "SmartherLayer"):
        shutil.copytree(build / layer / "python", opt, dirs_exist_ok=True)
    return opt


def ours() -> Artefact:
    """The receiver as deployed."""
    build = build_ours()
    return Artefact(
        name="ours",
        task=build / "ReceiverFunction",
        opt=merged_layers(build),
        environment={
            "RETENTION_DAYS": "0",
            "POWERTOOLS_SERVICE_NAME": "receiver",
            "POWERTOOLS_METRICS_NAMESPACE": "SmartherRecorder",
            "POWERTOOLS_LOG_LEVEL": "INFO",
        },
    )


def bare() -> Artefact:
    """The smallest handler that does the task."""
    build = places.ARTEFACTS / "bare"
    sam_build(_CONTENDERS, build, "BareFunction")
    return Artefact(name="bare", task=build / "BareFunction")


def contenders() -> list[Artefact]:
    """The alternatives to ours; canonical also with the bytecode that `sam build` omits."""
    build = places.ARTEFACTS / "contenders"
    sam_build(_CONTENDERS, build)
    powertools = {
        "POWERTOOLS_SERVICE_NAME": "canonical",
        "POWERTOOLS_METRICS_NAMESPACE": "Canonical",
        "IDEMPOTENCY_TABLE_NAME": "idempotency",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }
    compiled = places.ARTEFACTS / "canonical-compiled"
    shutil.rmtree(compiled, ignore_errors=True)
    shutil.copytree(build / "CanonicalFunction", compiled)
    compileall.compile_dir(compiled, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    return [
        Artefact(name="floor", task=build / "FloorFunction"),
        Artefact(name="bare", task=build / "BareFunction"),
        Artefact(name="canonical", task=build / "CanonicalFunction", environment=powertools),
        Artefact(name="canonical+bytecode", task=compiled, environment=powertools),
    ]
