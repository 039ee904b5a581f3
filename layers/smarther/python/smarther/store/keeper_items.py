"""The keeper's items: consents, the lease, the count of calls to Legrand, its memory and its report.

Every method raises StoreError. `expires_at` (epoch seconds) is the table's time-to-live attribute.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from smarther.domain.account import consent
from smarther.domain.account.consent import ConsentProgress, NotGiven
from smarther.domain.account.quota import CallsOfDay, Need, day, next_day
from smarther.domain.keeper.keeper_memory import Memory
from smarther.domain.keeper.keeper_report import Report
from smarther.domain.readings.reading import instant_text
from smarther.store import keys
from smarther.store.items import decoded, number, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smarther.domain.account.quota import Quota
    from smarther.store.items import Storable
    from smarther.store.table import Table

_QUOTA_KEPT: Final = timedelta(days=35)


@dataclass(frozen=True, slots=True)
class ConsentState:
    """How far a consent has come. A settled one has an outcome: either `not_given` or `report`."""

    progress: ConsentProgress
    not_given: NotGiven | None = None
    report: Report | None = None


class Consents:
    """Consents by the SHA-256 of their states; the table holds no state itself."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def begin(self, state: str, now: datetime) -> None:
        """Store a state that can be used once, within ten minutes."""
        self._table.put(
            {
                **keys.consent_key(consent.state_digest(state)),
                "created_at": instant_text(now),
                "expires_at": _epoch(now + consent.STATE_LIFE),
            }
        )

    def use(self, state: str, now: datetime, *, not_given: NotGiven | None = None) -> bool:
        """Mark a state as used; False if it was never begun, has been used already, or has expired.

        `not_given` is stored as the consent's outcome; without it, `settle` stores the outcome later.
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
        """Store, with a consent, the report of the run that was given it, for a command that waits for its outcome.

        `consent_id` is the digest of its state. Nothing is written where the consent has expired and is deleted.
        """
        self._table.update(
            keys.consent_key(consent_id),
            "SET report = :report",
            {":report": report.trimmed().model_dump_json(exclude_none=True)},
            when="attribute_exists(pk)",
        )

    def of(self, state: str) -> ConsentState:
        """How far a consent has come, and its outcome."""
        item = self._table.get(keys.consent_key(consent.state_digest(state)))
        if item is None:
            return ConsentState(ConsentProgress.UNKNOWN)
        if (not_given := text(item, "not_given")) is not None:
            return ConsentState(ConsentProgress.SETTLED, not_given=NotGiven(not_given))
        if (report := text(item, "report")) is not None:
            return ConsentState(ConsentProgress.SETTLED, report=Report.model_validate_json(report))
        return ConsentState(ConsentProgress.BACK if "used_at" in item else ConsentProgress.WAITING)


class Leases:
    """The lease: at most one run holds it."""

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


_NOT_BEFORE: Final = "SET not_before = :until, expires_at = if_not_exists(expires_at, :gone)"


def _not_before(until: datetime, now: datetime) -> Mapping[str, Storable]:
    return {":until": _epoch(until), ":gone": _epoch(now + _QUOTA_KEPT)}


class CallCount:
    """Calls to Legrand, counted by UTC day."""

    def __init__(self, table: Table, quota: Quota) -> None:
        self._table = table
        self._quota = quota

    def count(self, need: Need, now: datetime) -> bool:
        """Count one call before it is made. False, and nothing is counted, where the call must not be made.

        That is where the day has no call left for this need, and while calls are paused; and for what is optional once
        Legrand has said that the day's calls are used up, whatever it grants later that day.
        """
        when = (
            "(attribute_not_exists(calls) OR calls < :limit)"
            " AND (attribute_not_exists(not_before) OR not_before <= :now)"
        )
        return self._table.update(
            keys.quota_key(day(now)),
            "ADD calls :one SET expires_at = if_not_exists(expires_at, :gone)",
            {
                ":one": 1,
                ":limit": self._quota.limit(need),
                ":now": _epoch(now),
                ":gone": _epoch(now + _QUOTA_KEPT),
            },
            when=f"{when} AND attribute_not_exists(granted)" if need is not Need.REQUIRED else when,
        )

    def pause(self, *, now: datetime, until: datetime, quota: bool) -> None:
        """Pause all calls until `until`. With `quota`, keep how many had been made when Legrand granted no more."""
        instant = now
        while instant < until:
            self._table.update(keys.quota_key(day(instant)), _NOT_BEFORE, _not_before(until, now))
            instant = next_day(instant)
        if quota:
            self._table.update(
                keys.quota_key(day(now)),
                "SET granted = calls",
                {},
                when="attribute_exists(calls) AND attribute_not_exists(granted)",
            )

    def resume(self, now: datetime) -> None:
        """Let calls be made again from now on, whatever pause was asked for."""
        for instant in (now, next_day(now)):  # no pause is longer
            self._table.update(keys.quota_key(day(instant)), _NOT_BEFORE, _not_before(now, now))


def calls_of_day(table: Table, now: datetime) -> CallsOfDay:
    """What the UTC day has seen, in one read."""
    item = table.get(keys.quota_key(day(now))) or {}
    granted, epoch = number(item, "granted"), number(item, "not_before")
    until = None if epoch is None else datetime.fromtimestamp(int(epoch), tz=now.tzinfo)
    return CallsOfDay(
        made=int(number(item, "calls") or 0),
        granted=None if granted is None else int(granted),
        paused_until=until if until is not None and until > now else None,
    )


class KeeperNotes:
    """The memory and the report of the last run."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def memory(self) -> Memory:
        """The memory that the last run left; an empty one where there is none, or where it is unreadable."""
        item = self._table.get(keys.MEMORY)
        return Memory() if item is None else Memory.model_validate_json(item["memory"]["S"])

    def remember(self, memory: Memory) -> None:
        """Write the memory for the next run."""
        self._table.put({**keys.MEMORY, "memory": memory.trimmed().model_dump_json(exclude_none=True)})

    def report(self) -> Report | None:
        """The last run's report; None before the first run."""
        item = self._table.get(keys.REPORT)
        return None if item is None else Report.model_validate(decoded(item))

    def keep_report(self, report: Report) -> None:
        """Write the report of this run over that of the last."""
        self._table.put({**keys.REPORT, **report.trimmed().model_dump(mode="json", exclude_none=True)})


def _epoch(instant: datetime) -> int:
    return int(instant.timestamp())
