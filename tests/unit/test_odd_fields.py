"""Nothing odd takes its neighbours along: one odd thing in one place of a notification costs what it stands for, alone.

Metamorphic: a notification is drawn, any JSON is put into one place of it, and everything that does not stand there
must come out as it does without.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smarther.domain.readings.notification import parse
from smarther.domain.readings.reading import BOUNDS, Reading
from smarther.store.readings import stored
from tests.support.mutated import ENVELOPE, STATUS, body, changed
from tests.support.odd_places import EVERYWHERE, HOME
from tests.support.oddities import LARGE, ODD, USER, Odd, nested, notifications, oddities, reach

ARRIVAL = datetime(2026, 1, 14, 6, 30, 6, tzinfo=UTC)


def item(reading: Reading) -> dict[str, Any]:
    return dict(stored(reading, received_at=ARRIVAL, source="push", retention_days=None))


def without(item: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """What an item says but for these; its key ends in a digest of all that it says."""
    return {name: value for name, value in item.items() if name not in names} | {"sk": item["sk"].rpartition("#")[0]}


def check(document: list[dict[str, Any]], odd: Odd) -> None:
    """Put one odd thing into a notification, and compare what is read with what is read without."""
    reached = reach(odd)
    usual = _readings(body(document))
    thermostats = {
        status["sender"]["plant"]["module"]["id"]: (number, index)
        for number, envelope in enumerate(document)
        for index, status in enumerate(envelope["data"]["chronothermostats"])
    }
    assert usual.keys() == thermostats.keys()

    read = parse(odd.put(document))

    found = {reading.module_id: reading for reading in read.readings}
    for module_id, place in thermostats.items():
        if not reached.holds(*place):
            assert found[module_id] == usual[module_id]
        elif not reached.lost:
            here, there = item(found[module_id]), item(usual[module_id])
            assert without(here, reached.attributes) == without(there, reached.attributes)
    hit = sum(reached.holds(*place) for place in thermostats.values())
    if reached.lost:
        assert len(read.readings) + len(read.rejects) > len(thermostats) - hit
    elif odd.text == LARGE:
        assert len(read.rejects) in {0, hit}
    else:
        assert read.rejects == ()
    for reading in read.readings:
        look_at(reading)


@cache
def _readings(raw: bytes) -> dict[str, Reading]:
    return {reading.module_id: reading for reading in parse(raw).readings}


def look_at(reading: Reading) -> None:
    """What every reader of an item relies on."""
    said = item(reading)
    for name, (lowest, highest) in BOUNDS.items():
        assert lowest <= said.get(name, lowest) <= highest
    assert reading.unread.keys() <= set(Reading._fields)
    assert [name for name in reading.unread if name in said and not name.endswith("extra")] == []
    json.dumps(said, default=str, ensure_ascii=False).encode()
    assert USER not in repr(said)


@pytest.mark.parametrize("text", ODD, ids=lambda text: text[:20])
def test_an_oddity_seen_in_real_life_affects_nothing_else_in_any_place(text: str) -> None:
    for steps in EVERYWHERE:
        check(HOME, Odd(steps, text, beside=False))


@pytest.mark.shows("unreadable field")
@settings(max_examples=200)
@given(st.data())
def test_one_odd_thing_costs_nothing_beside_it(data: st.DataObject) -> None:
    document = data.draw(notifications())
    check(document, data.draw(oddities(document)))


# --- nothing is lost ------------------------------------------------------------------------------------------------

NEEDLES = (
    *('"NEEDLE"', '["NEEDLE"]', '{"NEEDLE":1}', '{"value":"NEEDLE"}', '{"number":"NEEDLE"}', '{"measures":"NEEDLE"}'),
    *('{"plantId":["NEEDLE"]}', '[{"value":"NEEDLE","unit":"C"}]', '[1,{"number":"NEEDLE"}]', '"NEEDLE\\ud83d"'),
    *('{"a":1,"a":"NEEDLE"}', '{"\\ud83d":"NEEDLE"}', '{"":{"":"NEEDLE"}}'),
    *(nested(levels).replace("[]", '["NEEDLE"]') for levels in (20, 40, 400)),
)
SAID_AGAIN = ("subject", "plantId")
"""Which plant it is, once more; a text there is not kept."""


@pytest.mark.parametrize("needle", NEEDLES, ids=lambda text: text[:20])
def test_whatever_is_sent_is_stored_or_its_body_is_kept(needle: str) -> None:
    for steps in EVERYWHERE:
        read = parse(Odd(steps, needle, beside=False).put(HOME))
        kept = "NEEDLE" in repr([item(reading) for reading in read.readings]) or read.rejects
        assert kept or "receiver" in steps or (steps[-1] in SAID_AGAIN and needle.startswith('"')), steps


@pytest.mark.shows("very long field")
@pytest.mark.parametrize("path", ["firmware", "hygrometer.measures.0.value"])
def test_what_is_too_much_for_an_item_is_noted_in_the_reading_and_its_body_is_kept(path: str) -> None:
    read = parse(body(changed({**STATUS, "other": "small"}, path, "x" * 40_000)))
    (reading,) = read.readings
    assert reading.extra == {"other": "small"}
    assert "left out: 400" in repr(reading.unread)
    assert [reject.reason for reject in read.rejects] == ["status says more than a reading can keep"]


def test_of_very_many_fields_as_many_as_an_item_can_hold_are_kept() -> None:
    read = parse(body(STATUS | {f"{number:04}": "x" * number for number in range(500)}))
    (reading,) = read.readings
    assert set(reading.extra) == {f"{number:04}" for number in range(len(reading.extra))}
    assert 100 < len(reading.extra) < 500
    assert len(read.rejects) == 1


# --- what is told of it ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "value", "unread"),
    [
        ("function", 1, {"function": 1}),
        ("mode", ["MANUAL"], {"mode": ["MANUAL"]}),
        ("mode", "x" * 201, {"mode": "x" * 201}),
        ("mode", "\ud83d", {"mode": "\\ud83d"}),
        ("loadState", True, {"load_state": True}),
        ("online", "true", {"online": "true"}),
        ("temperatureFormat", {}, {"temperature_format": {}}),
        ("activationTime", {"end": None}, {"activation_time": {"end": None}}),
        ("sender.system", 7, {"sender_system": 7}),
        ("sender.addressType", [], {"sender_address_type": []}),
        ("setPoint", "20.5", {"setpoint_c": "20.5"}),
        ("setPoint.value", "", {"setpoint_c": {"value": "", "unit": "C"}}),
        ("setPoint.value", float("nan"), {"setpoint_c": {"value": "NaN", "unit": "C"}}),
        ("setPoint.value", int("1" * 40), {"setpoint_c": {"value": "1" * 40, "unit": "C"}}),
        ("setPoint.unit", "K", {"setpoint_c": {"value": "20.50000", "unit": "K"}}),
        ("setPoint", {"value": "127", "unit": "F"}, {}),
        ("setPoint", {"value": "185", "unit": "F"}, {"setpoint_c": {"value": "185", "unit": "F"}}),
        ("thermometer", [], {"temperature_c": []}),
        ("thermometer.measures", {}, {"temperature_c": {}}),
        ("thermometer.measures.0", "18.7", {"temperature_c": "18.7"}),
        ("thermometer.measures.0.timeStamp", "2026-01-14T06:30:02", {"temperature_time": "2026-01-14T06:30:02"}),
        ("thermometer.measures", [{"value": "85.00000"}], {"temperature_c": {"value": "85.00000"}}),
        ("thermometer.measures", [{"value": 1}, {"value": "--"}], {}),
        ("hygrometer.measures", [{"value": "--"}], {"humidity_percent": {"value": "--"}}),
        ("hygrometer.measures", [{"value": 255}], {"humidity_percent": {"value": 255}}),
        ("hygrometer.measures", [{"value": "52", "unit": ""}], {}),
        ("programs", "2", {"program": "2"}),
        ("programs", {"number": 2}, {"program": {"number": 2}}),
        ("programs.0", 2, {"program": [2]}),
        ("programs.0.number", "1.5", {"program": [{"number": "1.5"}]}),
        ("programs.0.number", "1" * 20, {"program": [{"number": "1" * 20}]}),
        ("firmware", "Cucina \ud83d", {"extra": ["firmware"]}),
        ("\ud83d", 1, {"extra": ["\\ud83d"]}),
        ("firmware", {"": 1}, {"extra": ["firmware"]}),
        ("firmware", "😀 é \x00 \ufffe", {}),
        ("activationTime", "", {}),
    ],
)
def test_what_cannot_be_read_is_told_under_its_attribute_as_it_was_sent(
    path: str, value: object, unread: dict[str, Any]
) -> None:
    (reading,) = parse(body(changed(STATUS, path, value))).readings
    assert reading.unread == unread


@pytest.mark.parametrize("name", ["thermometer", "hygrometer"])
@pytest.mark.parametrize("odd", [{"value": "--"}, {"value": "1e30"}, {"unit": "?"}])
def test_a_measure_that_cannot_be_read_was_taken_when_it_says(name: str, odd: dict[str, str]) -> None:
    measure = STATUS[name]["measures"][0] | odd
    (usual,), (reading,) = (parse(body(each)).readings for each in (STATUS, {**STATUS, name: {"measures": [measure]}}))
    assert list(reading.unread.values()) == [measure]
    assert (reading.temperature_time, reading.humidity_time) == (usual.temperature_time, usual.humidity_time)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('"Cucina \\ud83d"', "Cucina \\ud83d"),
        ("1e400", "1e400"),
        ("-Infinity", "-Infinity"),
        ("1" * 40, "1" * 40),
        ('{"a":1,"a":[2]}', {"a": [1, [2]]}),
        ('{"":1,"\\"\\"":2}', {'""': 1, '""\'': 2}),
        ('{"\\ud83d":1}', {"\\ud83d": 1}),
        (nested(31), None),
        ('{"receiver":1,"x":{"receiver":2}}', {"x": {}}),
    ],
)
def test_an_unknown_field_that_no_table_can_hold_is_kept_in_words_that_it_can(text: str, kept: object) -> None:
    (reading,) = parse(Odd(("firmware",), text, beside=False).put(STATUS)).readings
    held: Any = reading.extra["firmware"]
    if kept is None:
        for _ in range(29):
            (held,) = held
        kept = "[[]]"
    assert held == kept


def test_a_half_emoji_is_kept_to_be_seen_and_a_whole_one_as_it_is() -> None:
    (reading,) = parse(b'{"firmware":"\\ud83d\\ude00 \\ud83d",' + body(STATUS)[1:]).readings
    assert reading.extra == {"firmware": "😀 \\ud83d"}


def test_a_byte_that_is_no_text_costs_the_text_in_which_it_stands() -> None:
    (reading,) = parse(
        body({**STATUS, "firmware": "@"}).replace(b"@", b"K\xfcche").replace(b"MANUAL", b"\xff")
    ).readings
    assert (reading.mode, reading.extra) == (None, {"firmware": "K\\udcfcche"})
    assert reading.unread == {"mode": "\\udcff", "extra": ["firmware"]}


@pytest.mark.parametrize(
    ("name", "value", "unread", "event_extra"),
    [
        ("id", 7, {"event_id": Decimal(7)}, {}),
        ("eventType", ["x"], {"event_type": ["x"]}, {}),
        ("eventTime", "2026-01-14T06:30:05", {"event_time": "2026-01-14T06:30:05"}, {}),
        ("subject", {"a": "b"}, {}, {"subject": {"a": "b"}}),
        ("topic", "\ud83d", {"event_extra": ["topic"]}, {"topic": "\\ud83d"}),
        ("sender", {"plant": 1}, {}, {"sender": {"plant": Decimal(1)}}),
        ("chronothermostats", "none", {}, {"chronothermostats": "none"}),
    ],
)
def test_what_is_odd_in_an_envelope_is_told_in_each_of_its_readings(
    name: str, value: object, unread: dict[str, Any], event_extra: dict[str, Any]
) -> None:
    (reading,) = parse(body([{**ENVELOPE, name: value}])).readings
    assert (reading.unread, reading.event_extra) == (unread, event_extra)


@pytest.mark.parametrize("name", ["data", "chronothermostats", "validationCode"])
def test_a_bare_status_may_have_an_odd_field_with_the_name_of_a_wrapping(name: str) -> None:
    read = parse(body({**STATUS, name: 7}))
    assert ([reading.extra for reading in read.readings], read.rejects) == ([{name: Decimal(7)}], ())


# --- bodies that lie beside the project -----------------------------------------------------------------------------

INPUTS = Path(__file__).parents[3] / "shared" / "inputs"


@pytest.mark.skipif(not INPUTS.is_dir(), reason="the inputs are not beside the project")
@pytest.mark.parametrize(
    ("name", "unread", "said"),
    [
        ("humidity-dashes", {"humidity_percent"}, {"temperature_c": Decimal("18.7"), "setpoint_c": Decimal("20.5")}),
        ("flt-max", {"temperature_c"}, {"humidity_percent": Decimal(52), "temperature_time": "2026-11-27T05:04:20Z"}),
        ("activation-9999", set(), {"activation_time": "9999-12-31T23:59:59Z", "temperature_c": Decimal("18.7")}),
        ("time-9999", set(), {"time": "9999-12-31T23:59:59Z", "temperature_c": Decimal("18.7")}),
    ],
)
def test_a_collected_payload_is_stored_without_its_odd_parts(name: str, unread: set[str], said: dict[str, Any]) -> None:
    read = parse((INPUTS / f"{name}.json").read_bytes())
    (reading,) = read.readings
    assert read.rejects == ()
    assert set(reading.unread) == unread
    assert unread & item(reading).keys() == set()
    assert item(reading).items() >= said.items()
