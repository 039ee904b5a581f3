"""The daily allowance of API calls."""

from datetime import UTC, datetime, time, timedelta

from sandbox.legrand.account.answer import Answer, Refusal
from sandbox.legrand.account.clock import MovableClock

DAILY_CALLS = 500


class DailyQuota:
    """Lets `limit` calls pass in each UTC day and refuses the rest with 403.

    500 calls a day and user for the Starter Kit: Legrand's tutorial *getting-started*. The status 403 was met by two
    projects (Knocks83/Go-BticinoThermostatInflux among them); the words are Azure API Management's stock ones.
    """

    def __init__(self, clock: MovableClock, limit: int = DAILY_CALLS) -> None:
        self._clock = clock
        self.limit = limit
        self._day = clock.now().date()
        self._calls = 0
        self._refused = 0

    def take(self) -> None:
        """Count one call. Raises Refusal (403 with `Retry-After` in seconds) when the day's calls are used up."""
        self._turn_the_day()
        if self._calls >= self.limit:
            self._refused += 1
            raise Refusal(self._out_of_calls())
        self._calls += 1

    @property
    def calls_today(self) -> int:
        """Calls that passed since midnight UTC."""
        self._turn_the_day()
        return self._calls

    @property
    def refused_today(self) -> int:
        """Calls refused since midnight UTC."""
        self._turn_the_day()
        return self._refused

    def _turn_the_day(self) -> None:
        today = self._clock.now().date()
        if today != self._day:
            self._day, self._calls, self._refused = today, 0, 0

    def _out_of_calls(self) -> Answer:
        now = self._clock.now()
        midnight = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
        seconds = max(1, round((midnight - now).total_seconds()))
        left = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        words = f"Out of call volume quota. Quota will be replenished in {left}."
        return Answer.words(403, words, {"Retry-After": str(seconds)})
