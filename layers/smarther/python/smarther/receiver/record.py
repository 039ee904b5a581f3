"""One body into the table: each reading once, and the whole body to quarantine when part of it is unreadable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from smarther.domain.readings.notification import Reject
from smarther.store.quarantine import Quarantine
from smarther.store.readings import Readings
from smarther.store.table import ItemRefusedError, StoreError, TableUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from smarther.domain.readings.notification import Notification
    from smarther.store.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of a body: readings newly stored, readings known already, parts quarantined, writes that failed.

    While `failed` is not zero the body must be kept elsewhere; recording it again is harmless.
    """

    stored: int = 0
    duplicates: int = 0
    quarantined: int = 0
    failed: int = 0
    failure: str | None = None


class Recorder:
    """Where bodies go: the readings and the quarantine of one table."""

    def __init__(self, readings: Readings, quarantine: Quarantine) -> None:
        self.readings = readings
        self.quarantine = quarantine

    @classmethod
    def of(cls, table: Table, *, retention_days: int | None = None) -> Recorder:
        """One that writes into this table."""
        return cls(Readings(table, retention_days=retention_days), Quarantine(table))

    def rehearsing(self) -> Recorder:
        """The same, for writes that are made and taken for duplicates."""
        return Recorder(self.readings.rehearsing(), self.quarantine.rehearsing())

    def record(
        self,
        notification: Notification,
        body: bytes,
        *,
        received_at: datetime,
        in_time: Callable[[], bool] = lambda: True,
    ) -> Recorded:
        """Store what one body said. Each write stands alone: a failed one takes no other along.

        `in_time` is asked before each write; from its first no on, what is left counts as failed. Raises nothing that
        the table's failures cause.
        """
        stored = duplicates = failed = 0
        failure: str | None = None
        rejects = list(notification.rejects)
        for reading in notification.readings:
            if not in_time():
                failed, failure = failed + 1, "OutOfTime"
                continue
            try:
                new = self.readings.store(reading, received_at=received_at, source="push")
            except ItemRefusedError as error:
                rejects.append(Reject("reading", f"the table refuses it: {error}"))
            except TableUnavailableError as error:
                failed, failure = failed + 1, str(error)
            else:
                stored, duplicates = stored + new, duplicates + (not new)
        if rejects and not in_time():
            failed, failure = failed + 1, "OutOfTime"
        elif rejects:
            try:
                self.quarantine.keep(body, rejects, received_at=received_at)
            except StoreError as error:
                failed, failure = failed + 1, str(error)
        return Recorded(stored=stored, duplicates=duplicates, quarantined=len(rejects), failed=failed, failure=failure)
