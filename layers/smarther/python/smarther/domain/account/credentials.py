"""The credentials of the owner's application at Legrand, and when its client secret expires."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final, Self

SECRET_LIFE: Final = timedelta(days=365)
"""Legrand lets a client secret expire after a year."""

NOTICE: Final = timedelta(days=30)
"""How long before its end the owner is told that the client secret expires."""


class CredentialsError(Exception):
    """The credentials secret does not hold the three values. The message never quotes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Client id, client secret and subscription key.

    `recorded_on` is the day (UTC) on which the owner gave them to us. `version` is the id of the version of the Secrets
    Manager secret that they were read from.
    """

    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    subscription_key: str = field(repr=False)
    recorded_on: date
    version: str = ""

    @property
    def client_secret_ends_on(self) -> date:
        """The day on which the client secret is a year old, counted from when it was recorded here."""
        return self.recorded_on + SECRET_LIFE

    def birthday_near(self, now: datetime) -> bool:
        """Whether the client secret's year ends within thirty days, or has ended."""
        return now.astimezone(UTC).date() >= self.client_secret_ends_on - NOTICE

    @classmethod
    def from_secret(cls, text: str, *, version: str, written_at: datetime) -> Self:
        """Read the credentials from the JSON of their secret.

        `recorded_on` is the day of `recorded_at`, or of `written_at` if that is absent or unreadable.
        Raises CredentialsError if the text is not JSON or lacks one of the three values.
        """
        try:
            stored = json.loads(text)
        except ValueError:
            raise CredentialsError("the credentials secret is not JSON") from None  # the cause would quote the secret
        if not isinstance(stored, dict):
            raise CredentialsError("the credentials secret is not a JSON object")
        names = ("client_id", "client_secret", "subscription_key")
        if missing := [name for name in names if not isinstance(stored.get(name), str) or not stored[name].strip()]:
            raise CredentialsError(f"the credentials secret lacks {', '.join(missing)}")
        subscription_key = stored["subscription_key"].strip()
        if not (subscription_key.isascii() and subscription_key.isprintable()):
            raise CredentialsError("the subscription key holds characters that no HTTP header may hold")
        return cls(
            client_id=stored["client_id"].strip(),
            client_secret=stored["client_secret"],
            subscription_key=subscription_key,
            recorded_on=_day(stored.get("recorded_at")) or written_at.astimezone(UTC).date(),
            version=version,
        )


def _day(value: object) -> date | None:
    """The day of an ISO date, or of an ISO instant."""
    try:
        return datetime.fromisoformat(value).date() if isinstance(value, str) else None
    except ValueError:
        return None
