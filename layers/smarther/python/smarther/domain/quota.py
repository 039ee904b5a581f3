"""The daily quota of API calls: 500 for each user, of which the keeper takes far fewer.

The vendor's Starter Kit allows 500 calls a day; calls of the login and incoming notifications are not counted.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

OPTIONAL_LIMIT: Final = 300
"""From this count on, calls that keep nothing alive (names, polls) are left to the next day."""

HARD_LIMIT: Final = 450
"""From this count on nothing is called: the owner's other applications live on the same 500."""

LONGEST_STOP: Final = timedelta(hours=25)


class Need(StrEnum):
    """How much hangs on a call."""

    REQUIRED = "required"
    OPTIONAL = "optional"

    @property
    def limit(self) -> int:
        """The day's count at which such a call is no longer made."""
        return HARD_LIMIT if self is Need.REQUIRED else OPTIONAL_LIMIT


def day(now: datetime) -> str:
    """The UTC day under which a call is counted, YYYY-MM-DD."""
    return now.astimezone(UTC).date().isoformat()


def next_day(now: datetime) -> datetime:
    """The instant at which the next UTC day begins."""
    return (now.astimezone(UTC) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def stopped_until(now: datetime, retry_after: float | None) -> datetime:
    """When calls may begin again after the quota's 403: as the answer says, or else at the next UTC midnight."""
    if retry_after is None:
        return next_day(now)
    return now + min(timedelta(seconds=retry_after), LONGEST_STOP)
