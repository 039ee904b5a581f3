"""The finding of a check: a mark, what is so, what to do about it, and the exit status."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from smarther_cli.errors import Status

if TYPE_CHECKING:
    from collections.abc import Iterable


class Mark(StrEnum):
    """The mark in front of a line."""

    GOOD = "good"
    LOOK = "look"
    BAD = "bad"
    NOT_TOLD = "not told"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the result. `do` is empty if there is nothing to do."""

    mark: Mark
    says: str
    do: str = ""
    status: Status = Status.FINE


def good(says: str) -> Finding:
    """A finding: as it should be."""
    return Finding(mark=Mark.GOOD, says=says)


def look(says: str, do: str) -> Finding:
    """A finding: nothing fails because of it, but somebody should know."""
    return Finding(mark=Mark.LOOK, says=says, do=do)


def bad(says: str, do: str) -> Finding:
    """A finding: not as it should be."""
    return Finding(mark=Mark.BAD, says=says, do=do, status=Status.FAILED)


def wanting(says: str, do: str) -> Finding:
    """A finding: only the owner can repair it."""
    return Finding(mark=Mark.BAD, says=says, do=do, status=Status.PERSON_NEEDED)


def soon_wanting(says: str, do: str) -> Finding:
    """A finding: nothing fails yet, but only the owner can prevent it."""
    return Finding(mark=Mark.LOOK, says=says, do=do, status=Status.PERSON_NEEDED)


def not_told(says: str, do: str = "") -> Finding:
    """A finding: there is nothing to judge, not yet, or never in this cloud."""
    return Finding(mark=Mark.NOT_TOLD, says=says, do=do)


def not_answered(says: str, do: str) -> Finding:
    """A finding: AWS should have answered and did not, so nothing is known."""
    return Finding(mark=Mark.NOT_TOLD, says=says, do=do, status=Status.FAILED)


def worst(findings: Iterable[Finding]) -> Status:
    """The exit status for all findings: a fault of the stack (1) before one that waits for the owner (3)."""
    found = {finding.status for finding in findings}
    return next((each for each in (Status.FAILED, Status.PERSON_NEEDED) if each in found), Status.FINE)
