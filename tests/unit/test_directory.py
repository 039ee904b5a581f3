"""The directory's rules: ids, the listing that counts, and what a list lets go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarther.domain.account.directory import (
    LONGEST_ID,
    Removals,
    newest_listings,
    removals,
    same_id,
    spelled,
    usable_id,
)

NOW = datetime(2026, 1, 14, 6, 30, tzinfo=UTC)
DAY = timedelta(days=1)
IDS = st.frozensets(st.sampled_from("abcdef"))


@pytest.mark.parametrize(
    "value",
    [
        None,
        1,
        True,
        [],
        {},
        "",
        " ",
        ".",
        "..",
        "a\n",
        "a\x00",
        "\ud83d",
        "\u202ea",
        "a\u2028b",
        "x" * (LONGEST_ID + 1),
    ],
)
def test_what_cannot_be_stored_or_put_into_an_address_is_no_id(value: object) -> None:
    assert usable_id(value) is None


@pytest.mark.parametrize("value", ["6cd6f0cd-b3b4-5e21-a7a9-48b84e36327d", "a b", "p/1#?", "è", "x" * LONGEST_ID])
def test_any_other_text_is_one(value: str) -> None:
    assert usable_id(value) == value


@given(st.text(st.characters(exclude_categories=())))
def test_every_id_fits_into_a_key_twice(value: str) -> None:
    assert usable_id(value) is None or len(f"MODULE#{value}#{value}".encode()) <= 1024


def test_an_id_is_one_however_it_is_spelled_and_spelled_as_it_is_known() -> None:
    assert same_id("6CD6F0CD-b3b4", "6cd6f0cd-B3B4")
    assert not same_id("6cd6f0cd", "6cd6f0ce")
    assert spelled("ABC", ["abd", "aBc"]) == "aBc"
    assert spelled("ABC", ["abc", "ABC"]) == "ABC"
    assert spelled("ABC", []) == "ABC"


def test_a_thermostat_that_is_listed_twice_is_where_it_was_met_last() -> None:
    listings = [
        ("p1", "m1", NOW, "there"),
        ("p2", "M1", NOW - DAY, "here before"),
        ("p3", "m1", None, "here since nobody knows when"),
        ("p1", "m2", None, "another"),
    ]
    for order in permutations(listings):
        assert sorted(newest_listings(order)) == ["another", "there"]


def test_of_two_listings_of_one_time_it_is_always_the_same() -> None:
    listings = [("p1", "m1", NOW, 1), ("p2", "m1", NOW, 2)]
    assert newest_listings(listings) == newest_listings(listings[::-1]) == [2]


def test_what_is_missing_once_stays_and_what_is_missing_twice_goes() -> None:
    first = removals("ab", "a", absent_before=frozenset(), whole=True)
    assert first == Removals(frozenset(), frozenset("b"))
    assert removals("ab", "a", absent_before=first.absent, whole=True) == Removals(frozenset("b"), frozenset())


@given(known=IDS, listed=IDS, absent=IDS, elsewhere=IDS, whole=st.booleans())
def test_nothing_goes_that_is_listed_or_was_not_missing_before(
    known: frozenset[str], listed: frozenset[str], absent: frozenset[str], elsewhere: frozenset[str], *, whole: bool
) -> None:
    decided = removals(known, listed, absent_before=absent, whole=whole, elsewhere=elsewhere)

    assert decided.gone <= (known & absent) - listed
    if not whole:
        assert decided == Removals(frozenset(), absent)
    elif listed:
        assert decided.gone | decided.absent == known - listed
    else:
        assert decided.gone | decided.absent == known & elsewhere
