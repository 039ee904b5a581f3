"""An error as a log may have it: what kind it was and where it came from, and nothing of its words."""

from __future__ import annotations

from traceback import extract_tb
from typing import NamedTuple


class Fault(NamedTuple):
    """The error's type, and the file and line of ours in which it was raised."""

    error: str
    place: str


def fault_of(error: Exception) -> Fault:
    """The fault that an error was. What it says is left out, because it may quote what is stored."""
    places = extract_tb(error.__traceback__)
    ours = [place for place in places if "/smarther/" in place.filename] or places
    place = f"{ours[-1].filename.rpartition('/smarther/')[2]}:{ours[-1].lineno}" if ours else ""
    return Fault(type(error).__name__, place)
