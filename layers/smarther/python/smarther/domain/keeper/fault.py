"""An error in a form that may be logged: its type and its place, without its message."""

from __future__ import annotations

from traceback import extract_tb
from typing import NamedTuple


class Fault(NamedTuple):
    """The error's type, and the file and line of our code in which it was raised."""

    error: str
    place: str


def fault_of(error: Exception) -> Fault:
    """The type and place of an error, without its message, which may quote stored data."""
    places = extract_tb(error.__traceback__)
    ours = [place for place in places if "/smarther/" in place.filename] or places
    place = f"{ours[-1].filename.rpartition('/smarther/')[2]}:{ours[-1].lineno}" if ours else ""
    return Fault(type(error).__name__, place)
