"""Plants: which of them are recorded, and the names of plants and thermostats."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from smarther.domain.account.directory import removals, same_id, spelled
from smarther.domain.account.legrand_answers import Kind
from smarther.domain.account.quota import Need
from smarther.domain.account.subscription_plan import is_ours
from smarther.domain.readings.programs import program_names
from smarther.legrand.client import LegrandError, Topology
from smarther.store.listings import THERMOSTAT, Listings, Module, Plant
from smarther.store.past.history import History

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from smarther.domain.account.subscription_plan import Subscription
    from smarther.keeper.journal import Run
    from smarther.legrand.client import Api, ListedModule

NAMES_LAST: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PlantsToRecord:
    """The plants to record, with their names by id; and `absent`, those that the list lacked for the first time.

    `told` is False if Legrand's list of plants could not be read.
    """

    names: dict[str, str | None]
    absent: frozenset[str]
    told: bool = True


class Plants:
    """The wanted plants and the directory, during one run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._dependencies = run.dependencies
        self._journal = run.journal
        self._absent_modules: dict[str, frozenset[str]] = {}
        self._listings = Listings(run.dependencies.table)
        self.directory = self._listings.directory()

    def known(self) -> frozenset[str]:
        """The plants to record, as far as known without a call."""
        return self._dependencies.settings.plant_ids or frozenset(self.directory.plants)

    def wanted(self, api: Api, subscribed: Iterable[Subscription]) -> PlantsToRecord:
        """The plants to record: those of the settings, or all that the account has.

        A plant is removed when two lists in a row lack it, since ending a subscription by mistake loses readings. An
        empty or partly unreadable list removes nothing. Without a list, the `subscribed` plants are still recorded.
        """
        chosen, absent_before = self._dependencies.settings.plant_ids, self._run.memory.absent_plants
        if chosen:
            return PlantsToRecord({plant_id: self._name(plant_id) for plant_id in chosen}, frozenset())
        listed, whole = self._listed(api)
        if not listed:
            going_on = self.directory.plants.keys() | self._of_ours(subscribed)
            return PlantsToRecord({plant_id: self._name(plant_id) for plant_id in going_on}, absent_before, told=whole)
        known = frozenset(self.directory.plants)
        decided = removals(known, listed, absent_before=absent_before, whole=whole)
        spared = {plant_id: self._name(plant_id) for plant_id in known - listed.keys() - decided.gone}
        return PlantsToRecord({**listed, **spared}, decided.absent)

    def refresh(self, api: Api, wanted: PlantsToRecord, *, at_once: bool) -> None:
        """Ask for names once a day, for a new plant at once, and again in the next run after an incomplete answer.

        Plants are independent. If time or calls do not suffice for all, they take turns. Entries are written before any
        is removed, so that a thermostat that moved to another plant is recognised.
        """
        memory = self._run.memory
        self._forget(frozenset(self.directory.plants).difference(wanted.names))
        self._absent_modules = {key: ids for key, ids in memory.absent_modules.items() if key in wanted.names}
        now, refreshed_at = self._dependencies.clock(), self.directory.refreshed_at
        due = at_once or refreshed_at is None or now - refreshed_at >= NAMES_LAST
        unknown = wanted.names.keys() - self.directory.plants.keys()
        asked = frozenset(wanted.names if due else unknown | (memory.ask_again & wanted.names.keys()))
        again = set(asked)
        told: dict[str, Topology | None] = {}
        through = asked_through = memory.asked_through
        for plant_id in sorted(asked, key=lambda each: (each <= through, each)):
            with self._journal.isolated("topology"):
                told[plant_id] = self._learn(api, Plant(plant_id, wanted.names[plant_id]))
            if api.may_call(Need.OPTIONAL):
                asked_through = plant_id
        for plant_id, topology in told.items():
            with self._journal.isolated("topology"):
                if topology is not None and self._settle(plant_id, topology):
                    again.remove(plant_id)
        if due:
            self._listings.refreshed(now)
        self._respell(api, now, due=due)
        self._run.remember(asked_through=asked_through, ask_again=frozenset(again), absent_modules=self._absent_modules)

    def name_programs(self, module: Module, told: Mapping[int, str]) -> None:
        """Store the names of a thermostat's programs by number. Known names that are not told stay."""
        names = program_names(module.programs, told)
        if names != module.programs:
            self._write(replace(module, programs=names))

    def _listed(self, api: Api) -> tuple[dict[str, str | None], bool]:
        """The account's plants by id, and whether the list is complete; empty if the call failed."""
        try:
            account = api.plants()
        except LegrandError as error:
            self._journal.note_failure(error)
            return {}, False
        if not account.whole:
            self._journal.note_trouble("plants: a part of the answer cannot be read")
        names: dict[str, str | None] = {}
        for plant in account.plants:
            plant_id = spelled(spelled(plant.plant_id, self.directory.plants), names)
            names.setdefault(plant_id, self._name(plant_id) if plant.name is None else plant.name or None)
        return names, account.whole

    def _of_ours(self, subscribed: Iterable[Subscription]) -> frozenset[str]:
        base_url = self._dependencies.settings.webhook_base_url
        ours = (entry.plant_id for entry in subscribed if is_ours(entry.endpoint, base_url))
        return frozenset(spelled(plant_id, self.directory.plants) for plant_id in ours)

    def _learn(self, api: Api, plant: Plant) -> Topology | None:
        """Store a plant and what it lists; the answer, or None if there is no usable one.

        Known names and thermostats that an answer lacks stay for now. "Not found" may mean offline, and counts as an
        empty answer.
        """
        try:
            topology = api.topology(plant.plant_id)
        except LegrandError as error:
            self._journal.note_failure(error)
            self._keep(plant)
            return Topology() if error.answer.kind is Kind.NOT_FOUND else None
        if self._is_of_another(plant.plant_id, topology):
            self._journal.note_trouble("topology: the answer is about another plant")
            self._keep(plant)
            return None
        self._keep(plant if topology.name is None else Plant(plant.plant_id, topology.name or None))
        before = self.directory.of_plant(plant.plant_id)
        for module_id, entry in _by_id(topology, before).items():
            self._keep_module(plant.plant_id, module_id, entry, before.get(module_id))
        return topology

    def _is_of_another(self, plant_id: str, topology: Topology) -> bool:
        told = topology.plant_id
        if told is None or same_id(told, plant_id):
            return False
        return any(same_id(told, other) for other in self.directory.plants)

    def _keep(self, plant: Plant) -> None:
        if self.directory.plants.get(plant.plant_id) != plant:
            self._listings.keep_plant(plant)
            self.directory = replace(self.directory, plants={**self.directory.plants, plant.plant_id: plant})

    def _settle(self, plant_id: str, topology: Topology) -> bool:
        """Remove what two answers in a row lack; False if this answer lacks something and is to be asked for again."""
        known = self.directory.of_plant(plant_id)
        listed = _by_id(topology, known)
        elsewhere = frozenset() if listed else self._elsewhere(plant_id, known)
        decided = removals(
            known,
            listed,
            absent_before=self._absent_modules.get(plant_id, frozenset()),
            whole=topology.whole,
            elsewhere=elsewhere,
        )
        for module_id in decided.gone:
            self._drop(known[module_id])
        if not topology.whole:
            self._journal.note_trouble("topology: a part of the answer cannot be read")
            return False
        lacked_before = plant_id in self._absent_modules
        if listed and not decided.absent:
            self._absent_modules.pop(plant_id, None)
            return True
        self._absent_modules[plant_id] = decided.absent
        if listed:
            return False
        if known.keys() - elsewhere or not (known or lacked_before):
            self._journal.note_trouble("topology: a plant is told to have no thermostats")
        return lacked_before and not decided.absent

    def _elsewhere(self, plant_id: str, known: Iterable[str]) -> frozenset[str]:
        """The plant's thermostats that another plant lists too."""
        others = {key.casefold() for of, key in self.directory.listed if of != plant_id}
        return frozenset(key for key in known if key.casefold() in others)

    def _keep_module(self, plant_id: str, module_id: str, entry: ListedModule, old: Module | None) -> None:
        now = self._dependencies.clock()
        name = old.name if entry.name is None and old is not None else entry.name or None
        device = entry.device
        if old is not None and (device is None or old.device == THERMOSTAT):  # no answer makes it anything else
            device = old.device
        since = now if old is None else old.known_since or now
        module = Module(plant_id, module_id, name, device, since, {} if old is None else old.programs)
        if module != old:
            self._write(module)

    def _write(self, module: Module) -> None:
        self._listings.keep_module(module)
        listed = {**self.directory.listed, (module.plant_id, module.module_id): module}
        self.directory = replace(self.directory, listed=listed)

    def _drop(self, module: Module) -> None:
        self._listings.forget_module(module)
        gone = (module.plant_id, module.module_id)
        listed = {key: each for key, each in self.directory.listed.items() if key != gone}
        self.directory = replace(self.directory, listed=listed)

    def _respell(self, api: Api, now: datetime, *, due: bool) -> None:
        """Adopt the spelling of ids that pushes use, if it differs in case from the plant's list.

        Checked whenever all names are asked for, and in every run of a thermostat's first day.
        """
        for module in list(self.directory.listed.values()):
            if api.transport.is_time_up:
                return  # checked again tomorrow
            if due or module.known_since is None or now - module.known_since < NAMES_LAST:
                spelling = History(self._dependencies.table).spelling_of(module.module_id) or module.module_id
                if spelling != module.module_id:
                    self._write(replace(module, module_id=spelling))
                    self._drop(module)

    def _forget(self, gone: frozenset[str]) -> None:
        """Remove plants that are no longer recorded from the directory, with their modules."""
        for plant_id in sorted(gone):
            for module in self.directory.of_plant(plant_id).values():
                self._drop(module)
            self._listings.forget_plant(plant_id)
        plants = {key: plant for key, plant in self.directory.plants.items() if key not in gone}
        self.directory = replace(self.directory, plants=plants)

    def _name(self, plant_id: str) -> str | None:
        plant = self.directory.plants.get(plant_id)
        return None if plant is None else plant.name


def _by_id(topology: Topology, known: Collection[str]) -> dict[str, ListedModule]:
    """A plant's entries by id, spelled as known. Of several with one id, the first."""
    listed: dict[str, ListedModule] = {}
    for entry in topology.modules:
        listed.setdefault(spelled(spelled(entry.module_id, known), listed), entry)
    return listed
