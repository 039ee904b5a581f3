"""The rules of answers: each check returns the answer in the form to use, or raises Wrong with one sentence."""

from __future__ import annotations

import difflib
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

LONGEST_STACK_NAME: Final = 52
"""Function names have 64 characters at most (Lambda's quotas), and the longest is the stack's with `-pre-traffic`."""

_STACK_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_REGION: Final = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d{1,2}")
_EMAIL: Final = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]+")
_CLOSE: Final = 0.7


class Wrong(ValueError):  # noqa: N818 - an answer that is wrong
    """An answer that cannot be used. The message is one sentence that says why, with an example."""


def stack_name(answer: str) -> str:
    """A stack name, from which all names in the template can be made."""
    if _STACK_NAME.fullmatch(answer) is None:
        raise Wrong("A name begins with a letter and has only letters, digits and hyphens, such as smarther-recorder.")
    if len(answer) > LONGEST_STACK_NAME:
        raise Wrong(
            f"A name has {LONGEST_STACK_NAME} characters at most, such as smarther-recorder; this one has"
            f" {len(answer)}, and its functions' names would be longer than AWS allows."
        )
    return answer


def region(answer: str, known: Collection[str]) -> str:
    """The name of one of AWS's regions."""
    name = answer.lower()
    if name in known:
        return name
    if _REGION.fullmatch(name) is None:
        raise Wrong(f"{answer!r} is not the name of a region; eu-west-1 is one.")
    raise Wrong(f"There is no region {answer!r}; {_close(name, known) or 'eu-west-1'} is one.")


@cache
def zones() -> frozenset[str]:
    """The time zones that the functions have; this machine's database may hold more, such as `localtime`."""
    return frozenset(files("tzdata").joinpath("zones").read_text().split())


def zone(answer: str) -> str:
    """A time zone that there is, by its name in the IANA database; upper and lower case do not matter."""
    names = {name.casefold(): name for name in zones()}
    if (found := names.get(answer.casefold())) is not None:
        return found
    raise Wrong(f"There is no time zone {answer!r}; {_close(answer.casefold(), names, names) or 'Europe/Rome'} is one.")


def email(answer: str) -> str:
    """A mail address, or nothing."""
    if answer and _EMAIL.fullmatch(answer) is None:
        raise Wrong(f"{answer!r} is not a mail address; you@example.org is one, and a hyphen alone means none.")
    return answer


def one_of(answer: str, choices: Collection[str], what: str) -> str:
    """One of some names."""
    if answer in choices:
        return answer
    raise Wrong(f"There is no {what} {answer!r}; {_close(answer, choices) or min(choices)} is one.")


def _close(answer: str, known: Collection[str], written: dict[str, str] | None = None) -> str:
    """The known name that was perhaps meant; a time zone is also found by its town."""
    towns = [name for name in sorted(known) if name.rpartition("/")[2] == answer]
    found = (towns or difflib.get_close_matches(answer, sorted(known), n=1, cutoff=_CLOSE) or [""])[0]
    return written[found] if written and found else found
