"""Measures one contender once: a cold start, then notifications one after another in the same environment."""

from __future__ import annotations

import itertools
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labs.bench.container import ConnectionLostError, SampleLostError, container

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from labs.bench.artefacts import Artefact
    from labs.bench.stage import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Milliseconds, processor milliseconds and MiB of one execution environment.

    `cold_ms` is from the start of the function's process to its first answer; `init_ms` is the part of it until the
    runtime asks for the first event; `import_ms` is the part of that in which the function's module is imported.
    `warm_ms` and `warm_cpu_ms` are medians over the later notifications. `calls_*` are calls to DynamoDB.
    """

    cold_ms: float
    init_ms: float
    import_ms: float
    first_ms: float
    cold_cpu_ms: float
    warm_ms: float
    warm_cpu_ms: float
    peak_mb: float
    modules: int
    calls_cold: int
    calls_warm: float
    log_bytes: float


MOST_TRIES = 5


def retry_lost[Result](work: Callable[[], Result], lost: Callable[[str], None] = lambda _: None) -> Result:
    """Do the work, and repeat it if its sample was lost; the fifth loss is raised.

    `lost` is called with a line about each loss, to count them.
    """
    for _ in range(MOST_TRIES - 1):
        try:
            return work()
        except SampleLostError as error:
            lost(str(error).partition("\n")[0] if isinstance(error, ConnectionLostError) else type(error).__name__)
    return work()


def sample(artefact: Artefact, stage: Stage, events: Iterator[dict[str, Any]], warm: int, group: Path | None) -> Sample:
    """Measure with `warm` notifications after the first one. Raises SampleLostError."""
    calls = stage.front.calls
    with container(artefact, stage.environment, group) as running:
        before = len(calls)
        sent, cold = running.invoke(next(events))
        after_first, log_after_first = len(calls), _logged(running.log())
        took = [running.invoke(next(events))[1] for _ in range(warm)]
        notes = running.notes(2 + warm)
        logged = _logged(running.log()) - log_after_first
    ready = notes[0]
    cpu = [later.cpu - earlier.cpu for earlier, later in itertools.pairwise(notes[1:])]
    return Sample(
        cold_ms=cold * 1e3,
        init_ms=(ready.at - sent) * 1e3,
        import_ms=(ready.at - ready.loaded) * 1e3,
        first_ms=(sent + cold - ready.at) * 1e3,
        cold_cpu_ms=notes[1].cpu * 1e3,
        warm_ms=statistics.median(took) * 1e3 if took else 0.0,
        warm_cpu_ms=statistics.fmean(cpu) * 1e3 if cpu else 0.0,
        peak_mb=notes[-1].peak_kb / 1024,
        modules=notes[0].modules,
        calls_cold=after_first - before,
        calls_warm=(len(calls) - after_first) / warm if warm else 0.0,
        log_bytes=logged / warm if warm else 0.0,
    )


def _logged(log: str) -> int:
    """Bytes of the function's log records: its lines are JSON, the emulator's are not."""
    return sum(len(line.encode()) for line in log.splitlines() if line.startswith("{"))
