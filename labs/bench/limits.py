"""Limits an invocation to a share of a processor, as Lambda does, with the kernel's control groups.

At 1,769 MB a function has one whole processor, and below that a proportional share
(https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html).
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

WHOLE_PROCESSOR_MB = 1769
_PERIOD_MICROSECONDS = 20_000

_VERSION_1 = Path("/sys/fs/cgroup/cpu")
_VERSION_2 = Path("/sys/fs/cgroup")


def share(memory_mb: int) -> float:
    """The share of one processor at a memory size; at most 1, because a handler is one thread."""
    return min(1.0, memory_mb / WHOLE_PROCESSOR_MB)


def available() -> str | None:
    """How this machine can limit a process: `cgroup v1`, `cgroup v2`, or None if it cannot."""
    if os.access(_VERSION_1 / "cpu.cfs_quota_us", os.F_OK) or (_VERSION_1 / "cpu.shares").exists():
        return "cgroup v1" if os.access(_VERSION_1, os.W_OK) else None
    controllers = _VERSION_2 / "cgroup.subtree_control"
    if controllers.exists() and "cpu" in controllers.read_text().split():
        return "cgroup v2" if os.access(_VERSION_2, os.W_OK) else None
    return None


@contextmanager
def limited(memory_mb: int) -> Iterator[Path]:
    """A control group with the processor share of a memory size; processes join it by its `cgroup.procs`."""
    quota = round(share(memory_mb) * _PERIOD_MICROSECONDS)
    version = available()
    group = (_VERSION_1 if version == "cgroup v1" else _VERSION_2) / f"smarther-bench-{os.getpid()}-{memory_mb}"
    group.mkdir()
    try:
        if version == "cgroup v1":
            (group / "cpu.cfs_period_us").write_text(str(_PERIOD_MICROSECONDS))
            (group / "cpu.cfs_quota_us").write_text(str(quota))
        else:
            (group / "cpu.max").write_text(f"{quota} {_PERIOD_MICROSECONDS}")
        yield group
    finally:
        group.rmdir()
