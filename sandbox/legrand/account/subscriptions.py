"""The subscriptions of one account, of all its applications."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from urllib.parse import urlsplit

from sandbox.legrand.account.answer import Answer, Refusal

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Subscription:
    """One endpoint's subscription to one plant. `ours`: it belongs to the application under test and can be called."""

    id: str
    plant_id: str
    url: str
    application: str
    ours: bool
    created_at: datetime
    ghost: bool = False

    @property
    def listed(self) -> dict[str, str]:
        """Its entry in the provider's list, with just these three keys (seen live, fuzzybear62's commit 8672fe6)."""
        return {"plantId": self.plant_id, "subscriptionId": self.id, "EndPointUrl": self.url}


class SubscriptionBook:
    """The list of all subscriptions of the user, over all plants and applications.

    Other applications' entries, such as Alexa's, were seen live in it (fuzzybear62/btlegrand_x8000_smart commit
    8672fe6, andrea-mattioli/bticino_x8000_component commit 7fed917).
    """

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._entries: dict[str, Subscription] = {}
        self.addresses: set[str] = set()
        """Every address ever subscribed."""
        self.foreign_deleted = 0

    def add(self, plant_id: str, url: str, application: str, at: datetime, *, ours: bool) -> Subscription:
        """Add a subscription. Raises Refusal 409 if the user has one for this plant and address.

        What the provider compares for its 409 is not documented; user, plant and address are the likely key.
        """
        if any(entry.plant_id == plant_id and entry.url == url for entry in self._entries.values()):
            raise Refusal(Answer.words(409))
        number = str(uuid.UUID(int=self._dice.getrandbits(128), version=4))
        entry = Subscription(number, plant_id, url, application, ours, at)
        self._entries[number] = entry
        self.addresses.add(url)
        return entry

    def remove(self, plant_id: str, number: str) -> None:
        """Remove one. Raises Refusal: 400 for an invalid id (clients send "None"), 404 for an unknown one.

        Every application of the account can remove every entry, even another application's.
        """
        try:
            uuid.UUID(number)
        except ValueError:
            raise Refusal(Answer.words(400)) from None
        entry = self._entries.get(number)
        if entry is None or entry.plant_id != plant_id:
            raise Refusal(Answer.words(404))
        self.drop(number)
        if not entry.ours:
            self.foreign_deleted += 1

    def drop(self, number: str) -> None:
        """Remove one without any check. Raises KeyError for an unknown one."""
        del self._entries[number]

    def remove_plant(self, plant_id: str) -> None:
        """Remove all subscriptions of a plant that left the account."""
        self._entries = {key: entry for key, entry in self._entries.items() if entry.plant_id != plant_id}

    def make_ghost(self, number: str, *, ghost: bool = True) -> None:
        """Keep one listed but send it nothing. Raises KeyError for an unknown one."""
        self._entries[number] = replace(self._entries[number], ghost=ghost)

    def of_plant(self, plant_id: str) -> list[Subscription]:
        """Those of one plant, oldest first."""
        return [entry for entry in self._entries.values() if entry.plant_id == plant_id]

    def all(self) -> list[Subscription]:
        """Every one, oldest first."""
        return list(self._entries.values())


def check_endpoint(url: object) -> str:
    """The address, if the provider would accept it. Raises Refusal 400 otherwise.

    The real one requires HTTPS with a public certificate (andrea-mattioli/bticino_x8000_component issues 42 and 43);
    here plain HTTP to loopback is accepted as well, since a sandbox can reach nothing else.
    """
    if not isinstance(url, str):
        raise Refusal(Answer.words(400))
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # both may raise
    except ValueError:
        raise Refusal(Answer.words(400)) from None
    if host is None or not (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)):
        raise Refusal(Answer.words(400))
    return url
