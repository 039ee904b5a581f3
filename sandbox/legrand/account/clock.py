"""The one clock of the stand-in, which a test or a simulated day can move."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def real_time() -> datetime:
    """The machine's time, UTC."""
    return datetime.now(UTC)


class MovableClock:
    """Runs with `real`, from any instant and at any rate; at rate 0 it stands still."""

    def __init__(self, real: Callable[[], datetime] = real_time) -> None:
        self._real = real
        self.follow_real_time()

    def now(self) -> datetime:
        """The time here, aware, UTC."""
        return self._at + (self._real() - self._since) * self._rate

    def run(self, at: datetime, rate: float = 1.0) -> None:
        """Jump to `at` and run on from there, `rate` times as fast as `real`. Raises ValueError for a naive instant."""
        if at.tzinfo is None:
            raise ValueError(f"an instant needs its offset from UTC: {at.isoformat()}")
        self._at = at.astimezone(UTC)
        self._since = self._real()
        self._rate = rate

    def hold(self, at: datetime) -> None:
        """Jump to `at` and stand still there. Raises ValueError for a naive instant."""
        self.run(at, rate=0)

    def advance(self, by: timedelta) -> None:
        """Jump by `by` (backwards if negative); a running clock runs on, a standing one stands still."""
        self._at += by

    def follow_real_time(self) -> None:
        """Show what `real` shows."""
        self._since = self._real()
        self._at = self._since
        self._rate = 1.0
