"""What is known of a home: its thermostats and what each of them said last."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta
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
    """A module of the directory, with the names its owner gave."""

    module_id: str
    name: str
    plant_id: str
    plant_name: str


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


@dataclass(frozen=True, slots=True)
class ThermostatState:
    """Where a thermostat stands: its last word, and since when its relay is as it is.

    `load_since` is the first of the unbroken run of equal states among the snapshots looked at; when the run reaches
    back to the oldest of them, `load_since_before` says that it may have begun earlier.
    """

    last: Snapshot
    load_since: datetime
    load_since_before: bool

    def is_stale(self, now: datetime, after: timedelta) -> bool:
        """Whether the thermostat has been silent for longer than `after`."""
        return now - self.last.time > after


def thermostat_state(newest_first: list[Snapshot]) -> ThermostatState | None:
    """The standing that a thermostat's newest snapshots tell, or `None` when it never spoke."""
    if not newest_first:
        return None
    last = newest_first[0]
    since = last.time
    for snapshot in newest_first:
        if snapshot.load is not last.load:
            return ThermostatState(last, since, load_since_before=False)
        since = snapshot.time
    return ThermostatState(last, since, load_since_before=True)
