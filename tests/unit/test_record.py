"""One body into the table: each write alone, and what failed is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from smarther.domain.readings.notification import Notification, Reject
from smarther.domain.readings.reading import Reading
from smarther.receiver.record import Recorded, Recorder
from smarther.store.table import ItemRefusedError, TableUnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

ARRIVAL = datetime(2026, 1, 14, 6, 30, 6, tzinfo=UTC)
READINGS = tuple(Reading(plant_id="P", module_id=module, time=ARRIVAL) for module in "ABC")
REJECT = Reject("[3]", "element has the wrong type")


@dataclass
class FakeTable:
    """Knows which modules' readings meet which fate."""

    fate: dict[str, Exception | bool] = field(default_factory=dict)
    quarantine: Exception | None = None
    stored: list[str] = field(default_factory=list)
    quarantined: list[tuple[bytes, list[Reject]]] = field(default_factory=list)

    def store(self, reading: Reading, *, received_at: datetime, source: str, stored_at: datetime | None) -> bool:
        assert stored_at is None
        fate = self.fate.get(reading.module_id, True)
        if isinstance(fate, Exception):
            raise fate
        self.stored.append(f"{reading.module_id} {received_at:%H:%M} {source}")
        return fate

    def keep(self, body: bytes, rejects: Sequence[Reject], *, received_at: datetime) -> bool:
        assert received_at == ARRIVAL
        if self.quarantine is not None:
            raise self.quarantine
        self.quarantined.append((body, list(rejects)))
        return True


def run(table: FakeTable, *rejects: Reject, **options: Any) -> Recorded:
    stand_in: Any = table
    recorder = Recorder(readings=stand_in, quarantine=stand_in)
    return recorder.record(Notification(READINGS, rejects), b"body", received_at=ARRIVAL, **options)


def test_every_reading_is_stored() -> None:
    table = FakeTable()
    assert run(table) == Recorded(stored=3)
    assert table.stored == ["A 06:30 push", "B 06:30 push", "C 06:30 push"]
    assert table.quarantined == []


def test_duplicates_are_counted() -> None:
    assert run(FakeTable({"B": False})) == Recorded(stored=2, duplicates=1)


def test_a_body_with_a_reject_is_quarantined_once_and_its_readings_are_stored() -> None:
    table = FakeTable()
    assert run(table, REJECT, REJECT) == Recorded(stored=3, quarantined=2)
    assert table.quarantined == [(b"body", [REJECT, REJECT])]


@pytest.mark.shows("table takes a part of a batch")
@pytest.mark.parametrize("module", ["A", "B", "C"])
def test_a_write_that_fails_takes_no_other_along(module: str) -> None:
    table = FakeTable({module: TableUnavailableError("Throttled")})
    assert run(table, REJECT) == Recorded(stored=2, quarantined=1, failed=1, failure="Throttled")
    assert len(table.quarantined) == 1


def test_a_quarantine_that_fails_takes_no_reading_along() -> None:
    for error in (TableUnavailableError("Throttled"), ItemRefusedError("Throttled")):
        assert run(FakeTable(quarantine=error), REJECT) == Recorded(
            stored=3, quarantined=1, failed=1, failure="Throttled"
        )


def test_a_reading_that_the_table_refuses_for_good_is_quarantined_with_its_body() -> None:
    table = FakeTable({"B": ItemRefusedError("ValidationException")})
    assert run(table) == Recorded(stored=2, quarantined=1)
    assert table.quarantined == [(b"body", [Reject("reading", "the table refuses it: ValidationException")])]


@pytest.mark.parametrize("writes", [0, 1, 2, 3])
def test_when_time_is_up_what_is_left_counts_as_failed(writes: int) -> None:
    table = FakeTable()
    left = iter([True] * writes + [False] * 9)
    assert run(table, REJECT, in_time=lambda: next(left)) == Recorded(
        stored=writes, quarantined=1, failed=4 - writes, failure="OutOfTime"
    )
    assert len(table.stored) == writes
