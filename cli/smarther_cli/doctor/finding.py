"""What a check found: a mark, what is so, what to do about it, and what it means for the exit status."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from smarther_cli.errors import Status

if TYPE_CHECKING:
    from collections.abc import Iterable


class Mark(StrEnum):
    """What a person sees at a glance."""

    GOOD = "good"
    LOOK = "look"
    BAD = "bad"
    NOT_TOLD = "not told"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the result. `do` is empty where there is nothing to do."""

    mark: Mark
    says: str
    do: str = ""
    status: Status = Status.FINE


def good(says: str) -> Finding:
    """It is as it should be."""
    return Finding(mark=Mark.GOOD, says=says)


def look(says: str, do: str) -> Finding:
    """Nothing fails because of it, and somebody should know."""
    return Finding(mark=Mark.LOOK, says=says, do=do)


def bad(says: str, do: str) -> Finding:
    """It is not as it should be."""
    return Finding(mark=Mark.BAD, says=says, do=do, status=Status.FAILED)


def wanting(says: str, do: str) -> Finding:
    """It waits for something that only the owner can do."""
    return Finding(mark=Mark.BAD, says=says, do=do, status=Status.PERSON_NEEDED)


def soon_wanting(says: str, do: str) -> Finding:
    """Nothing fails because of it, but the owner is needed, and nobody else can do it."""
    return Finding(mark=Mark.LOOK, says=says, do=do, status=Status.PERSON_NEEDED)


def not_told(says: str, do: str = "") -> Finding:
    """There is nothing to judge: not yet, or never in this cloud. Neither good nor a fault."""
    return Finding(mark=Mark.NOT_TOLD, says=says, do=do)


def not_answered(says: str, do: str) -> Finding:
    """It could have been told and was not: then nobody can say that all is well."""
    return Finding(mark=Mark.NOT_TOLD, says=says, do=do, status=Status.FAILED)


def worst(findings: Iterable[Finding]) -> Status:
    """The exit status for all of them: 1 before 3, because a stack that is at fault is more than one that waits."""
    found = {finding.status for finding in findings}
    return next((each for each in (Status.FAILED, Status.PERSON_NEEDED) if each in found), Status.FINE)
