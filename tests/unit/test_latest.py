"""The latest state and silence: the bounds of the rule, and what an answer adds. labs/simulation draws whole lives."""

from __future__ import annotations

from copy import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from smarther.domain.readings.home import Snapshot
from smarther.domain.readings.latest import (
    SAID,
    SOON,
    Latest,
    StoredReading,
    is_doubtful,
    is_news,
    latest,
    said,
    should_have_pushed,
    silent_since,
)
from smarther.domain.readings.reading import Reading
from smarther.store.readings import stored

NOW = datetime(2026, 1, 14, 6, 30, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
IN_2041, IN_2000 = datetime(2041, 5, 21, 8, tzinfo=UTC), datetime(2000, 1, 1, tzinfo=UTC)
YEAR_1, YEAR_9999 = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
READING = Reading(
    plant_id="p", module_id="m", time=NOW, function="HEATING", temperature_c=Decimal("19.5"), setpoint_c=Decimal(20)
)
WHOLE = replace(READING, mode="AUTOMATIC", load_state="ACTIVE", humidity_percent=Decimal(47), program=Decimal(1))
"""It has every value."""


def arrived(time: datetime, received_at: datetime | None = None, *, pushed: bool = True) -> StoredReading:
    """A reading with that time, which arrives at once by default."""
    arrival = time + SECOND if received_at is None else received_at
    key = f"READING#{time.isoformat()}"
    return StoredReading(key=key, received_at=arrival, pushed=pushed, snapshot=Snapshot(time=time), said=())


def found(*readings: StoredReading) -> Latest:
    known = latest(readings)
    assert known is not None
    return known


# ---- the latest


@pytest.mark.shows("events out of order")
def test_the_newest_by_the_thermostat_s_clock_is_the_latest_however_late_others_come() -> None:
    newest, late = arrived(NOW), arrived(NOW - 5 * HOUR, NOW + HOUR)
    known = found(late, newest)
    assert (known.reading, known.heard, known.at, known.wrong_clock) == (newest, late, NOW, None)


@pytest.mark.shows("clock is wrong")
@pytest.mark.parametrize("time", [IN_2041, IN_2000, YEAR_1, YEAR_9999, NOW + 3 * HOUR, NOW - 8 * DAY])
def test_a_wrong_clock_is_reported_at_once_and_used_if_no_better_reading_comes(time: datetime) -> None:
    right = arrived(NOW)
    soon, later = arrived(time, right.received_at + SOON), arrived(time, right.received_at + SOON + SECOND)

    known = found(right, soon)
    assert known.reading == right
    assert known.wrong_clock is not None
    assert (known.wrong_clock.told, known.wrong_clock.at) == (time, soon.received_at)

    known = found(right, later)
    assert (known.reading, known.at) == (later, later.received_at)
    assert known.wrong_clock is not None
    assert (known.wrong_clock.ahead > timedelta()) == (time > NOW)


@pytest.mark.parametrize("time", [IN_2041, IN_2000, YEAR_1, YEAR_9999])
def test_a_clock_that_was_mended_is_right_with_its_first_reading(time: datetime) -> None:
    mended = arrived(NOW + DAY)
    known = found(arrived(NOW), arrived(time, NOW + 5 * HOUR), mended)
    assert (known.reading, known.wrong_clock) == (mended, None)


def test_a_clock_that_was_set_back_is_seen_when_no_push_can_be_so_late() -> None:
    before = arrived(NOW)
    known = found(before, arrived(NOW - 12 * HOUR, NOW + 36 * HOUR))
    assert (known.reading, known.wrong_clock) == (before, None)

    back = arrived(NOW - 11 * HOUR, NOW + 37 * HOUR)
    known = found(before, back)
    assert (known.reading, known.at) == (back, back.received_at)
    assert known.wrong_clock is not None
    assert known.wrong_clock.ahead == -48 * HOUR


def test_a_clock_that_drifts_ahead_dates_no_reading_after_its_arrival() -> None:
    drifting = arrived(NOW + 10 * MINUTE, NOW)
    assert (found(drifting).at, found(drifting).wrong_clock) == (NOW, None)


# ---- silence


def test_a_thermostat_is_silent_from_the_moment_that_its_time_is_over() -> None:
    assert silent_since(found(arrived(NOW)), known_since=None, now=NOW + SECOND + DAY, limit=DAY) == NOW + SECOND
    assert silent_since(found(arrived(NOW)), known_since=None, now=NOW + DAY, limit=DAY) is None


@pytest.mark.parametrize("time", [NOW - 5 * DAY, IN_2041, YEAR_1])
def test_whatever_arrives_is_heard(time: datetime) -> None:
    known = found(arrived(NOW - 3 * DAY), arrived(time, NOW, pushed=False))
    assert silent_since(known, known_since=None, now=NOW + HOUR, limit=DAY) is None


def test_one_that_never_spoke_counts_from_when_it_became_known() -> None:
    assert silent_since(None, known_since=NOW - DAY, now=NOW, limit=DAY) == NOW - DAY
    assert silent_since(None, known_since=NOW, now=NOW, limit=DAY) is None
    assert silent_since(None, known_since=None, now=NOW, limit=DAY) == NOW - DAY, "long ago"


def test_whether_something_late_may_have_come_matters_to_one_that_looks_silent_or_only_answered() -> None:
    pushed, answered = found(arrived(NOW)), found(arrived(NOW, pushed=False))
    assert not is_doubtful(pushed, now=NOW + HOUR, limit=DAY)
    assert is_doubtful(pushed, now=NOW + SECOND + DAY, limit=DAY)
    assert is_doubtful(answered, now=NOW + HOUR, limit=DAY)


# ---- answers


@pytest.mark.parametrize(
    ("last", "answer", "news"),
    [
        # of a right clock
        (arrived(NOW - DAY), NOW, True),
        (arrived(NOW - DAY), NOW - 2 * HOUR, True),
        (arrived(NOW - DAY), NOW - DAY, False),
        (arrived(NOW - DAY), NOW - 2 * DAY, False),
        (arrived(NOW - 20 * DAY), NOW - 20 * DAY, False),
        (arrived(NOW - 20 * DAY), NOW - 21 * DAY, False),
        (arrived(NOW - DAY), IN_2041, True),
        (arrived(NOW - DAY), IN_2000, True),
        (arrived(NOW - DAY), YEAR_1, True),
        # of one that was ahead
        (arrived(IN_2041, NOW - DAY), NOW, True),
        (arrived(IN_2041, NOW - DAY), NOW - 25 * HOUR, False),
        (arrived(IN_2041, NOW - DAY), IN_2041, False),
        (arrived(IN_2041, NOW - DAY), IN_2041 + DAY, True),
        (arrived(YEAR_9999, NOW - DAY), IN_2041, True),
        (arrived(IN_2041, NOW - DAY), YEAR_1, True),
        # of one that was behind
        (arrived(IN_2000, NOW - DAY), IN_2000 + DAY, True),
        (arrived(IN_2000, NOW - DAY), IN_2000, False),
        (arrived(IN_2000 + 3 * DAY, NOW - DAY), IN_2000, True),
        (arrived(IN_2000, NOW - DAY), NOW, True),
    ],
)
def test_an_answer_is_news_unless_it_may_be_what_the_provider_remembers(
    last: StoredReading, answer: datetime, *, news: bool
) -> None:
    assert is_news(answer, found(last), now=NOW) is news


def test_of_one_that_never_spoke_everything_is_news() -> None:
    assert is_news(YEAR_1, None, now=NOW)


def test_the_same_values_at_another_time_are_no_news() -> None:
    assert said(READING) == said(replace(READING, time=NOW + DAY, temperature_time=NOW))
    assert said(READING) != said(replace(READING, temperature_c=Decimal("19.6")))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, False),
        ({"time": NOW + DAY}, False),
        ({"temperature_c": Decimal("19.6")}, False),
        ({"temperature_c": Decimal("19.3")}, True),
        ({"humidity_percent": Decimal("48.9")}, False),
        ({"humidity_percent": Decimal(45)}, True),
        ({"setpoint_c": Decimal("20.5")}, True),
        ({"load_state": "INACTIVE"}, True),
        ({"mode": "BOOST"}, True),
        ({"program": Decimal(2)}, True),
    ],
)
def test_more_than_a_step_beside_the_latest_word_should_have_been_pushed(
    changes: dict[str, Any], *, expected: bool
) -> None:
    """An answer may be a step on its way: a thermostat pushes when the step is whole."""
    known = found(replace(arrived(NOW), said=said(WHOLE)))

    assert should_have_pushed(replace(WHOLE, **changes), known) is expected
    assert should_have_pushed(WHOLE, None)


@pytest.mark.parametrize("name", SAID)
def test_a_value_that_is_missing_in_one_of_two_readings_is_no_change(name: str) -> None:
    """Seed 62002: one answer without a temperature made two missed pushes, as it went and as it came back."""
    missing: dict[str, Any] = {name: None}
    without = replace(WHOLE, **missing)
    assert said(without) != said(WHOLE)
    for before, answer in ((WHOLE, without), (without, WHOLE)):
        assert not should_have_pushed(answer, found(replace(arrived(NOW), said=said(before))))


def test_a_stored_reading_says_what_the_reading_said() -> None:
    item = stored(READING, received_at=NOW, source="push", retention_days=None)

    assert tuple(item.get(name) for name in SAID) == said(READING)
