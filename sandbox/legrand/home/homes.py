"""The owner's plants: their names, rooms and thermostats, simulated together."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from sandbox.legrand.home.habits import Habit
from sandbox.legrand.home.program import WeeklyProgram, family_week, steady
from sandbox.legrand.home.snapshot import Mode, Snapshot
from sandbox.legrand.home.thermostat import Order, Room, Thermostat
from sandbox.legrand.home.weather import Season, Weather
from sandbox.legrand.variants import USUAL, Variants

HOME_NAMES = ("Casa in città", "Baita di montagna", "Casa al mare", "Ufficio")
ROOM_NAMES = ("Soggiorno", "Camera da letto", "Bagno", "Cucina", "Camera degli ospiti", "Studio", "Mansarda", "Taverna")
HABITS = (Habit.SLIDES, Habit.BOOSTS, Habit.AIRS, Habit.ORDINARY, Habit.EMPTY)
BUILT_IN = family_week(0, "Default", later_minutes=0, warmer=Decimal(0))
"""The program that clients hide (bticino_x8000_component), but openHAB's rules order."""


@dataclass(frozen=True, slots=True)
class Module:
    """One thermostat of the account. `index` counts over the whole account and decides what kind of room it has."""

    id: str
    name: str
    index: int


@dataclass(frozen=True, slots=True)
class Plant:
    """One home of the account. `cools`: its system can cool as well as heat."""

    id: str
    name: str
    modules: tuple[Module, ...]
    cools: bool = False


def invent_plants(plants: int, modules: int) -> list[Plant]:
    """`plants` homes that share `modules` thermostats as evenly as possible. Ids depend on the position alone."""
    if plants < 1 or modules < plants:
        raise ValueError("at least one plant, and a thermostat in each")
    share, more = divmod(modules, plants)
    made: list[Plant] = []
    first = 0
    for number in range(plants):
        size = share + (number < more)
        names = [_nth(ROOM_NAMES, position) for position in range(first, first + size)]
        made.append(make_plant(_nth(HOME_NAMES, number), names, number, first))
        first += size
    return made


def make_plant(name: str, rooms: Sequence[str], number: int, first_index: int) -> Plant:
    """The plant at position `number` of the account, its rooms counted from `first_index`. Every other one can cool."""
    modules = (Module(_guid(f"module:{index}"), room, index) for index, room in enumerate(rooms, start=first_index))
    return Plant(_guid(f"plant:{number}"), name, tuple(modules), cools=number % 2 == 0)


def read_plants(file: Path) -> list[Plant]:
    """Plants from a JSON file `{"plants": [{"name": "…", "modules": ["…", …]}, …]}`. Raises ValueError otherwise."""
    try:
        described = [(str(plant["name"]), [str(room) for room in plant["modules"]]) for plant in _plants_in(file)]
    except (KeyError, TypeError) as error:
        raise ValueError(f'{file.name}: not of the form {{"plants": [{{"name", "modules": [names]}}]}}') from error
    made: list[Plant] = []
    first = 0
    for number, (name, rooms) in enumerate(described):
        made.append(make_plant(name, rooms, number, first))
        first += len(rooms)
    return made


def _plants_in(file: Path) -> list[dict[str, list[str]]]:
    plants = json.loads(file.read_text(encoding="utf-8"))["plants"]
    if not isinstance(plants, list) or not plants:
        raise TypeError("plants")
    return plants


class Homes:
    """All thermostats of the account, simulated up to one instant."""

    def __init__(  # noqa: PLR0913 - what there is, when and where it begins, and how the provider is
        self,
        plants: Sequence[Plant],
        seed: int,
        start: datetime,
        zone: ZoneInfo,
        variants: Variants = USUAL,
        *,
        season: Season = "now",
    ) -> None:
        self.plants = {plant.id: plant for plant in plants}
        self.season = season
        self.variants = variants
        self.zone = zone
        self._ever = len(self.plants)
        self._modules_ever = sum(len(plant.modules) for plant in plants)
        self._clocks_ahead: dict[str, timedelta] = {}
        self.begin(start, seed)

    def begin(self, start: datetime, seed: int) -> None:
        """Restart the simulation of all thermostats at `start`."""
        self.now = start
        self.seed = seed
        self._weather = Weather(seed, season=self.season, start=start.astimezone(self.zone).date())
        self._thermostats = {
            (plant.id, module.id): self._thermostat(plant, module)
            for plant in self.plants.values()
            for module in plant.modules
        }
        self._set_clocks()

    def set_clock(self, module_id: str, ahead: timedelta) -> None:
        """Set how far a thermostat's own clock is ahead, negative for behind; kept by restarts.

        Raises KeyError for an unknown one.
        """
        if module_id not in {known for _, known in self._thermostats}:
            raise KeyError(module_id)
        self._clocks_ahead[module_id] = ahead
        self._set_clocks()

    def _set_clocks(self) -> None:
        for (_, module_id), thermostat in self._thermostats.items():
            thermostat.clock_ahead = self._clocks_ahead.get(module_id, timedelta())

    def use_variants(self, variants: Variants) -> None:
        """Continue with the answers of another world."""
        self.variants = variants
        for thermostat in self._thermostats.values():
            thermostat.variants = variants

    def advance(self, to: datetime) -> list[Snapshot]:
        """Simulate until `to`; returns the reports of all thermostats, in order of time."""
        reports = [snapshot for thermostat in self._thermostats.values() for snapshot in thermostat.advance(to)]
        self.now = max(self.now, to)
        return sorted(reports, key=lambda snapshot: snapshot.at)

    def snapshot(self, plant_id: str, module_id: str, at: datetime) -> Snapshot:
        """A thermostat's state at an instant. Raises KeyError for an unknown one."""
        return self._thermostats[plant_id, module_id].snapshot(at)

    def execute(self, plant_id: str, module_id: str, order: Order, at: datetime) -> list[Snapshot]:
        """Execute an order; returns its reports. Raises KeyError for an unknown thermostat."""
        return self._thermostats[plant_id, module_id].execute(order, at)

    def programs(self, plant_id: str, module_id: str) -> list[WeeklyProgram]:
        """A thermostat's programs, the built-in one first. Raises KeyError for an unknown thermostat."""
        return list(self._thermostats[plant_id, module_id].room.programs)

    def add_plant(self, name: str, rooms: Sequence[str]) -> Plant:
        """Add a home to the account."""
        plant = make_plant(name, rooms, self._ever, self._modules_ever)
        self._ever += 1
        self._modules_ever += len(rooms)
        self.plants[plant.id] = plant
        for module in plant.modules:
            self._thermostats[plant.id, module.id] = self._thermostat(plant, module)
        return plant

    def remove_plant(self, plant_id: str) -> None:
        """Remove a home from the account. Raises KeyError for an unknown one."""
        plant = self.plants.pop(plant_id)
        for module in plant.modules:
            del self._thermostats[plant_id, module.id]

    def move(self, module_id: str, plant_id: str) -> None:
        """Move a thermostat to another home. Raises KeyError for an unknown thermostat or home."""
        before = self._holder(module_id)
        module = next(module for module in before.modules if module.id == module_id)
        after = self.plants[plant_id]
        if after is before:
            return
        stay = tuple(other for other in before.modules if other is not module)
        self.plants[before.id] = replace(before, modules=stay)
        self.plants[after.id] = replace(after, modules=(*after.modules, module))
        thermostat = self._thermostats.pop((before.id, module_id))
        thermostat.room = replace(thermostat.room, plant_id=after.id)
        self._thermostats[after.id, module_id] = thermostat

    def rename(self, any_id: str, name: str) -> None:
        """Rename a home or a thermostat. Raises KeyError for an unknown one."""
        if any_id in self.plants:
            self.plants[any_id] = replace(self.plants[any_id], name=name)
            return
        plant = self._holder(any_id)
        modules = (replace(module, name=name) if module.id == any_id else module for module in plant.modules)
        self.plants[plant.id] = replace(plant, modules=tuple(modules))

    def _holder(self, module_id: str) -> Plant:
        for plant in self.plants.values():
            if any(module.id == module_id for module in plant.modules):
                return plant
        raise KeyError(module_id)

    def _thermostat(self, plant: Plant, module: Module) -> Thermostat:
        return Thermostat(self._room(plant, module), self._weather, self.zone, self.now, self.seed, self.variants)

    def _room(self, plant: Plant, module: Module) -> Room:
        dice = Random(f"{self.seed}:room:{module.id}")  # noqa: S311 - a home, nothing secret
        return furnish(plant.id, module, dice, cools=plant.cools)


def furnish(plant_id: str, module: Module, dice: Random, *, cools: bool = False) -> Room:
    """The room of a module: its habit follows from its index (every fifth is empty), the rest is random."""
    habit = HABITS[module.index % len(HABITS)]
    mode = Mode.AUTOMATIC
    if habit is Habit.EMPTY:
        mode = Mode.PROTECTION if module.index // len(HABITS) % 2 == 0 else Mode.OFF
    week = family_week(
        1, "Settimana", later_minutes=dice.randrange(-15, 31, 5), warmer=Decimal(dice.randrange(-10, 11, 5)) / 10
    )
    return Room(
        plant_id=plant_id,
        module_id=module.id,
        programs=(BUILT_IN, week, steady(2, "Fuori casa", "16.0"), steady(3, "Ospiti", "20.5")),
        habit=habit,
        mode=mode,
        leak_hours=dice.uniform(35, 60) if habit is not Habit.EMPTY else dice.uniform(8, 14),
        heat_per_hour=dice.uniform(1.5, 2.2),
        hysteresis=dice.choice((0.2, 0.3)),
        report_step=0.1,
        usual_humidity=dice.uniform(46, 56),
        cools=cools,
    )


def _guid(what: str) -> str:
    """An id in the form of the captured ones (`…-e053-27182d0ad74c`), which is of no UUID version."""
    digits = sha256(f"smarther:{what}".encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-e053-27182d0a{digits[16:20]}"


def _nth(names: Sequence[str], position: int) -> str:
    again, index = divmod(position, len(names))
    return names[index] if again == 0 else f"{names[index]} {again + 1}"
