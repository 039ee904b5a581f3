"""From the bytes of a notification to readings, rejects and the handshake: one valid body, one mutation per test."""

from __future__ import annotations

import copy
import json
from copy import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from smarther.domain.readings.notification import MAX_ELEMENTS, Notification, Reject, parse
from smarther.domain.readings.reading import Reading, instant_text, reading_digest
from smarther.store.keys import sort_key
from smarther.store.readings import stored
from tests.support.mutated import (
    ENVELOPE,
    GENUINE,
    GONE,
    GOOD_EVENTS,
    PROJECT,
    STATUS,
    USER,
    body,
    changed,
    event_body,
    mutated,
)

PROVIDER_PAYLOADS = PROJECT.parent / "shared" / "reference" / "payloads"

ARRIVAL = datetime(2026, 1, 14, 6, 30, 6, tzinfo=UTC)
READING = Reading(
    plant_id="P",
    module_id="M",
    time=datetime(2026, 1, 14, 6, 30, 4, tzinfo=UTC),
    function="HEATING",
    mode="MANUAL",
    load_state="ACTIVE",
    temperature_c=Decimal("18.7"),
    temperature_time=datetime(2026, 1, 14, 6, 30, 2, tzinfo=UTC),
    humidity_percent=Decimal(52),
    humidity_time=datetime(2026, 1, 14, 6, 30, 3, tzinfo=UTC),
    setpoint_c=Decimal("20.5"),
    program=Decimal(2),
    activation_time="2026-01-14T22:15:00",
    temperature_format="C",
    online=True,
    sender_system="thermoregulation",
    sender_address_type="AddressLocation",
)
DELIVERED = replace(
    READING, event_id="E", event_type="DeviceToCloud", event_time=datetime(2026, 1, 14, 6, 30, 5, tzinfo=UTC)
)


def read_status(path: str, value: object) -> Notification:
    return parse(body({"chronothermostats": [changed(STATUS, path, value)]}))


# --- shapes ---------------------------------------------------------------------------------------------------------


def test_a_list_of_envelopes_as_it_was_really_observed() -> None:
    assert parse(body([ENVELOPE])) == Notification(readings=(DELIVERED,))


@pytest.mark.parametrize(
    ("document", "reading"),
    [
        (ENVELOPE, DELIVERED),
        ({"chronothermostats": [STATUS]}, READING),
        ([{"chronothermostats": [STATUS]}], READING),
        ({"data": {"chronothermostats": [STATUS]}}, READING),
        ({"data": STATUS}, READING),
        (STATUS, READING),
        ([STATUS], READING),
    ],
)
def test_other_shapes_give_the_same_reading(document: object, reading: Reading) -> None:
    assert parse(body(document)) == Notification(readings=(reading,))


def test_a_byte_order_mark_is_let_pass() -> None:
    assert parse(b"\xef\xbb\xbf" + body(STATUS)) == Notification(readings=(READING,))


def test_several_statuses_in_several_envelopes_are_as_many_readings() -> None:
    other = changed(STATUS, "sender.plant.module.id", "N")
    envelope = changed(ENVELOPE, "data.chronothermostats", [STATUS, other])
    read = parse(body([envelope, changed(ENVELOPE, "id", "F")]))
    assert [(reading.module_id, reading.event_id) for reading in read.readings] == [("M", "E"), ("N", "E"), ("M", "F")]
    assert read.rejects == ()


@pytest.mark.parametrize(
    ("document", "path", "reason"),
    [
        (None, "body", "element has the wrong type"),
        (True, "body", "element has the wrong type"),
        (7, "body", "element has the wrong type"),
        ("text", "body", "element is not a usable text"),
        ([], "body", "body is a list of 0 elements"),
        ({}, "body", "element holds no thermostat status"),
        ([None], "[0]", "element has the wrong type"),
        ([[STATUS]], "[0]", "element has the wrong type"),
        ([changed(ENVELOPE, "data", GONE)], "[0]", "element holds no thermostat status"),
        ([changed(ENVELOPE, "data", None)], "[0]", "data has the wrong type"),
        ([changed(ENVELOPE, "data", [STATUS])], "[0]", "data has the wrong type"),
        ([changed(ENVELOPE, "data", {})], "[0]", "element holds no thermostat status"),
        ([changed(ENVELOPE, "data", {"validationCode": ""})], "[0]", "element holds no thermostat status"),
        ({"chronothermostats": []}, "body", "chronothermostats is not a list with something in it"),
        ({"chronothermostats": None}, "body", "chronothermostats is not a list with something in it"),
        ({"chronothermostats": STATUS}, "body", "chronothermostats is not a list with something in it"),
        ({"data": {}, "sender": {}}, "body", "status.sender.plant.id is missing"),
        ({"chronothermostats": [None]}, "chronothermostats[0]", "status has the wrong type"),
        ([{"data": {"chronothermostats": [7]}}], "[0].data.chronothermostats[0]", "status has the wrong type"),
        ({"data": {"sender": {}}}, "data", "status.sender.plant.id is missing"),
    ],
)
def test_what_holds_no_status_is_one_reject(document: object, path: str, reason: str) -> None:
    assert parse(body(document)) == Notification(rejects=(Reject(path, reason),))


@pytest.mark.parametrize("raw", [b"", b"not json", b"\xff\xfe", b"[" * 300_000, b"0" * 300_000, b" " * 300_000])
def test_what_is_no_document_is_one_reject_of_the_body(raw: bytes) -> None:
    read = parse(raw)
    assert (read.readings, len(read.rejects), read.validation_code) == ((), 1, None)
    assert read.rejects[0].path == "body"


@pytest.mark.parametrize("document", [[0] * (MAX_ELEMENTS + 1), {"chronothermostats": [0] * (MAX_ELEMENTS + 1)}])
def test_more_elements_than_could_be_genuine_are_one_reject(document: object) -> None:
    reason = f"of {MAX_ELEMENTS + 1} elements"
    read = parse(body(document))
    assert [(reject.path, reject.reason.endswith(reason)) for reject in read.rejects] == [("body", True)]


def test_as_many_elements_as_could_be_genuine_are_each_looked_at() -> None:
    assert len(parse(body([0] * MAX_ELEMENTS)).rejects) == MAX_ELEMENTS


# --- the handshake --------------------------------------------------------------------------------------------------


def handshake(code: object) -> dict[str, Any]:
    return {"id": "V", "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": {"validationCode": code}}


@pytest.mark.parametrize("document", [[handshake("C")], handshake("C"), [handshake("C"), handshake("D")]])
def test_a_validation_event_gives_its_code(document: object) -> None:
    assert parse(body(document)) == Notification(validation_code="C")


@pytest.mark.parametrize("code", ["", None, 7, ["C"]])
def test_a_validation_event_without_a_code_is_one_reject(code: object) -> None:
    assert parse(body(handshake(code))) == Notification(rejects=(Reject("body", "element holds no thermostat status"),))


def test_a_validation_event_takes_no_reading_along() -> None:
    assert parse(body([handshake("C"), ENVELOPE, {}])) == Notification(
        readings=(DELIVERED,), rejects=(Reject("[2]", "element holds no thermostat status"),), validation_code="C"
    )


# --- what Event Grid itself says --------------------------------------------------------------------------------------


@pytest.mark.shows("system event")
@pytest.mark.parametrize(
    "event_type",
    ["Microsoft.EventGrid.SubscriptionDeletedEvent", "microsoft.eventgrid.SomethingNew", "Microsoft.EventGrid."],
)
@pytest.mark.parametrize("data", [{"eventSubscriptionId": "/subscriptions/s"}, {}, None, GONE])
def test_a_system_event_is_known_and_counted(event_type: str, data: object) -> None:
    event = changed({**ENVELOPE, "eventType": event_type}, "data", data)
    assert parse(body([event, ENVELOPE, event])) == Notification(readings=(DELIVERED,), system_events=2)
    assert parse(body(event)) == Notification(system_events=1)


def test_a_thermostats_status_is_a_reading_whoever_is_said_to_send_it() -> None:
    read = parse(body([{**ENVELOPE, "eventType": "Microsoft.EventGrid.SubscriptionDeletedEvent"}]))
    assert ([reading.module_id for reading in read.readings], read.system_events) == (["M"], 0)


@pytest.mark.parametrize("event_type", ["Microsoft.Storage.BlobCreated", "", 7, None])
def test_an_event_of_anybody_else_is_kept_to_be_looked_at(event_type: object) -> None:
    read = parse(body([{**ENVELOPE, "eventType": event_type, "data": {}}]))
    assert (len(read.rejects), read.system_events) == (1, 0)


# --- values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "value", "field", "expected"),
    [
        ("function", "cooling", "function", "COOLING"),
        ("function", "Ventilation", "function", "VENTILATION"),
        ("function", None, "function", None),
        ("mode", "boost", "mode", "BOOST"),
        ("mode", "Holiday", "mode", "HOLIDAY"),
        ("mode", GONE, "mode", None),
        ("loadState", "inactive", "load_state", "INACTIVE"),
        ("loadState", None, "load_state", None),
        ("setPoint", GONE, "setpoint_c", None),
        ("setPoint", None, "setpoint_c", None),
        ("setPoint.value", None, "setpoint_c", None),
        ("setPoint.value", 21, "setpoint_c", Decimal(21)),
        ("setPoint.value", 21.5, "setpoint_c", Decimal("21.5")),
        ("setPoint.unit", "°C", "setpoint_c", Decimal("20.5")),
        ("setPoint.unit", "c", "setpoint_c", Decimal("20.5")),
        ("setPoint.unit", GONE, "setpoint_c", Decimal("20.5")),
        ("programs", GONE, "program", None),
        ("programs", None, "program", None),
        ("programs", [], "program", None),
        ("programs.0.number", 3, "program", Decimal(3)),
        ("programs.0.number", "0", "program", Decimal(0)),
        ("programs.0.number", "3.0", "program", Decimal(3)),
        ("programs.0.number", None, "program", None),
        ("activationTime", GONE, "activation_time", None),
        (
            "activationTime",
            "2025-11-21T10:00:00/2025-11-21T11:00:00",
            "activation_time",
            "2025-11-21T10:00:00/2025-11-21T11:00:00",
        ),
        ("activationTime", "whenever", "activation_time", "whenever"),
        ("temperatureFormat", "°c", "temperature_format", "C"),
        ("temperatureFormat", "K", "temperature_format", "K"),
        ("temperatureFormat", None, "temperature_format", None),
        ("thermometer", GONE, "temperature_c", None),
        ("thermometer", None, "temperature_time", None),
        ("thermometer.measures", None, "temperature_c", None),
        ("thermometer.measures", [], "temperature_c", None),
        ("thermometer.measures.0.value", -5.25, "temperature_c", Decimal("-5.25")),
        ("thermometer.measures.0.value", None, "temperature_c", None),
        ("thermometer.measures.0.timeStamp", None, "temperature_time", None),
        ("hygrometer", GONE, "humidity_percent", None),
        ("hygrometer.measures.0.unit", None, "humidity_percent", Decimal(52)),
        ("online", False, "online", False),
        ("online", GONE, "online", None),
        ("sender.system", None, "sender_system", None),
        ("sender.addressType", "addressLocation", "sender_address_type", "addressLocation"),
        ("time", "2016-12-31T23:59:60Z", "time", datetime(2017, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_field_in_another_good_form(path: str, value: object, field: str, expected: object) -> None:
    read = read_status(path, value)
    assert read.rejects == ()
    assert getattr(read.readings[0], field) == expected


NOBODYS = [
    ("sender", GONE),
    ("sender", None),
    ("sender", "P/M"),
    ("sender.plant", GONE),
    ("sender.plant", ["P"]),
    ("sender.plant.id", None),
    ("sender.plant.id", ""),
    ("sender.plant.id", 7),
    ("sender.plant.id", "x" * 201),
    ("sender.plant.module", None),
    ("sender.plant.module.id", GONE),
    ("sender.plant.module.id", "\ud800"),
    ("time", GONE),
    ("time", None),
    ("time", ""),
    ("time", 1610000000),
    ("time", "2026-01-14T07:30:04"),
    ("time", "14.01.2026 07:30"),
    ("time", "2026-02-30T07:30:04Z"),
    ("time", "0001-01-01T00:00:00+01:00"),
]


@pytest.mark.parametrize(("path", "value"), NOBODYS)
def test_a_status_without_plant_module_or_time_is_rejected_alone(path: str, value: object) -> None:
    statuses = [STATUS, changed(STATUS, path, value), changed(STATUS, "sender.plant.module.id", "N")]
    read = parse(body([changed(ENVELOPE, "data.chronothermostats", statuses)]))
    assert [reading.module_id for reading in read.readings] == ["M", "N"]
    assert [reject.path for reject in read.rejects] == ["[0].data.chronothermostats[1]"]
    assert read.rejects[0].reason.startswith(f"status.{path}")


@pytest.mark.parametrize(
    ("original", "doubled", "path"),
    [
        (b'"id": "M"', b'"id": "M", "id": "N"', "status.sender.plant.module.id"),
        (b'"time": "2026-01-14T07', b'"time": 1, "time": "2026-01-14T07', "status.time"),
    ],
)
def test_an_identity_that_is_there_twice_rejects_its_status(original: bytes, doubled: bytes, path: str) -> None:
    read = parse(body({"chronothermostats": [STATUS, STATUS]}).replace(original, doubled, 1))
    assert read.readings == (READING,)
    assert read.rejects == (Reject("chronothermostats[0]", f"{path} is there more than once"),)


def test_anything_else_that_is_there_twice_costs_itself_alone() -> None:
    raw = body([ENVELOPE]).replace(b'"mode": "MANUAL"', b'"mode": "MANUAL", "mode": "BOOST"')
    raw = raw.replace(b'"id": "E"', b'"id": "E", "id": "F"')
    assert parse(raw) == Notification(
        readings=(
            replace(DELIVERED, mode=None, event_id=None, unread={"mode": ["MANUAL", "BOOST"], "event_id": ["E", "F"]}),
        )
    )


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
def test_a_clock_may_say_anything(time: str) -> None:
    (reading,) = read_status("time", time).readings
    assert instant_text(reading.time) == time
    assert sort_key(reading).startswith(f"READING#{time[:19]}.")
    assert len(sort_key(reading)) == len(sort_key(READING))


@pytest.mark.parametrize(
    ("sent", "celsius"),
    [("68.90000", "20.5"), ("65.7", "18.72"), (32, "0"), ("31.99", "-0.01"), ("158", "70"), ("-40", "-40")],
)
@pytest.mark.parametrize("unit", ["F", "f", "°F", GONE])
def test_fahrenheit_becomes_celsius_and_the_original_is_kept(sent: object, celsius: str, unit: object) -> None:
    status = changed(changed(STATUS, "temperatureFormat", "F"), "setPoint.value", sent)
    status = changed(changed(status, "setPoint.unit", unit), "thermometer.measures.0.unit", "C")
    reading = parse(body(status)).readings[0]
    assert (reading.setpoint_c, reading.setpoint_f) == (Decimal(celsius), Decimal(str(sent)))
    assert (reading.temperature_c, reading.temperature_f) == (Decimal("18.7"), None)


def test_a_temperature_without_any_unit_is_in_celsius() -> None:
    status = changed(changed(STATUS, "temperatureFormat", GONE), "setPoint.unit", GONE)
    assert parse(body(status)).readings[0].setpoint_c == Decimal("20.5")


@pytest.mark.parametrize(("unit", "value"), [(GONE, "20.5"), ("F", "9e125")])
def test_a_temperature_that_cannot_be_told_in_celsius_is_left_out(unit: object, value: object) -> None:
    status = changed(changed(STATUS, "temperatureFormat", "K"), "setPoint.value", value)
    status = changed(status, "setPoint.unit", unit)
    reading = replace(READING, temperature_format="K", setpoint_c=None, unread={"setpoint_c": status["setPoint"]})
    (found,) = parse(body(status)).readings
    assert replace(found, unread={"setpoint_c": status["setPoint"]}) == reading
    assert found.unread.keys() == {"setpoint_c"}


# --- lists that say more than the model keeps -----------------------------------------------------------------------


def test_of_several_measures_the_newest_counts_and_all_are_kept() -> None:
    measures: list[Any] = [
        {"timeStamp": "2026-01-14T06:10:00Z", "value": "18.1", "unit": "C"},
        {"timeStamp": "2026-01-14T06:30:02Z", "value": "18.7", "unit": "C"},
        {"timeStamp": "2026-01-14T07:20:00+01:00", "value": "18.4", "unit": "C"},
        {"value": "1", "unit": "C"},
        {"timeStamp": "2026-01-14T09:00:00Z", "value": None},
    ]
    reading = read_status("thermometer.measures", measures).readings[0]
    assert reading == replace(READING, extra={"thermometer": {"measures": measures}})


def test_of_several_programs_the_first_counts_and_all_are_kept() -> None:
    programs: list[Any] = [{"number": "2"}, {"number": "3"}]
    assert read_status("programs", programs).readings == (replace(READING, extra={"programs": programs}),)


@pytest.mark.parametrize(
    ("path", "value", "extra"),
    [
        ("programs", [{"number": "2", "name": "Winter"}], {"programs": [{"number": "2", "name": "Winter"}]}),
        (
            "hygrometer.measures",
            [{"timeStamp": "2026-01-14T06:30:03Z", "value": "52.0", "unit": "%", "quality": "good"}],
            {
                "hygrometer": {
                    "measures": [{"timeStamp": "2026-01-14T06:30:03Z", "value": "52.0", "unit": "%", "quality": "good"}]
                }
            },
        ),
    ],
)
def test_an_entry_with_more_in_it_is_kept_whole(path: str, value: object, extra: dict[str, Any]) -> None:
    assert read_status(path, value).readings == (replace(READING, extra=extra),)


# --- what the model does not know -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "extra"),
    [
        ("firmware", {"firmware": "1.2.3"}),
        ("setPoint.step", {"setPoint": {"step": "1.2.3"}}),
        ("sender.zone", {"sender": {"zone": "1.2.3"}}),
        ("sender.plant.name", {"sender": {"plant": {"name": "1.2.3"}}}),
        ("sender.plant.module.name", {"sender": {"plant": {"module": {"name": "1.2.3"}}}}),
        ("thermometer.kind", {"thermometer": {"kind": "1.2.3"}}),
    ],
)
def test_an_unknown_field_is_kept_in_its_place(path: str, extra: dict[str, Any]) -> None:
    assert read_status(path, "1.2.3").readings == (replace(READING, extra=extra),)


@pytest.mark.parametrize(
    ("path", "value", "event_extra"),
    [
        ("topic", "T", {"topic": "T"}),
        ("id", 7, {}),
        ("eventType", ["x"], {}),
        ("eventTime", "yesterday", {}),
        ("subject", {"a": "b"}, {"subject": {"a": "b"}}),
        ("subjectElements", {"plantId": "bs_cloud_P", "moduleId": "M"}, {"subjectElements": {"moduleId": "M"}}),
        ("subjectElements", "P", {"subjectElements": "P"}),
        ("subjectElements", {"plantId": 7}, {"subjectElements": {"plantId": Decimal(7)}}),
        ("data.window", "open", {"data": {"window": "open"}}),
        ("id", None, {}),
        ("subject", "///bs_cloud_other//", {}),
        ("receiver", {"oid": [USER]}, {}),
        ("data.receiver", {"oid": [USER]}, {}),
    ],
)
def test_an_odd_envelope_costs_no_reading(path: str, value: object, event_extra: dict[str, Any]) -> None:
    read = parse(body([changed(ENVELOPE, path, value)]))
    assert read.rejects == ()
    assert read.readings[0].event_extra == event_extra


@pytest.mark.parametrize("beside", [{"note": "x"}, {"id": "E"}])
def test_what_stands_beside_the_statuses_of_a_bare_object_is_kept(beside: dict[str, str]) -> None:
    reading = parse(body({"chronothermostats": [STATUS], **beside})).readings[0]
    assert reading == replace(READING, event_id=beside.get("id"), event_extra={"note": "x"} if "note" in beside else {})


def test_an_envelope_with_more_than_readings_can_keep_is_noted_in_each_and_its_body_kept() -> None:
    envelope = {**changed(ENVELOPE, "data.chronothermostats", [STATUS, STATUS]), "topic": "x" * 40_000, "note": "y"}
    read = parse(body([envelope, ENVELOPE]))
    assert [reading.event_extra for reading in read.readings] == [{"note": "y"}, {"note": "y"}, {}]
    assert [list(reading.unread) for reading in read.readings] == [["event_extra"], ["event_extra"], []]
    assert read.rejects == tuple(
        Reject(f"[0].data.chronothermostats[{index}]", "status says more than a reading can keep") for index in (0, 1)
    )


# --- recorded bodies ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "readings"), GOOD_EVENTS.items())
def test_the_example_events_are_read(name: str, readings: int) -> None:
    read = parse(event_body(name))
    assert (len(read.readings), read.rejects) == (readings, ())


@pytest.mark.parametrize("name", ["not_json", "empty_array", "event_without_data", "not_utf8"])
def test_the_example_events_that_are_unreadable_are_rejected(name: str) -> None:
    read = parse(event_body(name))
    assert (read.readings, len(read.rejects)) == ((), 1)


@pytest.mark.skipif(not PROVIDER_PAYLOADS.is_dir(), reason="the provider's payloads are not beside the project")
@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (
            "webhook_event_array_automatic_offline__*.json",
            {
                "mode": "AUTOMATIC",
                "setpoint_c": Decimal(19),
                "temperature_c": Decimal(20),
                "humidity_percent": Decimal(60),
                "online": False,
                "event_type": "DeviceToCloud",
                "time": "2021-01-05T17:53:23Z",
            },
        ),
        (
            "rest_get_status_automatic__*.json",
            {"setpoint_c": Decimal(18), "temperature_c": Decimal("19.5"), "time": "2021-02-27T20:49:32Z"},
        ),
        (
            "webhook_bare_object_manual__*.json",
            {"mode": "MANUAL", "activation_time": "2019-11-17T02:00:47Z", "program": Decimal(1)},
        ),
    ],
)
def test_the_providers_own_payloads_are_read(pattern: str, expected: dict[str, Any]) -> None:
    (file,) = PROVIDER_PAYLOADS.glob(pattern)
    read = parse(file.read_bytes())
    assert read.rejects == ()
    (reading,) = read.readings
    item = stored(reading, received_at=ARRIVAL, source="push", retention_days=None)
    assert {name: item.get(name) for name in expected} == expected
    assert "extra" not in item
    assert "event_extra" not in item


@pytest.mark.skipif(not PROVIDER_PAYLOADS.is_dir(), reason="the provider's payloads are not beside the project")
def test_every_other_payload_of_the_provider_is_a_handshake_or_rejected() -> None:
    for file in PROVIDER_PAYLOADS.glob("*.json"):
        read = parse(file.read_bytes())
        assert len(read.readings) + len(read.rejects) + (read.validation_code is not None) == 1, file.name


# --- properties -----------------------------------------------------------------------------------------------------


def units(document: Any) -> int:
    """How many statuses a document holds: those in a list are one each, anything else is one; a handshake is none."""
    return sum(map(_units, document)) if isinstance(document, list) and document else _units(document)


def _units(element: Any) -> int:
    """What stands in `data` goes first; where that is nothing, what stands beside it."""
    if not isinstance(element, dict):
        return 1
    inside = _inside(element.get("data", element))
    if inside is None and ("chronothermostats" in element or "sender" in element):
        inside = _inside(element)
    return 1 if inside is None else inside


def _inside(data: Any) -> int | None:
    """How many statuses these hold; None if they are nothing that is known."""
    if not isinstance(data, dict):
        return None
    statuses = data.get("chronothermostats")
    if isinstance(statuses, list) and statuses:
        return len(statuses)
    if "sender" in data:
        return 1
    code = data.get("validationCode")
    return 0 if "chronothermostats" not in data and isinstance(code, str) and code else None


@pytest.mark.shows("unreadable body")
@given(st.binary())
@example(b"\x00")
@example(b'{"chronothermostats":' * 3_000)
def test_no_bytes_at_all_raise_anything(raw: bytes) -> None:
    read = parse(raw)
    assert len(read.readings) + len(read.rejects) + (read.validation_code is not None) > 0


@given(st.sampled_from(GENUINE), st.data())
def test_no_cut_or_flipped_byte_of_a_genuine_body_raises_anything(raw: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(raw) - 1))
    parse(raw[:at])
    parse(raw[:at] + bytes([data.draw(st.integers(0, 255))]) + raw[at + 1 :])


@pytest.mark.shows("unreadable body")
@settings(max_examples=400)
@given(mutated())
def test_statuses_in_are_readings_and_rejects_out(document: object) -> None:
    read = parse(body(document))
    assert len(read.readings) + len(read.rejects) == units(document)


@settings(max_examples=400)
@given(mutated())
def test_whatever_is_read_can_be_stored_and_holds_no_user_id(document: object) -> None:
    for reading in parse(body(document)).readings:
        item = stored(reading, received_at=ARRIVAL, source="push", retention_days=None)
        text = json.dumps(item, default=str, ensure_ascii=False)
        assert len(text.encode()) < 100_000
        assert '"receiver"' not in text
        assert all(isinstance(item[name], str) and item[name] for name in ("plant_id", "module_id", "time"))


# --- identity: the digest is taken over what was said, not over how -------------------------------------------------


def respelled(status: dict[str, Any]) -> dict[str, Any]:
    """The same facts, spelled as an answer to a poll spells them."""
    spelled = copy.deepcopy(status)
    spelled["setPoint"] = {"unit": "c", "value": 20.5}
    spelled["programs"] = [{"number": 2}]
    spelled["time"] = "2026-01-14T06:30:04.000Z"
    spelled["mode"] = "manual"
    spelled["sender"]["addressType"] = "addressLocation"
    spelled["receiver"] = None
    spelled["thermometer"]["measures"][0] = {"value": 18.7, "timeStamp": "2026-01-14T08:30:02+02:00", "unit": "°C"}
    return dict(reversed(spelled.items()))


def identity(document: object) -> str:
    (reading,) = parse(body(document)).readings
    return reading_digest(reading)


@pytest.mark.parametrize(
    "document",
    [
        ENVELOPE,
        changed(ENVELOPE, "id", "another"),
        changed(ENVELOPE, "id", GONE),
        {**changed(ENVELOPE, "eventTime", "2026-01-15T06:30:05Z"), "topic": "T"},
        STATUS,
        respelled(STATUS),
        [{"data": {"chronothermostats": [respelled(STATUS)]}}],
    ],
)
def test_a_redelivery_is_the_same_reading(document: object) -> None:
    assert identity(document) == identity([ENVELOPE])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("function", "COOLING"),
        ("mode", "BOOST"),
        ("loadState", "INACTIVE"),
        ("loadState", None),
        ("setPoint.value", "20.6"),
        ("programs.0.number", "3"),
        ("activationTime", "2026-01-14T22:15:01"),
        ("temperatureFormat", "F"),
        ("thermometer.measures.0.value", "18.71"),
        ("thermometer.measures.0.timeStamp", "2026-01-14T06:30:03Z"),
        ("hygrometer.measures.0.value", "53"),
        ("hygrometer.measures.0.timeStamp", "2026-01-14T06:30:04Z"),
        ("online", False),
        ("sender.system", "other"),
        ("firmware", "1.2.3"),
    ],
)
def test_other_content_is_another_reading(path: str, value: object) -> None:
    assert identity(changed(STATUS, path, value)) != identity(STATUS)
