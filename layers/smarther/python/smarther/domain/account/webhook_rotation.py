"""The webhook's secrets, and their rotation as a table: stages, events, and what comes next.

The rules that every stage and every step keeps:

- an address that Legrand may still push to is accepted;
- nobody is subscribed at an address before all receivers accept its secret, and it was proven by a call;
- a stage is written before it is acted on, so the next run goes on wherever this one was cut short.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Self

from smarther.domain.account.webhook import AcceptedDigests, has_secret_form, secret_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

SETTLING: Final = timedelta(seconds=70)
"""A receiver looks for new digests at most every `authenticate.REFRESH`, so one that looked just before a publication
refuses the new secret for that long. The rest is room for the write, and for a container's clock that steps back."""

GRACE: Final = timedelta(hours=24)
"""For so long the previous secret is accepted at least: backlogs were seen to arrive up to 18 hours late."""


class Stage(StrEnum):
    """How far a rotation is."""

    STEADY = "steady"
    """One secret, at whose address every plant is subscribed."""
    SETTLING = "settling"
    """A new one is pending: the receivers learn to accept it, and nobody is told of it yet."""
    INTRODUCED = "introduced"
    """It was proven, and plants are being subscribed with it. Known to one run: a later one begins at `SETTLING`."""
    PROMOTED = "promoted"
    """It is the current one. The one before is still accepted, and its subscriptions are being removed."""


class Step(StrEnum):
    """What brings a rotation on."""

    DUE = "a rotation is due, or somebody asks for one"
    PROVEN = "the pending secret has settled, and its address answers as it should"
    SUBSCRIBED = "every plant is subscribed at the new address"
    UNUSED = "the grace is over, and nobody is subscribed with the previous secret"


NEXT: Final[Mapping[tuple[Stage, Step], Stage]] = MappingProxyType(
    {
        (Stage.STEADY, Step.DUE): Stage.SETTLING,
        (Stage.PROMOTED, Step.DUE): Stage.SETTLING,  # the previous secret stays accepted meanwhile
        (Stage.SETTLING, Step.PROVEN): Stage.INTRODUCED,
        (Stage.SETTLING, Step.UNUSED): Stage.SETTLING,
        (Stage.INTRODUCED, Step.SUBSCRIBED): Stage.PROMOTED,
        (Stage.PROMOTED, Step.UNUSED): Stage.STEADY,
    }
)
"""The stage after a step. What is not here cannot happen."""


class WebhookSecretsError(Exception):
    """The webhook secret does not hold what the keeper wrote. The message never quotes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSecrets:
    """The accepted secrets: the one in use, the next while it is being introduced, the last until it is forgotten.

    `proven` is not kept with them.
    """

    current: str = field(repr=False)
    created_at: datetime
    pending: str | None = field(default=None, repr=False)
    previous: str | None = field(default=None, repr=False)
    proven: bool = False

    @property
    def stage(self) -> Stage:
        """How far their rotation is."""
        if self.pending is not None:
            return Stage.INTRODUCED if self.proven else Stage.SETTLING
        return Stage.STEADY if self.previous is None else Stage.PROMOTED

    @property
    def subscribed(self) -> str:
        """The secret at whose address every plant is to be subscribed."""
        return self.pending if self.pending is not None and self.proven else self.current

    @property
    def tolerated(self) -> str | None:
        """The secret whose address may be subscribed beside it."""
        return self.current if self.stage is Stage.INTRODUCED else self.pending

    @property
    def digests(self) -> AcceptedDigests:
        """What the receivers are to accept."""
        return AcceptedDigests(
            current=secret_digest(self.current),
            pending=None if self.pending is None else secret_digest(self.pending),
            previous=None if self.previous is None else secret_digest(self.previous),
        )

    def after(self, step: Step, *, now: datetime, new: str | None = None) -> WebhookSecrets:
        """As they are once this has happened; `new` is the secret that a rotation begins with.

        Raises ValueError where it cannot happen.
        """
        if (self.stage, step) not in NEXT:
            raise ValueError(f"while {self.stage}, this cannot happen: {step}")
        match step:
            case Step.DUE:
                return replace(self, pending=new)
            case Step.PROVEN:
                return replace(self, proven=True)
            case Step.SUBSCRIBED:
                return WebhookSecrets(current=self.subscribed, previous=self.current, created_at=now)
            case Step.UNUSED:
                return replace(self, previous=None)

    def rotation_due(self, now: datetime, every_days: int) -> bool:
        """Whether the current secret has had its days; 0 days mean never."""
        return every_days > 0 and self.pending is None and now - self.created_at >= timedelta(days=every_days)

    def grace_over(self, now: datetime) -> bool:
        """Whether the current secret has been in use for so long that nothing meant for the previous one can come."""
        return now - self.created_at >= GRACE

    @classmethod
    def from_secret(cls, text: str) -> Self:
        """The webhook's secrets as the secret store holds them."""
        try:
            stored = json.loads(text)
            secrets = cls(
                current=stored["current"],
                created_at=datetime.fromisoformat(stored["created_at"]),
                pending=stored.get("pending"),
                previous=stored.get("previous"),
            )
            good = all(
                has_secret_form(secret)
                for secret in (secrets.current, secrets.pending, secrets.previous)
                if secret is not None
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            good = False
        if not good or secrets.created_at.tzinfo is None:
            raise WebhookSecretsError("the webhook secret is not in the form that the keeper writes")
        return secrets

    def to_secret(self) -> str:
        """The webhook's secrets as the secret store holds them; absent ones are left out."""
        stored = {
            "current": self.current,
            "pending": self.pending,
            "previous": self.previous,
            "created_at": self.created_at.isoformat(),
        }
        return json.dumps({name: value for name, value in stored.items() if value is not None})
