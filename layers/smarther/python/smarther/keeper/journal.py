"""What a run notes down as it goes, to be its report at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from smarther.domain.keeper_report import PersonNeeded, PlantState, Report
from smarther.domain.legrand_answers import Kind
from smarther.domain.reading import instant_text

if TYPE_CHECKING:
    from datetime import datetime

    from smarther.domain.credentials import Credentials
    from smarther.domain.keeper_report import ConsentOutcome, SilentModule, SubscriptionState, TokenState, WebhookState
    from smarther.domain.legrand_answers import Reason
    from smarther.legrand.client import LegrandError

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
    tokens: TokenState | None = None
    consent: ConsentOutcome | None = None
    webhook: WebhookState | None = None
    listed: bool = False
    """Whether the run got as far as the list: then nothing needs a person but what it noted."""

    def person_needed(self, reason: Reason) -> None:
        """Note that a person is needed; one reason counts once."""
        if reason not in self.reasons:
            self.reasons.append(reason)

    def failed(self, error: LegrandError) -> None:
        """Note a call that came to nothing: as a reason for a person, or as a trouble that may pass."""
        if error.answer.reason is not None:
            self.person_needed(error.answer.reason)
        elif error.answer.kind is not Kind.QUOTA or error.answer.status is not None:
            self.trouble(str(error))

    def trouble(self, words: str) -> None:
        """Note what went wrong and will be tried again."""
        if words not in self.troubles:
            self.troubles.append(words)

    def report(
        self, now: datetime, *, calls_today: int, paused_until: datetime | None, credentials: Credentials | None
    ) -> Report:
        """The report of the run."""
        plants = tuple(
            PlantState(plant_id=plant_id, name=self.names.get(plant_id), subscription=state)
            for plant_id, state in sorted(self.subscription_states.items())
        )
        well = not self.troubles and paused_until is None and all(plant.subscription in _GOOD for plant in plants)
        return Report(
            at=instant_text(now),
            outcome="needs_person" if self.reasons else "healthy" if well else "degraded",
            person=tuple(PersonNeeded(reason=reason, do=reason.remedy) for reason in self.reasons),
            troubles=tuple(self.troubles),
            plants=plants,
            tokens=self.tokens,
            consent=self.consent,
            calls_today=calls_today,
            paused_until=None if paused_until is None else instant_text(paused_until),
            actions=tuple(self.actions),
            silent=tuple(self.silent),
            webhook=self.webhook,
            client_secret_ends_on=None if credentials is None else credentials.client_secret_ends_on.isoformat(),
        )
