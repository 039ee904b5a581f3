"""Who may notify: the caller whose address holds a secret that the keeper made.

The receiver can read no secret. It compares the SHA-256 of what was presented with the accepted digests, which the
keeper writes into the table, and remembers those for the life of its container.

Their age goes by wall time: between two invocations Lambda freezes the container, and the monotonic clock may stand
still meanwhile (github.com/hashicorp/vault-lambda-extension/pull/150). By such a clock a seldom called receiver would
refuse a new secret for hours. Wall time may step, so an age below zero counts as too old, never as fresh.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING

from smarther import telemetry

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from smarther.domain.account.webhook import AcceptedDigests
    from smarther.store.digests import Digests

REFRESH = timedelta(seconds=30)
"""A mismatch looks again for new digests at most this often, so that guessing costs next to nothing. It is well below
`webhook_rotation.SETTLING`, by more than the clock of a container steps."""
RETRY = timedelta(seconds=5)
"""After a look that failed nobody waits for another one this long."""


class Acceptance(Enum):
    """Whether a caller is genuine; UNKNOWN where the table could not tell."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Authenticator:
    """Remembers the accepted digests. What it knows stays good while the table is away.

    `now` gives aware datetimes, by wall time.
    """

    def __init__(self, digests: Digests, now: Callable[[], datetime]) -> None:
        self._published = digests
        self._now = now
        self._known: AcceptedDigests | None = None
        self._read_at: datetime | None = None
        self._failed_at: datetime | None = None

    def authenticate(self, presented: str, in_time: Callable[[Callable[[], None]], None]) -> Acceptance:
        """Judge the digest (SHA-256, hex) of a presented secret; never raises.

        Reads the table where memory is not enough and a look is worth its time. `in_time` runs that read under the
        event's deadline, and may raise whatever ends it.
        """
        verdict = self._from_memory(presented)
        if verdict is Acceptance.UNKNOWN and not self._is_recent(self._failed_at, RETRY):
            self.look(in_time)
            verdict = self._from_memory(presented)
        return verdict

    def look(self, in_time: Callable[[Callable[[], None]], None]) -> bool:
        """Read the accepted digests now, under the deadline that `in_time` holds; False where that failed.

        A look that never returns has failed. So has one that finds no digest at all: a table without them (not yet
        written, lost, restored without) says nothing about who may notify, and must not make a stranger of the genuine
        caller.
        """
        try:
            in_time(self._read)
        except Exception as error:  # not knowing who calls is an answer, and the caller handles it
            telemetry.warn("digests_unreadable", error=str(error) or type(error).__name__)
            return False
        return True

    def _read(self) -> None:
        self._failed_at = self._now()
        digests = self._published.accepted()
        if digests.known():
            self._known, self._read_at, self._failed_at = digests, self._now(), None

    def _from_memory(self, presented: str) -> Acceptance:
        if self._known is not None and self._known.accept(presented):
            return Acceptance.ACCEPTED
        return Acceptance.REFUSED if self._is_recent(self._read_at, REFRESH) else Acceptance.UNKNOWN

    def _is_recent(self, since: datetime | None, limit: timedelta) -> bool:
        return since is not None and timedelta(0) <= self._now() - since < limit
