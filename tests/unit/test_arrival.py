"""A reading's time beside its arrival, and the note of an unusual one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarther.domain.readings.arrival import AHEAD, BEHIND, LATE, Unusual, fixed_width, is_ahead, note, noted, unusual

ARRIVAL = datetime(2026, 1, 14, 6, 30, tzinfo=UTC)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("time", "kind"),
    [
        (ARRIVAL, None),
        (ARRIVAL - 2 * SECOND, None),
        (ARRIVAL - 18 * HOUR, None),
        (ARRIVAL - LATE, None),
        (ARRIVAL - LATE - SECOND, "late"),
        (ARRIVAL - 2 * DAY, "late"),
        (ARRIVAL - BEHIND, "late"),
        (ARRIVAL - BEHIND - SECOND, "misdated"),
        (datetime(2000, 1, 1, tzinfo=UTC), "misdated"),
        (FIRST, "misdated"),
        (ARRIVAL + AHEAD, None),
        (ARRIVAL + AHEAD + SECOND, "misdated"),
        (ARRIVAL + HOUR, "misdated"),
        (datetime(2041, 5, 21, 8, tzinfo=UTC), "misdated"),
        (LAST, "misdated"),
    ],
)
def test_a_reading_is_late_or_misdated_beyond_a_bound(time: datetime, kind: Unusual | None) -> None:
    assert unusual(time, ARRIVAL) == kind
    assert is_ahead(time, ARRIVAL) == (kind == "misdated" and time > ARRIVAL)


def test_a_zone_that_was_mistaken_for_another_is_seen() -> None:
    """Central European time that is sent as if it were UTC is an hour ahead, less the time on the way."""
    assert unusual(ARRIVAL + HOUR - 2 * SECOND, ARRIVAL) == "misdated"


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=2, max_size=2))
def test_texts_of_fixed_width_are_in_the_order_of_their_instants(instants: list[datetime]) -> None:
    assert sorted(instants) == sorted(instants, key=fixed_width)
    assert len({len(fixed_width(instant)) for instant in instants}) == 1


def test_of_two_notes_the_one_of_the_later_arrival_is_the_greater() -> None:
    """Half a second later, although `.` comes before `Z`; and of one arrival the greater key."""
    notes = [note("b", ARRIVAL), note("c", ARRIVAL), note("a", ARRIVAL + SECOND / 2)]
    assert sorted(notes) == notes
    assert [noted(each) for each in notes] == ["b", "c", "a"]
