"""The keeper's own: consents, the lease, the count of calls to Legrand, and what one run leaves to the next.

Every method raises StoreError. `expires_at` (epoch seconds) is the table's time-to-live attribute.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from smarther.domain.account import consent
from smarther.domain.account.consent import ConsentProgress, NotGiven
from smarther.domain.account.quota import day, next_day
from smarther.domain.keeper.keeper_memory import Memory
from smarther.domain.keeper.keeper_report import Report
from smarther.domain.readings.reading import instant_text
from smarther.store import keys
from smarther.store.items import decoded, number, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smarther.domain.account.quota import Need
    from smarther.store.items import Item, Storable
    from smarther.store.table import Table

_QUOTA_KEPT: Final = timedelta(days=35)


@dataclass(frozen=True, slots=True)
class ConsentState:
    """How far a consent has come; with its outcome when it is settled, and then just one of the two."""

    progress: ConsentProgress
    not_given: NotGiven | None = None
    report: Report | None = None


class Consents:
    """Consents by the digests of their states; the table holds no state."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def begin(self, state: str, now: datetime) -> None:
        """Let a state be used once within the next ten minutes."""
        self._table.put(
            {
                **keys.consent_key(consent.state_digest(state)),
                "created_at": instant_text(now),
                "expires_at": _epoch(now + consent.STATE_LIFE),
            }
        )

    def use(self, state: str, now: datetime, *, not_given: NotGiven | None = None) -> bool:
        """Use a state up; False if it was never begun, has been used, or has expired.

        With `not_given` that is the consent's outcome; without it `settle` tells the outcome later.
        """
        change = "SET used_at = :used_at, expires_at = :gone"
        values: Mapping[str, Storable] = {
            ":used_at": instant_text(now),
            ":now": _epoch(now),
            ":gone": _epoch(now + consent.OUTCOME_LIFE),
        }
        if not_given is not None:
            change, values = f"{change}, not_given = :outcome", {**values, ":outcome": not_given.value}
        return self._table.update(
            keys.consent_key(consent.state_digest(state)),
            change,
            values,
            when="attribute_exists(pk) AND attribute_not_exists(used_at) AND expires_at > :now",
        )

    def settle(self, consent_id: str, report: Report) -> None:
        """Keep the report of the run that was given this consent, for whoever waits for just this one.

        `consent_id` is the digest of its state. One that nobody waits for any more is left alone.
        """
        self._table.update(
            keys.consent_key(consent_id),
            "SET report = :report",
            {":report": report.kept().model_dump_json(exclude_none=True)},
            when="attribute_exists(pk)",
        )

    def of(self, state: str) -> ConsentState:
        """How far a consent has come, and what became of it."""
        item = self._table.get(keys.consent_key(consent.state_digest(state)))
        if item is None:
            return ConsentState(ConsentProgress.UNKNOWN)
        if (not_given := text(item, "not_given")) is not None:
            return ConsentState(ConsentProgress.SETTLED, not_given=NotGiven(not_given))
        if (report := text(item, "report")) is not None:
            return ConsentState(ConsentProgress.SETTLED, report=Report.model_validate_json(report))
        return ConsentState(ConsentProgress.BACK if "used_at" in item else ConsentProgress.WAITING)


class Leases:
    """Which run is at work: one at a time."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def take(self, owner: str, *, now: datetime, life: timedelta) -> bool:
        """Take the lease, or renew it as its owner; False while another run holds it."""
        return self._table.put(
            {**keys.LEASE, "owner": owner, "expires_at": _epoch(now + life)},
            when="attribute_not_exists(pk) OR #owner = :owner OR expires_at <= :now",
            values={":owner": owner, ":now": _epoch(now)},
            names=("owner",),
        )

    def release(self, owner: str) -> None:
        """Give the lease back, unless it has passed to another run."""
        self._table.delete(keys.LEASE, when="#owner = :owner", values={":owner": owner}, names=("owner",))


class CallCount:
    """Calls to Legrand, counted by the day of UTC."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def count(self, need: Need, now: datetime) -> bool:
        """Count one call before it is made; False, and nothing is counted, where the day has none left for this need.

        So it is as well while calls are paused.
        """
        return self._table.update(
            keys.quota_key(day(now)),
            "ADD calls :one SET expires_at = if_not_exists(expires_at, :gone)",
            {":one": 1, ":limit": need.limit, ":now": _epoch(now), ":gone": _epoch(now + _QUOTA_KEPT)},
            when="(attribute_not_exists(calls) OR calls < :limit)"
            " AND (attribute_not_exists(not_before) OR not_before <= :now)",
        )

    def pause(self, *, now: datetime, until: datetime, quota: bool) -> None:
        """Count and make no call before `until`; `quota` marks the days on which the provider's quota was used up."""
        change = "SET not_before = :until, expires_at = if_not_exists(expires_at, :gone)"
        values: Mapping[str, Storable] = {":until": _epoch(until), ":gone": _epoch(now + _QUOTA_KEPT)}
        if quota:
            change, values = f"{change}, stopped = :yes", {**values, ":yes": True}
        instant = now
        while instant < until:
            self._table.update(keys.quota_key(day(instant)), change, values)
            instant = next_day(instant)

    def today(self, now: datetime) -> int:
        """How many calls the UTC day has seen."""
        return int(number(self._of_day(now), "calls") or 0)

    def paused_until(self, now: datetime) -> datetime | None:
        """Until when no call is made because the provider said so; None when calls are free."""
        epoch = number(self._of_day(now), "not_before")
        until = None if epoch is None else datetime.fromtimestamp(int(epoch), tz=now.tzinfo)
        return until if until is not None and until > now else None

    def _of_day(self, now: datetime) -> Item:
        return self._table.get(keys.quota_key(day(now))) or {}


class KeeperNotes:
    """What the last run left to be remembered, and what it reported."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def memory(self) -> Memory:
        """What the last run left to be remembered."""
        item = self._table.get(keys.MEMORY)
        return Memory() if item is None else Memory.model_validate_json(item["memory"]["S"])

    def remember(self, memory: Memory) -> None:
        """Keep it for the next run."""
        self._table.put({**keys.MEMORY, "memory": memory.kept().model_dump_json(exclude_none=True)})

    def report(self) -> Report | None:
        """The last run's report; None before the first run."""
        item = self._table.get(keys.REPORT)
        return None if item is None else Report.model_validate(decoded(item))

    def keep_report(self, report: Report) -> None:
        """Write the report of this run over that of the last."""
        self._table.put({**keys.REPORT, **report.kept().model_dump(mode="json", exclude_none=True)})


def _epoch(instant: datetime) -> int:
    return int(instant.timestamp())
