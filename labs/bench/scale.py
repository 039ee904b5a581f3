"""Measures whether a notification costs more with many thermostats or many readings: `python -m labs.bench.scale`.

One warm receiver in the real runtime, with the sandbox's DynamoDB, gets notifications of 1 to 10,000 thermostats in
turn, then of one thermostat while the table grows to a million readings.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from labs.bench import artefacts, notifications, places
from labs.bench import stage as stages
from labs.bench.__main__ import machine
from labs.bench.container import container
from labs.bench.measure import retry_lost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labs.bench.artefacts import Artefact
    from labs.bench.stage import Stage

_BATCH = 25
_NOTIFICATIONS = 300
_FIRST = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A notification's figures at one size: median milliseconds, mean processor milliseconds and calls."""

    thermostats: int
    stored_readings: int
    warm_ms: float
    warm_cpu_ms: float
    calls: float
    peak_mb: float


def measure(receiver: Artefact, stage: Stage, *, thermostats: int, stored: int, numbers: Iterator[int]) -> Row:
    """Measure in a new environment, after ten notifications that do not count."""

    def run() -> Row:
        with container(receiver, stage.environment) as running:
            for _ in range(10):
                running.invoke(_event(next(numbers), thermostats))
            before = len(stage.front.calls)
            took = [running.invoke(_event(next(numbers), thermostats))[1] for _ in range(_NOTIFICATIONS)]
            calls = len(stage.front.calls) - before
            notes = running.notes(11 + _NOTIFICATIONS)
        cpu = [later.cpu - earlier.cpu for earlier, later in itertools.pairwise(notes[10:])]
        return Row(
            thermostats=thermostats,
            stored_readings=stored,
            warm_ms=round(statistics.median(took) * 1e3, 2),
            warm_cpu_ms=round(statistics.fmean(cpu) * 1e3, 2),
            calls=calls / _NOTIFICATIONS,
            peak_mb=round(notes[-1].peak_kb / 1024, 1),
        )

    return retry_lost(run)


def fill(client: Any, first: int, last: int, thermostats: int = 1) -> None:
    """Store readings number `first` to `last`, of the thermostats in turn, under realistic keys."""

    def batch(start: int) -> None:
        items = [{"PutRequest": {"Item": _item(each, thermostats)}} for each in range(start, min(start + _BATCH, last))]
        left: Any = {stages.TABLE: items}
        while left:
            left = client.batch_write_item(RequestItems=left).get("UnprocessedItems")

    with ThreadPoolExecutor(4) as workers:
        for _ in workers.map(batch, range(first, last, _BATCH)):
            pass


def _item(number: int, thermostats: int) -> dict[str, Any]:
    instant = _FIRST + timedelta(minutes=number)
    return {
        "pk": {"S": f"MODULE#{_module(number, thermostats)}"},
        "sk": {"S": f"READING#{instant:%Y-%m-%dT%H:%M:%S}.000000Z#{number:016x}"},
        "temperature_c": {"N": "19.5"},
    }


def main() -> int:
    """Run it; prints the table, and writes the figures to `labs/bench/results/scale.json`."""
    parser = argparse.ArgumentParser(prog="python -m labs.bench.scale", description=__doc__)
    parser.add_argument("--most-readings", type=int, default=1_000_000)
    arguments = parser.parse_args()
    rows: list[Row] = []
    numbers = itertools.count()
    with stages.cloud() as stage:
        receiver = stage.with_trust(artefacts.ours())
        for thermostats in (1, 100, 10_000):
            fill(stage.client, 0, thermostats, thermostats)
            rows.append(measure(receiver, stage, thermostats=thermostats, stored=thermostats, numbers=numbers))
            sys.stderr.write(f"· {rows[-1]}\n")
        reached = 0
        for stored in (1_000, 10_000, 100_000, 1_000_000):
            if stored > arguments.most_readings:
                break
            fill(stage.client, reached, stored)
            reached = stored
            rows.append(measure(receiver, stage, thermostats=1, stored=stored, numbers=numbers))
            sys.stderr.write(f"· {rows[-1]}\n")
    places.RESULTS.mkdir(exist_ok=True)
    told = {"machine": machine(), "notifications": _NOTIFICATIONS, "rows": [asdict(row) for row in rows]}
    (places.RESULTS / "scale.json").write_text(json.dumps(told, indent=1) + "\n")
    sys.stdout.write("| thermostats | readings stored | warm ms | CPU ms | calls | peak MiB |\n" + "| --: " * 6 + "|\n")
    for row in rows:
        sys.stdout.write("| " + " | ".join(f"{value:,}" for value in asdict(row).values()) + " |\n")
    return 0


def _event(number: int, thermostats: int) -> dict[str, Any]:
    return notifications.event(number, _module(number * 7_919, thermostats))  # spread over the thermostats


def _module(number: int, thermostats: int) -> str:
    return f"1ee68d6f-46b7-8f11-e053-{number % thermostats:012x}"


if __name__ == "__main__":
    sys.exit(main())
