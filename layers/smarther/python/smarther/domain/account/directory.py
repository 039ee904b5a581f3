"""The rules of the directory: which ids are usable, which of two listings counts, when a missing entry is removed.

In every capture the provider's ids are UUIDs in lower case. Case makes no difference in a UUID, so ids are compared
without it, and keep the spelling in which they were first seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

LONGEST_ID: Final = 100
"""Characters. A UUID has 36; a key of the table has room for two ids of this length."""

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


def usable_id(value: object) -> str | None:
    """The value if it can be stored, compared and put into an address as an id; else None."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID:
        return None
    return value if value.isprintable() and value.strip(" .") else None


def same_id(one: str, other: str) -> bool:
    """Whether two ids are the same, apart from upper and lower case."""
    return one.casefold() == other.casefold()


def spelled(identifier: str, known: Collection[str]) -> str:
    """The id in the spelling of `known`, regardless of case; unchanged if `known` lacks it."""
    if identifier in known:
        return identifier
    return next((each for each in known if same_id(each, identifier)), identifier)


def newest_listings[Each](listings: Iterable[tuple[str, str, datetime | None, Each]]) -> list[Each]:
    """One listing of each thermostat: if several plants list it, that of the plant where it appeared last.

    A listing is (plant id, module id, since when the thermostat is known in that plant, any value). Returns the values
    of the chosen listings.
    """
    newest: dict[str, tuple[datetime, str, Each]] = {}
    for plant_id, module_id, known_since, each in listings:
        key, rank = module_id.casefold(), (known_since or _LONG_AGO, plant_id)
        if key not in newest or rank > newest[key][:2]:
            newest[key] = (*rank, each)
    return [each for _, _, each in newest.values()]


@dataclass(frozen=True, slots=True)
class Removals:
    """Ids to remove now (`gone`), and ids to remove if the next list lacks them too (`absent`)."""

    gone: frozenset[str]
    absent: frozenset[str]


def removals(
    known: Iterable[str],
    listed: Iterable[str],
    *,
    absent_before: frozenset[str],
    whole: bool,
    elsewhere: Iterable[str] = (),
) -> Removals:
    """Which known ids to remove: those that two lists in a row lack.

    - A list that is not `whole` removes nothing: what it seems to lack may be in the part that cannot be read.
    - An empty list removes nothing, except what is listed `elsewhere` now.
    """
    if not whole:
        return Removals(frozenset(), absent_before)
    listed = frozenset(listed)
    missing = frozenset(known) - listed
    if not listed:
        missing &= frozenset(elsewhere)
    gone = missing & absent_before
    return Removals(gone, missing - gone)
