"""The directory: the plants of the account, and the thermostats as their plants list them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from smarther.domain.account.directory import newest_listings
from smarther.domain.readings.home import Thermostat
from smarther.domain.readings.names import printable
from smarther.domain.readings.programs import program_names, program_number
from smarther.domain.readings.reading import instant_text
from smarther.store import keys
from smarther.store.items import fields, instant, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from smarther.store.items import Item
    from smarther.store.table import Table


THERMOSTAT: Final = "chronothermostat"
"""What Legrand calls a thermostat among the devices of a plant."""


@dataclass(frozen=True, slots=True)
class Plant:
    """A plant of the directory; its name is printable."""

    plant_id: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Module:
    """A thermostat as a plant lists it; `known_since` is when the keeper first saw it there. Its name is printable.

    `programs` has the names of its programs by number, printable and not empty.
    """

    plant_id: str
    module_id: str
    name: str | None
    device: str | None
    known_since: datetime | None = None
    programs: Mapping[int, str] = field(default_factory=dict, hash=False)

    @property
    def is_thermostat(self) -> bool:
        """Whether it is one, as far as its plant has told."""
        return self.device in {None, THERMOSTAT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """The plants by id, the thermostats that they list, and when Legrand was last asked for them."""

    plants: Mapping[str, Plant]
    listed: Mapping[tuple[str, str], Module]
    """Thermostats by plant id and module id. One that moved is listed twice until it is removed from its old plant."""
    refreshed_at: datetime | None

    @property
    def modules(self) -> Mapping[str, Module]:
        """The thermostats by id, each once: in the plant where it was first seen most recently."""
        listings = ((each.plant_id, each.module_id, each.known_since, each) for each in self.listed.values())
        return {each.module_id: each for each in newest_listings(listings)}

    @property
    def thermostats(self) -> list[Thermostat]:
        """The same, sorted by plant and name; the id stands in for a missing name."""
        found = (
            Thermostat(
                module_id=each.module_id,
                name=each.name or each.module_id,
                plant_id=each.plant_id,
                plant_name=self._plant_name(each.plant_id) or each.plant_id,
                known_since=each.known_since,
                programs=each.programs,
            )
            for each in self.modules.values()
        )
        return sorted(found, key=lambda one: (one.plant_name.casefold(), one.name.casefold(), one.module_id))

    @property
    def names(self) -> dict[str, str]:
        """The names of plants and thermostats that have one, by their ids."""
        named = {plant_id: plant.name for plant_id, plant in self.plants.items()}
        named |= {module_id: module.name for module_id, module in self.modules.items()}
        return {key: name for key, name in named.items() if name}

    def of_plant(self, plant_id: str) -> dict[str, Module]:
        """The thermostats that a plant lists, by id."""
        return {each.module_id: each for each in self.listed.values() if each.plant_id == plant_id}

    def _plant_name(self, plant_id: str) -> str | None:
        plant = self.plants.get(plant_id)
        return None if plant is None else plant.name


class Listings:
    """The items of the directory. A thermostat that is not in it has no card on the dashboard and no statistics.

    Every method raises StoreError.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def directory(self) -> Directory:
        """All plants and thermostats that are known, read whole and strongly consistent."""
        return _directory(self._table.query(keys.DIRECTORY, keys.WHOLE_DIRECTORY, consistent=True))

    def thermostats(self) -> list[Thermostat]:
        """The thermostats of the directory, sorted by plant and name, each once."""
        return _directory(self._table.query(keys.DIRECTORY, keys.LISTINGS_AND_PLANTS)).thermostats

    def keep_plant(self, plant: Plant) -> None:
        """Write a plant and its name."""
        self._table.put({**keys.plant_key(plant.plant_id), "plant_id": plant.plant_id, "name": plant.name})

    def keep_module(self, module: Module) -> None:
        """Write a thermostat, its name and those of its programs."""
        self._table.put(
            {
                **keys.listing_key(module.plant_id, module.module_id),
                "plant_id": module.plant_id,
                "module_id": module.module_id,
                "name": module.name,
                "device": module.device,
                "known_since": None if module.known_since is None else instant_text(module.known_since),
                "programs": {str(number): name for number, name in module.programs.items()} or None,
            }
        )

    def forget_plant(self, plant_id: str) -> None:
        """Take a plant out of the directory; its readings stay."""
        self._table.delete(keys.plant_key(plant_id))

    def forget_module(self, module: Module) -> None:
        """Take a thermostat out of the directory; its readings stay."""
        self._table.delete(keys.listing_key(module.plant_id, module.module_id))

    def refreshed(self, now: datetime) -> None:
        """Note that the whole directory was refreshed at `now`."""
        self._table.put({**keys.REFRESHED, "at": instant_text(now)})


def _directory(items: Iterable[Item]) -> Directory:
    plants: dict[str, Plant] = {}
    listed: dict[tuple[str, str], Module] = {}
    refreshed_at: datetime | None = None
    for item in items:
        plant_id, module_id = text(item, "plant_id"), text(item, "module_id")
        if plant_id and module_id:
            listed[plant_id, module_id] = Module(
                plant_id, module_id, _name(item), text(item, "device"), instant(item, "known_since"), _programs(item)
            )
        elif plant_id and "module_id" not in item:
            plants[plant_id] = Plant(plant_id, _name(item))
        elif "at" in item:
            refreshed_at = instant(item, "at")
    return Directory(plants=plants, listed=listed, refreshed_at=refreshed_at)


def _name(item: Item) -> str | None:
    """A printable name; an earlier version stored names as they came."""
    return printable(text(item, "name") or "") or None


def _programs(item: Item) -> dict[int, str]:
    """Printable names by number; what is no such pair, as in an item that was edited by hand, is left out."""
    found = fields(item, "programs") or {}
    numbered = {number: key for key in found if (number := program_number(key)) is not None}
    return program_names({}, {number: printable(text(found, key) or "") for number, key in numbered.items()})
