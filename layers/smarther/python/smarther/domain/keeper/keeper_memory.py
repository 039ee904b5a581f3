"""What the keeper remembers from one run to the next, so that it does nothing twice and does not call too often."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict

from smarther.domain.account.legrand_answers import Reason
from smarther.domain.keeper.incidents import LATE_AFTER, Incident
from smarther.domain.keeper.provider_watch import ProviderMemory
from smarther.domain.keeper.push_loss import Suspicion

if TYPE_CHECKING:
    from collections.abc import Callable


class RefusedGrant(BaseModel):
    """A refresh that the login refused for good. It is not repeated with the same tokens and the same credentials."""

    model_config = ConfigDict(frozen=True)

    tokens_version: str
    credentials_version: str
    reason: Reason
    at: datetime


class LastPush(BaseModel):
    """When a thermostat pushed last, by our clock; how late that push was by its own, and how late its pushes are."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    lag: timedelta
    usual_lag: timedelta

    @classmethod
    def after(cls, before: LastPush | None, *, at: datetime, lag: timedelta) -> LastPush:
        """The last push, after the one before it. The first says what is usual; later ones do unless they are late."""
        late = before is not None and lag - before.usual_lag > LATE_AFTER
        return cls(at=at, lag=lag, usual_lag=before.usual_lag if before is not None and late else lag)


MOST_POLLED: Final = 500
"""The polls that are remembered, newest first: more than 500 calls a day allow."""

MOST_PUSHES: Final = 1000
"""Thermostats of which it is remembered when they pushed last, those of last: what else stands here has room too."""


class Memory(BaseModel):
    """All that is remembered. Each part is empty until there is something to remember."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    tokens_left: tuple[str, bool] | None = None
    """The id of the tokens' version that the last run left, and whether no other version was pending."""
    rests_until: datetime | None = None
    """Before then a scheduled run calls nothing, so that the day's calls suffice; None where the next does not wait."""
    login_not_before: datetime | None = None
    refused: RefusedGrant | None = None
    absent_plants: frozenset[str] = frozenset()
    """Known plants that the last list of plants lacked."""
    absent_modules: dict[str, frozenset[str]] = {}
    """By plant: the thermostats that its last topology lacked. They are removed if the next one lacks them too."""
    ask_again: frozenset[str] = frozenset()
    """Plants whose last topology could not be read, or lacked something: the next run asks for it again."""
    asked_through: str = ""
    """The plant whose topology was asked for last. Where time or calls do not suffice for all, the next run begins
    with the plant after it."""
    programs_asked_at: datetime | None = None
    """When the last round of asking for the names of programs began."""
    programs_asked_through: str | None = None
    """The thermostat that was asked last in that round; None once all were asked."""
    listened_through: str = ""
    """The plant whose thermostats were checked for silence last, where time or calls did not suffice for all; else
    empty."""
    polled_at: dict[str, datetime] = {}
    """By module: when it was last polled."""
    changed_unheard: dict[str, datetime] = {}
    """By plant: when a poll last showed a change of a thermostat for which no push had come. A push since then clears
    it."""
    remade: dict[str, datetime] = {}
    """By plant: when its subscription was last made anew because no push came through it."""
    replaced: dict[str, frozenset[str]] = {}
    """By plant of `remade`: the ids of the subscriptions that were replaced. While one is listed, it was not."""
    pushes: dict[str, LastPush] = {}
    """For each module its last push."""
    login_ill_since: datetime | None = None
    api_ill_since: datetime | None = None
    """Since when each renewal of the tokens, and each list of subscriptions, has failed for no fault of the owner's."""
    suspicion: Suspicion = Suspicion()
    """Whether a part of the pushes is missing."""
    incidents: tuple[Incident, ...] = ()
    """What had happened as far as the last run knew."""
    reasons: tuple[Reason, ...] = ()
    """Why Legrand needed a person when a run last asked. A run that does not get that far keeps these."""
    hosts: tuple[str, str] | None = None
    """Where API and login were in the last run."""
    provider: ProviderMemory = ProviderMemory()
    """Whether the provider is still as it is known, and there."""

    def trimmed(self) -> Memory:
        """The memory, cut to the size of an item. A thermostat that is left out is only polled again sooner."""
        polled_at = _newest(self.polled_at, MOST_POLLED, lambda at: at)
        return self.model_copy(
            update={"polled_at": polled_at, "pushes": _newest(self.pushes, MOST_PUSHES, lambda push: push.at)}
        )


def _newest[Each](entries: dict[str, Each], most: int, at: Callable[[Each], datetime]) -> dict[str, Each]:
    if len(entries) <= most:
        return entries
    return {key: entries[key] for key in sorted(entries, key=lambda key: at(entries[key]))[-most:]}
