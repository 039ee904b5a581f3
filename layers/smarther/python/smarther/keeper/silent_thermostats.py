"""Silent thermostats: asked now and then, their answers kept, and a subscription that only seems alive made anew."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from smarther.domain.keeper_report import SilentModule
from smarther.domain.latest import said, silent_since
from smarther.domain.legrand_answers import Kind
from smarther.domain.notification import parse
from smarther.domain.reading import instant_text
from smarther.legrand.client import LegrandError

if TYPE_CHECKING:
    from datetime import datetime

    from smarther.domain.keeper_memory import Memory
    from smarther.domain.keeper_report import Poll
    from smarther.domain.latest import LastWord
    from smarther.keeper.dependencies import Dependencies
    from smarther.keeper.journal import Journal
    from smarther.legrand.client import Api
    from smarther.store.records import Module


class Silence:
    """The thermostats of the wanted plants, listened to."""

    def __init__(self, dependencies: Dependencies, journal: Journal, memory: Memory) -> None:
        self._dependencies = dependencies
        self._journal = journal
        self.memory = memory

    def listen(self, api: Api, modules: list[Module]) -> list[str]:
        """Ask each thermostat that has been silent for too long, and again when it has been for as long once more.

        The plants to subscribe anew: all of whose thermostats are silent or have only answered, one of which has
        changed without a push, and whose subscription was not made anew before in this silence.
        """
        last_words = {module.module_id: self._dependencies.records.last_word(module.module_id) for module in modules}
        by_plant: dict[str, list[Module]] = defaultdict(list)
        for module in modules:
            by_plant[module.plant_id].append(module)
        self._forget_ended(last_words, by_plant)
        deaf = []
        for plant_id, of_plant in sorted(by_plant.items()):
            unheard = [
                self._listen_to(api, module, last_words[module.module_id])
                or _only_answered(last_words[module.module_id])
                for module in of_plant
            ]
            if all(unheard) and plant_id in self.memory.changed_unheard and plant_id not in self.memory.remade:
                deaf.append(plant_id)
        return deaf

    def note_remade(self, plant_id: str) -> None:
        """Remember that a plant was subscribed anew, before it is."""
        remade = {**self.memory.remade, plant_id: self._dependencies.clock()}
        self.memory = self.memory.model_copy(update={"remade": remade})
        self._dependencies.records.remember(self.memory)

    def forget_remade(self, plant_id: str) -> None:
        """It was not, after all: the next run tries again."""
        remade = {key: at for key, at in self.memory.remade.items() if key != plant_id}
        self.memory = self.memory.model_copy(update={"remade": remade})

    def _forget_ended(self, last_words: dict[str, LastWord | None], by_plant: dict[str, list[Module]]) -> None:
        """A push ends a silence: what was done about it may be done again in the next."""

        def lasting(since: dict[str, datetime]) -> dict[str, datetime]:
            return {
                plant_id: at
                for plant_id, at in since.items()
                if not any(_pushed_after(last_words[module.module_id], at) for module in by_plant.get(plant_id, []))
            }

        polled = {key: sort_key for key, sort_key in self.memory.polled.items() if key in last_words}
        polled_at = {key: at for key, at in self.memory.polled_at.items() if key in polled}
        self.memory = self.memory.model_copy(
            update={
                "polled": polled,
                "polled_at": polled_at,
                "changed_unheard": lasting(self.memory.changed_unheard),
                "remade": lasting(self.memory.remade),
            }
        )

    def _listen_to(self, api: Api, module: Module, last: LastWord | None) -> bool:
        """Whether a thermostat is silent; if so it is asked, unless it was lately."""
        limit = self._dependencies.settings.stale_after
        since = silent_since(last, known_since=module.known_since, now=self._dependencies.clock(), limit=limit)
        if since is None:
            return False
        poll = self._poll(api, module, last)
        self._journal.silent.append(
            SilentModule(
                plant_id=module.plant_id,
                module_id=module.module_id,
                name=module.name,
                since=instant_text(since),
                poll=poll,
            )
        )
        return True

    def _poll(self, api: Api, module: Module, last: LastWord | None) -> Poll:
        key = "" if last is None else last.sort_key
        if self.memory.polled.get(module.module_id) == key and not self._is_worth_asking_again(module):
            return "before"
        try:
            body = api.status(module.plant_id, module.module_id)
        except LegrandError as error:
            if error.answer.final:
                raise
            if error.answer.kind is not Kind.NOT_FOUND:  # a gateway that is offline explains the silence
                self._journal.failed(error)
                return "not_now"
            body = b""
        polled = {**self.memory.polled, module.module_id: key}
        polled_at = {**self.memory.polled_at, module.module_id: self._dependencies.clock()}
        self.memory = self.memory.model_copy(update={"polled": polled, "polled_at": polled_at})
        return self._keep_news(module, body, last) if body else "failed"

    def _is_worth_asking_again(self, module: Module) -> bool:
        """A silence that outlasts its first question by as long again may have something to say by now.

        Else a subscription that only seems alive would stay so, where nothing had changed yet when it was asked, or
        where the gateway was offline.
        """
        asked_at = self.memory.polled_at.get(module.module_id)
        return asked_at is None or self._dependencies.clock() - asked_at >= self._dependencies.settings.stale_after

    def _keep_news(self, module: Module, body: bytes, last: LastWord | None) -> Poll:
        """Store what a thermostat answered, if it is newer than its last word."""
        news = [
            reading
            for reading in parse(body).readings
            if reading.module_id == module.module_id and (last is None or reading.time > last.time)
        ]
        stored = [
            self._dependencies.table.put_reading(reading, received_at=self._dependencies.clock(), source="poll")
            for reading in news
        ]
        if any(last is None or said(reading) != last.said for reading in news):
            changed = {module.plant_id: self._dependencies.clock(), **self.memory.changed_unheard}
            self.memory = self.memory.model_copy(update={"changed_unheard": changed})
        if any(stored):
            self._journal.actions.append(f"gap_filled {module.module_id}")
        return "stored" if any(stored) else "no_news"


def _only_answered(last: LastWord | None) -> bool:
    """Whether a thermostat has said nothing by itself since it was asked.

    Thermostats of one plant seldom fall silent within one run of each other, and an answer counts as a word.
    """
    return last is not None and not last.pushed


def _pushed_after(last: LastWord | None, at: datetime) -> bool:
    return last is not None and last.pushed and last.received_at > at
