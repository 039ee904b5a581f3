"""The lease: one run at a time, whoever starts it, and an end to every run."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from smarther.store.keeper_items import Leases

if TYPE_CHECKING:
    from datetime import datetime

    from smarther.keeper.dependencies import Dependencies

LIFE: Final = timedelta(seconds=150)
"""Longer than the function may run (120 s), so that no two runs ever hold it; after a crash it ends by itself."""

WORKING_TIME: Final = timedelta(seconds=100)
"""After so long no further call to Legrand is begun."""

_RETRY_PAUSES: Final = (2.0,) * 6
"""Seconds between the attempts of a run that cannot wait for the next one: a consent's code is short-lived."""


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
        """Take the lease; False while another run holds it. A patient run tries for some seconds."""
        for pause in (*(_RETRY_PAUSES if patient else ()), None):
            if self._hold():
                self.deadline = self._dependencies.clock() + WORKING_TIME
                return True
            if pause is not None:
                self._dependencies.sleep(pause)
        return False

    def renew(self) -> None:
        """Hold it for its whole life from now. Raises LeaseLost if another run has taken it meanwhile."""
        if not self._hold():
            raise LeaseLost

    def release(self) -> None:
        """Give it back."""
        self._leases.release(self._owner)

    def _hold(self) -> bool:
        return self._leases.take(self._owner, now=self._dependencies.clock(), life=LIFE)
