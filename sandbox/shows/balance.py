"""Compares the stand-in's ledger with the stored readings, notification by notification."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SENT = {"acknowledged", "refused", "timeout"}


@dataclass(frozen=True, slots=True)
class Balance:
    """What was sent, and what is stored.

    `sent` counts calls, `distinct` the different notifications among them, `repeated` the calls after the first of
    each. The three lists hold envelope ids: of notifications that are not in the table, of those that are there more
    than once, and of readings that were never sent.
    """

    sent: int
    distinct: int
    repeated: int
    stored: int
    missing: tuple[str, ...]
    doubled: tuple[str, ...]
    unexplained: tuple[str, ...]

    @property
    def even(self) -> bool:
        """Whether every notification that was sent is stored exactly once, and nothing else."""
        return not (self.missing or self.doubled or self.unexplained)


def balance(ledger: Iterable[Mapping[str, Any]], readings: Iterable[Mapping[str, Any]]) -> Balance:
    """Compare the ledger's entries with the stored readings.

    Entries of equal `content` are one notification, whatever their envelope ids; it is stored once if exactly one
    reading has one of those ids. What the provider never sent (a ban, a dead subscription) is not expected. Answers to
    polls are ignored.
    """
    ids_of: defaultdict[str, set[str]] = defaultdict(set)
    calls = 0
    for entry in ledger:
        if entry["outcome"] in _SENT:
            calls += 1
            ids_of[entry["content"]].add(entry["envelope_id"])
    stored = Counter(reading.get("event_id", "") for reading in readings if reading.get("source") != "poll")
    times_stored = {content: sum(stored[each] for each in ids) for content, ids in ids_of.items()}
    sent_ids = {each for ids in ids_of.values() for each in ids}
    return Balance(
        sent=calls,
        distinct=len(ids_of),
        repeated=calls - len(ids_of),
        stored=stored.total(),
        missing=_first_ids(ids_of[content] for content, times in times_stored.items() if times == 0),
        doubled=_first_ids(ids_of[content] for content, times in times_stored.items() if times > 1),
        unexplained=tuple(sorted(set(stored) - sent_ids)),
    )


def _first_ids(groups: Iterable[set[str]]) -> tuple[str, ...]:
    return tuple(sorted(min(ids) for ids in groups))
