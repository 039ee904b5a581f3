"""Statistics in the table, and how far they are made."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from smarther.domain.summaries.rollup_window import RollupState
from smarther.domain.summaries.series import shown_of
from smarther.domain.summaries.statistics import HOUR, Statistics
from smarther.store.hours_and_days import HoursAndDays
from tests.adapters.conftest import WARM
from tests.support import deployed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table as PlainTable

    from smarther.store.table import Table

TABLE = deployed.TABLE
START = datetime(2026, 1, 10, tzinfo=UTC)


def test_statistics_come_back_as_they_were_made(table: Table, plain: PlainTable) -> None:
    hours = {START + number * HOUR: replace(WARM, count=number) for number in range(60)}
    day = date(2026, 1, 10)
    HoursAndDays(table).store("module", hours, {day: WARM, date(2026, 1, 11): Statistics(count=0)})
    assert HoursAndDays(table).hours("module", start=START, end=START + 48 * HOUR) == dict(list(hours.items())[:48])
    assert set(HoursAndDays(table).hours("module", start=START, end=START + 48 * HOUR, limit=2)) == set(
        list(hours)[46:48]
    )
    assert HoursAndDays(table).days("module", first=day, last=day) == {day: WARM}
    assert len(HoursAndDays(table).days("module", first=day, last=date(2026, 2, 1))) == 2
    item = plain.get_item(Key={"pk": "MODULE#module", "sk": "HOUR#2026-01-10T05Z"})["Item"]
    assert item["heating_minutes"] == Decimal("12.5")
    assert "expires_at" not in item
    assert not {"time", "received_at"} & set(item), "only readings have these"
    assert plain.get_item(Key={"pk": "MODULE#module", "sk": "DAY#2026-01-10"})["Item"]["temperature_min"] == Decimal(
        "19.5"
    )


def test_a_day_that_is_made_anew_has_another_version(table: Table, plain: PlainTable) -> None:
    statistics, first, second = HoursAndDays(table), date(2026, 1, 10), date(2026, 1, 11)
    statistics.store("module", {}, {first: WARM, second: WARM, date(2026, 1, 12): WARM})
    before = statistics.day_versions("module", first=first, last=second)

    statistics.store("module", {}, {first: WARM}, over=statistics.versioned_day("module", first, consistent=True))
    plain.put_item(Item={"pk": "MODULE#module", "sk": "DAY#2026-01-11"})  # of a release that had no versions

    after = statistics.day_versions("module", first=first, last=second)
    assert set(before) == {first, second}
    assert before[first] != after[first]
    assert after[second] is None


def test_counts_are_those_of_the_same_hours(table: Table) -> None:
    hours = {START + number * HOUR: replace(WARM, count=number) for number in range(6)}
    HoursAndDays(table).store("module", hours, {date(2026, 1, 10): WARM})
    of_some = HoursAndDays(table).hours("module", start=START + HOUR, end=START + 5 * HOUR)
    counts = HoursAndDays(table).counts("module", start=START + HOUR, end=START + 5 * HOUR)
    assert counts == {hour: made.count for hour, made in of_some.items()}
    assert sorted(counts.values()) == [1, 2, 3, 4]


def test_a_chart_gets_what_it_shows_of_them(table: Table) -> None:
    cooled = replace(
        WARM, temperature=None, humidity=WARM.temperature, setpoint=WARM.temperature, cooling_minutes=Decimal(7)
    )
    unknown = replace(WARM, load_minutes=Decimal(0), heating_minutes=Decimal(0))
    hours = {START: WARM, START + HOUR: cooled, START + 2 * HOUR: unknown}
    HoursAndDays(table).store("module", hours, {START.date(): cooled})
    shown = HoursAndDays(table).shown_hours("module", start=START, end=START + 3 * HOUR)
    assert shown == {hour: shown_of(made) for hour, made in hours.items()}
    assert HoursAndDays(table).shown_days("module", first=START.date(), last=START.date()) == {
        START.date(): shown_of(cooled)
    }
    assert set(HoursAndDays(table).shown_hours("module", start=START, end=START + 3 * HOUR, limit=1)) == {
        START + 2 * HOUR
    }


def test_an_empty_stretch_reads_nothing(table: Table) -> None:
    assert HoursAndDays(table).hours("module", start=START, end=START) == {}
    assert HoursAndDays(table).days("module", first=date(2026, 1, 2), last=date(2026, 1, 1)) == {}


def test_the_rollup_s_state_is_remembered(table: Table) -> None:
    assert HoursAndDays(table).rollup_state() is None
    state = RollupState(ran_at=START, complete_through=START + HOUR)
    HoursAndDays(table).store_rollup_state(state)
    assert HoursAndDays(table).rollup_state() == state
