"""The keeper's report: what a run found and did. It is returned, stored and shown. It holds no secret."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field

from smarther.domain.account.credentials import NOTICE
from smarther.domain.account.legrand_answers import Reason
from smarther.domain.keeper.frozen_model import FrozenModel
from smarther.domain.keeper.incidents import SILENCE_CAUSES, Incident
from smarther.domain.keeper.provider_watch import ProviderState
from smarther.domain.readings.reading import instant_text

if TYPE_CHECKING:
    from smarther.domain.account.quota import CallsOfDay

type SubscriptionState = Literal["healthy", "created", "remade", "missing", "unknown"]
_NOT_SUBSCRIBED: Final[frozenset[SubscriptionState]] = frozenset({"missing", "unknown"})

type ConsentOutcome = Literal["accepted", "refused", "unavailable", "not_configured"]
type WebhookState = Literal["steady", "settling", "rotated"]
type Poll = Literal["stored", "no_news", "failed", "not_now", "before"]

_MISSED_RUNS: Final = 3
"""Fewer missed runs in a row may be a passing fault of the scheduler."""

MOST_KEPT: Final = 200
"""The most entries of each list in a stored report: an item has 400 KB, and a name takes up to 400 bytes."""

END_NOTICE: Final = timedelta(days=30)
"""How long before the announced end of the provider's API the owner is reminded."""

CONSENT_NOTICE: Final = timedelta(days=7)
"""How long before its end the owner is asked for consent again. A consent in use renews itself long before."""


def is_overdue(ago: timedelta, *, every: timedelta) -> bool:
    """Whether a function that runs `every` interval, and last ran that long `ago`, has missed too many runs."""
    return ago > _MISSED_RUNS * every


class PersonNeeded(FrozenModel):
    """One reason why a person is needed, and what to do."""

    reason: str
    do: str


class PlantState(FrozenModel):
    """The subscription of a wanted plant."""

    plant_id: str
    name: str | None = None
    subscription: SubscriptionState


class TokenState(FrozenModel):
    """When the tokens expire, in epoch seconds, and whether this run renewed them."""

    expires_at: int
    refresh_expires_at: int | None = None
    refreshed: bool = False


class SilentModule(FrozenModel):
    """A silent thermostat: since when (UTC ISO 8601), and what a poll of it gave."""

    plant_id: str
    module_id: str
    name: str | None = None
    since: str
    poll: Poll


class ModuleClock(FrozenModel):
    """A thermostat whose clock is wrong: the time it `told`, and the right time then (`at`).

    Its readings are stored as usual.
    """

    plant_id: str
    module_id: str
    name: str | None = None
    told: str
    at: str


class Report(FrozenModel):
    """The report of one run. `outcome` is `busy` if another run held the lease; then nothing was done."""

    at: str
    outcome: Literal["healthy", "degraded", "needs_person", "busy"]
    person: tuple[PersonNeeded, ...] = ()
    troubles: tuple[str, ...] = ()
    plants: tuple[PlantState, ...] = ()
    tokens: TokenState | None = None
    consent: ConsentOutcome | None = None
    calls_today: int | None = None
    calls_quota: int | None = None
    calls_granted: int | None = None
    """How many calls had been made today when Legrand refused more; None if it did not."""
    paused_until: str | None = None
    rested: bool = False
    """Whether this run made no call, to save the day's calls, and repeats what the run before found."""
    actions: tuple[str, ...] = ()
    silent: tuple[SilentModule, ...] = ()
    clocks: tuple[ModuleClock, ...] = ()
    incidents: tuple[Incident, ...] = ()
    over: tuple[Incident, ...] = ()
    """Incidents that ended in this run."""
    unheard: int = 0
    """How many thermostats the run had no time to check for silence. The next run begins with them."""
    left_out: dict[str, int] = Field(default_factory=dict)
    """In a stored report: how many entries of each list were cut off."""
    webhook: WebhookState | None = None
    client_secret_ends_on: str | None = None
    provider: ProviderState | None = None
    """How Legrand's API differs from what is known; None if it does not."""

    def trimmed(self) -> Report:
        """The report, cut to the size of an item.

        A long list keeps its first entries, and `left_out` says how many more there were. Plants without a subscription
        come first.
        """
        plants = sorted(self.plants, key=lambda plant: plant.subscription not in _NOT_SUBSCRIBED)
        lists: dict[str, tuple[object, ...]] = {
            "plants": tuple(plants),
            "silent": self.silent,
            "clocks": self.clocks,
            "incidents": self.incidents,
            "over": self.over,
            "actions": self.actions,
        }
        long = {name: entries for name, entries in lists.items() if len(entries) > MOST_KEPT}
        cut: dict[str, object] = {name: entries[:MOST_KEPT] for name, entries in long.items()}
        left_out = {name: len(entries) - MOST_KEPT for name, entries in long.items()}
        return self.model_copy(update=cut | {"left_out": self.left_out | left_out})

    def repeated(self, at: str, calls: CallsOfDay) -> Report:
        """This report for a run that rests after it, with the day's calls as they are now."""
        return self.model_copy(
            update={
                "at": at,
                "tokens": self.tokens and self.tokens.model_copy(update={"refreshed": False}),
                "consent": None,
                "calls_today": calls.made,
                "calls_granted": calls.granted,
                "paused_until": None if calls.paused_until is None else instant_text(calls.paused_until),
                "rested": True,
                "actions": (),
                "over": (),
                "webhook": "steady" if self.webhook == "rotated" else self.webhook,
            }
        )

    @property
    def plant_names(self) -> dict[str, str]:
        """The names of the plants that have one, by their ids."""
        return {plant.plant_id: plant.name for plant in self.plants if plant.name}

    @property
    def reasons_now(self) -> int:
        """How many reasons need a person now, without the early notice of the client secret's end."""
        return sum(person.reason != Reason.CLIENT_SECRET_BIRTHDAY for person in self.person)

    @property
    def subscriptions_missing(self) -> int:
        """How many wanted plants are not known to be subscribed: the subscription is missing or unknown."""
        return sum(plant.subscription in _NOT_SUBSCRIBED for plant in self.plants)

    @property
    def thermostats_silent(self) -> int | None:
        """How many thermostats are silent because of themselves or their home.

        None if none is known to be silent and the run did not check all.
        """
        if not self.silent and (self.unheard or any(plant.subscription == "unknown" for plant in self.plants)):
            return None
        shared = {
            each for incident in self.incidents if incident.cause not in SILENCE_CAUSES for each in incident.module_ids
        }
        return sum(module.module_id not in shared for module in self.silent)

    @property
    def api_ends_soon(self) -> bool:
        """Whether the announced end of Legrand's API is near or past."""
        return self._api_notice is not None and self._api_notice <= datetime.fromisoformat(self.at)

    @property
    def _api_notice(self) -> datetime | None:
        """From when on the owner is reminded of the announced end of Legrand's API."""
        if self.provider is None or self.provider.ends_on is None:
            return None
        return _beginning(max(self.provider.ends_on, _EARLIEST_END)) - END_NOTICE

    @property
    def days_to_renewal(self) -> float | None:
        """Days until the owner has to act, negative if overdue; None if unknown.

        The owner has to act 30 days before the client secret ends, a week before the consent ends, and 30 days before
        the announced end of the API, whichever is first.
        """
        due = []
        if self.client_secret_ends_on is not None:
            ends_on = date.fromisoformat(self.client_secret_ends_on)
            due.append(_beginning(ends_on) - NOTICE)
        if self.tokens is not None and self.tokens.refresh_expires_at is not None:
            due.append(datetime.fromtimestamp(self.tokens.refresh_expires_at, UTC) - CONSENT_NOTICE)
        if self._api_notice is not None:
            due.append(self._api_notice)
        if not due:
            return None
        return round((min(due) - datetime.fromisoformat(self.at)) / timedelta(days=1), 2)


_EARLIEST_END: Final = date(2000, 1, 1)
"""Earlier announced ends count as this day, so that the notice before them is a valid date."""


def _beginning(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
