"""What Home Assistant is told of a thermostat: one message with its state, and one by which it is discovered.

Home Assistant reads all entities of a thermostat from the one message with its state, and whether they are available.
So these are never of two times, and AWS IoT Core, which grants a connection 50 subscriptions, counts one.

The keys of a discovery are Home Assistant's: https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery (several
components for one device, since 2024.11), /integrations/climate.mqtt/, /integrations/sensor.mqtt/ and
/integrations/binary_sensor.mqtt/. Pure: no network, clock or environment.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from smarther.domain.readings.home import Load
from smarther.domain.readings.latest import SAID
from smarther.domain.readings.reading import instant_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smarther.domain.readings.home import Snapshot, Thermostat
    from smarther.domain.readings.latest import Latest, StoredReading

_IN_A_TOPIC: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")
"""What Home Assistant takes for an id in a topic; AWS IoT Core takes 256 bytes in all."""

NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {"setpoint": "Set point", "heating": "Heating", "mode": "Mode", "program": "Program"},
    "it": {"setpoint": "Temperatura impostata", "heating": "Riscaldamento", "mode": "Modalità", "program": "Programma"},
}
"""Names of entities, by language. Home Assistant itself names those with a class: temperature and humidity."""

_HELD_BY_HAND: Final = frozenset({"MANUAL", "BOOST", "PROTECTION"})
"""Modes that hold a set point. Home Assistant has no words of its own for them; the sensor of the mode says which."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message that the broker retains for its topic."""

    topic: str
    payload: str


def has_topic(module_id: object) -> bool:
    """Whether a thermostat's id can be a part of a topic. Legrand's are UUIDs."""
    return isinstance(module_id, str) and _IN_A_TOPIC.fullmatch(module_id) is not None


def state(
    recorder: str, module_id: str, latest: Latest | None, *, available: bool, programs: Mapping[int, str]
) -> Message:
    """The state of a thermostat, under the name of its recorder.

    A JSON object: `available`; `time`, UTC ISO 8601; `temperature_c`, `humidity_percent`, `setpoint_c`; `mode`,
    Legrand's word in lower case; `program`, its name, or its number where it has none; `active`, whether the relay is
    on; and `hvac_mode` and `hvac_action` in Home Assistant's words. What is not known is null: Home Assistant shows it
    as unknown.
    """
    said: dict[str, object] = {"available": available, "time": None if latest is None else instant_text(latest.at)}
    said |= dict.fromkeys(_SAID) if latest is None else _said(latest.reading, programs)
    return Message(_state_topic(recorder, module_id), _json(said))


_SAID: Final = (
    *("temperature_c", "humidity_percent", "setpoint_c"),
    *("mode", "program", "active", "hvac_mode", "hvac_action"),
)


def _said(reading: StoredReading, programs: Mapping[int, str]) -> dict[str, object]:
    snapshot, sent = reading.snapshot, dict(zip(SAID, reading.said, strict=True))
    values = (
        *(snapshot.temperature, snapshot.humidity, snapshot.setpoint),
        None if snapshot.mode is None else snapshot.mode.lower(),
        None if snapshot.program is None else programs.get(snapshot.program, str(snapshot.program)),
        None if snapshot.load is None else snapshot.load is not Load.IDLE,
        _hvac_mode(snapshot.mode, cools=sent["function"] == "COOLING"),
        _hvac_action(snapshot),
    )
    return dict(zip(_SAID, values, strict=True))


def _hvac_mode(mode: str | None, *, cools: bool) -> str | None:
    match mode:
        case "AUTOMATIC":
            return "auto"
        case "OFF":
            return "off"
        case _ if mode in _HELD_BY_HAND:
            return "cool" if cools else "heat"
        case _:
            return None


def _hvac_action(snapshot: Snapshot) -> str | None:
    if snapshot.load is Load.IDLE and snapshot.mode == "OFF":
        return "off"
    return None if snapshot.load is None else snapshot.load.value


def discovery(recorder: str, thermostat: Thermostat, *, language: str) -> Message:
    """What makes Home Assistant show a thermostat: a climate device that cannot be set, and a sensor for each value.

    No entity has a topic for commands, so nothing that is pressed in Home Assistant is sent.
    """
    module_id, topic, names = thermostat.module_id, _state_topic(recorder, thermostat.module_id), NAMES[language]
    components = {
        name: {"unique_id": f"smarther_{module_id}_{name}"} | component
        for name, component in _components(topic, names).items()
    }
    found = {
        "device": {
            "identifiers": [f"smarther_{module_id}"],
            "name": thermostat.name,
            "manufacturer": "BTicino",
            "model": "Smarther",
        },
        "origin": {"name": "Smarther Recorder"},
        "components": components,
        "state_topic": topic,
        "availability_topic": topic,
        "availability_template": "{{ 'online' if value_json.available else 'offline' }}",
    }
    return Message(f"homeassistant/device/{recorder}/{module_id}/config", _json(found))


def _components(topic: str, names: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    celsius = {"device_class": "temperature", "unit_of_measurement": "°C", "state_class": "measurement"}
    percent = {"device_class": "humidity", "unit_of_measurement": "%", "state_class": "measurement"}
    return {
        "climate": _climate(topic),
        "temperature": _sensor("temperature_c") | celsius,
        "humidity": _sensor("humidity_percent") | percent,
        "setpoint": _sensor("setpoint_c", names["setpoint"]) | celsius,
        "heating": {
            "platform": "binary_sensor",
            "name": names["heating"],
            "device_class": "running",
            "value_template": _value("active"),
            "payload_on": "True",
            "payload_off": "False",
        },
        "mode": _sensor("mode", names["mode"]),
        "program": _sensor("program", names["program"]),
    }


def _climate(topic: str) -> dict[str, Any]:
    """The thermostat itself, called as the device is (`name` is null)."""
    return {
        "platform": "climate",
        "name": None,
        "temperature_unit": "C",
        "precision": 0.1,
        "min_temp": 3,
        "max_temp": 40,
        "modes": ["auto", "heat", "cool", "off"],
        "current_temperature_topic": topic,
        "current_temperature_template": _value("temperature_c"),
        "current_humidity_topic": topic,
        "current_humidity_template": _value("humidity_percent"),
        "temperature_state_topic": topic,
        "temperature_state_template": _value("setpoint_c"),
        "mode_state_topic": topic,
        "mode_state_template": _value("hvac_mode"),
        "action_topic": topic,
        "action_template": _value("hvac_action"),
    }


def _sensor(value: str, name: str | None = None) -> dict[str, Any]:
    return {"platform": "sensor", "value_template": _value(value)} | ({} if name is None else {"name": name})


def _value(name: str) -> str:
    return f"{{{{ value_json.{name} }}}}"


def _state_topic(recorder: str, module_id: str) -> str:
    return f"smarther/{recorder}/{module_id}"


def _json(said: Mapping[str, object]) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"), default=_number)


def _number(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} has no place in a message")
