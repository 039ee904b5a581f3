"""The verdict on a load says no whenever something is wrong."""

from __future__ import annotations

import math
from typing import Any

import pytest

from labs.load.verdict import Verdict, judge


def entry(number: int, **changes: Any) -> dict[str, Any]:
    sent = {"envelope_id": f"E{number}", "content": f"C{number}", "outcome": "acknowledged", "status": 200, "ms": 12.0}
    return sent | changes


def reading(number: int, **changes: Any) -> dict[str, Any]:
    return {"pk": f"MODULE#{number}", "module_id": f"M{number}", "event_id": f"E{number}", "received_at": ""} | changes


def record(**changes: Any) -> dict[str, Any]:
    return {"answer_ms": 7} | changes


LEDGER = [entry(1), entry(2), entry(2), entry(3)]
ITEMS = [
    reading(1),
    reading(2),
    reading(3),
    {"pk": "DIRECTORY", "sk": "MODULE#", "module_id": "M9"},
    {"pk": "WEBHOOK", "sk": "DIGESTS"},
]
RECORDS = [record(), record(), record(kept="spill", answer_ms=300), record()]


def verdict(
    ledger: list[dict[str, Any]] = LEDGER,
    items: list[dict[str, Any]] = ITEMS,
    records: list[dict[str, Any]] = RECORDS,
    wanted: int = 4,
) -> Verdict:
    return judge(ledger, items, records, wanted=wanted, thermostats=3)


def test_a_load_that_was_carried_is_good() -> None:
    good = verdict()
    assert (good.good, good.faults) == (True, ())
    assert (good.books.sent, good.books.repeated, good.heard, good.spilled) == (4, 1, 3, 1)


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        (verdict(items=ITEMS[1:]), "1 notifications are missing from the table"),
        (verdict(items=[*ITEMS, reading(1)]), "1 are stored more than once"),
        (verdict(items=[*ITEMS, reading(1, event_id="E9")]), "1 readings were sent by nobody"),
        (verdict(ledger=[*LEDGER, entry(1, outcome="refused", status=503)]), "1 notifications were not answered"),
        (verdict(ledger=[*LEDGER, entry(1, outcome="timeout", status=None)]), "1 notifications were not answered"),
        (verdict(ledger=[*LEDGER, entry(4, outcome="dropped_in_ban", ms=None)]), "1 notifications were never sent"),
        (verdict(items=[*ITEMS, {"pk": "QUARANTINE#0", "sk": "BODY#"}]), "1 bodies were quarantined"),
        (verdict(wanted=5), "1 notifications too few were sent"),
        (verdict(items=[*ITEMS[:2], reading(3, module_id="M2")]), "1 thermostats were not heard"),
        (verdict(ledger=[], items=[], records=[]), "4 notifications too few were sent"),
    ],
)
def test_a_load_that_was_not_is_not(wrong: Verdict, fault: str) -> None:
    assert not wrong.good
    assert any(each.startswith(fault) for each in wrong.faults)


def test_the_times_are_times_that_occurred() -> None:
    ledger = [entry(number, ms=float(number)) for number in range(1, 1001)]
    times = verdict(ledger=ledger).answers
    assert (times.ranks, times.late) == ((500.0, 900.0, 990.0, 999.0, 1000.0), 250)
    assert all(math.isnan(rank) for rank in verdict(records=[]).own.ranks)
