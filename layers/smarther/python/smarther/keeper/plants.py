"""Plants: which of them are to be recorded, and the names by which people know them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from smarther.domain.legrand_answers import Kind
from smarther.domain.webhook import is_ours
from smarther.legrand.client import LegrandError
from smarther.store.records import Module, Plant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smarther.domain.subscription_plan import Subscription
    from smarther.keeper.dependencies import Dependencies
    from smarther.keeper.journal import Journal
    from smarther.legrand.client import Api, ListedModule

NAMES_LAST: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PlantsToRecord:
    """The plants to record by id, with the names heard in this run; and those missed for the first time."""

    names: dict[str, str | None]
    absent: frozenset[str]


class Plants:
    """The wanted plants and the directory, through one run."""

    def __init__(self, dependencies: Dependencies, journal: Journal) -> None:
        self._dependencies = dependencies
        self._journal = journal
        self.directory = dependencies.records.directory()

    def known(self) -> frozenset[str]:
        """The plants to record as far as they are known without asking."""
        return self._dependencies.settings.plant_ids or frozenset(self.directory.plants)

    def wanted(self, api: Api, subscribed: Iterable[Subscription], absent_before: frozenset[str]) -> PlantsToRecord:
        """The plants to record: those of the settings, or all that the account has.

        A plant that the account no longer lists is let go when it is missing for the second time running: a
        subscription ended by mistake loses readings, one that ends half an hour late loses nothing. An empty list
        lets nothing go, and neither does one that cannot be had: then what is `subscribed` goes on.
        """
        chosen = self._dependencies.settings.plant_ids
        if chosen:
            return PlantsToRecord({plant_id: self._name(plant_id) for plant_id in chosen}, frozenset())
        listed = self._listed(api)
        if not listed:
            going_on = self.directory.plants.keys() | self._of_ours(subscribed)
            return PlantsToRecord({plant_id: self._name(plant_id) for plant_id in going_on}, absent_before)
        missing = frozenset(self.directory.plants).difference(listed)
        absent = missing - absent_before
        spared = {plant_id: self._name(plant_id) for plant_id in absent}
        return PlantsToRecord({**listed, **spared}, absent)

    def refresh(self, api: Api, wanted: PlantsToRecord, *, at_once: bool) -> None:
        """Ask for names once a day, and whenever a plant is new."""
        self._forget(frozenset(self.directory.plants).difference(wanted.names))
        now, refreshed_at = self._dependencies.clock(), self.directory.refreshed_at
        unknown = wanted.names.keys() - self.directory.plants.keys()
        due = at_once or refreshed_at is None or now - refreshed_at >= NAMES_LAST
        complete = True
        for plant_id, name in sorted(wanted.names.items() if due else [(new, wanted.names[new]) for new in unknown]):
            complete = self._learn(api, Plant(plant_id, name)) and complete
        if due and complete:
            self._dependencies.records.directory_refreshed(now)

    def _listed(self, api: Api) -> dict[str, str | None]:
        """The account's plants by id; empty as well when they cannot be had."""
        try:
            return {plant.plant_id: plant.name for plant in api.plants()}
        except LegrandError as error:
            if error.answer.final:
                raise
            self._journal.failed(error)
            return {}

    def _of_ours(self, subscribed: Iterable[Subscription]) -> frozenset[str]:
        base_url = self._dependencies.settings.webhook_base_url
        return frozenset(entry.plant_id for entry in subscribed if is_ours(entry.endpoint, base_url))

    def _learn(self, api: Api, plant: Plant) -> bool:
        """Keep a plant with its modules; False when it is worth asking again soon."""
        try:
            listed, modules = api.topology(plant.plant_id)
        except LegrandError as error:
            if error.answer.final:
                raise
            self._journal.failed(error)
            self._keep(plant)
            return error.answer.kind is Kind.NOT_FOUND
        self._keep(Plant(plant.plant_id, listed.name or plant.name))
        self._keep_modules(plant.plant_id, modules)
        return True

    def _keep(self, plant: Plant) -> None:
        if self.directory.plants.get(plant.plant_id) != plant:
            self._dependencies.records.keep_plant(plant)
            self.directory = replace(self.directory, plants={**self.directory.plants, plant.plant_id: plant})

    def _keep_modules(self, plant_id: str, listed: Iterable[ListedModule]) -> None:
        now = self._dependencies.clock()
        before = {key: module for key, module in self.directory.modules.items() if module.plant_id == plant_id}
        after: dict[str, Module] = {}
        for entry in listed:
            old = before.get(entry.module_id)
            since = now if old is None else old.known_since or now
            after[entry.module_id] = Module(plant_id, entry.module_id, entry.name, entry.device, since)
            if after[entry.module_id] != old:
                self._dependencies.records.keep_module(after[entry.module_id])
        for gone in before.keys() - after.keys():
            self._dependencies.records.forget_module(before[gone])
        others = {key: module for key, module in self.directory.modules.items() if module.plant_id != plant_id}
        self.directory = replace(self.directory, modules={**others, **after})

    def _forget(self, gone: frozenset[str]) -> None:
        """Take plants that are no longer recorded out of the directory, with their modules."""
        for plant_id in sorted(gone):
            self._keep_modules(plant_id, [])
            self._dependencies.records.forget_plant(plant_id)
        plants = {key: plant for key, plant in self.directory.plants.items() if key not in gone}
        self.directory = replace(self.directory, plants=plants)

    def _name(self, plant_id: str) -> str | None:
        plant = self.directory.plants.get(plant_id)
        return None if plant is None else plant.name
