"""A past that was recorded, and the same past as other systems write it down.

The forms are those of their sources: Home Assistant's panel (frontend, src/panels/history/ha-panel-history.ts), its API
(developers.home-assistant.io/docs/api/rest), InfluxDB's annotated CSV (docs.influxdata.com) and that of version 1
(influxdb 1.8, cmd/influx/cli/cli.go).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from smarther.domain.readings.json_fields import decimal
from smarther.domain.readings.notification import from_fahrenheit
from smarther.domain.readings.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

CHANGE_OF_CLOCKS = datetime(2025, 10, 26, 1, tzinfo=UTC)
"""When Rome's clocks went back."""

THERMOSTATS = {"module-1": "Kitchen", "module-2": "Attic"}


BEGIN = CHANGE_OF_CLOCKS - timedelta(hours=20)


def past(*, seed: int = 1, days: int = 2, gaps: bool = False, minutes: tuple[int, int] = (10, 60)) -> list[Reading]:
    """What thermostats said at irregular moments, each time something new, with hours in which one was off.

    With `gaps`, humidity is missing now and then.
    """
    return [
        reading
        for module_id in THERMOSTATS
        for reading in _of_one(module_id, Random(f"{seed}{module_id}"), days, gaps, minutes)  # noqa: S311 - of a test
    ]


def _of_one(module_id: str, random: Random, days: int, gaps: bool, minutes: tuple[int, int]) -> Iterator[Reading]:  # noqa: FBT001 - of `past`
    begin = BEGIN
    at = begin + timedelta(minutes=random.randrange(90))
    tenths, fahrenheit = random.randrange(180, 220), module_id == "module-2"
    while at < begin + timedelta(days=days):
        step = random.choice([-2, -1, 1, 2])
        tenths += step if 120 <= tenths + step <= 260 else -step
        shown = Decimal(tenths) / 10
        setpoint = Decimal(16 if at.hour < 6 or at.hour > 20 else 20)
        in_f = {"temperature": shown * 9 / 5 + 32, "setpoint": setpoint * 9 / 5 + 32} if fahrenheit else {}
        yield Reading(
            plant_id="plant-1",
            module_id=module_id,
            time=at,
            function="HEATING",
            mode="MANUAL" if at.hour == 7 else "AUTOMATIC",
            load_state="ACTIVE" if shown < setpoint else "INACTIVE",
            temperature_c=from_fahrenheit(in_f["temperature"]) if fahrenheit else _normal(shown),
            temperature_f=_normal(in_f["temperature"]) if fahrenheit else None,
            humidity_percent=_normal(Decimal(random.randrange(300, 700)) / 10)
            if not gaps or random.random() < 0.9
            else None,
            setpoint_c=from_fahrenheit(in_f["setpoint"]) if fahrenheit else setpoint,
            setpoint_f=_normal(in_f["setpoint"]) if fahrenheit else None,
            program=Decimal(1),
        )
        off = timedelta(hours=9) if random.random() < 0.01 else timedelta()
        at += off + timedelta(milliseconds=random.randrange(minutes[0] * 60_000, minutes[1] * 60_000))


def _normal(number: Decimal) -> Decimal:
    found = decimal(str(number))
    assert found is not None
    return found


# ---- as other systems have it


class Written(NamedTuple):
    """A file, and the mapping that it needs."""

    name: str
    text: str
    mapping: str


def _value(reading: Reading, field: str) -> str | None:
    """What a system shows of a reading: in the thermostat's own unit, in its own words."""
    match field:
        case "temperature" | "setpoint":
            shown = getattr(reading, f"{field}_f")
            value = getattr(reading, f"{field}_c") if shown is None else shown
        case "humidity":
            value = reading.humidity_percent
        case "load_state":
            value = "heating" if reading.load_state == "ACTIVE" else "idle"
        case _:
            value = None if getattr(reading, field) is None else str(getattr(reading, field)).lower()
    return None if value is None else str(value)


FIELDS = ("temperature", "humidity", "setpoint", "load_state", "mode")


def _by_thermostat(readings: Sequence[Reading]) -> dict[str, list[Reading]]:
    return {name: [one for one in readings if one.module_id == module_id] for module_id, name in THERMOSTATS.items()}


def _unit(name: str) -> str:
    return "F" if name == "Attic" else "C"


def _changes(readings: Sequence[Reading], field: str) -> Iterator[tuple[datetime, str]]:
    """The value when it changes, as Home Assistant records it; one that is gone is `unavailable`."""
    before = None
    for reading in readings:
        value = _value(reading, field) or "unavailable"
        if value != before:
            yield reading.time, value
        before = value


def _iso(at: datetime) -> str:
    """As JavaScript's `toISOString`."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def home_assistant_sensors(readings: Sequence[Reading]) -> Written:
    """Home Assistant's download of an entity for each value: entity by entity."""
    lines, mapping = ["entity_id,state,last_changed"], []
    for name, of_one in _by_thermostat(readings).items():
        mapping.append(f'[[thermostat]]\nname = "{name}"\nunit = "{_unit(name)}"')
        for field in FIELDS:
            entity = f"sensor.{name.lower()}_{field}"
            mapping.append(f'{field} = "{entity}"')
            lines += [f"{entity},{value},{_iso(at)}" for at, value in _changes(of_one, field)]
    return Written("history.csv", "\n".join(lines) + "\n", "\n".join(mapping))


def home_assistant_climate(readings: Sequence[Reading]) -> Written:
    """The download with climate entities, whose attributes are columns; the rows of others, sensors, end early."""
    lines = [
        "entity_id,state,last_changed,current_temperature,hvac_action,target_temp_high,target_temp_low,temperature"
    ]
    mapping = []
    for name, of_one in _by_thermostat(readings).items():
        climate = f"climate.{name.lower()}"
        mapping.append(f'[[thermostat]]\nname = "{name}"\nunit = "{_unit(name)}"\nmode = "{climate}"')
        for field, attribute in (
            ("temperature", "current_temperature"),
            ("setpoint", "temperature"),
            ("load_state", "hvac_action"),
        ):
            mapping.append(f'{field} = {{ entity = "{climate}", attribute = "{attribute}" }}')
        mapping.append(f'humidity = "sensor.{name.lower()}_humidity"')
        for one in of_one:
            shown = [_value(one, field) or "" for field in ("temperature", "load_state", "setpoint")]
            lines.append(f"{climate},{_value(one, 'mode')},{_iso(one.time)},{shown[0]},{shown[1]},,,{shown[2]}")
        lines += [f"sensor.{name.lower()}_humidity,{value},{_iso(at)}" for at, value in _changes(of_one, "humidity")]
    return Written("history.csv", "\n".join(lines) + "\n", "\n".join(mapping))


def home_assistant_api(readings: Sequence[Reading]) -> Written:
    """The API's answer with `minimal_response`: the first and the last state of an entity are whole."""
    lists, mapping = [], []
    for name, of_one in _by_thermostat(readings).items():
        mapping.append(f'[[thermostat]]\nname = "{name}"\nunit = "{_unit(name)}"')
        for field in FIELDS:
            entity = f"sensor.{name.lower()}_{field}"
            mapping.append(f'{field} = "{entity}"')
            states: list[dict[str, object]] = [
                {"state": value, "last_changed": at.isoformat()} for at, value in _changes(of_one, field)
            ]
            for each in (states[0], states[-1]):
                whole = {"friendly_name": f"{name} [{field}]", "unit_of_measurement": "°C"}
                each |= {"entity_id": entity, "attributes": whole, "last_updated": each["last_changed"]}
            lists.append(states)
    return Written("history.json", json.dumps(lists), "\n".join(mapping))


def influx_annotated(readings: Sequence[Reading]) -> Written:
    """`influx query --raw`: a table for each series; those of numbers and of words have their own header."""
    lines, mapping, table = [], [], 0
    for kind, fields in (("double", ("temperature", "humidity", "setpoint")), ("string", ("load_state", "mode"))):
        lines += [
            "#group,false,false,true,true,false,false,true,true,true",
            f"#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,{kind},string,string,string",
            "#default,_result,,,,,,,,",
            ",result,table,_start,_stop,_time,_value,_field,_measurement,room",
        ]
        for name, of_one in _by_thermostat(readings).items():
            for field in fields:
                for one in of_one:
                    value = _value(one, field)
                    if value is not None:
                        lines.append(
                            f",,{table},2025-01-01T00:00:00Z,2026-01-01T00:00:00Z,{_nanoseconds(one.time)},"
                            f"{value},{field},thermostat,{name.lower()}"
                        )
                table += 1
        lines.append("")
    for name in THERMOSTATS.values():
        mapping.append(f'[[thermostat]]\nname = "{name}"\nunit = "{_unit(name)}"')
        mapping += [
            f'{field} = {{ measurement = "thermostat", field = "{field}", room = "{name.lower()}" }}'
            for field in FIELDS
        ]
    return Written("influx.csv", "\r\n".join(lines) + "\r\n", "\n".join(mapping))


def _nanoseconds(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06d}000Z"


def influx_one(readings: Sequence[Reading]) -> Written:
    """Version 1's `influx -format csv`, grouped by a tag: a header for each series."""
    lines, mapping = [], []
    for name, of_one in _by_thermostat(readings).items():
        lines.append("name,tags,time," + ",".join(FIELDS))
        for one in of_one:
            epoch = round(one.time.timestamp() * 1_000_000) * 1000
            lines.append(
                f"thermostat,room={name.lower()},{epoch}," + ",".join(_value(one, field) or "" for field in FIELDS)
            )
        mapping.append(f'[[thermostat]]\nname = "{name}"\nunit = "{_unit(name)}"')
        mapping += [f'{field} = {{ field = "{field}", room = "{name.lower()}" }}' for field in FIELDS]
    return Written("influx.csv", "\n".join(lines) + "\n", "\n".join(mapping))


FOREIGN: dict[str, Callable[[Sequence[Reading]], Written]] = {
    "home-assistant-sensors": home_assistant_sensors,
    "home-assistant-climate": home_assistant_climate,
    "home-assistant-api": home_assistant_api,
    "influx-annotated": influx_annotated,
    "influx-1": influx_one,
}
