"""Other clients in the same account, which subscribe for themselves and delete subscriptions that are not theirs.

They act on the subscriptions alone: their calls have their own key and quota.
"""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Literal

from sandbox.legrand.account.answer import Refusal
from sandbox.legrand.account.subscriptions import Subscription, SubscriptionBook
from sandbox.legrand.home.homes import Homes

type Client = Literal["home_assistant", "bridge"]
type ClientAct = Literal["start", "stop"]

WEBHOOK_PATH = "/api/webhook/"
"""Home Assistant's path of webhooks. After a 409 every installation deletes all addresses that hold it."""
HOME_ASSISTANT = f"https://another-home-assistant.example{WEBHOOK_PATH}"
BRIDGE = "https://bridge.example/"


@dataclass(frozen=True, slots=True)
class Deleted:
    """A subscription that another client deleted, and when; `ours`: it belonged to the application under test."""

    plant_id: str
    ours: bool
    at: datetime


class OtherClients:
    """The other clients. `deleted` has the subscriptions of others that they deleted."""

    def __init__(
        self, book: SubscriptionBook, homes: Callable[[], Homes], now: Callable[[], datetime], dice: Random
    ) -> None:
        self._book = book
        self._homes = homes
        self._now = now
        self._dice = dice
        self._webhooks: dict[str, str] = {}
        self.deleted: list[Deleted] = []

    def act(self, client: Client, step: ClientAct) -> list[Deleted]:
        """Start or stop one of them; returns what it deleted that was not its own."""
        before = len(self.deleted)
        match client, step:
            case "home_assistant", "start":
                self._start_home_assistant()
            case "home_assistant", "stop":
                pass  # its subscriptions stay
            case "bridge", _:
                self._delete(self._book.all(), own=BRIDGE)  # artumino/smarther-mqtt-bridge `webhook.rs`, read
                if step == "start":
                    for plant_id in self._homes().plants:
                        self._book.add(plant_id, f"{BRIDGE}{plant_id}", "MQTT bridge", self._now(), ours=False)
        return self.deleted[before:]

    def _start_home_assistant(self) -> None:
        """Subscribe an address for each thermostat; after a 409, delete all of the plant that look like its own first.

        andrea-mattioli/bticino_x8000_component `__init__.py`; seen in a real Home Assistant.
        """
        for plant in self._homes().plants.values():
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
        """Delete these, and note those whose address does not begin with `own`."""
        for entry in entries:
            self._book.drop(entry.id)
            if not entry.url.startswith(own):
                self.deleted.append(Deleted(entry.plant_id, entry.ours, self._now()))
