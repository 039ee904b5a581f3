"""The daily quota of API calls: 500 for each user, of which the keeper takes far fewer.

The vendor's Starter Kit allows 500 calls a day; calls of the login and incoming notifications are not counted.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from smarther.domain.account.legrand_answers import Kind

if TYPE_CHECKING:
    from smarther.domain.account.legrand_answers import ProviderAnswer

OPTIONAL_LIMIT: Final = 300
"""From this count on, calls that keep nothing alive (names, polls) are left to the next day."""

SPARE_LIMIT: Final = 250
"""From this count on nobody is asked because pushes may be missing: who is silent comes first."""

HARD_LIMIT: Final = 450
"""From this count on nothing is called: the owner's other applications live on the same 500."""

LONGEST_PAUSE: Final = timedelta(hours=1)
"""What an answer that is not the quota's may ask for: a plant without a subscription loses what it would push."""

_FORBIDDEN_PAUSE: Final = timedelta(minutes=10)
"""After a 403 that is not the quota's."""


class Need(Enum):
    """How much hangs on a call."""

    REQUIRED = auto()
    OPTIONAL = auto()
    SPARE = auto()

    @property
    def limit(self) -> int:
        """The day's count at which such a call is no longer made."""
        return {Need.REQUIRED: HARD_LIMIT, Need.OPTIONAL: OPTIONAL_LIMIT, Need.SPARE: SPARE_LIMIT}[self]


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
