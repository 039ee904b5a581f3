"""From what another system recorded, value by value, to readings, each of which says all of a thermostat.

Other systems write a value when it changes. So a value holds until the next one of its series, or until the series
says that there is none, and each change makes a reading of all values as they are then. Values that come within
`TOGETHER` are of one reading, as long as none of them is there twice: another system takes a notification apart, and
writes its values one after the other.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from smarther.domain.readings.arrival import AHEAD, fixed_width
from smarther.domain.readings.json_fields import decimal
from smarther.domain.readings.notification import from_fahrenheit
from smarther.domain.readings.reading import Reading, bounded
from smarther.domain.summaries.rollup_window import EARLIEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from decimal import Decimal

    from smarther.domain.readings.home import Thermostat
    from smarther_cli.commands.readings.imports.left_out import LeftOut
    from smarther_cli.commands.readings.imports.mapping import SeriesMapping, Target

TOGETHER: Final = timedelta(seconds=1)
_NONE: Final = frozenset({"", "unavailable", "unknown", "none", "null"})
"""By which Home Assistant says that there is no value (homeassistant/const.py: STATE_UNAVAILABLE, STATE_UNKNOWN)."""
_ATTRIBUTES: Final = {"humidity": "humidity_percent", "program": "program"}


class Sample(NamedTuple):
    """One value of a series: whose, when, what it is there, and in which line of the file."""

    target: Target
    time: datetime
    value: str
    place: str


class Joining:
    """Takes samples in any order, as entries to be ordered, and makes readings of them in order."""

    def __init__(self, mapping: SeriesMapping, left_out: LeftOut, *, now: datetime) -> None:
        self._mapping = mapping
        self._left_out = left_out
        self._now = now

    def entries(self, samples: Iterable[Sample]) -> Iterator[tuple[str, str, str]]:
        """Each sample as an entry; what cannot be read says that there is no value, and is counted."""
        for sample in samples:
            if not EARLIEST <= sample.time <= self._now + AHEAD:
                self._left_out.refuse(sample.place, "its time is before the year 2000, or ahead of now")
                continue
            target = sample.target
            for field, value in self._values(sample):
                yield target.thermostat.module_id, fixed_width(sample.time), json.dumps([field, value, target.unit])

    def readings(
        self, entries: Iterable[tuple[str, str, str]], thermostats: Mapping[str, Thermostat]
    ) -> Iterator[Reading]:
        """The readings, by thermostat and time."""
        group: list[tuple[str, Any, str]] = []
        whose, begun, last = "", None, None
        state = _State()
        for module_id, sort, text in entries:
            field, value, unit = json.loads(text)
            at = datetime.fromisoformat(sort)
            if group and not (
                module_id == whose and begun is not None and _belongs(group, field, begun=begun, last=last, at=at)
            ):
                yield from state.reading(thermostats[whose], begun, group)
                group = []
            if module_id != whose:
                state = _State()
            if not group:
                whose, begun = module_id, at
            group.append((field, value, unit))
            last = at
        if group:
            yield from state.reading(thermostats[whose], begun, group)

    def _values(self, sample: Sample) -> list[tuple[str, str | None]]:
        """The value as text in its normal form, None if there is none; a load may say the function as well."""
        field, told = sample.target.field, sample.value.strip()
        if told.lower() in _NONE:
            return [(field, None)]
        if field in self._mapping.words:
            words = self._mapping.words[field].get(_plain(told))
            if words is not None:
                return list(zip((field, "function"), words, strict=False))
        elif (number := _number(field, sample.target.unit, told)) is not None:
            return [(field, str(number))]
        self._left_out.not_read(field, sample.place)
        return [(field, None)]


class _State:
    """What is so of one thermostat."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[str, str]] = {}
        self._silent = True

    def reading(
        self, one: Thermostat, time: datetime | None, group: list[tuple[str, str | None, str]]
    ) -> Iterator[Reading]:
        """What is so from then on, unless nothing was known before and nothing is now."""
        for field, value, unit in group:
            if value is None:
                self._values.pop(field, None)
            else:
                self._values[field] = value, unit
        if time is None or (self._silent and not self._values):
            return
        self._silent = not self._values
        yield Reading(plant_id=one.plant_id, module_id=one.module_id, time=time, **self._attributes())

    def _attributes(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for field, (value, unit) in self._values.items():
            match field:
                case "temperature" | "setpoint":
                    found |= _degrees(field, unit, value)
                case "humidity" | "program":
                    found[_ATTRIBUTES[field]] = decimal(value)
                case _:
                    found[field] = value
        return found


def _belongs(
    group: list[tuple[str, Any, str]], field: str, *, begun: datetime, last: datetime | None, at: datetime
) -> bool:
    """Whether a value is of the same reading: of the very instant, or soon after and not there yet."""
    return at == begun or (at - begun < TOGETHER and (at == last or all(field != each for each, _, _ in group)))


def _plain(told: str) -> str:
    """A word in lower case; of a number its normal form, so that 1.0 is 1."""
    number = decimal(told)
    return told.lower() if number is None else str(number)


def _number(field: str, unit: str, told: str) -> Decimal | None:
    """A number within the bounds of its attribute, in the unit in which it was told."""
    attribute = _ATTRIBUTES.get(field) or f"{field}_{unit.lower()}"
    number = bounded(attribute, decimal(told))
    if number is None or (field == "program" and number != number.to_integral_value()):
        return None
    return number


def _degrees(field: str, unit: str, value: str) -> dict[str, Decimal | None]:
    number = decimal(value)
    if unit == "C" or number is None:
        return {f"{field}_c": number}
    return {f"{field}_c": from_fahrenheit(number), f"{field}_f": number}
