"""The ledger: the outcome of every notification at every endpoint, one entry each, without addresses."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """Why a notification was sent."""

    CHANGE = "change"
    """A thermostat reported a change."""
    DUPLICATE = "duplicate"
    """The same content again."""
    ARBITRARY = "arbitrary"
    """A body that a test ordered."""


class Outcome(StrEnum):
    """The outcome at one endpoint."""

    ACKNOWLEDGED = "acknowledged"
    """In time, status below 300."""
    REFUSED = "refused"
    """Any other status, or no connection (status None)."""
    TIMEOUT = "timeout"
    """No complete answer within the limit."""
    DROPPED_IN_BAN = "dropped_in_ban"
    """Never sent: the endpoint was banned."""
    GHOST = "ghost"
    """Never sent: the subscription is listed but dead."""


SENT = (Outcome.ACKNOWLEDGED, Outcome.REFUSED, Outcome.TIMEOUT)


@dataclass(frozen=True, slots=True)
class Push:
    """One notification of one plant, for all its subscribers. `content` is the same for equal contents."""

    plant_id: str
    body: bytes
    content: str
    kind: Kind
    content_type: str = "application/json; charset=utf-8"
    envelope_id: str | None = None
    module_id: str | None = None
    device_time: str | None = None

    @property
    def lane(self) -> str:
        """Pushes of the same lane are sent in order, one after the other."""
        return self.module_id or self.plant_id


@dataclass(frozen=True, slots=True)
class Entry:
    """One push at one endpoint. `endpoint` is the subscription's id; `ms` is None if nothing was sent."""

    number: int
    at: datetime
    kind: Kind
    envelope_id: str | None
    plant_id: str
    module_id: str | None
    device_time: str | None
    content: str
    endpoint: str
    outcome: Outcome
    status: int | None = None
    ms: float | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Latency:
    """Answer times in milliseconds; None if nothing was sent."""

    p50: float | None
    p90: float | None
    p99: float | None
    max: float | None


@dataclass(frozen=True, slots=True)
class Totals:
    """The ledger's totals. `sent = acknowledged + refused + timeout`; `sent = unique_bodies_sent + duplicates_sent`.

    An endpoint that stores each content once has stored `unique_bodies_acknowledged` of them and received
    `acknowledged - unique_bodies_acknowledged` duplicates.
    """

    sent: int
    acknowledged: int
    refused: int
    timeout: int
    failed: int
    dropped_in_ban: int
    ghost: int
    unique_bodies_sent: int
    unique_bodies_acknowledged: int
    duplicates_sent: int
    latency_ms: Latency


class Ledger:
    """All entries in the order of their outcomes, numbered from 1."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    @property
    def last(self) -> int:
        """The number of the newest entry; 0 if there is none."""
        return len(self._entries)

    def add(  # noqa: PLR0913 - one line of a ledger has this many columns
        self,
        push: Push,
        endpoint: str,
        outcome: Outcome,
        at: datetime,
        *,
        status: int | None = None,
        ms: float | None = None,
        error: str | None = None,
    ) -> Entry:
        """Add one entry."""
        entry = Entry(
            number=self.last + 1,
            at=at,
            kind=push.kind,
            envelope_id=push.envelope_id,
            plant_id=push.plant_id,
            module_id=push.module_id,
            device_time=push.device_time,
            content=push.content,
            endpoint=endpoint,
            outcome=outcome,
            status=status,
            ms=ms,
            error=error,
        )
        self._entries.append(entry)
        return entry

    def since(self, number: int = 0) -> list[Entry]:
        """The entries after the one with `number`."""
        return self._entries[number:]

    def totals(self, since: int = 0) -> Totals:
        """The totals of the entries after number `since`."""
        entries = self.since(since)
        by_outcome = Counter(entry.outcome for entry in entries)
        sent = [entry for entry in entries if entry.outcome in SENT]
        unique = {entry.content for entry in sent}
        return Totals(
            sent=len(sent),
            acknowledged=by_outcome[Outcome.ACKNOWLEDGED],
            refused=by_outcome[Outcome.REFUSED],
            timeout=by_outcome[Outcome.TIMEOUT],
            failed=by_outcome[Outcome.REFUSED] + by_outcome[Outcome.TIMEOUT],
            dropped_in_ban=by_outcome[Outcome.DROPPED_IN_BAN],
            ghost=by_outcome[Outcome.GHOST],
            unique_bodies_sent=len(unique),
            unique_bodies_acknowledged=len({e.content for e in sent if e.outcome is Outcome.ACKNOWLEDGED}),
            duplicates_sent=len(sent) - len(unique),
            latency_ms=_latency([entry.ms for entry in sent if entry.ms is not None]),
        )


def _latency(times: list[float]) -> Latency:
    times.sort()
    return Latency(_rank(times, 50), _rank(times, 90), _rank(times, 99), _rank(times, 100))


def _rank(ordered: Sequence[float], percent: int) -> float | None:
    """The nearest-rank percentile: a value that really occurred."""
    if not ordered:
        return None
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]
