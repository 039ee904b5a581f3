"""The local cloud's DynamoDB finds by keys, and answers what MiniStack itself would."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from sandbox.running import paths


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """What the probe found in the local cloud's own environment."""
    ran = subprocess.run(  # noqa: S603 - the command is our own
        [paths.CLOUD_ENVIRONMENT / "bin" / "python", "-m", "tests.labs.key_lookup_probe"],
        cwd=paths.PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    answers: dict[str, Any] = json.loads(ran.stdout)
    return answers


def test_it_answers_as_ministack_itself(told: dict[str, Any]) -> None:
    assert not told["differences"]


def test_the_questions_were_many_and_different(told: dict[str, Any]) -> None:
    assert told["items"] > 3000
    assert told["refused"] > 200
    assert told["ended by size"] > 50


def test_a_page_takes_as_many_steps_however_much_there_is(told: dict[str, Any]) -> None:
    assert told["large"] == told["small"]
