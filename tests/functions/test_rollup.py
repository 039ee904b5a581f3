"""The rollup as the schedule and its owner call it, on the table that is deployed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import Mock

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from samtranslator.yaml_helper import yaml_parse

from smarther.domain.readings.arrival import HOUR_IS_OPEN
from smarther.domain.readings.reading import Reading
from smarther.domain.summaries.rollup_window import RollupRequestError, RollupState
from smarther.domain.summaries.statistics import HOUR, LONGEST_HOLD, daily, hour_of, hourly, hours_of_day
from smarther.rollup.runs import StatisticsMissingError
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.listings import Listings, Module
from smarther.store.past.history import History
from smarther.store.readings import stored
from smarther.store.table import Table as OneTable
from tests.support import deployed
from tests.support.memory_table import MemoryTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import ModuleType

TABLE = deployed.TABLE
NOW = datetime(2026, 3, 10, 14, 20, tzinfo=UTC)
TODAY = date(2026, 3, 10)
DAY = timedelta(days=1)
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
            self.lists(module)

    def lists(self, module: str, *, plant: str = "p", known_since: datetime | None = None) -> None:
        """The keeper has met a thermostat in a plant."""
        Listings(self.one_table).keep_module(Module(plant, module, None, None, known_since))

    def says(
        self,
        time: datetime,
        *,
        module: str = "m1",
        heating: bool = False,
        temperature: str = "20",
        stored_at: datetime | None = None,
    ) -> dict[str, Any]:
        reading = Reading(
            plant_id="p",
            module_id=module,
            time=time,
            function="HEATING",
            load_state="ACTIVE" if heating else "INACTIVE",
            temperature_c=Decimal(temperature),
        )
        item: dict[str, Any] = stored(
            reading, received_at=time, source="push", retention_days=None, stored_at=stored_at
        )
        self.one_table.put(item)
        return item

    def state(self) -> RollupState:
        found = self.statistics.rollup_state()
        assert found is not None
        return found

    def moves_into_memory(self) -> MemoryTable:
        """Begin anew with a table in memory, which is much quicker than moto."""
        memory = MemoryTable()
        self._monkeypatch.setattr(self.app, "client", memory)
        self.one_table = OneTable(cast("Any", memory), TABLE)
        self.statistics = HoursAndDays(self.one_table)
        for module in ("m1", "m2"):
            self.lists(module)
        return memory

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
    assert home.statistics.rollup_state() == RollupState(
        ran_at=NOW, complete_through=NOW - timedelta(minutes=20), late_through=NOW
    )
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


def test_a_day_is_made_when_it_is_over(home: Home) -> None:
    home.says(NOW)
    home.run(now=NOW + HOUR)
    assert not home.days(TODAY, TODAY)
    home.run(now=NEXT_DAY)
    assert home.days(TODAY, TODAY)[TODAY].load_minutes == 6 * 60


def test_a_pause_leaves_no_hole(home: Home) -> None:
    home.says(NOW)
    home.run()
    for hours in range(24 * 20):
        home.says(NOW + hours * HOUR)
    later = NOW + timedelta(days=20)
    home.run(now=later)
    running = later - timedelta(minutes=20)
    first = NOW - timedelta(minutes=20)
    made = home.hours(first, running)
    assert len(made) == 24 * 20
    assert all(part.load_minutes == 60 for hour, part in made.items() if hour > first)


def test_hours_in_which_a_thermostat_was_not_listed_are_made_once_it_is(home: Home) -> None:
    """A new one pushes before the keeper asks for its plant's list; one that moves is in no list for up to a day."""
    moves, new = "m2", "m3"
    for module in ("m1", moves, new):
        for hours in range(-30, 22):
            home.says(NOW + hours * HOUR, module=module, heating=hours % 3 == 0)
    home.run()
    Listings(home.one_table).forget_module(Module("p", moves, None, None))
    home.run(now=NOW + 20 * HOUR)

    for module in (moves, new):
        home.lists(module, plant="q", known_since=NOW + 20 * HOUR - timedelta(seconds=30))
    home.run(now=NOW + 21 * HOUR)
    answer = home.run(now=NOW + 22 * HOUR)

    start, end = NOW - 30 * HOUR, hour_of(NOW + 22 * HOUR)
    made = home.hours(start, end)
    assert len(made) == 52
    for module in (moves, new):
        assert home.hours(start, end, module) == made
        assert home.days(TODAY - DAY, TODAY, module) == home.days(TODAY - DAY, TODAY)
    assert answer["hours_written"] == 3
    assert home.run(now=NOW + 23 * HOUR)["items_read"] < 100, "it looks back once"


def test_a_run_that_is_out_of_time_is_continued_by_the_next(home: Home) -> None:
    for hours in range(24 * 9):
        home.says(NOW - hours * HOUR)
    three_days_of_two = [PLENTY] * 6
    answer = home.run(left=[*three_days_of_two, PLENTY, 1])
    assert answer["continue_from"] == "2026-03-04T23:00:00+00:00", "the end of the third local day"
    home.run(now=NOW + timedelta(minutes=5))
    assert len(home.hours(NOW - timedelta(days=10), NOW + HOUR)) == 8 * 24


# ---- late readings


def told(items: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """What the stream tells the rollup of items that were written."""
    return {
        "Records": [
            {
                "eventName": "INSERT",
                "eventSource": "aws:dynamodb",
                "dynamodb": {
                    "Keys": {"pk": {"S": item["pk"]}, "sk": {"S": item["sk"]}},
                    "SequenceNumber": str(number),
                    "StreamViewType": "NEW_IMAGE",
                },
            }
            for number, item in enumerate(items)
        ]
    }


MOMENTS = st.integers(0, 8 * 24 * 60).map(lambda minutes: NOW - timedelta(minutes=minutes))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(
    in_time=st.lists(st.tuples(MOMENTS, st.booleans()), min_size=3, max_size=12, unique_by=lambda each: each[0]),
    late=st.lists(st.tuples(MOMENTS, st.booleans()), min_size=1, max_size=6, unique_by=lambda each: each[0]),
)
def test_however_late_a_reading_comes_its_hours_and_days_are_those_of_all_readings(
    home: Home, in_time: list[tuple[datetime, bool]], late: list[tuple[datetime, bool]]
) -> None:
    memory = home.moves_into_memory()
    begin, end = NOW - timedelta(days=9), hour_of(NOW) + HOUR
    for time, heating in in_time:
        home.says(time, heating=heating)
    home.run({"from": begin.isoformat()})
    home.run(told([home.says(time, heating=heating, stored_at=NOW) for time, heating in late]))
    followed = home.hours(begin, end), home.days(begin.date(), end.date())
    for pk, sk in [key for key in memory.items if key[1].startswith(("HOUR#", "DAY#"))]:
        memory.forget(pk, sk)
    home.run({"from": begin.isoformat()})
    assert followed == (home.hours(begin, end), home.days(begin.date(), end.date()))


def test_a_reading_says_whether_its_hour_may_have_been_made_before_it_was_stored(home: Home) -> None:
    running = NOW.replace(minute=0)
    for minutes, arrived, late in (
        (59, running + timedelta(minutes=3, seconds=59), False),
        (59, running + timedelta(minutes=4), True),
        (1, running + timedelta(minutes=3), False),
        (-10, running, False),  # of the running hour
        (-600, running, False),  # by a clock that is ahead
        (60 * 24 * 31, running, True),
    ):
        item = home.says(running - timedelta(minutes=minutes), stored_at=arrived)
        assert ("after_hour" in item) == late, minutes


def test_the_schedule_begins_when_no_reading_goes_unmarked_any_more() -> None:
    events = yaml_parse((deployed.PROJECT / "template.yaml").read_text())["Resources"]["RollupFunction"]["Properties"]
    minute = events["Events"]["Schedule"]["Properties"]["ScheduleExpression"].removeprefix("cron(").split()[0]
    assert HOUR + timedelta(minutes=int(minute)) >= HOUR_IS_OPEN + timedelta(minutes=1)


def test_what_is_no_reading_in_the_stream_is_left_out_and_its_neighbours_count(home: Home) -> None:
    home.says(NOW - timedelta(days=3))
    late = told([home.says(NOW - timedelta(days=3, minutes=-30), heating=True, stored_at=NOW)])["Records"]
    strange = [
        {},
        {"dynamodb": None},
        {"dynamodb": {"Keys": {"pk": {"S": "PLANT#p"}, "sk": {"S": "READING#2026"}}, "SequenceNumber": "7"}},
        {"dynamodb": {"Keys": {"pk": {"S": "MODULE#m1"}, "sk": {"S": "READING#soon#1"}}, "SequenceNumber": "8"}},
        {"dynamodb": {"Keys": {"pk": {"S": "MODULE#m1"}, "sk": {"N": "1"}}, "SequenceNumber": "9"}},
    ]
    answer = home.run({"Records": [*strange[:2], *late, *strange[2:]]})
    assert answer == {"batchItemFailures": []}
    hour = hour_of(NOW - timedelta(days=3))
    assert home.hours(hour, hour + HOUR)[hour].count == 2


def test_where_time_runs_out_the_stream_delivers_the_rest_again(home: Home) -> None:
    late = [home.says(NOW - timedelta(days=3), module=module, stored_at=NOW) for module in ("m1", "m2", "m1")]
    answer = home.run(told(late), left=[PLENTY, 1])
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    hour = hour_of(NOW - timedelta(days=3))
    assert home.hours(hour, hour + HOUR)
    assert not home.hours(hour, hour + HOUR, "m2")


def test_after_a_pause_longer_than_the_stream_keeps_late_readings_are_found(home: Home) -> None:
    home.says(NOW - timedelta(days=40))
    home.run()
    home.says(NOW - timedelta(days=40, minutes=-30), heating=True, stored_at=NOW + 2 * HOUR)
    home.says(NOW - timedelta(days=41), module="m2", heating=True, stored_at=NOW + 2 * HOUR)
    counted_before = home.says(NOW - timedelta(days=20), stored_at=NOW - timedelta(days=2))
    first, second, known = (hour_of(NOW - timedelta(days=each)) for each in (40, 41, 20))
    home.run(now=NOW + 20 * HOUR)
    assert not home.hours(first, first + HOUR), "the stream still has it"
    back = NOW + timedelta(days=2)
    home.run(now=back, left=[*[PLENTY] * 200, *[PLENTY] * 4, 1])
    home.run(now=back + HOUR)
    assert home.hours(first, first + HOUR)[first].count == 2
    assert home.hours(second, second + HOUR, "m2")[second].count == 1
    assert not home.hours(known, known + HOUR), counted_before


def test_each_stops_where_time_ends_and_the_next_goes_on_behind_it(home: Home) -> None:
    for module in ("m1", "m2"):
        home.says(NOW - timedelta(days=40), module=module, stored_at=NOW)
    home.statistics.store_rollup_state(
        RollupState(ran_at=NOW, complete_through=hour_of(NOW), late_through=NOW - timedelta(days=3))
    )
    hour = hour_of(NOW - timedelta(days=40))
    home.run(left=[PLENTY, PLENTY, 1])
    state = home.state()
    assert (state.late_after, state.late_through) == ("m1", NOW - timedelta(days=3))
    assert not home.hours(hour, hour + HOUR, "m2")
    home.run(now=NOW + timedelta(minutes=1))
    state = home.state()
    assert (state.late_after, state.late_through) == (None, NOW + timedelta(minutes=1))
    assert home.hours(hour, hour + HOUR) == home.hours(hour, hour + HOUR, "m2")


def test_if_two_runs_make_an_hour_at_once_the_one_with_the_older_data_starts_again(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.says(NOW - timedelta(minutes=50))
    hour = hour_of(NOW - HOUR)
    read, meanwhile = History.snapshots, [True]

    def overtaken(*args: Any, **options: Any) -> Any:
        found = read(*args, **options)
        if meanwhile and options.get("limit") is None:
            meanwhile.clear()
            home.run(told([home.says(NOW - timedelta(minutes=40), heating=True, stored_at=NOW)]))
        return found

    monkeypatch.setattr(History, "snapshots", overtaken)
    home.run({"from": hour.isoformat()})
    assert home.hours(hour, hour + HOUR)[hour].count == 2


def test_who_is_overtaken_each_time_is_made_by_the_next_run(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.says(NOW - timedelta(minutes=50))
    with monkeypatch.context() as patched:
        patched.setattr(HoursAndDays, "store", lambda *_, **__: False)
        with pytest.raises(StatisticsMissingError):
            home.run()
    home.run()
    hour = hour_of(NOW - HOUR)
    assert home.hours(hour, hour + HOUR)[hour].count == 1


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
