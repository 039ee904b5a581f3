"""`make bench`: measures the receiver and its alternatives, and prints a table."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labs.bench import ablations, artefacts, figures, limits, notifications, places, stage
from labs.bench.measure import Sample, retry_lost, sample

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labs.bench.artefacts import Artefact

_MEMORY_SIZES = (128, 256, 512, 1024, 1769)
_LIMITED_WARM = 20


def main() -> int:
    """Run the measurements; prints the table, and writes the figures to `labs/bench/results/`."""
    parser = argparse.ArgumentParser(prog="python -m labs.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="cold starts of each contender")
    parser.add_argument("--warm", type=int, default=100, help="notifications after each cold start")
    parser.add_argument(
        "--limited-rounds", type=int, default=5, help="cold starts at each memory size; 0 leaves it out"
    )
    parser.add_argument("--steps", action="store_true", help="measure what each optimisation bought instead")
    parser.add_argument("--only", nargs="*", help="contenders to measure")
    parser.add_argument("--result", type=Path, help="where the JSON goes instead")
    arguments = parser.parse_args()

    _say("building everything with sam build")
    every = [artefacts.ours(), *artefacts.contenders()]
    chosen = [each for each in every if not arguments.only or each.name in arguments.only]
    sizes = {each.name: each.size() for each in chosen}
    with stage.cloud() as running:
        chosen = [running.with_trust(each) for each in chosen]
        if arguments.steps:
            chosen = [*ablations.ablations(chosen[0], running), *(each for each in chosen if each.name == "bare")]
            sizes = {each.name: each.size() for each in chosen}
        runs = _Runs(running)
        samples = runs.interleaved(chosen, arguments.rounds, arguments.warm)
        by_memory = runs.by_memory(chosen, arguments.limited_rounds)
    result = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "rounds": arguments.rounds,
        "warm_notifications": arguments.warm,
        "unzipped_bytes": sizes,
        "layer_bytes": {
            layer: artefacts.folder_size(places.ARTEFACTS / "stack" / layer)
            for layer in ("DependenciesLayer", "SmartherLayer")
        },
        "figures": figures.summary(samples),
        "ratios": figures.ratios(samples, [name for name in ("bare", "canonical") if name in samples]),
        "by_memory": by_memory,
        "lost_samples": runs.lost,
    }
    where = arguments.result or places.RESULTS / ("steps.json" if arguments.steps else "latest.json")
    where.parent.mkdir(parents=True, exist_ok=True)
    where.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    sys.stdout.write(figures.table(result) + "\n")
    if by_memory:
        sys.stdout.write("\n" + figures.memory_table(by_memory) + "\n")
    return 0


def machine() -> Mapping[str, Any]:
    """The machine of the measurement."""
    processor = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "limits": limits.available(),
        "load": os.getloadavg()[0],
    }


class _Runs:
    """Measurements on one stage; no notification is sent twice."""

    def __init__(self, running: stage.Stage) -> None:
        self._stage = running
        self._events = notifications.events()
        self.lost: list[str] = []
        """Each sample that was lost and repeated: which one, and why."""

    def interleaved(self, contenders: Sequence[Artefact], rounds: int, warm: int) -> dict[str, list[Sample]]:
        """Measure each contender once a round, each round starting with another one; a first round does not count."""
        taken: dict[str, list[Sample]] = {each.name: [] for each in contenders}
        for number in range(-1, rounds):
            first = number % len(contenders)
            for each in [*contenders[first:], *contenders[:first]]:
                one = self._sample(each, warm, None, f"{each.name}, round {number + 1}")
                if number >= 0:
                    taken[each.name].append(one)
            _say(f"round {number + 1} of {rounds}")
        return taken

    def by_memory(self, contenders: Sequence[Artefact], rounds: int) -> dict[str, Any]:
        """The same with the processor share of each memory size, all sizes in each round.

        Empty if this machine cannot limit the processor.
        """
        if not rounds or limits.available() is None:
            _say("no limits of the processor: left out, or this user may not make control groups")
            return {}
        taken: dict[str, dict[str, list[Sample]]] = {
            str(memory): {each.name: [] for each in contenders} for memory in _MEMORY_SIZES
        }
        with ExitStack() as stack:
            groups = {str(memory): stack.enter_context(limits.limited(memory)) for memory in _MEMORY_SIZES}
            for number in range(rounds):
                for memory, group in groups.items():
                    for each in contenders:
                        where = f"{each.name}, {memory} MB, round {number + 1}"
                        one = self._sample(each, _LIMITED_WARM, group, where)
                        taken[memory][each.name].append(one)
                _say(f"round {number + 1} of {rounds} by memory")
        return {memory: figures.summary(samples) for memory, samples in taken.items()}

    def _sample(self, contender: Artefact, warm: int, group: Path | None, where: str) -> Sample:
        def lost(why: str) -> None:
            self.lost.append(f"{where}: {why}")
            _say(f"a sample was lost and is measured again ({self.lost[-1]})")

        return retry_lost(lambda: sample(contender, self._stage, self._events, warm, group), lost)


def _say(text: str) -> None:
    sys.stderr.write(f"· {text}\n")


if __name__ == "__main__":
    sys.exit(main())
