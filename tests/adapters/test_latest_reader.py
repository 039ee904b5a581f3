"""What it takes to read a thermostat's latest readings. That they are the right ones, labs/simulation shows."""

from __future__ import annotations

from copy import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from smarther.domain.readings.reading import Reading
from smarther.domain.summaries.series import LOOKED_THROUGH
from smarther.store.past.history import LatestReader, NewestReadings
from smarther.store.past.imported import Import
from smarther.store.readings import Readings
from smarther.store.table import Table
from tests.support import deployed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


NOW = datetime(2026, 1, 14, 6, 30, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
READING = Reading(plant_id="p", module_id="m", time=NOW, temperature_c=Decimal(20))


class Home:
    """A thermostat in the table, and how often the table is asked for it."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._client = client
        self._table = Table(client, deployed.TABLE)
        self.queries = 0
        self.items = 0

    def says(self, time: datetime, received_at: datetime | None = None, *, source: Any = "push") -> None:
        """A reading, which arrives at once by default."""
        arrival = time + SECOND if received_at is None else received_at
        Readings(self._table).store(replace(READING, time=time), received_at=arrival, source=source)

    def brings(self, times: list[datetime], *, source: Any = "import:file") -> None:
        """Readings that its owner imported just now, said to have arrived when they were so."""
        bringing = Import(self._table, now=NOW, retention_days=None)
        readings = (replace(READING, time=time) for time in times)
        items = [bringing.own(each, received_at=each.time, source=source, digest=None) for each in readings]
        bringing.store(items, sleep=lambda _: None)

    def query(self, **parameters: Any) -> Any:
        """The one call that reads."""
        self.queries += 1
        return self._client.query(**parameters)

    def readings(self, now: datetime = NOW, newest: int = 1) -> NewestReadings:
        """The readings of the thermostat."""
        table = Table(self, deployed.TABLE)  # type: ignore[arg-type] # the one call that it makes
        reader = LatestReader(table, stale_after=DAY)
        unusual = reader.unusual()
        self.queries = 0
        readings = reader.readings("m", unusual, now=now, newest=newest)
        self.items = table.items_read
        return readings


@pytest.fixture
def home(dynamodb: DynamoDBClient) -> Home:
    return Home(dynamodb)


def test_one_that_never_spoke_is_one_read(home: Home) -> None:
    assert home.readings().latest is None
    assert (home.queries, home.items) == (1, 0)


@pytest.mark.parametrize("newest", [1, 40])
def test_an_ordinary_thermostat_is_one_read(home: Home, newest: int) -> None:
    for hours in range(60):
        home.says(NOW - hours * HOUR)
    assert len(home.readings(newest=newest).newest_first) == newest
    assert (home.queries, home.items) == (1, newest)


@pytest.mark.parametrize("imported", [1, 7])
def test_what_was_imported_did_not_arrive_and_what_did_is_found_behind_it(home: Home, imported: int) -> None:
    for hours in range(3):
        home.says(NOW - 2 * DAY - hours * HOUR)
    home.brings([NOW - minutes * MINUTE for minutes in range(imported)])
    found = home.readings(newest=2)
    assert [one.time for one in found.newest_first] == [NOW - 2 * DAY, NOW - 2 * DAY - HOUR]
    assert found.latest is not None
    assert found.latest.heard.received_at == NOW - 2 * DAY + SECOND
    assert home.items <= 2 * (2 + LOOKED_THROUGH), "the newest, and the late ones"


def test_where_all_was_imported_nothing_ever_arrived(home: Home) -> None:
    home.brings([NOW - hours * HOUR for hours in range(9)], source="push")
    assert home.readings().latest is None


def test_a_reading_from_the_future_costs_two_reads_more_however_long_ago_it_came(home: Home) -> None:
    """Its key is the last for fifteen years."""
    for hours in range(60):
        home.says(NOW - hours * HOUR)
    home.says(datetime(2041, 5, 21, 8, tzinfo=UTC), NOW - 50 * HOUR)
    found = home.readings().latest
    assert found is not None
    assert (found.reading.time, found.wrong_clock) == (NOW, None)
    assert home.queries == 3
    assert home.items == 1 + 3  # the note, the last key, the newest, the noted one


def test_beyond_readings_that_a_clock_dated_ahead_the_newest_right_one_is_found(home: Home) -> None:
    """It was two days ahead for two days, was corrected, and then the thermostat fell silent."""
    for hours in range(1, 49):
        home.says(NOW + hours * HOUR, NOW - 2 * DAY + hours * HOUR)
    mended = NOW + HOUR / 2
    home.says(mended)
    found = home.readings(NOW + 30 * HOUR).latest
    assert found is not None
    assert (found.reading.time, found.wrong_clock) == (mended, None)
    assert home.queries == 5  # last key, newest so far, beyond, noted, late ones
    assert home.items <= 1 + 3 + LOOKED_THROUGH


def test_beyond_readings_that_a_clock_dated_too_early_the_newest_right_one_is_found(home: Home) -> None:
    """The clock went back by ten days after the last right reading, which is older by its own time."""
    home.says(NOW - 20 * DAY)
    for hours in (3, 2, 1):
        home.says(NOW - 10 * DAY - hours * HOUR, NOW - hours * HOUR)
    found = home.readings().latest
    assert found is not None
    assert found.heard.received_at == NOW - HOUR
    assert found.wrong_clock is not None


@pytest.mark.parametrize("ahead", [HOUR, 2 * DAY])
def test_a_clock_that_is_ahead_for_months_costs_no_more_than_days(home: Home, ahead: timedelta) -> None:
    for hours in range(1, 50 * 24):
        home.says(NOW - hours * HOUR + ahead, NOW - hours * HOUR)
    found = home.readings().latest
    assert found is not None
    assert (found.heard.received_at, found.wrong_clock is not None) == (NOW - HOUR, True)
    assert home.items * HOUR <= 2 * ahead + 2 * DAY


def test_one_that_looks_silent_is_read_as_far_back_as_a_reading_may_have_come_late(home: Home) -> None:
    for hours in range(25, 100):
        home.says(NOW - hours * HOUR)
    assert home.readings().latest is not None
    assert (home.queries, home.items) == (2, 1 + 36)

    home.says(NOW - 30 * HOUR - MINUTE, NOW - HOUR)
    found = home.readings().latest
    assert found is not None
    assert found.heard.received_at == NOW - HOUR
    assert found.reading.time == NOW - 25 * HOUR


def test_no_look_reads_more_than_its_bound(home: Home) -> None:
    for minutes in range(0, 2 * LOOKED_THROUGH, 2):
        home.says(NOW - 25 * HOUR - minutes * MINUTE)
    home.readings()
    assert home.items <= 1 + LOOKED_THROUGH
