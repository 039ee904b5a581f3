"""Tokens: read from the login's answer, whose types vary, or from their secret; and when they expire."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCESS_LIFE: Final = timedelta(hours=1)
"""The life of an access token if the answer does not state it."""

REFRESH_LIFE: Final = timedelta(days=90)
"""The life of an unused refresh token if the answer does not state it (the longest of Azure AD B2C)."""

_LONGEST: Final = timedelta(days=400)


class TokensError(Exception):
    """An answer or a secret holds no tokens. The message quotes neither."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """One access token and the refresh token that gets the next one.

    `expires_at` (of the access token) and `refresh_expires_at` are in epoch seconds. If the login's answer held a
    refresh token alone, `access_token` is empty and expired. `refresh_expires_at` is None if the secret lacks it:
    another program may have written only the other three values.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: int
    refresh_expires_at: int | None = None

    def expires_within(self, margin: timedelta, now: datetime) -> bool:
        """Whether the access token expires within `margin` from `now`, or has expired."""
        return self.expires_at <= (now + margin).timestamp()

    @classmethod
    def from_answer(cls, answer: Mapping[str, object], *, now: datetime, previous: str | None = None) -> Self:
        """Read the tokens from the login's answer.

        Numbers come as numbers or as strings. The end of life comes as `expires_in` (seconds from now) or `expires_on`
        (epoch seconds); if neither comes, it is an hour. `expires_in` is preferred, since it does not depend on two
        clocks that agree. If the answer holds no refresh token, the `previous` one is kept.

        A new refresh token is accepted without an access token: it is the only copy, and gets the next access token.

        Raises TokensError if there is neither an access token nor a new refresh token, or no refresh token.
        """
        renewed = _text(answer.get("refresh_token"))
        refresh_token = renewed or previous
        access_token = _text(answer.get("access_token"))
        if refresh_token is None or (access_token is None and renewed is None):
            missing = "access token" if access_token is None else "refresh token"
            raise TokensError(f"the login's answer holds no {missing}")
        refresh_life = _seconds_from_now(answer.get("refresh_token_expires_in"))
        return cls(
            access_token=access_token or "",
            refresh_token=refresh_token,
            expires_at=_access_end(answer, now) if access_token else _epoch(now),
            refresh_expires_at=_epoch(now + (refresh_life or REFRESH_LIFE)) if renewed else None,
        )

    @classmethod
    def from_secret(cls, text: str) -> Self:
        """Read the tokens from the JSON of their secret.

        Raises TokensError if it is not JSON, or lacks `access_token`, `refresh_token` or `expires_at`.
        """
        try:
            stored = json.loads(text)
        except ValueError:
            raise TokensError("the tokens secret is not JSON") from None  # the cause would quote the secret
        if not isinstance(stored, dict):
            raise TokensError("the tokens secret is not a JSON object")
        access_token = "" if stored.get("access_token") == "" else _text(stored.get("access_token"))
        refresh_token = _text(stored.get("refresh_token"))
        expires_at = _number(stored.get("expires_at"))
        if access_token is None or refresh_token is None or expires_at is None:
            raise TokensError("the tokens secret lacks access_token, refresh_token or expires_at")
        refresh_end = _number(stored.get("refresh_expires_at"))
        return cls(
            access_token=access_token,
            refresh_token=refresh_token,
            expires_at=int(expires_at),
            refresh_expires_at=None if refresh_end is None else int(refresh_end),
        )

    def to_secret(self) -> str:
        """The JSON of the tokens' secret."""
        stored: dict[str, object] = {
            "access_token": self.access_token,
            "refresh_token": self.refresh_token,
            "expires_at": self.expires_at,
        }
        if self.refresh_expires_at is not None:
            stored["refresh_expires_at"] = self.refresh_expires_at
        return json.dumps(stored)


def _access_end(answer: Mapping[str, object], now: datetime) -> int:
    life = _seconds_from_now(answer.get("expires_in"))
    if life is not None:
        return _epoch(now + life)
    end = _number(answer.get("expires_on"))
    if end is not None and 0 < end - now.timestamp() <= _LONGEST.total_seconds():
        return int(end)
    return _epoch(now + ACCESS_LIFE)


def _seconds_from_now(value: object) -> timedelta | None:
    seconds = _number(value)
    return timedelta(seconds=seconds) if seconds is not None and 0 < seconds <= _LONGEST.total_seconds() else None


def _number(value: object) -> float | None:
    """A finite number, given as a number or as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _text(value: object) -> str | None:
    """A text that an HTTP header can hold; None for anything else."""
    return value if isinstance(value, str) and value and value.isascii() and value.isprintable() else None


def _epoch(instant: datetime) -> int:
    return int(instant.astimezone(UTC).timestamp())
