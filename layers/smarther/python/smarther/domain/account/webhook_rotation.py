"""The rotation of the webhook secret as a table of stages, steps and next stages.

The rules that every stage and every step keeps:

- An address that Legrand may still push to is accepted.
- No plant is subscribed at an address before all receivers accept its secret and a call has proven it.
- A stage is written before it is acted on, so that the next run can continue where this one was interrupted.
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
"""How long a new secret waits before it is used. A receiver reads the digests again at most every
`authenticate.REFRESH`, so one that read them just before the publication refuses the new secret for that long. The rest
is a margin for the write, and for a container's clock that steps back."""

GRACE: Final = timedelta(hours=24)
"""The least time for which the previous secret is accepted: notifications have arrived up to 18 hours late."""


class Stage(StrEnum):
    """The stage of a rotation."""

    STEADY = "steady"
    """There is one secret, and every plant is subscribed at its address."""
    SETTLING = "settling"
    """A new secret is pending: the receivers come to accept it, and no plant is subscribed with it yet."""
    INTRODUCED = "introduced"
    """The new secret is proven, and plants are being subscribed with it. Not stored: the next run is at `SETTLING`."""
    PROMOTED = "promoted"
    """The new secret is the current one. The previous one is still accepted; its subscriptions are being removed."""


class Step(StrEnum):
    """What takes a rotation to its next stage."""

    DUE = "a rotation is due, or the owner asked for one"
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
"""The stage after a step. A pair that is not here cannot happen."""


class WebhookSecretsError(Exception):
    """The webhook secret does not hold what the keeper writes. The message quotes nothing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSecrets:
    """The accepted secrets: `current`, `pending` (the next) and `previous` (the last), None if there is none.

    `proven` says whether a call has proven the pending one; it is not stored.
    """

    current: str = field(repr=False)
    created_at: datetime
    pending: str | None = field(default=None, repr=False)
    previous: str | None = field(default=None, repr=False)
    proven: bool = False

    @property
    def stage(self) -> Stage:
        """The stage of their rotation."""
        if self.pending is not None:
            return Stage.INTRODUCED if self.proven else Stage.SETTLING
        return Stage.STEADY if self.previous is None else Stage.PROMOTED

    @property
    def subscribed(self) -> str:
        """The secret at whose address every plant is to be subscribed."""
        return self.pending if self.pending is not None and self.proven else self.current

    @property
    def tolerated(self) -> str | None:
        """The other secret at whose address a plant may be subscribed, if there is one."""
        return self.current if self.stage is Stage.INTRODUCED else self.pending

    @property
    def digests(self) -> AcceptedDigests:
        """The digests that the receivers are to accept."""
        return AcceptedDigests(
            current=secret_digest(self.current),
            pending=None if self.pending is None else secret_digest(self.pending),
            previous=None if self.previous is None else secret_digest(self.previous),
        )

    def after(self, step: Step, *, now: datetime, new: str | None = None) -> WebhookSecrets:
        """The secrets after this step; `new` is the secret that a rotation begins with.

        Raises ValueError if the step cannot happen in this stage.
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
        """Whether a rotation is to begin: none is under way, and the secret is `every_days` old. 0 means never."""
        return every_days > 0 and self.pending is None and now - self.created_at >= timedelta(days=every_days)

    def grace_over(self, now: datetime) -> bool:
        """Whether the current secret has been in use for `GRACE`, so no late push for the previous one can come."""
        return now - self.created_at >= GRACE

    @classmethod
    def from_secret(cls, text: str) -> Self:
        """Read the secrets from their JSON in Secrets Manager. Raises WebhookSecretsError if it has another form."""
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
        """The JSON that Secrets Manager holds; absent secrets are left out."""
        stored = {
            "current": self.current,
            "pending": self.pending,
            "previous": self.previous,
            "created_at": self.created_at.isoformat(),
        }
        return json.dumps({name: value for name, value in stored.items() if value is not None})
