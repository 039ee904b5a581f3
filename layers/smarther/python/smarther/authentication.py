"""Who may notify: the caller whose address holds a secret that the keeper made.

The receiver can read no secret. It compares the SHA-256 of what was presented with the accepted digests, which the
keeper writes into the table, and reads those once per container.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from smarther.adapters.table import Table
    from smarther.domain.webhook import AcceptedDigests

REFRESH_SECONDS = 60.0
"""A mismatch looks again for new digests at most this often, so that guessing costs next to nothing."""
RETRY_SECONDS = 5.0
"""After a look that failed nobody waits for another one this long."""


class Verdict(Enum):
    """Whether a caller is genuine; UNKNOWN while that takes a look at the table."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Authenticator:
    """Remembers the accepted digests. What it knows stays good while the table is away.

    `seconds` is a monotonic clock.
    """

    def __init__(self, table: Table, seconds: Callable[[], float]) -> None:
        self._table = table
        self._seconds = seconds
        self._digests: AcceptedDigests | None = None
        self._read_at: float | None = None
        self._failed_at: float | None = None

    def judge(self, presented: str) -> Verdict:
        """Judge the digest (SHA-256, hex) of a presented secret, from memory alone."""
        if self._digests is not None and self._digests.accept(presented):
            return Verdict.ACCEPTED
        return Verdict.REFUSED if self._within(self._read_at, REFRESH_SECONDS) else Verdict.UNKNOWN

    def may_look(self) -> bool:
        """Whether the table is worth asking: not right after it failed."""
        return not self._within(self._failed_at, RETRY_SECONDS)

    def look(self) -> None:
        """Read the accepted digests now; raises TableUnavailableError. A look that never returns counts as failed.

        So does one that finds none at all: a table without them (not yet written, lost, restored without) says nothing
        about who may notify, and must not make a stranger of the genuine caller.
        """
        self._failed_at = self._seconds()
        digests = self._table.accepted_digests()
        if digests.known():
            self._digests, self._read_at, self._failed_at = digests, self._seconds(), None

    def _within(self, since: float | None, seconds: float) -> bool:
        return since is not None and self._seconds() - since < seconds
