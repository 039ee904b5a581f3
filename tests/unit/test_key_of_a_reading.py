"""The key of a reading: the same for the same content as in version 0.1.0, whatever is typed now and was not then.

A redelivery that comes on the other side of an upgrade must be a duplicate. And two readings that say different things
have different keys, though they differ only in what nobody can read.
"""

from __future__ import annotations

import base64
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labs import release
from smarther.domain.readings.notification import parse
from smarther.domain.readings.reading import Reading, reading_digest
from smarther.store.keys import sort_key
from tests.support.mutated import ENVELOPE, STATUS, body, changed, mutated
from tests.support.odd_places import EVERYWHERE, HOME
from tests.support.oddities import Odd, notifications, odd_texts, oddities, reach

if TYPE_CHECKING:
    from collections.abc import Callable

    type Keys = Callable[[bytes], dict[str, str]]

EVENTS = Path(__file__).parents[2] / "events" / "receiver"

# --- recorded: what version 0.1.0 computed --------------------------------------------------------------------------

_AT = "READING#2026-01-14T06:30:04.000000Z#"
_TWO = [{"timeStamp": "2026-01-14T06:30:02Z", "value": "18.7"}, {"timeStamp": "2026-01-14T06:10:02Z", "value": "18.1"}]
RECORDED: dict[str, tuple[dict[str, Any], str]] = {
    "as ever": ({}, f"{_AT}03f498e259f8a108"),
    "fahrenheit": ({"setPoint": {"value": "68.9", "unit": "F"}}, f"{_AT}6eea811f70e9e616"),
    "an unknown field": ({"firmware": {"major": 1, "minor": None}}, f"{_AT}2d0e7c92a54a3b96"),
    "several measures": ({"thermometer.measures": _TWO}, f"{_AT}c2d7f121e8dad6b6"),
    "no value": ({"thermometer.measures.0.value": None}, f"{_AT}b986d57df056a28e"),
    "a blank unit": ({"setPoint.unit": ""}, f"{_AT}03f498e259f8a108"),
    "a blank activation time": ({"activationTime": ""}, f"{_AT}296e6c729fb091fe"),
    "an activation time in 9999": ({"activationTime": "9999-12-31T23:59:59Z"}, f"{_AT}3bbdf226a477f187"),
    "a sensor just switched on": ({"thermometer.measures.0.value": "85.00000"}, f"{_AT}1a234fabd47faf96"),
    "the largest float": ({"thermometer.measures.0.value": "3.4028235E38"}, f"{_AT}aadad42187c45b7b"),
    "the newest of several is none": (
        {"thermometer.measures": [{**_TWO[0], "value": "126.5"}, _TWO[1]]},
        f"{_AT}5a41575b2f36d5a6",
    ),
    "a byte of humidity": ({"hygrometer.measures.0.value": 255}, f"{_AT}6b1fc2e35564d170"),
    "a program of twenty digits": ({"programs.0.number": "12345678901234567890"}, f"{_AT}619aa08cef5c5381"),
    "too hot in Fahrenheit": ({"setPoint": {"value": "999", "unit": "F"}}, f"{_AT}ff26879df0555035"),
    "the last second": ({"time": "9999-12-31T23:59:59Z"}, "READING#9999-12-31T23:59:59.000000Z#ca8aa09f0e21e71a"),
    "the first second": ({"time": "0001-01-01T00:00:00Z"}, "READING#0001-01-01T00:00:00.000000Z#68eae3370215627e"),
}
"""By version 0.1.0, from the status of the parser's tests with these changes."""


def keys(raw: bytes) -> list[str]:
    return [sort_key(reading) for reading in parse(raw).readings]


@pytest.mark.parametrize(("changes", "key"), RECORDED.values(), ids=RECORDED.keys())
def test_the_key_is_the_one_that_was_recorded(changes: dict[str, Any], key: str) -> None:
    status = STATUS
    for path, value in changes.items():
        status = changed(status, path, value)
    assert keys(body(status)) == [key]


# --- computed: what the latest release computes ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """The latest release's own code, from a body to the keys of its readings by their thermostats."""
    package = release.unpacked(tmp_path_factory.mktemp("released")) / "layers" / "smarther" / "python"
    ours = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == "smarther"}
    sys.path.insert(0, str(package))
    try:
        # The release's, and not ours; it has other rooms.
        notification = import_module("smarther.domain.notification")
        reading = import_module("smarther.domain.reading")
    finally:
        sys.path.remove(str(package))
        for name in [name for name in sys.modules if name.partition(".")[0] == "smarther"]:
            del sys.modules[name]
        sys.modules.update(ours)
    assert Path(str(notification.__file__)).is_relative_to(package)

    def read(raw: bytes) -> dict[str, str]:
        key = reading.sort_key
        return {each.module_id: key(each) for each in notification.parse(raw).readings}

    return read


def test_the_examples_have_the_keys_of_the_release(released: Keys) -> None:
    for file in sorted(EVENTS.glob("*.json")):
        event = json.loads(file.read_text())
        raw = event.get("body", "").encode()
        raw = base64.b64decode(raw) if event.get("isBase64Encoded") else raw
        ours = {reading.module_id: sort_key(reading) for reading in parse(raw).readings}
        assert ours.items() >= released(raw).items(), file.stem


@pytest.mark.shows("notification after an upgrade")
@settings(max_examples=100)
@given(document=notifications(), data=st.data())
def test_what_the_release_could_read_has_its_key(released: Keys, document: Any, data: st.DataObject) -> None:
    odd: Odd = data.draw(oddities(document))
    for raw in (body(document), odd.put(document)):
        ours = {reading.module_id: sort_key(reading) for reading in parse(raw).readings}
        assert ours.items() >= released(raw).items()


@settings(max_examples=100)
@given(document=mutated())
def test_what_the_release_could_read_of_any_document_has_its_key(released: Keys, document: Any) -> None:
    raw = body(document)
    ours = {sort_key(reading) for reading in parse(raw).readings}
    assert ours >= set(released(raw).values())


# --- apart: what nobody can read tells readings apart ---------------------------------------------------------------


FIELDS = [
    steps for steps in EVERYWHERE if not (reached := reach(Odd(steps, "", beside=False))).lost and reached.index == 0
]


@settings(max_examples=300)
@given(st.sampled_from(FIELDS), odd_texts, odd_texts)
def test_two_readings_that_differ_in_what_cannot_be_read_have_two_keys(
    steps: tuple[str | int, ...], text: str, another: str
) -> None:
    one, two = (parse(Odd(steps, each, beside=False).put(HOME)).readings[0] for each in (text, another))

    assert (_said(one) == _said(two)) == (reading_digest(one) == reading_digest(two))


def _said(reading: Reading) -> Any:
    """All that a reading says, but for what tells of its delivery alone."""
    delivery = {"event_id", "event_type", "event_time", "event_extra", "sender_address_type", "unread"}
    said = [getattr(reading, name) for name in Reading._fields if name not in delivery]
    return _typed([*said, {name: value for name, value in reading.unread.items() if name not in delivery}])


def _typed(value: Any) -> Any:
    """The same, but true is not 1, and false is not 0."""
    match value:
        case bool():
            return str(value)
        case dict():
            return {name: _typed(entry) for name, entry in value.items()}
        case list():
            return [_typed(entry) for entry in value]
        case _:
            return value


@pytest.mark.parametrize(
    ("path", "one", "two"),
    [
        ("hygrometer.measures.0.value", "--", "---"),
        ("hygrometer.measures.0.value", "255", "254"),
        ("setPoint.value", "", " "),
        ("setPoint.unit", "K", "R"),
        ("thermometer.measures.0.timeStamp", "2026-01-14T06:30:02", "2026-01-14T06:30:03"),
        ("online", "true", "false"),
        ("activationTime", {"end": "a"}, {"end": "b"}),
        ("programs.0.number", "1" * 40, "2" * 40),
        ("firmware", "\ud83d", "\ude00"),
        ("firmware", "x" * 40_000, "y" * 40_000),
        ("hygrometer.measures.0.value", "x" * 40_000, "y" * 40_000),
    ],
)
def test_unreadable_content_is_part_of_the_key(path: str, one: object, two: object) -> None:
    (first,), (second,) = (keys(body(changed(STATUS, path, value))) for value in (one, two))
    assert first != second
    assert first == keys(body([changed(ENVELOPE, "data.chronothermostats", [changed(STATUS, path, one)])]))[0]
