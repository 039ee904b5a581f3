"""Writes measured figures into the pages of docs/: `python -m labs.bench.document`.

A table is between `<!-- computed: NAME -->` and `<!-- end: NAME -->`, and comes from `labs/bench/results/`.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from labs.bench import figures, places
from labs.bench.year import table as year_table

if TYPE_CHECKING:
    from pathlib import Path

PERFORMANCE = places.PROJECT / "docs" / "promises" / "performance.md"
SCALE = places.PROJECT / "docs" / "running" / "scale.md"


def put(document: Path, name: str, text: str) -> None:
    """Replace the named part of a page. Raises ValueError if the page has no such part."""
    begin, end = f"<!-- computed: {name} -->\n", f"<!-- end: {name} -->\n"
    before, found, rest = document.read_text().partition(begin)
    _, also_found, after = rest.partition(end)
    if not found or not also_found:
        raise ValueError(f"{document.name} has no place for {name}")
    document.write_text(f"{before}{begin}\n{text}\n\n{end}{after}")


def main() -> int:
    """Write the tables of the last measurements; returns the exit status."""
    latest, steps = (_result(name) for name in ("latest", "steps"))
    put(PERFORMANCE, "figures", f"{figures.table(latest)}\n\n{_machine(latest)}")
    put(PERFORMANCE, "memory", figures.memory_table(latest["by_memory"]))
    put(PERFORMANCE, "steps", f"{figures.table(steps)}\n\n{_machine(steps)}")
    year = _result("year")
    for name in ("looks", "exports"):
        put(SCALE, name, year_table(year[name]))
    return 0


def _result(name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((places.RESULTS / f"{name}.json").read_text())
    return told


def _machine(result: dict[str, Any]) -> str:
    machine, warm = result["machine"], result["warm_notifications"]
    return (
        f"{result['rounds']} rounds with {warm} warm notifications each, {result['measured_at']}, "
        f"{machine['processor']}, {machine['cores']} cores, {machine['architecture']}, Python {machine['python']}; "
        f"limits by {machine['limits']}; load of the machine when it was over: {machine['load']:.1f}{_lost(result)}."
    )


def _lost(result: dict[str, Any]) -> str:
    """How many samples were lost and repeated; empty if the run did not count them."""
    lost = result.get("lost_samples")
    return "" if lost is None else f"; samples lost and measured again: {len(lost)}"


if __name__ == "__main__":
    sys.exit(main())
