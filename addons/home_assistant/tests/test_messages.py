"""What Home Assistant is told: the states, and discoveries of which it understands every key."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import jinja2
import pytest

from addons.home_assistant.functions.mirror.messages import NAMES, Message, discovery, has_topic, state
from smarther.domain.readings.home import Load, Snapshot, Thermostat
from smarther.domain.readings.latest import SAID, StoredReading, latest

TIME = datetime(2026, 1, 14, 6, tzinfo=UTC)
KITCHEN = Thermostat("1ee68d6f-46b7", "Cucina", "plant", "Casa", programs={1: "Settimana"})
NOTHING = dict.fromkeys(
    ("temperature_c", "humidity_percent", "setpoint_c", "mode", "program", "active", "hvac_mode", "hvac_action")
)


def told(function: str | None = "HEATING", **said: Any) -> dict[str, Any]:
    """The state after a reading that says this."""
    values = dict.fromkeys(SAID) | {"function": function}
    reading = StoredReading(
        key="READING#1",
        received_at=TIME,
        pushed=True,
        snapshot=Snapshot(time=TIME, **said),
        said=tuple(values[name] for name in SAID),
    )
    message = state("recorder", "kitchen", latest([reading]), available=True, programs=KITCHEN.programs)
    assert message.topic == "smarther/recorder/kitchen"
    found: dict[str, Any] = json.loads(message.payload)
    assert (found.pop("available"), found.pop("time")) == (True, "2026-01-14T06:00:00Z")
    return found


def test_a_reading_is_told_whole() -> None:
    said: dict[str, Any] = {
        "temperature": Decimal("20.5"),
        "humidity": Decimal(48),
        "setpoint": Decimal(19),
        "load": Load.HEATING,
        "mode": "AUTOMATIC",
        "program": 1,
    }
    assert told(**said) == {
        "temperature_c": 20.5,
        "humidity_percent": 48,
        "setpoint_c": 19,
        "mode": "automatic",
        "program": "Settimana",
        "active": True,
        "hvac_mode": "auto",
        "hvac_action": "heating",
    }


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, {}),
        ({"program": 7}, {"program": "7"}),
        ({"mode": "MANUAL"}, {"mode": "manual", "hvac_mode": "heat"}),
        ({"mode": "BOOST"}, {"mode": "boost", "hvac_mode": "heat"}),
        ({"mode": "PROTECTION"}, {"mode": "protection", "hvac_mode": "heat"}),
        ({"mode": "MANUAL", "function": "COOLING"}, {"mode": "manual", "hvac_mode": "cool"}),
        ({"mode": "OFF"}, {"mode": "off", "hvac_mode": "off"}),
        ({"mode": "HOLIDAY"}, {"mode": "holiday"}),
        ({"load": Load.COOLING}, {"active": True, "hvac_action": "cooling"}),
        ({"load": Load.IDLE}, {"active": False, "hvac_action": "idle"}),
        (
            {"load": Load.IDLE, "mode": "OFF"},
            {"active": False, "mode": "off", "hvac_mode": "off", "hvac_action": "off"},
        ),
        (
            {"load": Load.HEATING, "mode": "OFF"},
            {"active": True, "mode": "off", "hvac_mode": "off", "hvac_action": "heating"},
        ),
    ],
    ids=str,
)
def test_what_was_not_said_is_null_and_what_was_is_in_home_assistants_words(
    said: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert told(**said) == NOTHING | expected


def test_one_that_never_spoke_has_a_state_too() -> None:
    message = state("recorder", "kitchen", None, available=False, programs={})
    assert json.loads(message.payload) == {"available": False, "time": None} | NOTHING


@pytest.mark.parametrize(
    ("module_id", "can"),
    [
        ("1ee68d6f-46b7-8f11-e053-27182d0a846a", True),
        ("", False),
        ("a/b", False),
        ("+", False),
        ("#", False),
        ("cucina è", False),
        ("a\n", False),
        ("x" * 101, False),
        (None, False),
        (7, False),
    ],
    ids=repr,
)
def test_an_id_is_a_part_of_a_topic_only_if_it_changes_no_topic(module_id: object, *, can: bool) -> None:
    assert has_topic(module_id) is can


# ---- Discovery ----

OF_ALL = {"platform", "unique_id", "name", "device_class", "value_template"}
KEYS = {
    "sensor": OF_ALL | {"unit_of_measurement", "state_class"},
    "binary_sensor": OF_ALL | {"payload_on", "payload_off"},
    "climate": (OF_ALL - {"device_class", "value_template"})
    | {"temperature_unit", "precision", "min_temp", "max_temp", "modes"}
    | {f"current_{each}_{of}" for each in ("temperature", "humidity") for of in ("topic", "template")}
    | {f"{each}_{of}" for each in ("temperature_state", "mode_state", "action") for of in ("topic", "template")},
}
"""Keys that the pages of these platforms document, of those that a device that cannot be set needs."""


def found(language: str = "en") -> dict[str, Any]:
    payload: dict[str, Any] = json.loads(discovery("recorder", KITCHEN, language=language).payload)
    return payload


def rendered(template: str, message: Message) -> str:
    """A template as Home Assistant renders it."""
    return jinja2.Environment(autoescape=False).from_string(template).render(value_json=json.loads(message.payload))  # noqa: S701 - as Home Assistant does


def values(message: Message, payload: dict[str, Any]) -> dict[str, str]:
    """What each entity reads from a state, and each part of the climate device."""
    read = {}
    for name, component in payload["components"].items():
        for key, value in component.items():
            if key.endswith("_template"):
                read[f"{name}.{key}"] = rendered(value, message)
    return read


def test_home_assistant_knows_every_key_and_nothing_can_be_set() -> None:
    payload = found()
    assert payload.keys() == {
        *("device", "origin", "components", "state_topic"),
        *("availability_topic", "availability_template"),
    }
    for component in payload["components"].values():
        assert component.keys() <= KEYS[component["platform"]]
    assert "command" not in json.dumps(payload)


def test_every_entity_reads_the_one_topic_of_its_thermostats_state() -> None:
    payload = found()
    topic = state("recorder", KITCHEN.module_id, None, available=True, programs={}).topic
    topics = {payload["state_topic"], payload["availability_topic"]}
    topics |= {
        value for each in payload["components"].values() for key, value in each.items() if key.endswith("_topic")
    }
    assert topics == {topic}


def test_an_entity_has_an_id_of_its_own_for_good() -> None:
    ids = [each["unique_id"] for each in found()["components"].values()]
    assert ids == [
        f"smarther_1ee68d6f-46b7_{name}"
        for name in ("climate", "temperature", "humidity", "setpoint", "heating", "mode", "program")
    ]


def test_templates_read_the_state_and_what_is_unknown_as_home_assistant_spells_it() -> None:
    snapshot = Snapshot(time=TIME, temperature=Decimal("20.5"), setpoint=Decimal(19), load=Load.IDLE, mode="MANUAL")
    reading = StoredReading(key="k", received_at=TIME, pushed=True, snapshot=snapshot, said=(None,) * len(SAID))
    message = state("recorder", "kitchen", latest([reading]), available=True, programs={})
    assert values(message, found()) == {
        "climate.current_temperature_template": "20.5",
        "climate.current_humidity_template": "None",
        "climate.temperature_state_template": "19.0",
        "climate.mode_state_template": "heat",
        "climate.action_template": "idle",
        "temperature.value_template": "20.5",
        "humidity.value_template": "None",
        "setpoint.value_template": "19.0",
        "heating.value_template": "False",
        "mode.value_template": "manual",
        "program.value_template": "None",
    }


@pytest.mark.parametrize(("available", "expected"), [(True, "online"), (False, "offline")])
def test_a_silent_thermostat_is_offline(*, available: bool, expected: str) -> None:
    message = state("recorder", "kitchen", None, available=available, programs={})
    assert rendered(found()["availability_template"], message) == expected


def test_what_the_binary_sensor_reads_is_one_of_its_payloads() -> None:
    heating = found()["components"]["heating"]
    for load, expected in ((Load.HEATING, "payload_on"), (Load.COOLING, "payload_on"), (Load.IDLE, "payload_off")):
        snapshot = Snapshot(time=TIME, load=load)
        reading = StoredReading(key="k", received_at=TIME, pushed=True, snapshot=snapshot, said=(None,) * len(SAID))
        message = state("recorder", "kitchen", latest([reading]), available=True, programs={})
        assert rendered(heating["value_template"], message) == heating[expected]


def test_every_name_is_in_every_language() -> None:
    assert NAMES.keys() == {"en", "it"}
    assert NAMES["en"].keys() == NAMES["it"].keys()
    assert found("it")["components"]["program"]["name"] == "Programma"


def test_the_topic_of_a_discovery_has_the_recorders_name() -> None:
    message = discovery("recorder", KITCHEN, language="en")
    assert message.topic == "homeassistant/device/recorder/1ee68d6f-46b7/config"
