"""What a thermostat knows of itself at one instant: what it would tell if asked."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Function(StrEnum):
    """What the system behind the thermostat does."""

    HEATING = "HEATING"
    COOLING = "COOLING"


class Mode(StrEnum):
    """Who decides on the set point."""

    AUTOMATIC = "AUTOMATIC"
    MANUAL = "MANUAL"
    BOOST = "BOOST"
    OFF = "OFF"
    PROTECTION = "PROTECTION"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One thermostat at one instant. °C and %; `until` is the end of MANUAL or BOOST in naive local time."""

    plant_id: str
    module_id: str
    at: datetime
    function: Function
    mode: Mode
    set_point: Decimal | None
    program: int
    until: datetime | None
    active: bool
    temperature: Decimal
    humidity: Decimal
