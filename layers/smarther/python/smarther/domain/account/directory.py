"""The directory's rules: when an id is an id, which of two listings counts, and what an answer lets go.

The provider's ids are UUIDs in lower case, in every capture there is. As with any UUID, case makes no difference: ids
are compared without it, and spelled as they were first met.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

LONGEST_ID: Final = 100
"""Characters. A UUID has 36; two of these and more still fit into a key of the table."""

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


def usable_id(value: object) -> str | None:
    """The value if it is an id that can be stored, compared and put into an address; else None."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID:
        return None
    return value if value.isprintable() and value.strip(" .") else None


def same_id(one: str, other: str) -> bool:
    """Whether two ids are one, however they are spelled."""
    return one.casefold() == other.casefold()


def spelled(identifier: str, known: Collection[str]) -> str:
    """The id as it is known already, whatever its case; else as it is given."""
    if identifier in known:
        return identifier
    return next((each for each in known if same_id(each, identifier)), identifier)


def newest_listings[Each](listings: Iterable[tuple[str, str, datetime | None, Each]]) -> list[Each]:
    """One of each thermostat: where it was met last, should several plants list it.

    A listing is (plant id, module id, since when the thermostat is known in that plant, anything).
    """
    newest: dict[str, tuple[datetime, str, Each]] = {}
    for plant_id, module_id, known_since, each in listings:
        key, rank = module_id.casefold(), (known_since or _LONG_AGO, plant_id)
        if key not in newest or rank > newest[key][:2]:
            newest[key] = (*rank, each)
    return [each for _, _, each in newest.values()]


@dataclass(frozen=True, slots=True)
class LetGo:
    """What follows from a list: what is `gone`, and what is `absent`, to go if the next list lacks it as well."""

    gone: frozenset[str]
    absent: frozenset[str]


def let_go(
    known: Iterable[str],
    listed: Iterable[str],
    *,
    absent_before: frozenset[str],
    whole: bool,
    elsewhere: Iterable[str] = (),
) -> LetGo:
    """What a list no longer holds goes when it is missing twice running.

    - A list of which a part could not be read lets nothing go: what seems to be missing may be just that part.
    - An empty list lets nothing go, except what is listed `elsewhere` by now.
    """
    if not whole:
        return LetGo(frozenset(), absent_before)
    listed = frozenset(listed)
    missing = frozenset(known) - listed
    if not listed:
        missing &= frozenset(elsewhere)
    gone = missing & absent_before
    return LetGo(gone, missing - gone)
