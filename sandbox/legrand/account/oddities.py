"""Oddities: values that make a notification odd in one place, seen in this API or similar ones, or imagined.

Each is put into a true notification, which is otherwise unchanged.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.legrand.account.faults import JsonPath

_STATUS: JsonPath = (0, "data", "chronothermostats", 0)
_TEMPERATURE: JsonPath = (*_STATUS, "thermometer", "measures", 0)
_HUMIDITY: JsonPath = (*_STATUS, "hygrometer", "measures", 0)
_MARK = "@@ here @@"


@dataclass(frozen=True, slots=True)
class Oddity:
    """The value for one place: `text` is raw JSON, which Python's encoder may be unable to write."""

    place: JsonPath
    text: str

    def __post_init__(self) -> None:
        if not self.place:
            raise ValueError("an oddity needs a place inside the notification")
        if _MARK in self.text:
            raise ValueError("this text is taken")

    def put(self, body: bytes) -> bytes:
        """The body with the oddity. A missing field is added; a body that has no such place is unchanged."""
        document = json.loads(body)
        holder: Any = document
        *way, last = self.place
        for step in way:
            if not _has(holder, step):
                return body
            holder = holder[step]
        if not isinstance(holder, dict) and not _has(holder, last):
            return body
        holder[last] = _MARK
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        return text.replace(json.dumps(_MARK), self.text).encode()


def _has(holder: Any, step: str | int) -> bool:
    if isinstance(holder, dict):
        return step in holder
    return isinstance(holder, list) and isinstance(step, int) and 0 <= step < len(holder)


KNOWN: Mapping[str, Oddity] = {
    "humidity_dashes": Oddity((*_HUMIDITY, "value"), '"--"'),
    "humidity_of_255": Oddity((*_HUMIDITY, "value"), '"255"'),
    "blank_temperature": Oddity((*_TEMPERATURE, "value"), '""'),
    "blank_set_point": Oddity((*_STATUS, "setPoint"), '{"value":"","unit":""}'),
    "unknown_unit": Oddity((*_TEMPERATURE, "unit"), '"K"'),
    "naive_measure_time": Oddity((*_TEMPERATURE, "timeStamp"), '"2026-01-14T06:30:02"'),
    "sensor_just_switched_on": Oddity((*_TEMPERATURE, "value"), '"85.00000"'),
    "set_point_marker": Oddity((*_STATUS, "setPoint"), '{"value":"126.50000","unit":"C"}'),
    "largest_float": Oddity((*_TEMPERATURE, "value"), '"3.4028235E38"'),
    "number_of_40_digits": Oddity((*_HUMIDITY, "value"), "1" * 40),
    "no_number": Oddity((*_TEMPERATURE, "value"), "NaN"),
    "program_of_twenty_digits": Oddity((*_STATUS, "programs"), '[{"number":"12345678901234567890"}]'),
    "activation_object": Oddity((*_STATUS, "activationTime"), '{"end":"2026-01-14T22:15:00"}'),
    "activation_in_9999": Oddity((*_STATUS, "activationTime"), '"9999-12-31T23:59:59Z"'),
    "blank_activation": Oddity((*_STATUS, "activationTime"), '""'),
    "online_as_text": Oddity((*_STATUS, "online"), '"true"'),
    "mode_twice": Oddity((*_STATUS, "mode"), '"MANUAL","mode":"BOOST"'),
    "half_emoji": Oddity((*_STATUS, "name"), '"Cucina \\ud83d"'),
    "deep": Oddity((*_STATUS, "settings"), "[" * 60 + "]" * 60),
    "odd_envelope": Oddity((0, "eventTime"), '["2026-01-14T06:30:05Z"]'),
}
"""By name. Each place is one that every notification has, or may have."""
