"""Bodies made to cost much: what reading one takes in memory and in work grows with its length, and no faster.

Only a genuine caller's body is read at all; these are for the day on which the secret is no secret, or the provider's
cloud goes mad.
"""

from __future__ import annotations

import json
import sys
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

from smarther.domain.readings.json_fields import MAX_BODY_BYTES
from smarther.domain.readings.notification import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    type Bomb = Callable[[int], str]

TIMES = 16
MEMORY_PER_BYTE = 100
"""Python holds `0,` as a Decimal and its place in a list: sixty bytes for two."""
SMALL = 100_000
"""Bytes that reading takes however short the body is."""
GENUINE = {"time": "2026-11-21T15:30:20+00:00", "sender": {"plant": {"id": "p", "module": {"id": "m"}}}}


def notification(**changes: Any) -> str:
    return json.dumps({"data": {"chronothermostats": [{**GENUINE, **changes}]}})


def listed(element: str, size: int) -> str:
    """A list as long as the size allows."""
    return "[" + ",".join([element] * (size // (len(element) + 1))) + "]"


BOMBS: dict[str, Bomb] = {
    "lists in lists": lambda size: "[" * size,
    "objects in objects": lambda size: '{"a":' * (size // 5),
    "lists in lists, closed": lambda size: "[" * (size // 2) + "]" * (size // 2),
    "an unknown field in many levels": lambda size: notification(x="@").replace('"@"', "[" * 900 + "]" * 900),
    "many lists": lambda size: listed("[]", size),
    "many objects": lambda size: listed("{}", size),
    "many numbers": lambda size: listed("0", size),
    "many fractions": lambda size: listed("1.5", size),
    "many long numbers": lambda size: listed("9" * 99, size),
    "a long number": lambda size: "9" * size,
    "a long fraction": lambda size: notification(setPoint={"value": "1." + "3" * size}),
    "a huge exponent": lambda size: "1e" + "9" * size,
    "a number as long text": lambda size: notification(setPoint={"value": "1" * size}),
    "a long id": lambda size: notification(sender={"plant": {"id": "p" * size, "module": {"id": "m"}}}),
    "a long time": lambda size: notification(time=f"2026-11-21T15:30:20.{'1' * size}Z"),
    "a time that never ends": lambda size: notification(time="2026-11-21T15:30:20" + "+00:00" * (size // 6)),
    "a long name": lambda size: notification(**{"k" * size: 1}),
    "many names": lambda size: notification(**{f"{number:06}": 0 for number in range(size // 13)}),
    "one name many times": lambda size: "{" + ",".join(['"a":0'] * (size // 6)) + "}",
    "an escaped text": lambda size: '"' + "\\u0041" * (size // 6) + '"',
    "halves of surrogates": lambda size: notification(mode="@").replace("@", "\\ud800" * (size // 6)),
    "a text that ends in an emoji": lambda size: '"' + "a" * size + "😀" + '"',
    "blanks": lambda size: " " * size,
    "many measures": lambda size: notification(thermometer={"measures": [{"value": "1"}] * (size // 18)}),
    "many programs": lambda size: notification(programs=[{"number": "1"}] * (size // 18)),
    "many statuses": lambda size: json.dumps({"data": {"chronothermostats": [GENUINE] * (size // 140)}}),
    "many empty statuses": lambda size: '{"data":{"chronothermostats":' + listed("{}", size) + "}}",
    "many envelopes": lambda size: listed(json.dumps({"data": GENUINE}), size),
    "much that is unknown": lambda size: notification(x=[[[[0]]]] * (size // 12)),
}


def calls(body: bytes) -> int:
    """The work of reading a body: how many functions are called for it, Python's own among them."""
    made = 0

    def count(_: object, event: str, __: object) -> None:
        nonlocal made
        made += event.endswith("call")

    sys.setprofile(count)
    try:
        parse(body)
    finally:
        sys.setprofile(None)
    return made


@pytest.mark.shows("costly bodies are bounded")
@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_sixteen_times_the_length_is_at_most_sixteen_times_the_work(bomb: Bomb) -> None:
    short, long = (bomb(size).encode() for size in (4_000, 4_000 * TIMES))

    assert calls(long) <= 1.2 * TIMES * calls(short)


@pytest.mark.shows("costly bodies are bounded")
@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_the_memory_of_reading_is_bounded_by_the_length(bomb: Bomb) -> None:
    body = bomb(64_000).encode()

    tracemalloc.start()
    try:
        parse(body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak <= SMALL + MEMORY_PER_BYTE * len(body)


@pytest.mark.shows("costly bodies are bounded")
def test_a_body_beyond_the_longest_is_not_read_at_all() -> None:
    assert calls(listed("0", 2 * MAX_BODY_BYTES).encode()) < 50
