"""MiniStack, whose DynamoDB finds what a query or a scan asks for by its keys, as DynamoDB does.

MiniStack by itself takes all items of the partition (for a scan, of the table), puts them in order, and reads the
condition anew for each: three seconds for a page where a thermostat has a year of readings. Here its own code is given
no more items than the page can hold, and does the rest as ever: what it refuses, which items match, where the page
ends, what of them is sent. What is asked in another form it answers without us.

Only the year of a million readings needs this (`make year`): `python -m labs.bench.found_by_keys`, by the local cloud's
own interpreter.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final

from ministack.services import dynamodb

from sandbox.emulator.__main__ import main as serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    type Item = Mapping[str, Any]
    type Table = dict[str, Any]
    type Request = Mapping[str, Any]
    type Answer = tuple[int, dict[str, str], bytes]

_CONDITION: Final = re.compile(
    r"(?P<pk>\w+) = (?P<partition>:\w+) AND "
    r"(?:(?P<sk>\w+) BETWEEN (?P<first>:\w+) AND (?P<last>:\w+)|begins_with\((?P<begins>\w+), (?P<prefix>:\w+)\))"
)
"""The forms in which the project asks for a part of a partition."""

_PLACEHOLDERS: Final = re.compile(r"#\w+(, *#\w+)*")
_HIGHEST: Final = "\U0010ffff" * 256
"""No sort key is behind it: they are at most 1,024 bytes long."""

# What is not MiniStack's to offer is looked for at the start, so that a version without it does not start.
_query: Final = dynamodb._query
_scan: Final = dynamodb._scan
_table_name: Final = dynamodb._normalize_table_name
_tables: Final = dynamodb._tables
_paginate: Final = dynamodb._paginate_evaluated_items
_item_bytes: Final = dynamodb._item_size_bytes
_evaluate: Final = dynamodb._evaluate_condition
_project: Final = dynamodb._apply_projection


class Partition(dict[str, "Item"]):
    """A partition that knows the order of its sort keys, and of the items that were read how large they are.

    A key that is removed stays in the order and is passed over, so that only inserting changes it: MiniStack removes
    what has expired in a thread of its own.
    """

    def __init__(self, items: Mapping[str, Item]) -> None:
        super().__init__(items)
        self._order = sorted(self)
        self._sizes: dict[str, int] = {}

    def __setitem__(self, key: str, item: Item) -> None:
        at = bisect_left(self._order, key)
        if self._order[at : at + 1] != [key]:
            self._order.insert(at, key)
        self._sizes.pop(key, None)
        super().__setitem__(key, item)

    def size(self, key: str, item: Item) -> int:
        """The bytes that the item under this key counts on a page."""
        if (known := self._sizes.get(key)) is None:
            known = self._sizes[key] = _item_bytes(item)
        return known

    def between(self, first: str, last: str, *, forward: bool = True) -> Iterator[tuple[str, Item]]:
        """The items from one sort key to another, both included."""
        places = range(bisect_left(self._order, first), bisect_right(self._order, last))
        for at in places if forward else reversed(places):
            key = self._order[at]
            if (item := self.get(key)) is not None:
                yield key, item


def main() -> None:
    """The sandbox's local cloud, with both operations finding by keys."""
    install()
    serve()


def install() -> None:
    """Put both operations in the place of MiniStack's own."""
    dynamodb._query, dynamodb._scan = query, scan


def query(request: Request) -> Answer:
    """MiniStack's answer to a Query."""
    return _answer(_query, request, _asked_for)


def scan(request: Request) -> Answer:
    """MiniStack's answer to a Scan."""
    return _answer(_scan, request, _behind_start)


def _answer(
    operation: FunctionType, request: Request, find: Callable[[Table, Request], Iterator[Item] | None]
) -> Answer:
    table: Table | None = _tables.get(name := _table_name(request.get("TableName")))
    found = find(table, request) if table and "IndexName" not in request else None
    limit = request.get("Limit")
    if table is None or found is None or not (limit is None or (type(limit) is int and limit > 0)):
        return _run(operation, vars(dynamodb), request)
    page, more = _paginating(table)(found, limit, table)
    items: defaultdict[str, dict[str, Item]] = defaultdict(dict)
    for item in page:
        partition, key = _key(table, item)
        items[partition][key] = item
    inside = {
        "_tables": {name: table | {"items": items}},
        "_paginate_evaluated_items": lambda all_of_the_page, *_: (all_of_the_page, more),
        "_evaluate_condition": _evaluating_once(),
        "_apply_projection": _projecting_once(),
    }
    # The same code with this inside. MiniStack's own table stays as it is, because other threads look at it too.
    return _run(operation, vars(dynamodb) | inside, request)


def _run(operation: FunctionType, names: dict[str, Any], request: Request) -> Answer:
    answer: Answer = FunctionType(operation.__code__, names)(request)
    return answer


def _paginating(table: Table) -> Callable[..., tuple[list[Item], bool]]:
    """MiniStack's `_paginate_evaluated_items`; an item is measured when it is read first."""

    def size(item: Item) -> int:
        partition, key = _key(table, item)
        return _partition(table, partition).size(key, item)

    return FunctionType(_paginate.__code__, vars(dynamodb) | {"_item_size_bytes": size}, argdefs=_paginate.__defaults__)


def _evaluating_once() -> Callable[..., bool]:
    """MiniStack's `_evaluate_condition`; a key condition, which all that is found meets, is read for the first item.

    Where the page has a start key, that comes before the items.
    """
    read = False

    def evaluate(expression: str, item: Item, values: Any, names: Any, slot: str) -> bool:
        nonlocal read
        if slot == "KeyConditionExpression":
            if read:
                return True
            read = True
        held: bool = _evaluate(expression, item, values, names, slot=slot)
        return held

    return evaluate


def _projecting_once() -> Callable[[Item, Request], Item]:
    """MiniStack's `_apply_projection`; one that only picks attributes by placeholders is read for one item."""
    picked: list[str] = []

    def project(item: Item, request: Request) -> Item:
        if picked:
            return {name: item[name] for name in picked if name in item}
        projected: Item = _project(item, request)
        if _PLACEHOLDERS.fullmatch(expression := request.get("ProjectionExpression") or ""):
            picked.extend(request["ExpressionAttributeNames"][each.strip()] for each in expression.split(","))
        return projected

    return project


def _asked_for(table: Table, request: Request) -> Iterator[Item] | None:
    """What meets a query's condition, in the wanted order, behind its start; None for what is not known here."""
    asked = _CONDITION.fullmatch(request.get("KeyConditionExpression") or "")
    if asked is None or (asked["pk"], asked["sk"] or asked["begins"]) != (table["pk_name"], table["sk_name"]):
        return None
    try:
        start = _start(table, request)
        partition, first, last = (
            request["ExpressionAttributeValues"][asked[name]]["S"]
            for name in ("partition", *(("first", "last") if asked["sk"] else ("prefix", "prefix")))
        )
    except (KeyError, TypeError):
        return None  # what is wrong with it is MiniStack's to say
    if asked["prefix"]:
        last += _HIGHEST
    forward = request.get("ScanIndexForward", True)
    if start:
        first, last = (max(first, start[1]), last) if forward else (first, min(last, start[1]))
    found = _partition(table, partition).between(first, last, forward=forward)
    return (item for key, item in found if (partition, key) != start)


def _behind_start(table: Table, request: Request) -> Iterator[Item] | None:
    """All of the table behind a scan's start; None for what is not known here."""
    try:
        start = _start(table, request) or ("", "")
    except (KeyError, TypeError):
        return None
    if "Segment" in request:
        return None
    return (
        item
        for partition in sorted(table["items"])
        if partition >= start[0]
        for key, item in _partition(table, partition).between(start[1] if partition == start[0] else "", _HIGHEST)
        if (partition, key) != start
    )


def _start(table: Table, request: Request) -> tuple[str, str] | None:
    """The key behind which the page begins. Raises KeyError or TypeError for what is none, or not of two strings."""
    if not table["sk_name"] or {each["AttributeType"] for each in table["AttributeDefinitions"]} != {"S"}:
        raise TypeError("only two strings are in order here")
    start = request.get("ExclusiveStartKey")
    return None if start is None else _key(table, start)


def _key(table: Table, item: Item) -> tuple[str, str]:
    return item[table["pk_name"]]["S"], item[table["sk_name"]]["S"]


def _partition(table: Table, name: str) -> Partition:
    """A partition in order; the first time, it is put in the place of MiniStack's own."""
    held = table["items"].get(name, {})
    if isinstance(held, Partition):
        return held
    ordered = Partition(held)
    if held:
        table["items"][name] = ordered
    return ordered


if __name__ == "__main__":
    main()
