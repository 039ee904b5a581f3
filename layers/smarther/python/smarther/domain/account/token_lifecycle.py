"""How tokens come into force, as a table: what is held, what happens, and what is held then.

The rules that every step keeps:

- the login takes a refresh token back as soon as it is used, so its answer is the only copy of the next one: it is
  written before anything else is done with it;
- nothing is written over tokens that are still pending: what the login is asked with is in force before it is asked;
- tokens that are in force stay so until newer ones are proven, or are all that there is.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class TokensHeld(StrEnum):
    """Where the newest tokens are."""

    NONE = "none"
    """There are none: nobody has consented yet."""
    PENDING = "pending"
    """They are written, and no call has proven them yet. Those before them, if any, are still in force."""
    CURRENT = "current"
    """They are in force."""


class TokenStep(StrEnum):
    """What happens to them."""

    ASKED = "the login is about to be asked for the next tokens"
    ISSUED = "the login answered with tokens"
    PROVEN = "the API let them in"


HELD_AFTER: Final[Mapping[tuple[TokensHeld, TokenStep], TokensHeld]] = MappingProxyType(
    {
        (TokensHeld.NONE, TokenStep.ASKED): TokensHeld.NONE,
        (TokensHeld.NONE, TokenStep.ISSUED): TokensHeld.PENDING,
        (TokensHeld.PENDING, TokenStep.ASKED): TokensHeld.CURRENT,  # when they were issued, those before them ended
        (TokensHeld.PENDING, TokenStep.PROVEN): TokensHeld.CURRENT,
        (TokensHeld.CURRENT, TokenStep.ASKED): TokensHeld.CURRENT,
        (TokensHeld.CURRENT, TokenStep.ISSUED): TokensHeld.PENDING,
        (TokensHeld.CURRENT, TokenStep.PROVEN): TokensHeld.CURRENT,
    }
)
"""What is held after a step. What is not here must never happen."""
