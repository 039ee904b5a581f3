"""The daily quota of API calls: what it is shared out to, and how a run spares it where it is small.

The vendor's Starter Kit grants 500 calls a day to each user, an older text says 100, and more is granted on request;
calls of the login and incoming notifications are not counted (Legrand's *getting-started*). So the quota is the owner's
to say, and everything else here follows from it.
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
"""What a quota may be: `LegrandDailyCalls` of the template takes no other."""

LONGEST_PAUSE: Final = timedelta(hours=1)
"""What an answer that is not the quota's may ask for: a plant without a subscription loses what it would push."""

LONGEST_REST: Final = timedelta(hours=2)
"""So long at most a scheduled run calls nothing, however few calls are left: then it tries, and says how it went."""

_FORBIDDEN_PAUSE: Final = timedelta(minutes=10)
"""After a 403 that is not the quota's."""

_DAY: Final = timedelta(days=1)
_LOOKS_SHARE: Final = 4
"""While all is well, looks at the subscriptions take no more than one in so many of the day's calls."""


class Need(Enum):
    """How much hangs on a call."""

    REQUIRED = auto()
    """It proves tokens, or keeps a plant subscribed. The last tenth of the day is left to the owner's other
    applications, which live on the same quota."""
    OPTIONAL = auto()
    """It keeps nothing alive (plants, names, polls), and ends early enough that the others are never short."""
    SPARE = auto()
    """It is asked because pushes may be missing, or for the names of programs: who is silent comes first."""


_PERCENT: Final = {Need.REQUIRED: 90, Need.OPTIONAL: 60, Need.SPARE: 50}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsOfDay:
    """What a day of UTC has seen: calls that were made or tried, and until when none is made, None when they are free.

    `granted` is how many there were when Legrand said that no more are granted; None on a day when it did not.
    """

    made: int = 0
    granted: int | None = None
    paused_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """How many calls Legrand grants in a day, and the shares of it."""

    daily_calls: int

    def limit(self, need: Need) -> int:
        """The day's count at which such a call is no longer made."""
        return self.daily_calls * _PERCENT[need] // 100

    @property
    def reserved(self) -> int:
        """How many calls no optional one may take."""
        return self.limit(Need.REQUIRED) - self.limit(Need.OPTIONAL)

    def projected(self, calls: CallsOfDay, before: CallsOfDay, now: datetime) -> int | None:
        """How many calls the day will have seen if what is left of it goes as the same hours did the day before.

        None where nothing is known of the day before.
        """
        if not before.made:
            return None
        expected = calls.made + round(before.made * ((next_day(now) - now) / _DAY))
        return max(calls.made, min(expected, self.limit(Need.REQUIRED)))

    def rests_until(self, calls: CallsOfDay, now: datetime, *, well: bool) -> datetime:
        """From when on a scheduled run calls Legrand again, after one that ended `now`.

        - What is left of the required calls is spread evenly over the rest of the day, two for each run where not all
          is well: a call and its second attempt.
        - While all is well, the looks at the subscriptions take a quarter of what Legrand is believed to grant today.
        - No rest is longer than `LONGEST_REST`.

        At 500 calls a day that is sooner than any schedule runs; at 100 it is about an hour.
        """
        left = max(self.limit(Need.REQUIRED) - calls.made, 1)
        spread = (next_day(now) - now) / left
        rest = max(spread, _DAY * _LOOKS_SHARE / self._believed(calls)) if well else 2 * spread
        return now + min(rest, LONGEST_REST)

    def _believed(self, calls: CallsOfDay) -> int:
        """The day's quota: less than was told where Legrand said so, but then no less than the fewest of all."""
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
    """When calls may begin again after an answer; None when it stops none.

    After the quota's 403 that is when the answer says, or else the next UTC midnight. After any other it is when the
    answer says, but within an hour; a 403 that does not say is given some minutes.
    """
    wait = None if outcome.retry_after is None else timedelta(seconds=outcome.retry_after)
    if outcome.kind is Kind.QUOTA:
        return next_day(now) if wait is None else now + wait
    if outcome.kind is Kind.FORBIDDEN and not wait:
        wait = _FORBIDDEN_PAUSE
    return now + min(wait, LONGEST_PAUSE) if wait else None
