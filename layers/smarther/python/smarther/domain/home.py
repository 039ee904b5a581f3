"""What is known of a home: its thermostats and what each of them said last."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from smarther.domain.latest import latest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal

    from smarther.domain.latest import Latest, Word


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


@dataclass(frozen=True, slots=True)
class ThermostatState:
    """Where a thermostat stands: its latest word, and since when its relay is as it is.

    `load_since` is the first of the unbroken run of equal states among the words looked at; when the run reaches back
    to the oldest of them, `load_since_before` says that it may have begun earlier.
    """

    latest: Latest
    load_since: datetime
    load_since_before: bool

    @property
    def last(self) -> Snapshot:
        """What the latest word said."""
        return self.latest.word.snapshot


def thermostat_state(newest_first: Sequence[Word], others: Sequence[Word] = ()) -> ThermostatState | None:
    """The standing that a thermostat's words tell, or `None` when it never spoke.

    `newest_first` are its newest by its own clock, with none left out between them; `others` may be the latest as well.
    """
    found = latest([*newest_first, *others])
    if found is None:
        return None
    since = found.at
    run = [word for word in newest_first if not word.misdated]
    for word in run if found.word in run[:1] else ():
        if word.snapshot.load is not found.word.snapshot.load:
            return ThermostatState(found, since, load_since_before=False)
        since = word.time
    return ThermostatState(found, since, load_since_before=True)
