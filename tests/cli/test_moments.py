"""Instants as people write them."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarther_cli.errors import WrongUse
from smarther_cli.show.times import bound, instant

ROME = ZoneInfo("Europe/Rome")
NOW = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
"""Half an hour into the first of April, in Rome."""


pytestmark = pytest.mark.usefixtures("in_rome")


def rome(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ROME)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("90m", NOW - timedelta(minutes=90)),
        ("5 min", NOW - timedelta(minutes=5)),
        ("36H", NOW - timedelta(hours=36)),
        ("7d", NOW - timedelta(days=7)),
        ("2w", NOW - timedelta(days=14)),
        ("today", rome(2026, 4, 1)),
        ("Yesterday", rome(2026, 3, 31)),
        ("1mo", rome(2026, 3, 1, 0, 30)),
        ("2mo", rome(2026, 2, 1, 0, 30)),
        ("14mo", rome(2025, 2, 1, 0, 30)),
        ("1y", rome(2025, 4, 1, 0, 30)),
        ("2026", rome(2026, 1, 1)),
        ("2026-01", rome(2026, 1, 1)),
        ("2026-01-31", rome(2026, 1, 31)),
        ("2026-01-31T18:00", rome(2026, 1, 31, 18)),
        ("2026-01-31T18:00Z", datetime(2026, 1, 31, 18, tzinfo=UTC)),
    ],
)
def test_what_a_word_means(text: str, means: datetime) -> None:
    assert instant(f" {text} ", now=NOW) == means


@pytest.mark.parametrize(
    ("now", "text", "means"),
    [
        (datetime(2026, 3, 31, 12, tzinfo=UTC), "1mo", rome(2026, 2, 28, 14)),
        (datetime(2024, 2, 29, 12, tzinfo=UTC), "1y", rome(2023, 2, 28, 13)),
        (datetime(2026, 1, 15, 12, tzinfo=UTC), "1mo", rome(2025, 12, 15, 13)),
    ],
)
def test_a_month_back_is_the_calendars(now: datetime, text: str, means: datetime) -> None:
    assert instant(text, now=now) == means


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-01-31", "2026-01-31", "2026-01-31"),
        ("2026-02", "2026-02-01", "2026-02-28"),
        ("2026", "2026-01-01", "2026-12-31"),
        ("today", "2026-04-01", "2026-04-01"),
        ("yesterday", "2026-03-31", "2026-03-31"),
        ("7d", "2026-03-24T22:30:00Z", "2026-03-24T22:30:00Z"),
        ("2026-01-31T18:00Z", "2026-01-31T18:00:00Z", "2026-01-31T18:00:00Z"),
        ("2026-01-31T00:00", "2026-01-30T23:00:00Z", "2026-01-30T23:00:00Z"),
    ],
)
def test_what_the_rollup_is_asked_for(text: str, first: str, last: str) -> None:
    assert bound(text, now=NOW, zone=ROME) == first
    assert bound(text, now=NOW, zone=ROME, last=True) == last


@given(st.text(max_size=12) | st.from_regex(r"[0-9]{0,5} ?(m|mo|y|d|-[0-9]{2})?", fullmatch=True))
def test_any_text_is_an_instant_or_wrong_use(text: str) -> None:
    for read in (lambda: instant(text, now=NOW), lambda: bound(text, now=NOW, zone=ROME, last=True)):
        with suppress(WrongUse):
            read()
