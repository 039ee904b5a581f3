"""What a thermostat knows of itself at one instant: what it would tell if asked."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC, microsecond=0)


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
    """One thermostat at one instant. °C and %; `until` is when AUTOMATIC comes back, in naive local time.

    `clock_ahead` is how far its clock is ahead of the right time, below zero where it is behind. `measured_at` is when
    its measures were taken, if that is not just before.
    """

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
    clock_ahead: timedelta = timedelta()
    measured_at: datetime | None = None

    @property
    def told(self) -> datetime:
        """The instant by the thermostat's own clock, which ends at either end of the calendar."""
        return self.at + min(max(self.clock_ahead, FIRST - self.at), LAST - self.at)
