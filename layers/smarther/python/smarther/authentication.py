"""Who may notify: the caller whose address holds a secret that the keeper made.

The receiver can read no secret. It compares the SHA-256 of what was presented with the accepted digests, which the
keeper writes into the table, and reads those once per container.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from smarther.adapters.table import TableUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from smarther.adapters.table import Table
    from smarther.domain.webhook import AcceptedDigests

REFRESH_SECONDS = 60.0
"""A mismatch looks again for new digests at most this often, so that guessing costs us nothing."""
RETRY_SECONDS = 5.0
"""After a failed look nobody waits for another one this long."""


class Verdict(Enum):
    """Whether a caller is genuine; UNKNOWN while the table cannot be asked."""

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

    def look(self) -> bool:
        """Read the accepted digests now; False when the table does not answer."""
        try:
            self._digests = self._table.accepted_digests()
        except TableUnavailableError:
            self._failed_at = self._seconds()
            return False
        self._read_at, self._failed_at = self._seconds(), None
        return True

    def judge(self, presented: str) -> Verdict:
        """Judge the digest (SHA-256, hex) of a presented secret; reads the table only when it must."""
        if self._digests is not None and self._digests.accept(presented):
            return Verdict.ACCEPTED
        if self._within(self._read_at, REFRESH_SECONDS):
            return Verdict.REFUSED
        if self._within(self._failed_at, RETRY_SECONDS) or not self.look():
            return Verdict.UNKNOWN
        return Verdict.ACCEPTED if self._digests is not None and self._digests.accept(presented) else Verdict.REFUSED

    def _within(self, since: float | None, seconds: float) -> bool:
        return since is not None and self._seconds() - since < seconds
