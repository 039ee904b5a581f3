"""Compares the provider's ledger, the table and the receiver's log records after a load."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.table import Table

from sandbox.legrand.pushes.dispatch import ANSWER_LIMIT_MS
from sandbox.shows.balance import Balance, balance

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_RANKS = (500, 900, 990, 999, 1000)
"""In thousandths."""


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds at each rank of `_RANKS`, values that really occurred; and how many exceeded the limit."""

    ranks: tuple[float, ...]
    late: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The comparison of sent and stored, and counts of everything that should not have happened.

    `refused`: answered without 2xx, or not at all. `unsent`: the provider did not send them (a ban, a dead
    subscription). `answers`: times over HTTP; `own`: the receiver's part of them, by its own clock.
    """

    books: Balance
    wanted: int
    thermostats: int
    heard: int
    refused: int
    unsent: int
    quarantined: int
    spilled: int
    answers: Times
    own: Times

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong, in words; empty if all is well."""
        counted = {
            "notifications are missing from the table": len(self.books.missing),
            "are stored more than once": len(self.books.doubled),
            "readings were sent by nobody": len(self.books.unexplained),
            "notifications were not answered with 2xx": self.refused,
            "notifications were never sent": self.unsent,
            "bodies were quarantined": self.quarantined,
            "notifications too few were sent": max(0, self.wanted - self.books.sent),
            "thermostats were not heard": self.thermostats - self.heard,
        }
        return tuple(f"{number} {what}" for what, number in counted.items() if number)

    @property
    def good(self) -> bool:
        """Whether every notification was acknowledged and is stored exactly once, and enough were sent."""
        return not self.faults


def judge(
    ledger: Sequence[Mapping[str, Any]],
    items: Iterable[Mapping[str, Any]],
    records: Sequence[Mapping[str, Any]],
    *,
    wanted: int,
    thermostats: int,
) -> Verdict:
    """The verdict from the stand-in's ledger, the table's items, and the receiver's log records."""
    kept = list(items)
    sent = [entry for entry in ledger if entry["outcome"] in {"acknowledged", "refused", "timeout"}]
    readings = [item for item in kept if item["pk"].startswith("MODULE#") and "received_at" in item]
    return Verdict(
        books=balance(ledger, readings),
        wanted=wanted,
        thermostats=thermostats,
        heard=len({reading["module_id"] for reading in readings}),
        refused=sum(entry["outcome"] != "acknowledged" for entry in sent),
        unsent=len(ledger) - len(sent),
        quarantined=sum(item["pk"].startswith("QUARANTINE") for item in kept),
        spilled=sum("kept" in record for record in records),
        answers=_times([entry["ms"] for entry in sent if entry["ms"] is not None]),
        own=_times([record["answer_ms"] for record in records]),
    )


def shown(verdict: Verdict) -> Table:
    """The verdict as a table to print."""
    books = verdict.books
    table = Table(title="The load", title_justify="left", show_header=False)
    table.add_row("sent", f"{books.sent}", f"{books.distinct} different, by {verdict.heard} thermostats")
    table.add_row("sent again", f"{books.repeated}", f"{_percent(books.repeated, books.sent)} of them")
    table.add_row("stored", f"{books.stored}", "readings in the table")
    table.add_row("by way of the queue", f"{verdict.spilled}", "stored later by the redriver")
    for rank, ms, own in zip(_RANKS, verdict.answers.ranks, verdict.own.ranks, strict=True):
        name = "the slowest" if rank == _RANKS[-1] else f"p{rank / 10:g}"
        table.add_row(
            f"answered within, {name}", f"{ms:.0f} ms", f"of {ANSWER_LIMIT_MS} ms; the receiver's own {own:.0f}"
        )
    late = f"{verdict.answers.late}"
    table.add_row("later than that", late, f"{_percent(verdict.answers.late, books.sent)} of all, on this machine")
    for fault in verdict.faults:
        table.add_row("[red]wrong[/red]", "", fault)
    if verdict.good:
        table.add_row("[green]even[/green]", "", "each was acknowledged, and is stored exactly once")
    return table


def _times(milliseconds: list[float]) -> Times:
    ordered = sorted(milliseconds) or [math.nan]
    ranks = tuple(ordered[-(-rank * len(ordered) // 1000) - 1] for rank in _RANKS)
    return Times(ranks, sum(each > ANSWER_LIMIT_MS for each in ordered))


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "–"
