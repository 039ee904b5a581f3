"""Silence: when it begins, and what counts as news."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from smarther.domain.latest import SAID, LastWord, said, silent_since
from smarther.domain.reading import Reading, stored

NOW = datetime(2026, 1, 14, 6, 30, tzinfo=UTC)
DAY = timedelta(days=1)
READING = Reading(
    plant_id="p", module_id="m", time=NOW, function="HEATING", temperature_c=Decimal("19.5"), setpoint_c=Decimal(20)
)


def heard(at: datetime) -> LastWord:
    return LastWord(sort_key="k", time=at - DAY, received_at=at, pushed=True, said=())


def test_a_thermostat_is_silent_from_the_moment_that_its_time_is_over() -> None:
    assert silent_since(heard(NOW - DAY), known_since=None, now=NOW, limit=DAY) == NOW - DAY
    assert silent_since(heard(NOW - DAY + timedelta(seconds=1)), known_since=None, now=NOW, limit=DAY) is None


def test_a_late_delivery_of_old_news_is_a_word_all_the_same() -> None:
    assert silent_since(heard(NOW), known_since=None, now=NOW, limit=DAY) is None


def test_one_that_never_spoke_counts_from_when_it_became_known() -> None:
    assert silent_since(None, known_since=NOW - DAY, now=NOW, limit=DAY) == NOW - DAY
    assert silent_since(None, known_since=NOW, now=NOW, limit=DAY) is None
    assert silent_since(None, known_since=None, now=NOW, limit=DAY) is None


def test_the_same_words_at_another_time_are_no_news() -> None:
    assert said(READING) == said(replace(READING, time=NOW + DAY, temperature_time=NOW))
    assert said(READING) != said(replace(READING, temperature_c=Decimal("19.6")))


def test_a_stored_reading_says_what_the_reading_said() -> None:
    item = stored(READING, received_at=NOW, source="push", retention_days=None)

    assert tuple(item.get(name) for name in SAID) == said(READING)
