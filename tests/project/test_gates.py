"""Each tool of `make check` still finds what it is there for: a fault of its kind is planted, and it says no.

A tool that has stopped reading its settings, or a rule that was renamed, passes everything and looks like good news.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from samtranslator.yaml_helper import yaml_parse

from labs.translated import settled, translated
from tests.support.deployed import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = (".cfnlintrc", "checkov.yaml", "checkov-aws-keys.yaml", "template.yaml")
SAM = PROJECT / ".venv-sam" / "bin"
GATES = PROJECT / ".venv-gates" / "bin"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A copy of what the tools look at, to plant faults in."""
    for name in SETTINGS:
        shutil.copy(PROJECT / name, tmp_path)
    shutil.copytree(PROJECT / ".github", tmp_path / ".github")
    return tmp_path


def plant(file: Path, good: str, bad: str) -> None:
    """Put a fault in the place of what is good, which is a pattern."""
    text, found = re.subn(good, bad, file.read_text(), count=1)
    assert found
    file.write_text(text)


def said(place: Path, *command: str | Path) -> str:
    """What a tool says while it fails; it must fail."""
    environment = {"PATH": f"{SAM}:{os.defpath}", "AWS_DEFAULT_REGION": "eu-south-1", "SAM_CLI_TELEMETRY": "0"}
    ran = subprocess.run(  # noqa: S603 - the tools are our own
        [str(part) for part in command],
        cwd=place,
        env={**environment, "HOME": str(place)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode != 0, ran.stdout
    return ran.stdout + ran.stderr


@pytest.mark.shows("template is checked")
def test_sam_lints_with_its_own_rules_and_with_the_serverless_ones(place: Path) -> None:
    plant(place / "template.yaml", "      MemorySize: 1024 #", "      MemorySise: 1024 #")

    told = said(place, SAM / "sam", "validate", "--lint")

    assert "'MemorySise' was unexpected" in told
    assert "ES1005" in told  # a function without a memory size: a rule of cfn-lint-serverless


@pytest.mark.shows("template is checked")
def test_checkov_reads_the_template_and_what_is_deployed_with_a_key_of_ones_own(place: Path) -> None:
    plant(place / "template.yaml", "PointInTimeRecoveryEnabled: true", "PointInTimeRecoveryEnabled: false")
    template = translated(yaml_parse((PROJECT / "template.yaml").read_text()), CustomerManagedKey="true")
    del template["Resources"]["TokensSecret"]["Properties"]["KmsKeyId"]
    (place / "own-key.json").write_text(json.dumps(settled(template)))

    told = said(place, GATES / "checkov", "--config-file", "checkov.yaml", "-f", "template.yaml", "-f", "own-key.json")

    assert told.count("Check: CKV_") == 2
    assert re.search(r"CKV_AWS_28: .*\n.*Table\n.*template\.yaml", told)
    assert re.search(r"CKV_AWS_149: .*\n.*TokensSecret\n.*own-key\.json", told)


@pytest.mark.shows("template is checked")
def test_checkov_skips_for_aws_keys_nothing_but_encryption(place: Path) -> None:
    template = translated(yaml_parse((place / "template.yaml").read_text()))
    template["Resources"]["ReceiverRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"].append(
        {"Effect": "Allow", "Action": "*", "Resource": "*"}
    )
    (place / "aws-keys.json").write_text(json.dumps(settled(template)))

    told = said(place, GATES / "checkov", "--config-file", "checkov-aws-keys.yaml", "-f", "aws-keys.json")

    assert 'full "*-*" administrative privileges' in told


@pytest.mark.shows("workflows may read only")
@pytest.mark.parametrize(
    ("good", "bad", "rule"),
    [
        ("actions/checkout@[0-9a-f]{40}", "actions/checkout@v6", "unpinned-uses"),
        ("persist-credentials: false", "fetch-depth: 1", "artipacked"),
        (r"permissions: \{\}\n", "permissions: write-all\n", "excessive-permissions"),
        ("run: bash .ci/run", 'run: echo "${{ github.event.pull_request.title }}"', "template-injection"),
        ("  pull_request:", "  pull_request_target:", "dangerous-triggers"),
    ],
)
def test_zizmor_reads_the_workflows(place: Path, good: str, bad: str, rule: str) -> None:
    plant(place / ".github" / "workflows" / "gate.yml", good, bad)

    assert f"[{rule}]" in said(place, GATES / "zizmor", "--offline", "--quiet", "--persona", "pedantic", ".github")


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        (
            "layers/smarther/python/smarther/domain/account/webhook.py",
            "import smarther.store.table",
            "uses know the store",
        ),
        ("layers/smarther/python/smarther/aws/sigv4.py", "from smarther.store import table", "uses know the store"),
        ("layers/smarther/python/smarther/keeper/lease.py", "import smarther.receiver.record", "uses know the store"),
        (
            "layers/smarther/python/smarther/domain/readings/reading.py",
            "import smarther.domain.account.quota",
            "know nothing of each other",
        ),
        ("layers/smarther/python/smarther/drawing/text.py", "import requests", "ask no network"),
        ("layers/smarther/python/smarther/telemetry.py", "import sandbox.running.paths", "labs look at the sandbox"),
        ("cli/smarther_cli/errors.py", "import smarther_cli.commands.status", "commands know what they show"),
        ("sandbox/running/stack.py", "import sandbox.shows.demo", "shows run the sandbox"),
        ("sandbox/legrand/account/login.py", "import sandbox.legrand.http.app", "the stand-in's address"),
        ("labs/bench/places.py", "import tests.support.deployed", "nothing but tests"),
        ("addons/events/functions/publisher/bus.py", "import smarther_cli.errors", "add-ons know the package alone"),
        ("sandbox/running/stack.py", "import addons.events.functions.publisher.event", "nothing knows an add-on"),
        ("labs/bench/places.py", "import labs.bench.figures", "no module is behind itself"),
    ],
)
def test_an_arrow_that_points_back_is_seen(place: Path, file: str, line: str, contract: str) -> None:
    for folder in ("layers/smarther/python/smarther", "cli/smarther_cli", "sandbox", "labs", "addons"):
        shutil.copytree(PROJECT / folder, place / folder, ignore=shutil.ignore_patterns("results", "__pycache__"))
    shutil.copy(PROJECT / "pyproject.toml", place)
    planted = place / file
    planted.write_text(f"{planted.read_text()}\n{line}\n")

    paths = os.pathsep.join(str(place / folder) for folder in ("layers/smarther/python", "cli", "."))
    told = said(place, "env", f"PYTHONPATH={paths}", GATES / "lint-imports", "--no-cache")

    assert re.search(rf"{contract}[^|]*?BROKEN", " ".join(told.split()).replace("KEPT", "KEPT |"))
