"""An event as it is put on the bus. Its forms are described in `schemas/`, one for each detail type."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

type DetailType = Literal[
    "ReadingRecorded",
    "StateChanged",
    "ThermostatSilent",
    "ThermostatHeardAgain",
    "PersonNeeded",
    "PersonNoLongerNeeded",
]

SOURCE: Final = "smarther.recorder"
VERSION: Final = 1
"""The version of all details. What is added to a detail later does not change it."""

MOST_BYTES: Final = 256 * 1024
"""The most that one request may hold: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html"""


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `id` is the same whenever the same event is told again; `said` is the rest of its detail."""

    type: DetailType
    id: str
    said: Mapping[str, object]

    def entry(self, bus: str) -> dict[str, str]:
        """The event as an entry of PutEvents."""
        return {
            "EventBusName": bus,
            "Source": SOURCE,
            "DetailType": self.type,
            "Detail": json.dumps(self.detail(), separators=(",", ":"), default=_number),
        }

    def detail(self) -> dict[str, object]:
        """The detail, as the schema of its type has it."""
        return {"version": VERSION, "id": self.id, **self.said}


def size(entry: Mapping[str, str]) -> int:
    """The bytes that an entry counts for: those of its source, its detail type and its detail."""
    return sum(len(entry[name].encode()) for name in ("Source", "DetailType", "Detail"))


def _number(value: object) -> int | float:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} has no place in an event")
