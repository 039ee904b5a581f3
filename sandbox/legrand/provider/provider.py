"""The provider as one plain object: account, tokens, homes, subscriptions, quota, faults and the notifier's ledger.

It uses no sockets and no real time: clock and dice are handed in. HTTP is a thin shell around it, and a simulation runs
it in its own process.
"""

from collections import deque
from dataclasses import dataclass
from pathlib import Path
from random import Random, SystemRandom
from zoneinfo import ZoneInfo

from sandbox.legrand.account.calls import CallLog
from sandbox.legrand.account.clock import MovableClock
from sandbox.legrand.account.faults import FaultBook
from sandbox.legrand.account.login import Application, Login
from sandbox.legrand.account.quota import DAILY_CALLS, TOKEN_CALLS, DailyQuota, TokenLimit
from sandbox.legrand.account.subscriptions import SubscriptionBook
from sandbox.legrand.home.homes import Homes, Plant, invent_plants, read_plants
from sandbox.legrand.home.weather import Season
from sandbox.legrand.provider.others import OtherClients
from sandbox.legrand.pushes.dispatch import ANSWER_LIMIT_MS, Dispatch
from sandbox.legrand.pushes.ledger import Ledger, Push
from sandbox.legrand.variants import USUAL, Variants

CLIENT_ID = "5f1a2b3c-0000-4000-8000-5a4d4f4b4552"
CLIENT_SECRET = "s4ndb0x'\"<&+%=;~secret"  # noqa: S105 - known to everybody, and as awkward to encode as real ones
SUBSCRIPTION_KEY = "0123456789abcdef0123456789abcdef"
REDIRECT_URI = "http://127.0.0.1:8400/callback"
"""Registered at the start, so that the login can be tried; a sandbox registers its own."""
USER_OID = "a122e653-53fb-450e-b000-d47659807585"
"""The owner's id in notifications (that of Legrand's tutorial)."""
OTHER_APPLICATIONS = {
    "Amazon Alexa": "https://smarther-skill.example/alexa/events",
    "Home Assistant": "https://home-assistant.example/api/webhook/0f1e2d3c4b5a69788796a5b4c3d2e1f0",
}
"""Applications that subscribed first: they are listed but never called, and the recorder must not delete them."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The stand-in's settings. `home`: a JSON file of plants, instead of `plants` invented ones with `modules`."""

    seed: int = 1
    plants: int = 2
    modules: int = 5
    home: Path | None = None
    time_zone: str = "Europe/Rome"
    season: Season = "now"
    daily_calls: int = DAILY_CALLS
    token_calls: int = TOKEN_CALLS
    variants: Variants = USUAL
    limit_ms: int = ANSWER_LIMIT_MS
    concurrency: int = 2


class Provider:
    """The whole provider. `outbox` holds the notifications that orders caused, to be sent by the caller."""

    def __init__(
        self, settings: Settings | None = None, clock: MovableClock | None = None, dice: Random | None = None
    ) -> None:
        self.settings = settings or Settings()
        self.clock = clock or MovableClock()
        self.dice = dice or SystemRandom()
        self.variants = self.settings.variants
        zone = ZoneInfo(self.settings.time_zone)
        self.homes = Homes(
            self._plants(), self.settings.seed, self.clock.now(), zone, self.variants, season=self.settings.season
        )
        self.login = Login(self.clock, self.dice, self.variants)
        self.token_limit = TokenLimit(self.clock, self.settings.token_calls)
        self.subscriptions = SubscriptionBook(self.dice)
        self.quota = DailyQuota(self.clock, self.settings.daily_calls)
        self.dispatch = Dispatch(self.clock, self.subscriptions, Ledger())
        self.faults = FaultBook()
        self.calls = CallLog()
        self.others = OtherClients(self.subscriptions, lambda: self.homes, self.clock.now, self.dice)
        self.outbox: deque[Push] = deque()
        self.login.register(self._default_application())
        for plant in self.homes.plants.values():
            self._let_others_subscribe(plant)

    def use_variants(self, variants: Variants) -> None:
        """Continue with the answers of another world."""
        self.variants = self.login.variants = variants
        self.homes.use_variants(variants)

    def add_plant(self, name: str, rooms: list[str]) -> Plant:
        """Add a home to the account; other applications subscribe it as well."""
        plant = self.homes.add_plant(name, rooms)
        self._let_others_subscribe(plant)
        return plant

    def remove_plant(self, plant_id: str) -> None:
        """Remove a home from the account, with its subscriptions. Raises KeyError for an unknown one."""
        self.homes.remove_plant(plant_id)
        self.subscriptions.remove_plant(plant_id)

    def add_foreign_subscription(self, plant_id: str, url: str, application: str) -> str:
        """Add another application's subscription; returns its id. Raises Refusal if it exists already."""
        now = self.clock.now()
        return self.subscriptions.add(plant_id, url, application, now, ours=False).id

    def _plants(self) -> list[Plant]:
        if self.settings.home is not None:
            return read_plants(self.settings.home)
        return invent_plants(self.settings.plants, self.settings.modules)

    def _default_application(self) -> Application:
        return Application(
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            subscription_key=SUBSCRIPTION_KEY,
            redirect_uris=(REDIRECT_URI,),
            name="Smarther Recorder",
            secret_created_at=self.clock.now(),
        )

    def _let_others_subscribe(self, plant: Plant) -> None:
        for application, url in OTHER_APPLICATIONS.items():
            self.add_foreign_subscription(plant.id, url, application)
