"""Which clock is asked where: a frozen container's monotonic clock serves within one invocation and no longer."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from tests.support.deployed import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

STANDS_STILL = {"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time", "thread_time"}
REMEMBERS = {"cache", "lru_cache", "cached_property"}
DEADLINES = {"deadlines.py", "redrive.py"}
"""Modules that hold deadlines, each begun and ended within one invocation."""

PRODUCT = sorted(
    file
    for folder in ("layers/smarther/python/smarther", "functions", "addons/*/functions")
    for file in PROJECT.glob(f"{folder}/**/*.py")
)


def names(source: str) -> set[str]:
    """All that a module names: attributes, names, imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name) | ast.alias(name=name):
                found.add(name)
            case _:
                pass
    return found


def misused(file_name: str, source: str) -> set[str]:
    """Clocks that may stand still, outside deadlines; and caches without an age, which never look again."""
    allowed = STANDS_STILL if file_name in DEADLINES else set()
    return names(source) & (STANDS_STILL | REMEMBERS) - allowed


@pytest.mark.parametrize("file", PRODUCT, ids=lambda file: str(file.relative_to(PROJECT)))
def test_what_outlives_an_invocation_has_its_age_by_wall_time(file: Path) -> None:
    assert misused(file.name, file.read_text()) == set()


@pytest.mark.parametrize(
    ("file_name", "source"),
    [
        ("app.py", "import time\nauthenticator = Authenticator(table, time.monotonic)"),
        ("authenticate.py", "from time import monotonic as now"),
        ("secrets_manager.py", "@lru_cache\ndef secret(name): ..."),
        ("deadlines.py", "import functools\n@functools.cache\ndef digests(): ..."),
    ],
)
def test_another_use_is_seen(file_name: str, source: str) -> None:
    assert misused(file_name, source)


def test_the_modules_that_hold_deadlines_are_there() -> None:
    assert {file.name for file in PRODUCT} >= DEADLINES
