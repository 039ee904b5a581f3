"""Recording a body: each reading is stored once, and a body with an unreadable part goes to quarantine whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from smarther.domain.readings.notification import Reject
from smarther.store.quarantine import Quarantine
from smarther.store.readings import Readings
from smarther.store.table import ItemRefusedError, StoreError, TableUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from smarther.domain.readings.notification import Notification
    from smarther.store.table import Table


class Recorded(NamedTuple):
    """The outcome for one body, in counts: readings stored, duplicates, rejects in quarantine, and failed writes.

    Where `failed` is not zero the body must be spilled. To record it again is harmless. `failure` names the last cause.
    """

    stored: int = 0
    duplicates: int = 0
    quarantined: int = 0
    failed: int = 0
    failure: str | None = None


class Recorder:
    """Records bodies: in the readings and the quarantine of one table."""

    def __init__(self, readings: Readings, quarantine: Quarantine) -> None:
        self.readings = readings
        self.quarantine = quarantine

    @classmethod
    def of(cls, table: Table, *, retention_days: int | None = None) -> Recorder:
        """A recorder that writes into this table; readings expire after `retention_days`, None means never."""
        return cls(Readings(table, retention_days=retention_days), Quarantine(table))

    def rehearsing(self) -> Recorder:
        """The same recorder for a rehearsal: writes are sent, change nothing, and count as duplicates."""
        return Recorder(self.readings.rehearsing(), self.quarantine.rehearsing())

    def record(
        self,
        notification: Notification,
        body: bytes,
        *,
        received_at: datetime,
        stored_at: datetime | None = None,
        in_time: Callable[[], bool] = lambda: True,
    ) -> Recorded:
        """Store the readings of one body, and the body in quarantine where it has rejects. Writes are independent.

        `stored_at` is now, where the body arrived before. `in_time` is asked before each write; once it says no, all
        that is left counts as failed. Failures of the table are counted, not raised.
        """
        stored = duplicates = failed = 0
        failure: str | None = None
        rejects = list(notification.rejects)
        for reading in notification.readings:
            if not in_time():
                failed, failure = failed + 1, "OutOfTime"
                continue
            try:
                new = self.readings.store(reading, received_at=received_at, source="push", stored_at=stored_at)
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
