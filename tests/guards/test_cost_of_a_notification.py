"""What a notification costs: calls to AWS, bytes in the log, and a cold start, against the smallest honest handler."""

from __future__ import annotations

import statistics
from functools import partial
from typing import TYPE_CHECKING

import pytest

from labs.bench import artefacts, figures, notifications
from labs.bench.container import container
from labs.bench.measure import Sample, retry_lost, sample
from tests.guards.first_line import with_first_line

if TYPE_CHECKING:
    from pathlib import Path

    from labs.bench.artefacts import Artefact
    from labs.bench.stage import Stage

COLD_LIMIT = 0.75
"""Processor time of a cold start, ours ÷ bare. Measured: 0.4; without the client of our own: above 1."""
LOG_BYTES_LIMIT = 700
ROUNDS = 3


@pytest.fixture(scope="module")
def bare(stage: Stage) -> Artefact:
    """The smallest honest handler."""
    return stage.with_trust(artefacts.bare())


def cold_ratio(ours: Artefact, bare: Artefact, stage: Stage) -> float:
    """Processor time of a cold start, ours ÷ bare: a ratio, and of a time that a busy machine hardly lengthens."""
    events = notifications.events()
    taken: dict[str, list[Sample]] = {"ours": [], "bare": []}
    for _ in range(ROUNDS):
        for name, each in (("ours", ours), ("bare", bare)):
            taken[name].append(retry_lost(partial(sample, each, stage, events, 0, None)))
    return figures.ratio(taken, "cold_cpu_ms", "ours", "bare")["median"]


def test_a_notification_is_one_call_and_one_line(receiver: Artefact, stage: Stage) -> None:
    def notify() -> tuple[list[str], list[str], list[str]]:
        with container(receiver, stage.environment) as running:
            stage.front.calls.clear()
            running.invoke(notifications.event(0, "M"))
            cold = list(stage.front.calls)
            for number in range(1, 4):
                running.invoke(notifications.event(number, "M"))
            return cold, stage.front.calls[len(cold) :], running.log().splitlines()

    cold, warm, log = retry_lost(notify)
    assert cold == ["GetItem", "PutItem"]
    assert warm == ["PutItem"] * 3
    lines = [line for line in log if line.startswith("{")]
    assert len(lines) == 4
    assert statistics.fmean(len(line.encode()) for line in lines) <= LOG_BYTES_LIMIT


def test_a_second_call_is_seen(receiver: Artefact, stage: Stage, tmp_path: Path) -> None:
    planted = with_first_line(receiver, tmp_path / "task", "")
    app = planted.task / "app.py"
    app.write_text(
        app.read_text().replace(
            "    return receiver.answer(event)",
            "    receiver.warm_up() and Digests(table).accepted()\n    return receiver.answer(event)",
        )
    )
    measured = retry_lost(partial(sample, planted, stage, notifications.events(), 3, None))
    assert measured.calls_warm > 1


def test_a_cold_start_is_cheaper_than_the_smallest_handler_with_an_sdk(
    receiver: Artefact, bare: Artefact, stage: Stage
) -> None:
    assert cold_ratio(receiver, bare, stage) < COLD_LIMIT


def test_an_sdk_in_the_cold_start_is_seen(receiver: Artefact, bare: Artefact, stage: Stage, tmp_path: Path) -> None:
    line = 'import boto3; boto3.client("dynamodb")'
    planted = with_first_line(receiver, tmp_path / "task", line)
    assert cold_ratio(planted, bare, stage) > COLD_LIMIT
