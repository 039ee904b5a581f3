"""The keeper's report: what a run found and did. It is returned, stored and shown, and holds no secret."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from smarther.domain.credentials import NOTICE
from smarther.domain.legrand_answers import Reason

type SubscriptionState = Literal["healthy", "created", "remade", "missing", "unknown"]
type ConsentOutcome = Literal["accepted", "refused", "unavailable", "not_configured"]
type WebhookState = Literal["steady", "settling", "rotated"]
type Poll = Literal["stored", "no_news", "failed", "not_now", "before"]

CONSENT_NOTICE: Final = timedelta(days=7)
"""So long before its end a consent is to be given anew. One in use renews itself and never comes so near."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class PersonNeeded(_Part):
    """One reason why a person is needed, and what that person is to do."""

    reason: str
    do: str


class PlantState(_Part):
    """How a wanted plant is subscribed."""

    plant_id: str
    name: str | None = None
    subscription: SubscriptionState


class TokenState(_Part):
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


class ModuleClock(_Part):
    """A thermostat whose clock is wrong: what it told, and when that was. Its readings are kept all the same."""

    plant_id: str
    module_id: str
    name: str | None = None
    told: str
    at: str


class Report(_Part):
    """One run. `outcome` is `busy` when another run held the lease; nothing was done then."""

    at: str
    outcome: Literal["healthy", "degraded", "needs_person", "busy"]
    person: tuple[PersonNeeded, ...] = ()
    troubles: tuple[str, ...] = ()
    plants: tuple[PlantState, ...] = ()
    tokens: TokenState | None = None
    consent: ConsentOutcome | None = None
    calls_today: int | None = None
    paused_until: str | None = None
    actions: tuple[str, ...] = ()
    silent: tuple[SilentModule, ...] = ()
    clocks: tuple[ModuleClock, ...] = ()
    webhook: WebhookState | None = None
    client_secret_ends_on: str | None = None

    @property
    def reasons_now(self) -> int:
        """How many reasons need a person now. The birthday of the client secret, told a month ahead, is not one."""
        return sum(person.reason != Reason.CLIENT_SECRET_BIRTHDAY for person in self.person)

    @property
    def subscriptions_missing(self) -> int:
        """How many wanted plants are not known to be subscribed: it is missing, or nobody could look."""
        return sum(plant.subscription in {"missing", "unknown"} for plant in self.plants)

    @property
    def thermostats_silent(self) -> int | None:
        """How many thermostats are silent; None when the run did not get as far as to listen."""
        if not self.silent and any(plant.subscription == "unknown" for plant in self.plants):
            return None
        return len(self.silent)

    @property
    def days_to_renewal(self) -> float | None:
        """Days until the owner has to renew something by hand, below zero when it is overdue; None when nobody knows.

        The client secret counts until thirty days before its birthday, the consent until a week before its end.
        """
        due = []
        if self.client_secret_ends_on is not None:
            ends_on = date.fromisoformat(self.client_secret_ends_on)
            due.append(datetime(ends_on.year, ends_on.month, ends_on.day, tzinfo=UTC) - NOTICE)
        if self.tokens is not None and self.tokens.refresh_expires_at is not None:
            due.append(datetime.fromtimestamp(self.tokens.refresh_expires_at, UTC) - CONSENT_NOTICE)
        if not due:
            return None
        return round((min(due) - datetime.fromisoformat(self.at)) / timedelta(days=1), 2)
