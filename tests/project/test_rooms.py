"""A room is seen at a glance: no folder of the product has more modules than a dozen."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tests.support.deployed import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PRODUCT = ("layers", "functions", "cli", "sandbox", "addons")
MOST = 12


def crowded(modules: Iterable[Path]) -> set[Path]:
    """The folders that have too many modules, `__init__` among them."""
    return {folder for folder, count in Counter(module.parent for module in modules).items() if count > MOST}


def modules() -> list[Path]:
    """Those of the product."""
    return [file for house in PRODUCT for file in (PROJECT / house).rglob("*.py")]


def test_no_room_is_crowded() -> None:
    assert crowded(modules()) == set()


def test_a_crowded_room_is_seen() -> None:
    room = PROJECT / "layers" / "smarther" / "python" / "smarther" / "keeper"
    planted = [room / f"planted_{number}.py" for number in range(MOST)]
    assert crowded([*modules(), *planted]) == {room}
