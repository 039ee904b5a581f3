"""How long to wait for an AWS service, and how often to ask it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long to wait for a service, and how often to ask it."""

    connect_seconds: float
    read_seconds: float
    attempts: int = 1
