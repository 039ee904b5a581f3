"""A home's thermostats, and what one of them says at one instant."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal


class Load(StrEnum):
    """What the thermostat's relay does to the room."""

    HEATING = "heating"
    COOLING = "cooling"
    IDLE = "idle"


def load_of(load_state: str | None, function: str | None) -> Load | None:
    """The provider's `loadState` and `function` as one value; `None` where no state was sent.

    The documented states are ACTIVE and INACTIVE; an unknown one counts as idle.
    """
    if load_state is None:
        return None
    if load_state != "ACTIVE":
        return Load.IDLE
    return Load.COOLING if function == "COOLING" else Load.HEATING


@dataclass(frozen=True, slots=True)
class Thermostat:
    """A module of the directory, with the names that its owner gave. `known_since` is when the keeper first saw it.

    `programs` has the names of its programs by number, as far as they are known.
    """

    module_id: str
    name: str
    plant_id: str
    plant_name: str
    known_since: datetime | None = None
    programs: Mapping[int, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a thermostat said at one instant; `None` for what it did not say.

    Temperatures are in °C, humidity in percent, `activation_time` in the home's local time, as it was sent.
    """

    time: datetime
    temperature: Decimal | None = None
    humidity: Decimal | None = None
    setpoint: Decimal | None = None
    load: Load | None = None
    mode: str | None = None
    program: int | None = None
    activation_time: str | None = None
