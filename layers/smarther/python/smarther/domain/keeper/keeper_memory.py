"""What the keeper remembers from one run to the next, so that it does nothing twice and does not hammer."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict

from smarther.domain.account.legrand_answers import Reason


class RefusedGrant(BaseModel):
    """A refresh that the login refused for good: pointless to repeat with the same tokens and the same credentials."""

    model_config = ConfigDict(frozen=True)

    tokens_version: str
    credentials_version: str
    reason: Reason
    at: datetime


MOST_POLLED: Final = 500
"""Thermostats of which it is remembered when they were polled, those of last: more than a day has calls for."""


class Memory(BaseModel):
    """Everything remembered. Each part is empty until there is something to remember."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    tokens_left: tuple[str, bool] | None = None
    """The version of the tokens that the last run left, and whether it was in force alone."""
    login_not_before: datetime | None = None
    refused: RefusedGrant | None = None
    absent_plants: frozenset[str] = frozenset()
    """Plants that the last list of plants lacked although they had been there."""
    absent_modules: dict[str, frozenset[str]] = {}
    """For each plant whose last topology lacked something the thermostats that go if the next one lacks them too."""
    ask_again: frozenset[str] = frozenset()
    """Plants whose last topology could not be had, or lacked something: the next run asks for it again."""
    asked_through: str = ""
    """The plant that was asked for its topology last: where time or calls do not suffice for all, the next is first."""
    listened_through: str = ""
    """The plant whose thermostats were listened to last where time or calls did not suffice for all; else empty."""
    polled_at: dict[str, datetime] = {}
    """For each module when it was last polled."""
    changed_unheard: dict[str, datetime] = {}
    """For each plant when a thermostat of it was found to have changed without a push, none having come since."""
    remade: dict[str, datetime] = {}
    """For each plant when its subscription was last made anew because it gave no push."""
    replaced: dict[str, frozenset[str]] = {}
    """For each of these plants the subscriptions that were to go. Where one is listed still, it was not made anew."""
    reasons: tuple[Reason, ...] = ()
    """Why Legrand needed a person when a run last knew. One that does not get so far has no better news."""

    def kept(self) -> Memory:
        """The memory as an item of the table can hold it. Who is forgotten is polled again sooner, and nothing else."""
        if len(self.polled_at) <= MOST_POLLED:
            return self
        last = sorted(self.polled_at, key=lambda each: self.polled_at[each])[-MOST_POLLED:]
        return self.model_copy(update={"polled_at": {key: self.polled_at[key] for key in last}})
