"""MiniStack with a DynamoDB that looks items up by their keys, as AWS's does.

MiniStack takes all items of the partition (for a scan, of the table), sorts them, and parses the condition for each:
three seconds for one page of a thermostat's year. Here its own code gets no more items than the page can hold, and does
the rest as usual: validation, matching, the end of the page, projection. Requests of another form go to it unchanged.

Only the year of a million readings needs this (`make year`): `python -m labs.bench.key_lookup`, by the local cloud's
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
"""The key conditions that the project uses."""

_PLACEHOLDERS: Final = re.compile(r"#\w+(, *#\w+)*")
_HIGHEST: Final = "\U0010ffff" * 256
"""No sort key is greater: they have at most 1,024 bytes."""

# These are private parts of MiniStack. They are read at import, so that with a version without them nothing starts.
_query: Final = dynamodb._query
_scan: Final = dynamodb._scan
_table_name: Final = dynamodb._normalize_table_name
_tables: Final = dynamodb._tables
_paginate: Final = dynamodb._paginate_evaluated_items
_item_bytes: Final = dynamodb._item_size_bytes
_evaluate: Final = dynamodb._evaluate_condition
_project: Final = dynamodb._apply_projection


class Partition(dict[str, "Item"]):
    """A partition with its sort keys in order, and a cache of the sizes of items that were read.

    A removed key stays in the order and is skipped, so that only inserting changes the order: MiniStack removes expired
    items in another thread.
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
        """The item's bytes, as they count for a page."""
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
    """Run the sandbox's local cloud with both operations replaced."""
    install()
    serve()


def install() -> None:
    """Replace both of MiniStack's operations."""
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
    # MiniStack's code, run with other globals. Its own table is not changed, because other threads read it too.
    return _run(operation, vars(dynamodb) | inside, request)


def _run(operation: FunctionType, names: dict[str, Any], request: Request) -> Answer:
    answer: Answer = FunctionType(operation.__code__, names)(request)
    return answer


def _paginating(table: Table) -> Callable[..., tuple[list[Item], bool]]:
    """MiniStack's `_paginate_evaluated_items`, with the size of each item computed once."""

    def size(item: Item) -> int:
        partition, key = _key(table, item)
        return _partition(table, partition).size(key, item)

    return FunctionType(_paginate.__code__, vars(dynamodb) | {"_item_size_bytes": size}, argdefs=_paginate.__defaults__)


def _evaluating_once() -> Callable[..., bool]:
    """MiniStack's `_evaluate_condition`, with a key condition, which all found items meet, checked for the first only.

    If the page has a start key, that is the first.
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
    """MiniStack's `_apply_projection`, with a projection that only picks attributes by placeholders parsed once."""
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
    """The items of a query, in order, after its start key; None for a query of another form."""
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
        return None  # MiniStack reports what is wrong
    if asked["prefix"]:
        last += _HIGHEST
    forward = request.get("ScanIndexForward", True)
    if start:
        first, last = (max(first, start[1]), last) if forward else (first, min(last, start[1]))
    found = _partition(table, partition).between(first, last, forward=forward)
    return (item for key, item in found if (partition, key) != start)


def _behind_start(table: Table, request: Request) -> Iterator[Item] | None:
    """All items after a scan's start key; None for a scan of another form."""
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
    """The key after which the page begins. Raises KeyError or TypeError if it is not a key of two strings."""
    if not table["sk_name"] or {each["AttributeType"] for each in table["AttributeDefinitions"]} != {"S"}:
        raise TypeError("only two strings are in order here")
    start = request.get("ExclusiveStartKey")
    return None if start is None else _key(table, start)


def _key(table: Table, item: Item) -> tuple[str, str]:
    return item[table["pk_name"]]["S"], item[table["sk_name"]]["S"]


def _partition(table: Table, name: str) -> Partition:
    """A partition in order; the first time it replaces MiniStack's own."""
    held = table["items"].get(name, {})
    if isinstance(held, Partition):
        return held
    ordered = Partition(held)
    if held:
        table["items"][name] = ordered
    return ordered


if __name__ == "__main__":
    main()
