"""A run's dependencies, notes and memory, from its first call to its report."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from smarther.aws.secrets_manager import SecretsError
from smarther.domain.account.legrand_answers import Kind
from smarther.domain.keeper.keeper_report import PersonNeeded, PlantState, Report
from smarther.domain.keeper.provider_watch import ProviderSigns
from smarther.domain.readings.reading import instant_text
from smarther.keeper.lease import LeaseLost
from smarther.legrand.client import LegrandError
from smarther.store.keeper_items import KeeperNotes
from smarther.store.table import TableUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from smarther.domain.account.credentials import Credentials
    from smarther.domain.account.legrand_answers import Reason
    from smarther.domain.account.quota import CallsOfDay, Quota
    from smarther.domain.keeper.incidents import Incident, Observation
    from smarther.domain.keeper.keeper_report import (
        ConsentOutcome,
        ModuleClock,
        SilentModule,
        SubscriptionState,
        TokenState,
        WebhookState,
    )
    from smarther.domain.keeper.provider_watch import ProviderState
    from smarther.keeper.dependencies import Dependencies
    from smarther.keeper.lease import Lease

_ENDS_THE_RUN = (SecretsError, TableUnavailableError, LeaseLost)
"""AWS fails, or another run is at work. The run is repeated later."""

_KEEP_ALIVE = frozenset({"list", "subscribe", "unsubscribe"})
_USED_UP = "no more calls to Legrand today: what is left waits for the next day"

_GOOD = frozenset({"healthy", "created", "remade"})


@dataclass(slots=True)
class Journal:
    """The notes of one run, none of them secret."""

    reasons: list[Reason] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    subscription_states: dict[str, SubscriptionState] = field(default_factory=dict)
    names: dict[str, str | None] = field(default_factory=dict)
    silent: list[SilentModule] = field(default_factory=list)
    clocks: list[ModuleClock] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    over: list[Incident] = field(default_factory=list)
    unchecked: int = 0
    tokens: TokenState | None = None
    consent: ConsentOutcome | None = None
    webhook: WebhookState | None = None
    provider: ProviderState | None = None
    faults: list[Exception] = field(default_factory=list)
    """Our own faults, raised together once the report is written."""
    thermostats_checked: bool = False
    """Whether the run checked the thermostats, so that their incidents are known."""
    subscriptions_listed: bool = False
    """Whether the run read the list of subscriptions, so that only reasons it noted still hold."""

    def note_reason(self, reason: Reason) -> None:
        """Note why a person is needed; each reason once."""
        if reason not in self.reasons:
            self.reasons.append(reason)

    def note_failure(self, error: LegrandError) -> None:
        """Note a failed call: as a reason for a person, or as a trouble that may pass."""
        if error.answer.reason is not None:
            self.note_reason(error.answer.reason)
        elif error.answer.kind is not Kind.QUOTA or error.answer.status is not None:
            self.note_trouble(str(error))
        elif error.call in _KEEP_ALIVE:  # names and polls can wait
            self.note_trouble(_USED_UP)

    @contextmanager
    def isolated(self, what: str) -> Iterator[None]:
        """Note any error raised inside, and let the run go on.

        Raises only what ends every run: AWS fails, or another run has taken over. `what` names the work in the report.
        """
        try:
            yield
        except _ENDS_THE_RUN:
            raise
        except LegrandError as error:
            self.note_failure(error)
        except Exception as fault:  # raised once the report is written
            self.note_trouble(f"{what}: a fault of the recorder itself ({type(fault).__name__})")
            self.faults.append(fault)

    def note_trouble(self, words: str) -> None:
        """Note what failed and will be tried again."""
        if words not in self.troubles:
            self.troubles.append(words)

    def report(self, now: datetime, *, calls: CallsOfDay, quota: Quota, credentials: Credentials | None) -> Report:
        """The report of the run."""
        plants = tuple(
            PlantState(plant_id=plant_id, name=self.names.get(plant_id), subscription=state)
            for plant_id, state in sorted(self.subscription_states.items())
        )
        well = not self.troubles and calls.paused_until is None and all(plant.subscription in _GOOD for plant in plants)
        return Report(
            at=instant_text(now),
            outcome="needs_person" if self.reasons else "healthy" if well else "degraded",
            person=tuple(PersonNeeded(reason=reason, do=reason.remedy) for reason in self.reasons),
            troubles=tuple(self.troubles),
            plants=plants,
            tokens=self.tokens,
            consent=self.consent,
            calls_quota=quota.daily_calls,
            calls_today=calls.made,
            calls_granted=calls.granted,
            paused_until=None if calls.paused_until is None else instant_text(calls.paused_until),
            actions=tuple(self.actions),
            silent=tuple(self.silent),
            clocks=tuple(self.clocks),
            incidents=tuple(self.incidents),
            over=tuple(self.over),
            unheard=self.unchecked,
            webhook=self.webhook,
            provider=self.provider,
            client_secret_ends_on=None if credentials is None else credentials.client_secret_ends_on.isoformat(),
        )


class Run:
    """One run, under its lease. `memory` is that of the run before, then what the next run will read."""

    def __init__(self, dependencies: Dependencies, lease: Lease) -> None:
        self.dependencies = dependencies
        self.lease = lease
        self.journal = Journal()
        self.signs = ProviderSigns()
        self._notes = KeeperNotes(dependencies.table)
        self.memory = self._notes.memory()

    def rest(self, now: datetime, calls: CallsOfDay) -> Report | None:
        """Repeat the report of the run before; None if there is none. Raises StoreError."""
        before = self._notes.report()
        if before is None:
            return None
        report = before.repeated(instant_text(now), calls)
        self._notes.keep_report(report)
        return report

    def remember(self, **update: object) -> None:
        """Change the memory, which is stored when this run ends."""
        self.memory = self.memory.model_copy(update=update)

    def remember_at_once(self, **update: object) -> None:
        """Change the memory and store it at once. Raises StoreError."""
        self.remember(**update)
        self._notes.remember(self.memory)

    def conclude(self, report: Report) -> None:
        """Store the memory and the report. Raises StoreError."""
        self._notes.remember(self.memory)
        self._notes.keep_report(report)
