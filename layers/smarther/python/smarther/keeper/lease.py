"""The lease: only one run at a time, and a time limit for each."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from smarther.store.keeper_items import Leases

if TYPE_CHECKING:
    from datetime import datetime

    from smarther.keeper.dependencies import Dependencies

LIFE: Final = timedelta(seconds=150)
"""Longer than the function may run (120 s), so that no two runs hold it. After a crash it expires."""

WORKING_TIME: Final = timedelta(seconds=100)
"""After this time a run begins no further call to Legrand."""

_RETRY_PAUSES: Final = (2.0,) * 6
"""Seconds between attempts of a run with a consent, whose code is valid only briefly."""


class LeaseLost(Exception):  # noqa: N818 - nothing went wrong here, another run has taken over
    """Another run holds the lease."""


class Lease:
    """One run's hold on the lease. Every method raises StoreError."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._dependencies = dependencies
        self._leases = Leases(dependencies.table)
        self._owner = dependencies.one_time(16)
        self.deadline: datetime = dependencies.clock() + WORKING_TIME

    def take(self, *, patient: bool) -> bool:
        """Take the lease; False if another run holds it. A `patient` run tries for some seconds."""
        for pause in (*(_RETRY_PAUSES if patient else ()), None):
            if self._hold():
                self.deadline = self._dependencies.clock() + WORKING_TIME
                return True
            if pause is not None:
                self._dependencies.sleep(pause)
        return False

    def renew(self) -> None:
        """Extend the lease by `LEASE_DURATION` from now. Raises LeaseLost if another run has taken it."""
        if not self._hold():
            raise LeaseLost

    def release(self) -> None:
        """Release the lease."""
        self._leases.release(self._owner)

    def _hold(self) -> bool:
        return self._leases.take(self._owner, now=self._dependencies.clock(), life=LIFE)
