"""The schema: what kind of item a key is, how an item differs from it, and whose partitions are whose."""

from __future__ import annotations

import re
from typing import Any

import pytest

from labs.described import faults, is_of, kind_of, partitions
from smarther.store import keys
from smarther.store.schema import ITEMS

LEASE: dict[str, Any] = {
    "pk": {"S": "LEASE"},
    "sk": {"S": "KEEPER"},
    "owner": {"S": "o"},
    "expires_at": {"N": "1"},
}


def test_a_key_is_of_one_kind_at_most() -> None:
    keys = [tuple(re.sub(r"<[^>]*>", "x", key) for key in (kind.partition, kind.sort)) for kind in ITEMS]
    assert [kind_of(*key) for key in keys] == list(ITEMS)
    assert [sum(is_of(kind, *key) for kind in ITEMS) for key in keys] == [1] * len(ITEMS)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({}, []),
        ({"pk": {"S": "ANOTHER"}}, ["no kind of item has the key ANOTHER KEEPER"]),
        ({"more": {"S": "x"}}, ["more is not known"]),
        ({"expires_at": {"S": "1"}}, ["expires_at is no number"]),
        ({"owner": None}, ["owner is missing"]),
    ],
)
def test_an_item_that_differs_is_seen(change: dict[str, Any], fault: list[str]) -> None:
    item = {name: value for name, value in (LEASE | change).items() if value is not None}
    assert faults(item) == fault


def test_a_partition_with_a_changing_part_is_told_by_its_beginning() -> None:
    drawn_from, drawn_into = partitions("widget")
    read, written = partitions("receiver")

    assert keys.module_partition("*") in drawn_from
    assert drawn_into == set(), "what draws writes nothing"
    assert keys.module_partition("*") in written, "it stores readings"
    assert keys.DIGESTS["pk"] in read
    assert keys.DIGESTS["pk"] not in written, "only the keeper says who is accepted"
