"""A thermostat's state at one instant."""

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
    """What decides the set point."""

    AUTOMATIC = "AUTOMATIC"
    MANUAL = "MANUAL"
    BOOST = "BOOST"
    OFF = "OFF"
    PROTECTION = "PROTECTION"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One thermostat at one instant. °C and %; `until` is when AUTOMATIC returns, in naive local time.

    `clock_ahead` is how far its clock is ahead, negative if it is behind. `measured_at` is the time of its measures;
    None if that is just before.
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
        """The instant by the thermostat's own clock, limited to the calendar."""
        return self.at + min(max(self.clock_ahead, FIRST - self.at), LAST - self.at)
