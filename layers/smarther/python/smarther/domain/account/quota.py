"""The quota of API calls: how it is shared, and how runs save calls if it is small.

The vendor's Starter Kit grants 500 calls a day to each user, an older text says 100, and more is granted on request;
calls of the login and incoming notifications are not counted (Legrand's *getting-started*). So the owner sets the
quota, and everything else here follows from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from smarther.domain.account.legrand_answers import Kind

if TYPE_CHECKING:
    from smarther.domain.account.legrand_answers import ProviderAnswer

FEWEST: Final = 100
MOST: Final = 100_000
"""The bounds of a quota, as `LegrandDailyCalls` of the template has them."""

LONGEST_PAUSE: Final = timedelta(hours=1)
"""The longest pause after an answer that is not the quota's: a plant without a subscription loses its pushes."""

LONGEST_REST: Final = timedelta(hours=2)
"""The longest rest of the scheduled runs, however few calls are left: then one calls, and reports the result."""

_FORBIDDEN_PAUSE: Final = timedelta(minutes=10)
"""After a 403 that is not the quota's."""

_DAY: Final = timedelta(days=1)
_LOOKS_SHARE: Final = 4
"""While all is well, listing the subscriptions takes at most one in this many of the day's calls."""


class Need(Enum):
    """How important a call is."""

    REQUIRED = auto()
    """It proves tokens, or keeps a plant subscribed. The last tenth of the day is left to the owner's other
    applications, which share the quota."""
    OPTIONAL = auto()
    """It is for plants, names or polls, and stops early enough to leave calls for the required ones."""
    SPARE = auto()
    """It checks for missing pushes, or asks for the names of programs; polls of silent thermostats come first."""


_PERCENT: Final = {Need.REQUIRED: 90, Need.OPTIONAL: 60, Need.SPARE: 50}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsOfDay:
    """The calls made or tried in one UTC day, and until when calls are paused; None if they are not.

    `granted` is how many were made when Legrand said that no more are granted; None if it did not say so that day.
    """

    made: int = 0
    granted: int | None = None
    paused_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """How many calls Legrand grants in a day, and the shares of it."""

    daily_calls: int

    def limit(self, need: Need) -> int:
        """The day's count from which on such a call is not made."""
        return self.daily_calls * _PERCENT[need] // 100

    @property
    def reserved(self) -> int:
        """How many calls are kept for required ones."""
        return self.limit(Need.REQUIRED) - self.limit(Need.OPTIONAL)

    def projected(self, calls: CallsOfDay, before: CallsOfDay, now: datetime) -> int | None:
        """How many calls the day will have if the rest of it needs as many as the day before, in proportion.

        None if nothing is known about the day before.
        """
        if not before.made:
            return None
        expected = calls.made + round(before.made * ((next_day(now) - now) / _DAY))
        return max(calls.made, min(expected, self.limit(Need.REQUIRED)))

    def rests_until(self, calls: CallsOfDay, now: datetime, *, well: bool) -> datetime:
        """When a scheduled run calls Legrand again, after one that ended `now`.

        - The required calls that are left are spread evenly over the rest of the day; if not all is well, two for each
          run: a call and its second attempt.
        - While all is well, listing the subscriptions takes a quarter of the calls that Legrand seems to grant today.
        - No rest is longer than `LONGEST_REST`.

        At 500 calls a day that is sooner than any schedule runs; at 100 it is about an hour.
        """
        left = max(self.limit(Need.REQUIRED) - calls.made, 1)
        spread = (next_day(now) - now) / left
        rest = max(spread, _DAY * _LOOKS_SHARE / self._granted(calls)) if well else 2 * spread
        return now + min(rest, LONGEST_REST)

    def _granted(self, calls: CallsOfDay) -> int:
        """The day's quota: `daily_calls`, or fewer if Legrand granted fewer, but at least `FEWEST`."""
        if calls.granted is None:
            return self.daily_calls
        return min(max(calls.granted, FEWEST), self.daily_calls)


def day(now: datetime) -> str:
    """The UTC day under which a call is counted, YYYY-MM-DD."""
    return now.astimezone(UTC).date().isoformat()


def next_day(now: datetime) -> datetime:
    """The instant at which the next UTC day begins."""
    return (now.astimezone(UTC) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def stopped_until(now: datetime, outcome: ProviderAnswer) -> datetime | None:
    """When calls may begin again after an answer; None if it stops none.

    After the quota's 403 that is when the answer says, or else the next UTC midnight. After any other answer it is when
    the answer says, but within an hour; after a 403 that does not say, it is ten minutes later.
    """
    wait = None if outcome.retry_after is None else timedelta(seconds=outcome.retry_after)
    if outcome.kind is Kind.QUOTA:
        return next_day(now) if wait is None else now + wait
    if outcome.kind is Kind.FORBIDDEN and not wait:
        wait = _FORBIDDEN_PAUSE
    return now + min(wait, LONGEST_PAUSE) if wait else None
