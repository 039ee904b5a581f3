"""A home's thermostats, and what one says at one instant."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal


class Load(StrEnum):
    """What the thermostat's relay does to the room."""

    HEATING = "heating"
    COOLING = "cooling"
    IDLE = "idle"


def load_of(load_state: str | None, function: str | None) -> Load | None:
    """The provider's `loadState` and `function` as one value; `None` when the state was not sent.

    An unknown state counts as idle: the provider's documented values are ACTIVE and INACTIVE.
    """
    if load_state is None:
        return None
    if load_state != "ACTIVE":
        return Load.IDLE
    return Load.COOLING if function == "COOLING" else Load.HEATING


@dataclass(frozen=True, slots=True)
class Thermostat:
    """A module of the directory, with the names its owner gave; `known_since` is when the keeper first met it."""

    module_id: str
    name: str
    plant_id: str
    plant_name: str
    known_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that a thermostat said at one instant. Absent is `None`. Temperatures in °C, humidity in percent."""

    time: datetime
    temperature: Decimal | None = None
    humidity: Decimal | None = None
    setpoint: Decimal | None = None
    load: Load | None = None
    mode: str | None = None
    program: int | None = None
    activation_time: str | None = None
