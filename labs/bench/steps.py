"""The receiver with one optimisation after another taken back, to see what each of them bought."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from labs.bench import places

if TYPE_CHECKING:
    from labs.bench.artefacts import Artefact
    from labs.bench.stage import Stage


def backwards(ours: Artefact, stage: Stage) -> list[Artefact]:
    """Ours as it is, then each step back on top of the one before it."""
    whole_bundle = {"AWS_CA_BUNDLE": str(stage.front.bundle)}
    botocores = {**whole_bundle, "AWS_USE_FIPS_ENDPOINT": "false"}  # set at all, it leaves everything to botocore
    return [
        ours,
        replace(ours, name="… reading every authority", environment={**ours.environment, **whole_bundle}),
        replace(ours, name="… with botocore's client", environment={**ours.environment, **botocores}),
        _beginning_with(ours, "… with boto3's resource", 'import boto3; boto3.resource("dynamodb")', botocores),
        _beginning_with(
            ours, "… with pydantic", 'import boto3, smarther.keeper.settings; boto3.resource("dynamodb")', botocores
        ),
    ]


def _beginning_with(ours: Artefact, name: str, line: str, environment: dict[str, str]) -> Artefact:
    """A copy whose function begins with another line."""
    task = places.ARTEFACTS / "steps" / str(abs(hash(line)))
    shutil.rmtree(task, ignore_errors=True)
    shutil.copytree(ours.task, task)
    app = task / "app.py"
    app.write_text(app.read_text().replace("import os\n", f"{line}\nimport os\n", 1))
    return replace(ours, name=name, task=task, environment={**ours.environment, **environment})
