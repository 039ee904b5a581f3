"""The mapping file: which series of another system is which value of which thermostat.

TOML, a `[[thermostat]]` for each; `EXAMPLES` are files to begin with. A series is what another system records under
one name: an entity of Home Assistant or an attribute of it, a field of a measurement in InfluxDB with its tags.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from smarther_cli.commands.readings.thermostats import named
from smarther_cli.errors import WrongUse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from smarther.domain.readings.home import Thermostat

    type Series = Mapping[str, str]
    """`entity`, and `attribute` where it is one; or `field`, `measurement` where it is told, and tags by name."""


class System(StrEnum):
    """The systems whose files need a mapping."""

    HOME_ASSISTANT = "home-assistant"
    INFLUXDB = "influxdb"


FIELDS: Final = ("temperature", "setpoint", "humidity", "load_state", "function", "mode", "program")
"""What a series can be, by the names of a reading's attributes."""

_UNITS: Final = ("C", "F")
_WORDS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "load_state": {
        **dict.fromkeys(("active", "on", "true", "1"), ("ACTIVE",)),
        **dict.fromkeys(("inactive", "idle", "off", "false", "0"), ("INACTIVE",)),
        "heating": ("ACTIVE", "HEATING"),
        "cooling": ("ACTIVE", "COOLING"),
    },
    "function": {
        **dict.fromkeys(("heating", "heat"), ("HEATING",)),
        **dict.fromkeys(("cooling", "cool"), ("COOLING",)),
    },
    "mode": {
        **{word: (word.upper(),) for word in ("automatic", "manual", "boost", "off", "protection")},
        "auto": ("AUTOMATIC",),
    },
}
"""What other systems say for a reading's words; a load that says why it is on says the function as well."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a series is: a value of a thermostat, temperatures in its unit."""

    thermostat: Thermostat
    field: str
    unit: str


@dataclass(frozen=True, slots=True)
class SeriesMapping:
    """All that a mapping file says; `words` are by field, each with what it means, for that field and the function."""

    targets: Sequence[tuple[Series, Target]]
    words: Mapping[str, Mapping[str, tuple[str, ...]]]


def read(path: Path, system: System, thermostats: Sequence[Thermostat]) -> SeriesMapping:
    """The mapping in a file. Raises WrongUse, and NotFound for a thermostat that there is not."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WrongUse(f"There is no mapping {path}.", _how_to_begin(system)) from None
    except IsADirectoryError:
        raise WrongUse(f"{path} is a folder.", "Name the mapping in it.") from None
    except ValueError as error:  # no UTF-8, no TOML
        raise WrongUse(f"The mapping {path} cannot be read: {error}.", _how_to_begin(system)) from None
    try:
        return _mapping(told, system, thermostats)
    except ValueError as error:
        raise WrongUse(f"The mapping {path} cannot be used: {error}.", _how_to_begin(system)) from None


def missing(system: System) -> WrongUse:
    """What is said where a file needs a mapping and there is none."""
    return WrongUse("This file needs a mapping: nothing in it says which thermostat is meant.", _how_to_begin(system))


def _how_to_begin(system: System) -> str:
    return f"One to begin with: `smarther import --mapping-example {system.value}`, and then --mapping FILE."


def _mapping(told: Mapping[str, Any], system: System, thermostats: Sequence[Thermostat]) -> SeriesMapping:
    """Raises ValueError with what is wrong."""
    _only(told, {"thermostat", "words"}, "it")
    entries = told.get("thermostat")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("it has no [[thermostat]]")
    targets = [target for entry in entries for target in _targets(entry, system, thermostats)]
    seen: list[tuple[str, str]] = []
    for _, target in targets:
        if (key := (target.thermostat.module_id, target.field)) in seen:
            raise ValueError(f"{target.field} of {target.thermostat.name} is there twice")
        seen.append(key)
    return SeriesMapping(targets, _words(told.get("words", {})))


def _targets(
    entry: Mapping[str, Any], system: System, thermostats: Sequence[Thermostat]
) -> list[tuple[Series, Target]]:
    name, unit = entry.get("name"), entry.get("unit", "C")
    if not isinstance(name, str) or not name:
        raise ValueError('a [[thermostat]] has no name, such as name = "Kitchen"')
    _only(entry, {"name", "unit", *FIELDS}, f"the thermostat {name!r}")
    if unit not in _UNITS:
        raise ValueError(f"the unit of {name!r} is to be C or F")
    one = named(name, thermostats)
    if not one.plant_id:
        raise ValueError(f"the thermostat {name!r} is none that is recorded now; `smarther status` names those")
    found = [(_series(entry[field], field, system), Target(one, field, unit)) for field in FIELDS if field in entry]
    if not found:
        raise ValueError(f"the thermostat {name!r} has no series, such as temperature")
    return found


def _series(told: Any, field: str, system: System) -> Series:
    if isinstance(told, str) and told and system is System.HOME_ASSISTANT:
        told = {"entity": told}
    if not isinstance(told, dict) or not all(isinstance(value, str) and value for value in told.values()):
        raise ValueError(f"{field} is to be {_SHAPES[system]}")
    if system is System.HOME_ASSISTANT:
        _only(told, {"entity", "attribute"}, field)
    if _NEEDED[system] not in told:
        raise ValueError(f"{field} is to be {_SHAPES[system]}")
    return told


_NEEDED: Final = {System.HOME_ASSISTANT: "entity", System.INFLUXDB: "field"}
_SHAPES: Final = {
    System.HOME_ASSISTANT: 'an entity, such as "sensor.kitchen_temperature", or'
    ' { entity = "climate.kitchen", attribute = "temperature" }',
    System.INFLUXDB: 'a field with its measurement and tags, such as { measurement = "°C", field = "value",'
    ' entity_id = "kitchen_temperature" }',
}


def _words(told: Any) -> dict[str, Mapping[str, tuple[str, ...]]]:
    if not isinstance(told, dict):
        raise ValueError("[words] is to be a table")  # noqa: TRY004 - of a file's text
    _only(told, set(_WORDS), "[words]")
    words = dict(_WORDS)
    for field, entries in told.items():
        if not isinstance(entries, dict) or not all(isinstance(value, str) for value in entries.values()):
            raise ValueError(f"[words.{field}] is to be words, such as {_EXAMPLE_OF_WORDS}")
        words[field] = {**words[field], **{name.lower(): (value.upper(),) for name, value in entries.items()}}
    return words


_EXAMPLE_OF_WORDS: Final = 'heat = "manual"'


def _only(told: Mapping[str, Any], known: set[str], where: str) -> None:
    if strange := sorted(told.keys() - known):
        raise ValueError(f"{where} holds {strange[0]!r}, which means nothing here")


_HEAD: Final = """\
# What {system} calls the values of each thermostat. A thermostat goes by its name or id, as `smarther status` has it.
# Leave out what is not recorded; `smarther import FILE --mapping THIS --dry-run` shows what comes of it.
"""
_TAIL: Final = """\

[words.mode]                      # what is said there for automatic, manual, boost, off and protection
heat = "manual"
"""
EXAMPLES: Final = {
    System.HOME_ASSISTANT: _HEAD.format(system="Home Assistant")
    + """
[[thermostat]]
name = "Kitchen"
unit = "C"                        # of its temperatures in the file: C or F
temperature = "sensor.kitchen_temperature"
humidity = "sensor.kitchen_humidity"
setpoint = { entity = "climate.kitchen", attribute = "temperature" }
load_state = { entity = "climate.kitchen", attribute = "hvac_action" }   # heating, cooling, idle, on, off
mode = "climate.kitchen"

[[thermostat]]
name = "Bathroom"
temperature = { entity = "climate.bathroom", attribute = "current_temperature" }
setpoint = "number.bathroom_setpoint"
load_state = "binary_sensor.bathroom_heating"
"""
    + _TAIL,
    System.INFLUXDB: _HEAD.format(system="InfluxDB")
    + """# Whatever stands beside measurement and field is a tag.

[[thermostat]]
name = "Kitchen"
unit = "C"                        # of its temperatures in the file: C or F
temperature = { measurement = "°C", field = "value", entity_id = "kitchen_temperature" }
humidity = { measurement = "%", field = "value", entity_id = "kitchen_humidity" }
setpoint = { measurement = "climate.kitchen", field = "temperature" }
load_state = { measurement = "climate.kitchen", field = "hvac_action_str" }   # heating, cooling, idle, on, off
mode = { measurement = "climate.kitchen", field = "state" }

[[thermostat]]
name = "Bathroom"
temperature = { measurement = "thermostat", field = "temperature", room = "bathroom" }
humidity = { measurement = "thermostat", field = "humidity", room = "bathroom" }
"""
    + _TAIL,
}
