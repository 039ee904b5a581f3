"""The rollup as the schedule and its owner call it, on the table that is deployed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import boto3
import pytest
from moto import mock_aws

from smarther.domain.readings.reading import Reading
from smarther.domain.summaries.rollup_window import RollupRequestError, RollupState
from smarther.domain.summaries.statistics import HOUR, LONGEST_HOLD, daily, hour_of, hourly, hours_of_day
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.past.history import History
from smarther.store.readings import stored
from smarther.store.table import Table as OneTable
from tests.support import deployed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

TABLE = deployed.TABLE
NOW = datetime(2026, 3, 10, 14, 20, tzinfo=UTC)
TODAY = date(2026, 3, 10)
NEXT_DAY = NOW + timedelta(hours=10)
PLENTY = 900_000


class Home:
    """A table with one plant, the rollup on it, and a clock."""

    def __init__(self, app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        self.table = boto3.resource("dynamodb").Table(TABLE)
        self.one_table = OneTable(boto3.client("dynamodb"), TABLE)
        self.statistics = HoursAndDays(self.one_table)
        self.app = app
        self._monkeypatch = monkeypatch
        for module in ("m1", "m2"):
            self.table.put_item(
                Item={"pk": "DIRECTORY", "sk": f"MODULE#p#{module}", "plant_id": "p", "module_id": module}
            )

    def says(self, time: datetime, *, module: str = "m1", heating: bool = False, temperature: str = "20") -> None:
        reading = Reading(
            plant_id="p",
            module_id=module,
            time=time,
            function="HEATING",
            load_state="ACTIVE" if heating else "INACTIVE",
            temperature_c=Decimal(temperature),
        )
        self.table.put_item(Item=stored(reading, received_at=time, source="push", retention_days=None))

    def run(self, event: dict[str, Any] | None = None, *, now: datetime = NOW, left: list[int] | None = None) -> Any:
        clock = Mock(wraps=datetime)
        clock.now.return_value = now
        self._monkeypatch.setattr(self.app, "datetime", clock)
        context = Mock()
        context.get_remaining_time_in_millis.side_effect = left if left is not None else lambda: PLENTY
        return self.app.handler(event or {}, context)

    def hours(self, start: datetime, end: datetime, module: str = "m1") -> Any:
        return self.statistics.hours(module, start=start, end=end)

    def days(self, first: date, last: date, module: str = "m1") -> Any:
        return self.statistics.days(module, first=first, last=last)


@pytest.fixture
def home(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, load: Callable[[str], ModuleType]
) -> Iterator[Home]:
    """A home whose readings are kept for ever, or for as many days as the test's parameter says."""
    environment = {
        "TABLE_NAME": TABLE,
        "TIMEZONE": "Europe/Rome",
        "RETENTION_DAYS": getattr(request, "param", "0"),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        deployed.create_table()
        yield Home(load("rollup"), monkeypatch)


def test_the_first_run_makes_the_last_days(home: Home) -> None:
    for hours in range(24 * 9):
        home.says(NOW - hours * HOUR, heating=hours % 3 == 0)
    answer = home.run()
    assert answer["from"] == "2026-03-02T14:00:00+00:00"
    assert answer["to"] == "2026-03-10T14:00:00+00:00", "the hour that is running has yet to end"
    assert "continue_from" not in answer
    assert home.statistics.rollup_state() == RollupState(ran_at=NOW, complete_through=NOW - timedelta(minutes=20))
    made = home.hours(NOW - timedelta(days=10), NOW + HOUR)
    assert len(made) == 8 * 24 == answer["hours_written"]
    assert all(part.load_minutes == 60 for part in made.values())
    day = home.days(date(2026, 3, 5), date(2026, 3, 5))[date(2026, 3, 5)]
    assert day.heating_minutes == 8 * 60


def test_a_day_is_the_home_s_and_the_sum_of_its_hours(home: Home) -> None:
    change = date(2026, 3, 29)  # the clocks go forward in Rome
    first, after = hours_of_day(change, home.app.settings.timezone)
    for minutes in range(-600, 26 * 60, 37):
        home.says(first + timedelta(minutes=minutes), heating=minutes % 2 == 0)
    home.run({"from": "2026-03-29", "to": "2026-03-29"}, now=after + HOUR)
    hours = home.hours(first - 9 * HOUR, after + 9 * HOUR)
    assert set(hours) == {first + number * HOUR for number in range(23)}
    day = home.days(change, change)[change]
    assert day.heating_minutes == sum(part.heating_minutes for part in hours.values())
    assert day.load_minutes == 23 * 60
    assert day.count == sum(part.count for part in hours.values())


def test_nothing_new_writes_nothing(home: Home) -> None:
    for hours in range(12):
        home.says(NOW - hours * HOUR)
    home.run()
    answer = home.run()
    assert (answer["hours_written"], answer["days_written"]) == (0, 0)


def test_what_came_an_hour_late_is_made_good_within_the_hour(home: Home) -> None:
    for hours in (30, 24, 20, 12, 3):
        home.says(NOW - hours * HOUR)
    home.run()
    later = NOW + HOUR
    home.says(later - 2 * HOUR, heating=True)
    answer = home.run(now=later)
    first = later - timedelta(minutes=20) - 2 * HOUR
    assert home.hours(first, first + HOUR)[first].heating_minutes == 40
    # The hour in which the late one came and the one that has ended since, but nothing that did not change.
    assert (answer["hours_written"], answer["days_written"]) == (2, 0)


def test_what_came_18_hours_late_is_made_good_by_the_next_day(home: Home) -> None:
    for hours in (30, 24, 20, 12, 1):
        home.says(NOW - hours * HOUR)
    home.run()
    home.says(NOW - 18 * HOUR, heating=True)
    home.run(now=NEXT_DAY)
    first = NOW - timedelta(minutes=20) - 18 * HOUR
    assert home.hours(first, first + HOUR)[first].heating_minutes == 40
    assert home.days(date(2026, 3, 9), date(2026, 3, 9))[date(2026, 3, 9)].heating_minutes > 0


def test_a_day_is_made_when_it_is_over(home: Home) -> None:
    home.says(NOW)
    home.run(now=NOW + HOUR)
    assert not home.days(TODAY, TODAY)
    home.run(now=NEXT_DAY)
    assert home.days(TODAY, TODAY)[TODAY].load_minutes == 6 * 60


def test_what_came_days_late_is_made_good_the_day_after(home: Home) -> None:
    home.says(NOW)
    home.run()
    home.says(NOW - timedelta(days=5), heating=True)
    home.run(now=NOW + HOUR)
    five_days_ago = NOW - timedelta(days=5, minutes=20)
    assert not home.hours(five_days_ago, five_days_ago + HOUR)
    home.run(now=NOW + timedelta(hours=10))
    assert home.hours(five_days_ago, five_days_ago + HOUR)[five_days_ago].heating_minutes == 40


def test_a_pause_leaves_no_hole(home: Home) -> None:
    home.says(NOW)
    home.run()
    home.says(NOW - 5 * HOUR)  # late, and the pause is longer than the rollup looks back
    for hours in range(24 * 20):
        home.says(NOW + hours * HOUR)
    later = NOW + timedelta(days=20)
    home.run(now=later)
    running = later - timedelta(minutes=20)
    first = NOW - timedelta(minutes=20) - 5 * HOUR
    made = home.hours(first, running)
    assert len(made) == 24 * 20 + 5
    assert all(part.load_minutes == 60 for hour, part in made.items() if hour > first)


def test_a_run_that_is_out_of_time_is_continued_by_the_next(home: Home) -> None:
    for hours in range(24 * 9):
        home.says(NOW - hours * HOUR)
    three_days_of_two = [PLENTY] * 6
    answer = home.run(left=[*three_days_of_two, PLENTY, 1])
    assert answer["continue_from"] == "2026-03-04T23:00:00+00:00", "the end of the third local day"
    home.run(now=NOW + timedelta(minutes=5))
    assert len(home.hours(NOW - timedelta(days=10), NOW + HOUR)) == 8 * 24


def test_a_range_is_made_anew_and_the_schedule_does_not_notice(home: Home) -> None:
    home.says(datetime(2025, 12, 24, 10, tzinfo=UTC), heating=True)
    home.run()
    before = home.statistics.rollup_state()
    answer = home.run({"from": "2025-12-24", "to": "2025-12-24"})
    assert answer["hours_written"] == 6
    assert answer["days_written"] == 1
    assert home.statistics.rollup_state() == before


def test_instants_are_widened_to_hours_and_end_before_the_running_one(home: Home) -> None:
    answer = home.run({"from": "2026-03-10T09:10:00+01:00"})
    assert (answer["from"], answer["to"]) == ("2026-03-10T08:00:00+00:00", "2026-03-10T14:00:00+00:00")


@pytest.mark.parametrize(
    "event",
    [
        {"to": "2026-01-01"},
        {"from": 5},
        {"from": "yesterday"},
        {"from": "2026-01-01T10:00:00"},
        {"from": "2026-02-01", "to": "2026-01-01"},
        {"from": "2026-01-01", "to": ["2026-01-02"]},
    ],
)
def test_a_range_that_makes_no_sense_is_refused(home: Home, event: dict[str, Any]) -> None:
    with pytest.raises(RollupRequestError):
        home.run(event)


def test_a_day_made_anew_in_part_keeps_its_other_hours(home: Home) -> None:
    for hours in range(1, 14):
        home.says(NOW - hours * HOUR, heating=True)
    home.run(now=NEXT_DAY)
    before = home.days(TODAY, TODAY)[TODAY]
    home.says(NOW - timedelta(minutes=40))
    home.run({"from": (NOW - HOUR).isoformat()}, now=NEXT_DAY)
    after = home.days(TODAY, TODAY)[TODAY]
    assert after.count == before.count + 1
    assert after.heating_minutes == before.heating_minutes - 340


def test_statistics_outlive_their_readings(home: Home) -> None:
    for hours in range(12):
        home.says(NOW - hours * HOUR, heating=True)
    home.run(now=NEXT_DAY)
    kept = home.hours(NOW - timedelta(days=1), NOW)
    for item in home.table.scan()["Items"]:
        if item["sk"].startswith("READING#"):
            home.table.delete_item(Key={"pk": item["pk"], "sk": item["sk"]})
    home.run({"from": "2026-03-09", "to": "2026-03-10"}, now=NEXT_DAY)
    assert home.hours(NOW - timedelta(days=1), NOW) == kept
    assert home.days(TODAY, TODAY)[TODAY].heating_minutes > 0


@pytest.mark.parametrize("home", ["30"], indirect=True)
def test_hours_whose_readings_may_have_expired_are_left_alone(home: Home) -> None:
    answer = home.run({"from": "2026-01-01"})
    assert answer["from"] == "2026-02-08T21:00:00+00:00", "30 days ago, six hours of carry later, at the next full hour"


def test_each_thermostat_has_its_own(home: Home) -> None:
    home.says(NOW - HOUR, module="m1", temperature="18")
    home.says(NOW - HOUR, module="m2", temperature="23")
    home.run(now=NEXT_DAY)
    means = {module: home.days(TODAY, TODAY, module)[TODAY].temperature.mean for module in ("m1", "m2")}
    assert means == {"m1": 18, "m2": 23}


def test_it_is_what_the_statistics_say(home: Home) -> None:
    for minutes in range(0, 3000, 53):
        home.says(NOW - timedelta(minutes=minutes), heating=minutes % 2 == 0, temperature=str(15 + minutes % 9))
    home.run(now=NEXT_DAY)
    start, end = datetime(2026, 3, 9, tzinfo=UTC), hour_of(NEXT_DAY)
    snapshots = History(home.one_table).snapshots("m1", start=start - LONGEST_HOLD, end=end)
    expected = hourly(snapshots, start=start, end=end, until=NEXT_DAY)
    assert home.hours(start, end) == expected
    zone = home.app.settings.timezone
    assert home.days(TODAY, TODAY)[TODAY] == daily(expected, zone)[TODAY]
