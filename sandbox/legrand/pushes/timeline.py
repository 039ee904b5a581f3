"""A period of virtual time: simulates the homes and gives their notifications in the order of delivery."""

import copy
import heapq
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Self

from sandbox.legrand.home.homes import Homes
from sandbox.legrand.home.snapshot import Snapshot
from sandbox.legrand.pushes import wire
from sandbox.legrand.pushes.ledger import Kind, Push
from sandbox.legrand.variants import USUAL, Variants

TICK = timedelta(minutes=1)
LATE = (timedelta(minutes=45), timedelta(hours=18))
"""How late deliveries were in November 2024 (andrea-mattioli/bticino_x8000_component issue 37)."""
COPY_WITHIN = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Outage:
    """Nothing is delivered from `after` (since the start) for `lasts`; then all that was held back comes at once.

    This happened in December 2025 (andrea-mattioli/bticino_x8000_component issue 66).
    """

    after: timedelta
    lasts: timedelta


@dataclass(frozen=True, slots=True)
class DeliveryFaults:
    """Duplicates and late deliveries, in per cent of the notifications, and an outage. Legrand promises no order."""

    duplicate_percent: float = 0.0
    late_percent: float = 0.0
    outage: Outage | None = None

    def __post_init__(self) -> None:
        if not all(0 <= percent <= 100 for percent in (self.duplicate_percent, self.late_percent)):  # noqa: PLR2004
            raise ValueError("per cent means 0 to 100")


def first_push(snapshot: Snapshot, dice: Random, receivers: Sequence[str], variants: Variants = USUAL) -> Push:
    """The notification of one change."""
    envelope_id = str(uuid.UUID(int=dice.getrandbits(128), version=4))
    envelopes = wire.notification(snapshot, envelope_id, receivers, variants)
    return Push(
        plant_id=snapshot.plant_id,
        body=wire.encoded(envelopes),
        content=wire.content_of(envelopes),
        kind=Kind.CHANGE,
        envelope_id=envelope_id,
        module_id=snapshot.module_id,
        device_time=wire.device_time(snapshot),
    )


def sent_late(snapshot: Snapshot, due: datetime, variants: Variants) -> Snapshot:
    """The content of a push that is sent late: its measures may be from then, and later than its `time`.

    Such pushes occur: a user's script for Home Assistant drops those in which the two are more than a minute apart.
    """
    return replace(snapshot, measured_at=due) if variants.late_measures == "later" else snapshot


class Timeline:
    """All notifications from `start` to `end`; late ones and copies come at the end at the latest.

    Homes and dice in the same state give the same notifications.
    """

    def __init__(  # noqa: PLR0913 - what a timeline is made of
        self,
        homes: Homes,
        dice: Random,
        receivers: Sequence[str],
        *,
        start: datetime,
        end: datetime,
        delivery_faults: DeliveryFaults,
    ) -> None:
        self._homes = homes
        self._dice = dice
        self._receivers = receivers
        self._start = self._at = start
        self.end = end
        self._delivery_faults = delivery_faults
        self._due: list[tuple[datetime, int, Push]] = []
        self._posted = 0

    def pushes(self) -> Iterator[tuple[datetime, Push]]:
        """Each notification with the instant of its delivery, in this order."""
        while self._at < self.end:
            until = min(self._at + TICK, self.end)
            for snapshot in self._homes.advance(until):
                self._post(snapshot)
            self._at = until
            while self._due and (self._due[0][0] <= until or until == self.end):
                due, _, push = heapq.heappop(self._due)
                yield due, push

    def dry_run(self) -> Self:
        """The same timeline with a copy of the homes, to count its notifications in advance."""
        return copy.deepcopy(self)

    def _post(self, snapshot: Snapshot) -> None:
        due = snapshot.at
        if self._happens(self._delivery_faults.late_percent):
            due += LATE[0] + (LATE[1] - LATE[0]) * self._dice.random()
            snapshot = sent_late(snapshot, due, self._homes.variants)
        push = first_push(snapshot, self._dice, self._receivers, self._homes.variants)
        self._enqueue(due, push)
        if self._happens(self._delivery_faults.duplicate_percent):
            self._enqueue(due + COPY_WITHIN * self._dice.random() ** 3, self._copy(push, snapshot))

    def _copy(self, push: Push, snapshot: Snapshot) -> Push:
        """Half of the copies are the same bytes, half have the same content under another envelope id."""
        if self._happens(50):
            return replace(push, kind=Kind.DUPLICATE)
        again = first_push(snapshot, self._dice, self._receivers, self._homes.variants)
        return replace(again, kind=Kind.DUPLICATE)

    def _enqueue(self, due: datetime, push: Push) -> None:
        outage = self._delivery_faults.outage
        if outage is not None and timedelta() <= due - self._start - outage.after < outage.lasts:
            due = self._start + outage.after + outage.lasts
        self._posted += 1
        heapq.heappush(self._due, (min(due, self.end), self._posted, push))

    def _happens(self, percent: float) -> bool:
        return self._dice.random() * 100 < percent
