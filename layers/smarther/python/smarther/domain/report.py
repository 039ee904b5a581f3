"""The keeper's report: what a run found and did. It is returned, stored and shown, and holds no secret."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

type Standing = Literal["healthy", "created", "remade", "missing", "unknown"]
type ConsentOutcome = Literal["accepted", "refused", "unavailable", "not_configured"]
type WebhookStanding = Literal["steady", "settling", "rotated"]
type Poll = Literal["stored", "no_news", "failed", "not_now", "before"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class PersonNeeded(_Part):
    """One reason why a person is needed, and what that person is to do."""

    reason: str
    do: str


class PlantStanding(_Part):
    """How a wanted plant is subscribed."""

    plant_id: str
    name: str | None = None
    subscription: Standing


class TokenStanding(_Part):
    """How long the tokens last, in epoch seconds, and whether this run renewed them."""

    expires_at: int
    refresh_expires_at: int | None = None
    refreshed: bool = False


class SilentModule(_Part):
    """A thermostat that has said nothing for longer than it should."""

    plant_id: str
    module_id: str
    name: str | None = None
    since: str
    poll: Poll


class Report(_Part):
    """One run. `outcome` is `busy` when another run held the lease; nothing was done then."""

    at: str
    outcome: Literal["healthy", "degraded", "needs_person", "busy"]
    person: tuple[PersonNeeded, ...] = ()
    troubles: tuple[str, ...] = ()
    plants: tuple[PlantStanding, ...] = ()
    tokens: TokenStanding | None = None
    consent: ConsentOutcome | None = None
    calls_today: int | None = None
    paused_until: str | None = None
    actions: tuple[str, ...] = ()
    silent: tuple[SilentModule, ...] = ()
    webhook: WebhookStanding | None = None
    client_secret_ends_on: str | None = None

    @property
    def subscriptions_missing(self) -> int:
        """How many wanted plants are known to have no subscription."""
        return sum(plant.subscription == "missing" for plant in self.plants)

    @property
    def consent_days_left(self) -> float | None:
        """Days until the refresh token ends if nothing renews it; None when nobody knows."""
        if self.tokens is None or self.tokens.refresh_expires_at is None:
            return None
        return (self.tokens.refresh_expires_at - datetime.fromisoformat(self.at).timestamp()) / 86_400
