"""The place of a stack: its name, profile and region, or the sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DEFAULT_STACK: Final = "smarther-recorder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the owner says the stack is."""

    stack: str = DEFAULT_STACK
    profile: str | None = None
    region: str | None = None
    sandbox: bool = False
