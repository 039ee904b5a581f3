"""The keeper's report: what a run found and did. It is returned, stored and shown. It holds no secret."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from pydantic import BaseModel, ConfigDict

from smarther.domain.account.credentials import NOTICE
from smarther.domain.account.legrand_answers import Reason
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
"""So many missed runs in a row are more than a passing fault of the scheduler."""

MOST_KEPT: Final = 200
"""The most entries of each list in a stored report: an item has 400 KB, and a name takes up to 400 bytes."""

END_NOTICE: Final = timedelta(days=30)
"""So long before its announced end the provider's API is told of again."""

CONSENT_NOTICE: Final = timedelta(days=7)
"""How long before its end the owner is asked to give consent again. A consent in use renews itself and never comes so
near to its end."""


def is_overdue(ago: timedelta, *, every: timedelta) -> bool:
    """Whether a function that runs `every` so often has missed too many runs since its last one, so long `ago`."""
    return ago > _MISSED_RUNS * every


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class PersonNeeded(_Part):
    """One reason why a person is needed, and what the person is to do."""

    reason: str
    do: str


class PlantState(_Part):
    """The subscription of a wanted plant."""

    plant_id: str
    name: str | None = None
    subscription: SubscriptionState


class TokenState(_Part):
    """When the tokens expire, in epoch seconds, and whether this run renewed them."""

    expires_at: int
    refresh_expires_at: int | None = None
    refreshed: bool = False


class SilentModule(_Part):
    """A silent thermostat: since when (UTC ISO 8601), and what a poll of it gave."""

    plant_id: str
    module_id: str
    name: str | None = None
    since: str
    poll: Poll


class ModuleClock(_Part):
    """A thermostat whose clock is wrong: the time that it `told`, and the right time then (`at`).

    Its readings are stored all the same.
    """

    plant_id: str
    module_id: str
    name: str | None = None
    told: str
    at: str


class Report(_Part):
    """The report of one run. `outcome` is `busy` where another run held the lease; then nothing was done."""

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
    """How many calls there were today when Legrand said that no more are granted; None where it did not."""
    paused_until: str | None = None
    rested: bool = False
    """Whether this run asked Legrand nothing, to spare the day's calls: what it says is what the run before found."""
    actions: tuple[str, ...] = ()
    silent: tuple[SilentModule, ...] = ()
    clocks: tuple[ModuleClock, ...] = ()
    incidents: tuple[Incident, ...] = ()
    over: tuple[Incident, ...] = ()
    """What was so when the run began, and no longer is."""
    unheard: int = 0
    """How many thermostats the run had no time to check for silence; the next run begins with them."""
    left_out: dict[str, int] = {}
    """Of a stored report: by list, how many entries are left out because there are too many."""
    webhook: WebhookState | None = None
    client_secret_ends_on: str | None = None
    provider: ProviderState | None = None
    """How it stands with Legrand's API where that is not as it is known."""

    def trimmed(self) -> Report:
        """The report, cut to the size of an item, however many plants and thermostats there are.

        Of a long list it holds the first entries, and in `left_out` how many more there were. Plants that are not
        subscribed come first.
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
        """The report of a run that rests after this one, with the calls of the day as they are now."""
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
        """How many reasons need a person now. The client secret's end, told a month ahead, is not counted."""
        return sum(person.reason != Reason.CLIENT_SECRET_BIRTHDAY for person in self.person)

    @property
    def subscriptions_missing(self) -> int:
        """How many wanted plants are not known to be subscribed: the subscription is missing or unknown."""
        return sum(plant.subscription in _NOT_SUBSCRIBED for plant in self.plants)

    @property
    def thermostats_silent(self) -> int | None:
        """How many thermostats are silent for a reason of their own or of their home.

        None when none is silent and the run did not get as far as to listen to all.
        """
        if not self.silent and (self.unheard or any(plant.subscription == "unknown" for plant in self.plants)):
            return None
        shared = {
            each for incident in self.incidents if incident.cause not in SILENCE_CAUSES for each in incident.module_ids
        }
        return sum(module.module_id not in shared for module in self.silent)

    @property
    def api_ends_soon(self) -> bool:
        """Whether the announced end of Legrand's API is near, or over."""
        return self._api_notice is not None and self._api_notice <= datetime.fromisoformat(self.at)

    @property
    def _api_notice(self) -> datetime | None:
        """From when on the announced end of Legrand's API is told again."""
        if self.provider is None or self.provider.ends_on is None:
            return None
        return _beginning(max(self.provider.ends_on, _EARLIEST_END)) - END_NOTICE

    @property
    def days_to_renewal(self) -> float | None:
        """Days until the owner has to renew something by hand, below zero when it is overdue; None where unknown.

        The client secret is to be renewed thirty days before its end, the consent a week before its end; of an API
        whose end is announced it is told again thirty days before that.
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
"""An announced end may be any day of the calendar, and one that is over is over."""


def _beginning(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
