"""Timeouts and attempts of a client of an AWS service."""

from __future__ import annotations

from typing import NamedTuple


class Timeouts(NamedTuple):
    """Seconds to wait for a connection and for an answer, and the number of attempts in all."""

    connect_seconds: float
    read_seconds: float
    attempts: int = 1
