"""The life of the tokens as a table of states, steps and next states.

The rules that every step keeps:

- A refresh token is good once, so the login's answer is the only copy of the next one: it is written before it is used.
- Pending tokens are never overwritten: they are put in force before the login is asked for new ones.
- Tokens stay in force until a call to the API has proven newer ones. The exception: tokens that are the only ones are
  in force at once.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class TokensHeld(StrEnum):
    """The state of the newest tokens."""

    NONE = "none"
    """There are none: the owner has not given consent yet."""
    PENDING = "pending"
    """They are written, and no call has proven them yet. The tokens before them, if any, are still in force."""
    CURRENT = "current"
    """They are in force."""


class TokenStep(StrEnum):
    """What changes the state."""

    ASKED = "the login is about to be asked for the next tokens"
    ISSUED = "the login answered with tokens"
    PROVEN = "the API accepted them"


HELD_AFTER: Final[Mapping[tuple[TokensHeld, TokenStep], TokensHeld]] = MappingProxyType(
    {
        (TokensHeld.NONE, TokenStep.ASKED): TokensHeld.NONE,
        (TokensHeld.NONE, TokenStep.ISSUED): TokensHeld.PENDING,
        (TokensHeld.PENDING, TokenStep.ASKED): TokensHeld.CURRENT,  # those before them ended when they were issued
        (TokensHeld.PENDING, TokenStep.PROVEN): TokensHeld.CURRENT,
        (TokensHeld.CURRENT, TokenStep.ASKED): TokensHeld.CURRENT,
        (TokensHeld.CURRENT, TokenStep.ISSUED): TokensHeld.PENDING,
        (TokensHeld.CURRENT, TokenStep.PROVEN): TokensHeld.CURRENT,
    }
)
"""The state after a step. A pair that is not here must never happen."""
