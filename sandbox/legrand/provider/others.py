"""Other clients in the same account: they subscribe for themselves, and delete what is not theirs.

They act on the book of subscriptions alone: what they ask goes out under a key of their own, with a quota of its own.
"""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Literal

from sandbox.legrand.account.answer import Refusal
from sandbox.legrand.account.subscriptions import Subscription, SubscriptionBook
from sandbox.legrand.home.world import World

type Client = Literal["home_assistant", "bridge"]
type ClientAct = Literal["start", "stop"]

WEBHOOK_PATH = "/api/webhook/"
"""Where Home Assistant takes webhooks. An address that holds it is deleted by every installation that meets a 409."""
HOME_ASSISTANT = f"https://another-home-assistant.example{WEBHOOK_PATH}"
BRIDGE = "https://bridge.example/"


@dataclass(frozen=True, slots=True)
class Deleted:
    """A subscription that another client deleted, and when; `ours` is that of the application that is played here."""

    plant_id: str
    ours: bool
    at: datetime


class OtherClients:
    """The clients that live beside us. `deleted` is all that they ever deleted and was not their own."""

    def __init__(
        self, book: SubscriptionBook, world: Callable[[], World], now: Callable[[], datetime], dice: Random
    ) -> None:
        self._book = book
        self._world = world
        self._now = now
        self._dice = dice
        self._webhooks: dict[str, str] = {}
        self.deleted: list[Deleted] = []

    def act(self, client: Client, step: ClientAct) -> list[Deleted]:
        """Start or stop one of them; what it deleted that was not its own."""
        before = len(self.deleted)
        match client, step:
            case "home_assistant", "start":
                self._start_home_assistant()
            case "home_assistant", "stop":
                pass  # its subscriptions stay behind
            case "bridge", _:
                self._delete(self._book.all(), own=BRIDGE)  # artumino/smarther-mqtt-bridge `webhook.rs`, read
                if step == "start":
                    for plant_id in self._world().plants:
                        self._book.add(plant_id, f"{BRIDGE}{plant_id}", "MQTT bridge", self._now(), ours=False)
        return self.deleted[before:]

    def _start_home_assistant(self) -> None:
        """An address for each thermostat; on a 409, all of the plant that look like its own go first.

        andrea-mattioli/bticino_x8000_component `__init__.py`; seen in a real Home Assistant.
        """
        for plant in self._world().plants.values():
            for module in plant.modules:
                number = uuid.UUID(int=self._dice.getrandbits(128)).hex
                url = HOME_ASSISTANT + self._webhooks.setdefault(module.id, number)
                try:
                    self._subscribe(plant.id, url)
                except Refusal:
                    alike = [entry for entry in self._book.of_plant(plant.id) if WEBHOOK_PATH in entry.url]
                    self._delete(alike, own=HOME_ASSISTANT)
                    self._subscribe(plant.id, url)

    def _subscribe(self, plant_id: str, url: str) -> None:
        self._book.add(plant_id, url, "another Home Assistant", self._now(), ours=False)

    def _delete(self, entries: Iterable[Subscription], *, own: str) -> None:
        """Delete these; what has an address that begins with `own` is nobody else's loss."""
        for entry in entries:
            self._book.drop(entry.id)
            if not entry.url.startswith(own):
                self.deleted.append(Deleted(entry.plant_id, entry.ours, self._now()))
