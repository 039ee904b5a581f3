"""What the keeper remembers between runs, so that it repeats no work and makes few calls."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from pydantic import Field

from smarther.domain.account.legrand_answers import Reason
from smarther.domain.keeper.frozen_model import FrozenModel
from smarther.domain.keeper.incidents import LATE_AFTER, Incident
from smarther.domain.keeper.provider_watch import ProviderMemory
from smarther.domain.keeper.push_loss import Suspicion

if TYPE_CHECKING:
    from collections.abc import Callable


class RefusedGrant(FrozenModel):
    """A refresh that the login refused. It is not repeated soon with the same tokens and credentials."""

    tokens_version: str
    credentials_version: str
    reason: Reason
    at: datetime


class LastPush(FrozenModel):
    """A thermostat's last push: when it arrived by our clock, its lag by the thermostat's clock, and the usual lag."""

    at: datetime
    lag: timedelta
    usual_lag: timedelta

    @classmethod
    def after(cls, before: LastPush | None, *, at: datetime, lag: timedelta) -> LastPush:
        """The last push, given the one `before` it. Its lag becomes the usual lag unless it is late."""
        late = before is not None and lag - before.usual_lag > LATE_AFTER
        return cls(at=at, lag=lag, usual_lag=before.usual_lag if before is not None and late else lag)


MOST_POLLED: Final = 500
"""How many of the newest polls are remembered."""

MOST_PUSHES: Final = 1000
"""How many of the newest last pushes are remembered, so that the memory fits an item."""


class Memory(FrozenModel):
    """All that is remembered. Each part is empty at first."""

    tokens_left: tuple[str, bool] | None = None
    """The id of the tokens secret's newest version after the last run, and whether no version was pending."""
    rests_until: datetime | None = None
    """Until then scheduled runs rest to save calls; None if the next run need not."""
    login_not_before: datetime | None = None
    refused: RefusedGrant | None = None
    absent_plants: frozenset[str] = frozenset()
    """Known plants that the last list of plants lacked."""
    absent_modules: dict[str, frozenset[str]] = Field(default_factory=dict)
    """By plant: the thermostats that its last topology lacked. They are removed if the next one lacks them too."""
    ask_again: frozenset[str] = frozenset()
    """Plants whose last topology could not be read, or lacked something: the next run asks for it again."""
    asked_through: str = ""
    """The plant whose topology was asked for last. The next run begins with the plant after it."""
    programs_asked_at: datetime | None = None
    """When the last round of asking for the names of programs began."""
    programs_asked_through: str | None = None
    """The last thermostat asked in that round; None when the round is over."""
    listened_through: str = ""
    """The plant that was checked last for silence, if time or calls did not suffice for all; else empty."""
    polled_at: dict[str, datetime] = Field(default_factory=dict)
    """By module: its last poll."""
    changed_unheard: dict[str, datetime] = Field(default_factory=dict)
    """By plant: when a poll last showed a change without a push. The next push clears it."""
    remade: dict[str, datetime] = Field(default_factory=dict)
    """By plant: when its subscription was last replaced because it gave no pushes."""
    replaced: dict[str, frozenset[str]] = Field(default_factory=dict)
    """By plant of `remade`: the ids of the old subscriptions. If one is still listed, it was not replaced."""
    pushes: dict[str, LastPush] = Field(default_factory=dict)
    """By module: its last push."""
    login_ill_since: datetime | None = None
    api_ill_since: datetime | None = None
    """Since when the login and the API have failed, for no fault of the owner's."""
    suspicion: Suspicion = Suspicion()
    """Whether a part of the pushes seems to be missing."""
    incidents: tuple[Incident, ...] = ()
    """The incidents of the last run."""
    reasons: tuple[Reason, ...] = ()
    """Why Legrand last needed a person. A run that could not ask keeps these."""
    hosts: tuple[str, str] | None = None
    """The addresses of API and login in the last run."""
    provider: ProviderMemory = ProviderMemory()
    """What recent answers say of the provider."""

    def trimmed(self) -> Memory:
        """The memory, cut to the size of an item. A thermostat that is left out is polled sooner, no more."""
        polled_at = _newest(self.polled_at, MOST_POLLED, lambda at: at)
        return self.model_copy(
            update={"polled_at": polled_at, "pushes": _newest(self.pushes, MOST_PUSHES, lambda push: push.at)}
        )


def _newest[Each](entries: dict[str, Each], most: int, at: Callable[[Each], datetime]) -> dict[str, Each]:
    if len(entries) <= most:
        return entries
    return {key: entries[key] for key in sorted(entries, key=lambda key: at(entries[key]))[-most:]}
