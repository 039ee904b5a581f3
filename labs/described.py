"""The stored items held against the schema: which kind an item is of, how it differs, and who uses which partition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from smarther.store.schema import ITEMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smarther.store.schema import Form, ItemKind, Party

_FORMS: Final[Mapping[Form, str]] = {"text": "S", "number": "N", "true or false": "BOOL", "fields": "M", "list": "L"}
"""DynamoDB's letter for each form."""


def is_of(kind: ItemKind, pk: str, sk: str) -> bool:
    """Whether a key is one of this kind."""
    return _matches(kind.partition, pk) and _matches(kind.sort, sk)


def kind_of(pk: str, sk: str) -> ItemKind | None:
    """The kind of the item with this key; None if no kind has such a key."""
    return next((kind for kind in ITEMS if is_of(kind, pk, sk)), None)


def faults(item: Mapping[str, Mapping[str, object]]) -> list[str]:
    """How an item, in DynamoDB's JSON, differs from its kind: attributes that are unknown, of another form, or missing.

    Empty if it does not differ.
    """
    pk, sk = (str(item[name]["S"]) for name in ("pk", "sk"))
    kind = kind_of(pk, sk)
    if kind is None:
        return [f"no kind of item has the key {pk} {sk}"]
    known = {each.name: each for each in kind.attributes}
    odd = [name for name in item if name not in known and name not in {"pk", "sk"}]
    formed = [name for name, each in known.items() if name in item and _FORMS[each.form] not in item[name]]
    absent = [name for name, each in known.items() if each.always and name not in item]
    return (
        [f"{name} is not known" for name in odd]
        + [f"{name} is no {known[name].form}" for name in formed]
        + [f"{name} is missing" for name in absent]
    )


def partitions(function: Party) -> tuple[set[str], set[str]]:
    """The partitions that a function reads, and those that it writes; `*` stands for the parts that vary."""
    read: set[str] = set()
    written: set[str] = set()
    for kind in ITEMS:
        beginning, changes, _ = kind.partition.partition("<")
        partition = f"{beginning}*" if changes else beginning
        if function in kind.read_by:
            read.add(partition)
        if function in kind.written_by:
            written.add(partition)
    return read, written


def _matches(pattern: str, text: str) -> bool:
    beginning, placeholder, _ = pattern.partition("<")
    return len(text) > len(beginning) and text.startswith(beginning) if placeholder else text == pattern
