"""Who may notify: a caller whose address holds a secret that the keeper made.

The receiver cannot read any secret. It compares the SHA-256 of the presented secret with the accepted digests, which
the keeper writes into the table, and remembers those for the life of its container.

Their age is measured by wall time. Lambda freezes the container between two invocations, and the monotonic clock may
stop meanwhile (github.com/hashicorp/vault-lambda-extension/pull/150): by that clock a receiver that is called seldom
would refuse a new secret for hours. Wall time may be set back, so an age below zero counts as too old.
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
"""The shortest time between two reads of the digests after a mismatch, so that guessing costs little. It is below
`webhook_rotation.SETTLING` by more than a container's clock is ever set back."""
RETRY = timedelta(seconds=5)
"""How long after a failed read of the digests no caller waits for another one."""


class Acceptance(Enum):
    """Whether a caller is genuine; UNKNOWN where the digests could not be read."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Authenticator:
    """Remembers the accepted digests, and goes on using them while the table does not answer.

    `now` returns aware datetimes, by wall time.
    """

    def __init__(self, digests: Digests, now: Callable[[], datetime]) -> None:
        self._published = digests
        self._now = now
        self._known: AcceptedDigests | None = None
        self._read_at: datetime | None = None
        self._failed_at: datetime | None = None

    def authenticate(self, presented: str, in_time: Callable[[Callable[[], None]], None]) -> Acceptance:
        """Judge the digest (SHA-256, hex) of a presented secret; never raises.

        Reads the table where the remembered digests do not match and the last read was long enough ago. `in_time` runs
        that read under the event's deadline, and may raise anything where it fails.
        """
        verdict = self._from_memory(presented)
        if verdict is Acceptance.UNKNOWN and not self._is_recent(self._failed_at, RETRY):
            self.look(in_time)
            verdict = self._from_memory(presented)
        return verdict

    def look(self, in_time: Callable[[Callable[[], None]], None]) -> bool:
        """Read the accepted digests now, under the deadline of `in_time`; False if that failed.

        A read that finds no digest at all counts as failed: where they are not written yet, or are lost, or a backup
        lacks them, a genuine caller must not be refused.
        """
        try:
            in_time(self._read)
        except Exception as error:  # the caller handles UNKNOWN
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
