"""The one clock that everything here reads, and that a test or a played day can move."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def real_time() -> datetime:
    """The machine's time, UTC."""
    return datetime.now(UTC)


class MovableClock:
    """Runs with `real` plus an offset, or stands still where it is held."""

    def __init__(self, real: Callable[[], datetime] = real_time) -> None:
        self._real = real
        self._offset = timedelta()
        self._held: datetime | None = None

    def now(self) -> datetime:
        """The time here, aware, UTC."""
        return self._held if self._held is not None else self._real() + self._offset

    @property
    def held(self) -> bool:
        """Whether it stands still."""
        return self._held is not None

    def set(self, at: datetime) -> None:
        """Jump to `at` and run on from there. Raises ValueError for a naive instant."""
        self._offset = _utc(at) - self._real()
        self._held = None

    def hold(self, at: datetime) -> None:
        """Stand still at `at`, until told otherwise. Raises ValueError for a naive instant."""
        self._held = _utc(at)

    def advance(self, by: timedelta) -> None:
        """Jump by `by` (backwards when negative); held or running, it stays what it is."""
        if self._held is not None:
            self._held += by
        else:
            self._offset += by

    def run_on(self) -> None:
        """Run on from the instant at which it was held."""
        if self._held is not None:
            self.set(self._held)

    def follow_real_time(self) -> None:
        """Be the machine's clock again."""
        self._offset = timedelta()
        self._held = None


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError(f"an instant needs its offset from UTC: {at.isoformat()}")
    return at.astimezone(UTC)
