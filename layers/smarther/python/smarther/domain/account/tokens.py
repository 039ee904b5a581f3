"""Tokens: what the login gave, in a form that does not depend on its moods, and when they are to be renewed."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCESS_LIFE: Final = timedelta(hours=1)
"""What an access token lives when the answer does not say."""

REFRESH_LIFE: Final = timedelta(days=90)
"""What a refresh token lives unused when the answer does not say (Azure AD B2C's longest)."""

_LONGEST: Final = timedelta(days=400)


class TokensError(Exception):
    """An answer or a secret does not hold tokens. The message never quotes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """One access token with the refresh token that replaces it. Instants in epoch seconds.

    `access_token` is empty, and its life over, where the login's answer held a refresh token alone.
    `refresh_expires_at` is None where nobody noted it: somebody else may have written the secret with the other three.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: int
    refresh_expires_at: int | None = None

    def expires_within(self, margin: timedelta, now: datetime) -> bool:
        """Whether the access token's life ends within the margin from now, or has ended."""
        return self.expires_at <= (now + margin).timestamp()

    @classmethod
    def from_answer(cls, answer: Mapping[str, object], *, now: datetime, previous: str | None = None) -> Self:
        """The tokens of a login's answer.

        The types are not stable: numbers come as numbers or as strings, the end of life as `expires_in` (seconds from
        now) or as `expires_on` (epoch seconds), or not at all; then it is an hour. `expires_in` comes first, as it
        needs no agreement between two clocks. An answer to a refresh that holds no refresh token leaves the `previous`
        one in force.

        A new refresh token is the only copy of the next access, so it is good without an access token beside it.

        Raises TokensError without an access token and a new refresh token, or without any refresh token.
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
        """The tokens that a secret holds; at least `access_token`, `refresh_token` and `expires_at` must be there."""
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
        """The tokens as the secret holds them."""
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
    """A finite number, from a number or from its text; anything else is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _text(value: object) -> str | None:
    """A text that can travel in a header."""
    return value if isinstance(value, str) and value and value.isascii() and value.isprintable() else None


def _epoch(instant: datetime) -> int:
    return int(instant.astimezone(UTC).timestamp())
