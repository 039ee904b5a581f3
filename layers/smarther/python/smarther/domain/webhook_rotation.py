"""The webhook's secrets and the steps of their rotation, each of which leaves a state that the next run can go on from.

1. a new secret is kept as *pending*; its digest is published, so that the receivers accept it beside the current one;
2. after `SETTLING` every receiver that meets it accepts it; the keeper proves it through the real address;
3. every plant is subscribed at the new address, while the old subscriptions go on;
4. pending becomes *current* and current *previous*, both still accepted;
5. one run later the old subscriptions are removed;
6. after `GRACE` the previous secret is forgotten: backlogs were seen to arrive up to 18 hours late.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Self

from smarther.domain.webhook import AcceptedDigests, has_secret_form, secret_digest

SETTLING: Final = timedelta(seconds=70)
"""A receiver looks for new digests at most every `authenticate.REFRESH`, so one that looked just before a publication
refuses the new secret for that long. The rest is room for the write, and for a container's clock that steps back."""

GRACE: Final = timedelta(hours=24)


class WebhookSecretsError(Exception):
    """The webhook secret does not hold what the keeper wrote. The message never quotes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSecrets:
    """The accepted secrets: the one in use, the next while it is being introduced, the last until it is forgotten."""

    current: str = field(repr=False)
    created_at: datetime
    pending: str | None = field(default=None, repr=False)
    previous: str | None = field(default=None, repr=False)

    @property
    def digests(self) -> AcceptedDigests:
        """What the receivers are to accept."""
        return AcceptedDigests(
            current=secret_digest(self.current),
            pending=None if self.pending is None else secret_digest(self.pending),
            previous=None if self.previous is None else secret_digest(self.previous),
        )

    def rotation_due(self, now: datetime, every_days: int) -> bool:
        """Whether the current secret has had its days; 0 days mean never."""
        return every_days > 0 and self.pending is None and now - self.created_at >= timedelta(days=every_days)

    def begun(self, new: str) -> WebhookSecrets:
        """With a new secret pending."""
        return replace(self, pending=new)

    def promoted(self, now: datetime) -> WebhookSecrets:
        """With the pending secret in use and the one before it still accepted."""
        if self.pending is None:
            raise ValueError("no secret is pending")
        return WebhookSecrets(current=self.pending, previous=self.current, created_at=now)

    def grace_over(self, now: datetime) -> bool:
        """Whether the current secret has been in use for so long that nothing meant for the previous one can come."""
        return now - self.created_at >= GRACE

    def without_previous(self) -> WebhookSecrets:
        """With the previous secret forgotten."""
        return replace(self, previous=None)

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
