"""Computes medians, spreads and ratios of samples, as Markdown tables and as JSON."""

from __future__ import annotations

import statistics
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from labs.bench.measure import Sample

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

type Samples = Mapping[str, Sequence[Sample]]

_FIELDS = [field.name for field in fields(Sample)]


def summary(samples: Samples) -> dict[str, dict[str, dict[str, float]]]:
    """For each contender and figure: median, quartiles, minimum and maximum."""
    return {
        name: {field: _spread([getattr(sample, field) for sample in taken]) for field in _FIELDS}
        for name, taken in samples.items()
    }


def ratio(samples: Samples, field: str, ours: str, theirs: str) -> dict[str, float]:
    """The ratio of ours to theirs, round by round, so that a slow moment of the machine affects both."""
    pairs = zip(samples[ours], samples[theirs], strict=True)
    return _spread([getattr(mine, field) / getattr(other, field) for mine, other in pairs])


def _spread(values: Sequence[float]) -> dict[str, float]:
    low, _, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else (values[0],) * 3
    return {
        "median": round(statistics.median(values), 3),
        "lower_quartile": round(low, 3),
        "upper_quartile": round(high, 3),
        "least": round(min(values), 3),
        "most": round(max(values), 3),
    }


def ratios(samples: Samples, to: Sequence[str]) -> dict[str, Any]:
    """The ratios of cold, processor and warm time of every contender to each of those named."""
    return {
        f"{field} ÷ {other}": {name: ratio(samples, field, name, other) for name in samples}
        for other in to
        for field in ("cold_ms", "cold_cpu_ms", "warm_ms", "warm_cpu_ms")
    }


_COLUMNS = (
    ("cold ms", "cold_ms", "{:.0f}"),
    ("init ms", "init_ms", "{:.0f}"),
    ("import ms", "import_ms", "{:.0f}"),
    ("first ms", "first_ms", "{:.1f}"),
    ("warm ms", "warm_ms", "{:.2f}"),
    ("warm CPU ms", "warm_cpu_ms", "{:.2f}"),
    ("peak MiB", "peak_mb", "{:.0f}"),
    ("modules", "modules", "{:.0f}"),
    ("calls cold", "calls_cold", "{:.0f}"),
    ("calls warm", "calls_warm", "{:.2f}"),
    ("log B", "log_bytes", "{:.0f}"),
)


def table(result: Mapping[str, Any]) -> str:
    """A Markdown table of a result: medians, quartiles of the times, and ratios to bare."""
    head = ["", *(title for title, _, _ in _COLUMNS), "size MB", "cold ÷ bare", "warm CPU ÷ bare"]
    rows = [head, ["---"] + ["--:"] * (len(head) - 1)]
    for name, figures in result["figures"].items():
        cells = [name]
        for _, field, form in _COLUMNS:
            cell = form.format(figures[field]["median"])
            if field in {"cold_ms", "warm_ms", "warm_cpu_ms"}:
                quartiles = (form.format(figures[field][part]) for part in ("lower_quartile", "upper_quartile"))
                cell += f" ({'–'.join(quartiles)})"
            cells.append(cell)
        cells.append(f"{result['unzipped_bytes'][name] / 1e6:.2f}")
        for field in ("cold_ms", "warm_cpu_ms"):
            to_bare = result["ratios"].get(f"{field} ÷ bare")
            cells.append(f"{to_bare[name]['median']:.2f}" if to_bare else "")
        rows.append(cells)
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def memory_table(by_memory: Mapping[str, Any]) -> str:
    """A Markdown table: milliseconds of the first notification after the initialisation, and of a warm one."""
    names = list(next(iter(by_memory.values())))
    head = ["memory MB", *(f"{name}: first, warm ms" for name in names)]
    rows = [head, ["--:"] * len(head)]
    for memory, told in by_memory.items():
        cells = (f"{told[name]['first_ms']['median']:.0f}, {told[name]['warm_ms']['median']:.1f}" for name in names)
        rows.append([memory, *cells])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
