"""The daily quota of API calls, and the rate limit of the token endpoint."""

import json
from collections import deque
from datetime import UTC, datetime, time, timedelta

from sandbox.legrand.account.answer import Answer, Refusal
from sandbox.legrand.account.clock import MovableClock

DAILY_CALLS = 500
TOKEN_CALLS = 20
"""A guess; eleven thermostats that each ask at the same time, and ask again, exceed the real limit."""
MINUTE = timedelta(minutes=1)


class DailyQuota:
    """Allows `limit` calls in each UTC day and refuses the rest with 403.

    500 calls a day and user for the Starter Kit: Legrand's tutorial *getting-started*. Two projects saw the status 403
    (Knocks83/Go-BticinoThermostatInflux among them); the words are Azure API Management's.
    """

    def __init__(self, clock: MovableClock, limit: int = DAILY_CALLS) -> None:
        self._clock = clock
        self.limit = limit
        self._day = clock.now().date()
        self._calls = 0
        self._refused = 0

    def take(self) -> None:
        """Count one call. Raises Refusal (403 with `Retry-After` in seconds) if the day's calls are used up."""
        self._turn_the_day()
        if self._calls >= self.limit:
            self._refused += 1
            raise Refusal(self._out_of_calls())
        self._calls += 1

    @property
    def calls_today(self) -> int:
        """Calls allowed since midnight UTC."""
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


class TokenLimit:
    """Allows `limit` calls to the token endpoint in any minute and refuses the rest with 429.

    The endpoint has its own limit: an account with eleven thermostats reaches it at each restart
    (andrea-mattioli/bticino_x8000_component issue 73, 2026-01). The form of the body is from there too: over several
    lines, with `message` first. How high the limit is, is not known.
    """

    def __init__(self, clock: MovableClock, limit: int = TOKEN_CALLS) -> None:
        self._clock = clock
        self.limit = limit
        self._passed: deque[datetime] = deque()

    def take(self) -> None:
        """Count one call. Raises Refusal (429 with `Retry-After` in seconds) if the minute's calls are used up."""
        now = self._clock.now()
        while self._passed and not now - MINUTE < self._passed[0] <= now:
            self._passed.popleft()
        if len(self._passed) >= self.limit:
            raise Refusal(self._too_often(self._passed[0] + MINUTE - now))
        self._passed.append(now)

    @staticmethod
    def _too_often(left: timedelta) -> Answer:
        seconds = max(1, round(left.total_seconds()))
        words = {"message": f"Rate limit is exceeded. Try again in {seconds} seconds.", "statusCode": 429}
        headers = {"Retry-After": str(seconds)}
        return Answer(429, json.dumps(words, indent=1).encode(), "application/json; charset=utf-8", headers)
