"""The receiver with its optimisations removed one after another, to measure what each of them gains."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from labs.bench import places

if TYPE_CHECKING:
    from labs.bench.artefacts import Artefact
    from labs.bench.stage import Stage


def ablations(ours: Artefact, stage: Stage) -> list[Artefact]:
    """Ours as it is, then without one more optimisation each time."""
    whole_bundle = {"AWS_CA_BUNDLE": str(stage.front.bundle)}
    botocores = {**whole_bundle, "AWS_USE_FIPS_ENDPOINT": "false"}  # if it is set, botocore's client is used
    return [
        ours,
        replace(ours, name="… reading every authority", environment={**ours.environment, **whole_bundle}),
        replace(ours, name="… with botocore's client", environment={**ours.environment, **botocores}),
        _starting_with(ours, "… with boto3's resource", 'import boto3; boto3.resource("dynamodb")', botocores),
        _starting_with(
            ours, "… with pydantic", 'import boto3, smarther.keeper.settings; boto3.resource("dynamodb")', botocores
        ),
    ]


def _starting_with(ours: Artefact, name: str, line: str, environment: dict[str, str]) -> Artefact:
    """A copy whose function starts with an additional line."""
    task = places.ARTEFACTS / "steps" / str(abs(hash(line)))
    shutil.rmtree(task, ignore_errors=True)
    shutil.copytree(ours.task, task)
    app = task / "app.py"
    app.write_text(app.read_text().replace("import os\n", f"{line}\nimport os\n", 1))
    return replace(ours, name=name, task=task, environment={**ours.environment, **environment})
