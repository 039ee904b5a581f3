import json
import statistics
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.legrand.home.habits import Habit, Steam, events_of_day
from sandbox.legrand.home.homes import HABITS, Homes, Module, furnish, invent_plants, read_plants
from sandbox.legrand.home.program import Phase, WeeklyProgram, family_week
from sandbox.legrand.home.snapshot import Function, Mode, Snapshot
from sandbox.legrand.home.thermostat import PROTECTION_SET_POINTS, Order, Room, Thermostat
from sandbox.legrand.home.weather import Weather

ROME = ZoneInfo("Europe/Rome")
WINTER = datetime(2025, 11, 20, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
ROUNDING = 0.05
FROST, HEAT = PROTECTION_SET_POINTS.values()

starts = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - see timezones
seeds = st.integers(0, 10**6)


def room(habit: Habit, seed: int = 1, *, cools: bool = False) -> Room:
    index = HABITS.index(habit)
    module = Module(f"module-{index}", habit.value, index)
    return furnish("plant", module, Random(seed), cools=cools)  # noqa: S311 - repeatable


def live(habit: Habit, seed: int, start: datetime = WINTER, days: float = 1, *, cools: bool = False) -> list[Snapshot]:
    return Thermostat(room(habit, seed, cools=cools), Weather(seed), ROME, start, seed).advance(start + days * DAY)


def homes(seed: int, start: datetime = WINTER) -> Homes:
    return Homes(invent_plants(2, 5), seed, start, ROME)


def local(snapshot: Snapshot) -> datetime:
    return snapshot.at.astimezone(ROME)


# Weather


@given(seed=seeds, at=starts)
def test_weather_stays_within_the_climate_and_never_jumps(seed: int, at: datetime) -> None:
    weather = Weather(seed)
    low, high = weather.climate.bounds

    assert low <= weather.temperature(at) <= high
    assert abs(weather.temperature(at + timedelta(minutes=1)) - weather.temperature(at)) < 0.1


def test_weather_does_not_jump_at_midnight_or_new_year() -> None:
    weather = Weather(3)
    for midnight in (datetime(2025, 3, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)):
        before = weather.temperature(midnight - timedelta(seconds=1))
        assert abs(weather.temperature(midnight) - before) < 0.1


def test_summer_is_warmer_than_winter_and_noon_than_night() -> None:
    weather = Weather(1)
    july, january = (datetime(2025, month, 15, 12, tzinfo=UTC) for month in (7, 1))
    assert weather.temperature(july) > weather.temperature(january) + 10
    assert weather.temperature(july + 5 * HOUR) > weather.temperature(july - 7 * HOUR)


# Programs


def test_a_program_keeps_its_phases_by_local_time() -> None:
    week = family_week(1, "Settimana", later_minutes=0, warmer=Decimal(0))
    monday, saturday = date(2025, 11, 17), date(2025, 11, 22)

    def at(day: date, hour: int, minute: int) -> Decimal:
        return week.set_point(datetime.combine(day, time(hour, minute)))

    assert (at(monday, 6, 14), at(monday, 6, 15)) == (Decimal("17.0"), Decimal("20.0"))
    assert (at(saturday, 6, 15), at(saturday, 7, 45)) == (Decimal("17.0"), Decimal("20.0"))


def test_the_next_change_may_be_tomorrows_midnight() -> None:
    week = family_week(1, "Settimana", later_minutes=0, warmer=Decimal(0))
    evening = datetime(2025, 11, 17, 22, 0)  # noqa: DTZ001 - a wall clock
    assert week.next_change(evening) == datetime(2025, 11, 17, 22, 15)  # noqa: DTZ001
    assert week.next_change(evening + HOUR) == datetime(2025, 11, 18)  # noqa: DTZ001


@pytest.mark.parametrize("begins", [[], [time(1)], [time(), time(9), time(8)]])
def test_a_day_without_order_is_no_program(begins: list[time]) -> None:
    phases = tuple(Phase(begin, Decimal(20)) for begin in begins)
    with pytest.raises(ValueError, match="midnight"):
        WeeklyProgram(1, "x", workday=phases, weekend=phases)


# People


@given(seed=seeds, habit=st.sampled_from(Habit))
def test_events_come_in_order_and_an_empty_room_has_none(seed: int, habit: Habit) -> None:
    events = events_of_day(date(2025, 11, 20), ROME, habit, Random(seed))  # noqa: S311 - repeatable

    assert [event.at for event in events] == sorted(event.at for event in events)
    assert all(event.at.astimezone(ROME).date() == date(2025, 11, 20) for event in events)
    assert bool(events) == (habit is not Habit.EMPTY)
    assert any(isinstance(event, Steam) for event in events) == (habit is not Habit.EMPTY)


@pytest.mark.shows("sliding the set point")
@pytest.mark.parametrize("seed", range(5))
def test_somebody_sliding_the_set_point_makes_a_burst_within_a_second(seed: int) -> None:
    reports = live(Habit.SLIDES, seed)
    begin = next(index for index, report in enumerate(reports) if report.mode is Mode.MANUAL)
    burst = reports[begin : begin + 8]

    assert burst[-1].at - burst[0].at < timedelta(seconds=1)
    assert {report.mode for report in burst} == {Mode.MANUAL}
    assert len({report.set_point for report in burst}) == 8
    assert {report.until is not None and report.until.tzinfo is None for report in burst} == {True}


@pytest.mark.parametrize("seed", range(5))
def test_manual_ends_when_it_said_and_the_program_decides_again(seed: int) -> None:
    reports = live(Habit.SLIDES, seed)
    manual = [report for report in reports if report.mode is Mode.MANUAL]
    after = next(report for report in reports if report.at > manual[-1].at)

    assert after.mode is Mode.AUTOMATIC
    assert after.until is None
    until = manual[-1].until
    assert until is not None
    assert timedelta() <= local(after).replace(tzinfo=None) - until <= timedelta(minutes=1)


@pytest.mark.parametrize("seed", range(5))
def test_a_boost_heats_at_once_for_a_while(seed: int) -> None:
    reports = live(Habit.BOOSTS, seed)
    boost = [report for report in reports if report.mode is Mode.BOOST]

    assert boost
    assert all(report.active for report in boost)
    until = boost[0].until
    assert until is not None
    minutes = (until - local(boost[0]).replace(tzinfo=None)) / timedelta(minutes=1)
    assert any(wanted - 1 <= minutes <= wanted for wanted in (30, 60, 90))
    assert any(report.mode is Mode.AUTOMATIC and report.at > boost[-1].at for report in reports)


@pytest.mark.parametrize("seed", range(5))
def test_an_open_window_lets_the_temperature_fall_quickly(seed: int) -> None:
    reports = live(Habit.AIRS, seed)
    falls = [
        earlier.temperature - later.temperature
        for earlier in reports
        for later in reports
        if timedelta() < later.at - earlier.at <= timedelta(minutes=25)
    ]
    assert max(falls) >= 1


@pytest.mark.parametrize("seed", range(5))
def test_an_empty_room_is_kept_from_frost(seed: int) -> None:
    reports = live(Habit.EMPTY, seed, datetime(2025, 1, 15, tzinfo=UTC), days=3)
    assert {report.mode for report in reports} == {Mode.PROTECTION}
    assert {report.set_point for report in reports} == {FROST}
    assert min(report.temperature for report in reports) > FROST - 1


# Physics and control


def check_hysteresis(reports: Sequence[Snapshot], hysteresis: float) -> Counter[bool]:
    """The load begins only when it is needed and ends only when it has done enough; how often it began and ended."""
    switched: Counter[bool] = Counter()
    for before, after in pairwise(reports):
        if before.active is after.active or Mode.OFF in (before.mode, after.mode) or after.mode is Mode.BOOST:
            continue
        assert after.set_point is not None
        above = float(after.temperature - after.set_point) * (1 if after.function is Function.HEATING else -1)
        assert above <= -hysteresis + ROUNDING if after.active else above >= hysteresis - ROUNDING, after
        switched[after.active] += 1
    return switched


@settings(max_examples=25)
@given(seed=seeds, start=starts, habit=st.sampled_from(Habit), cools=st.booleans())
def test_any_day_of_any_room_stays_within_physics(seed: int, start: datetime, habit: Habit, *, cools: bool) -> None:
    reports = live(habit, seed, start, cools=cools)
    low, _ = Weather(seed).climate.bounds

    assert all(Decimal(low) < report.temperature < 35 for report in reports)
    assert all(15 <= report.humidity <= 98 for report in reports)
    check_hysteresis(reports, room(habit, seed).hysteresis)


def test_heating_switches_with_hysteresis_in_winter() -> None:
    switched = check_hysteresis(live(Habit.ORDINARY, 1), room(Habit.ORDINARY).hysteresis)
    assert switched[True] >= 3
    assert switched[False] >= 3


def test_what_is_off_does_not_heat() -> None:
    off = Room(**{field: getattr(room(Habit.EMPTY), field) for field in Room.__slots__} | {"mode": Mode.OFF})
    reports = Thermostat(off, Weather(1), ROME, datetime(2025, 1, 15, tzinfo=UTC), 1).advance(
        datetime(2025, 1, 18, tzinfo=UTC)
    )
    assert {report.active for report in reports} == {False}
    assert min(report.temperature for report in reports) < FROST


def test_cooling_works_the_other_way_round() -> None:
    thermostat = Thermostat(room(Habit.EMPTY), Weather(1), ROME, datetime(2025, 7, 15, tzinfo=UTC), 1)
    reports = thermostat.execute(Order(Function.COOLING, Mode.MANUAL, Decimal(20)), datetime(2025, 7, 15, tzinfo=UTC))
    reports += thermostat.advance(datetime(2025, 7, 16, tzinfo=UTC))
    assert reports[0].active
    assert reports[0].temperature > Decimal("20.3")
    assert min(report.temperature for report in reports) < Decimal(20)
    assert not any(report.active for report in reports if report.temperature < Decimal("19.6"))


@settings(max_examples=10)
@given(seed=seeds, day=st.integers(1, 30))
def test_a_summers_day_where_it_cools(seed: int, day: int) -> None:
    """It is kept below what it would be by itself, warmer when nobody is there, and the load runs in the heat."""
    start = datetime(2025, 7, day, tzinfo=UTC)
    cooled, open_air = live(Habit.ORDINARY, seed, start, 2, cools=True), live(Habit.ORDINARY, seed, start, 2)

    assert {report.function for report in cooled} == {Function.COOLING}
    assert {report.function for report in open_air} == {Function.HEATING}
    by_program = [report.set_point for report in cooled if report.mode is Mode.AUTOMATIC]
    assert all(set_point is not None and 21 <= set_point <= 30 for set_point in by_program)
    assert max(report.temperature for report in cooled) <= max(report.temperature for report in open_air)
    assert not any(report.active for report in open_air if report.mode is not Mode.BOOST)


@pytest.mark.parametrize("month", [1, 4, 7, 11])
def test_a_home_may_begin_in_another_season_than_that_of_its_calendar(month: int) -> None:
    start = datetime(2026, month, 8, tzinfo=UTC)
    cooler = invent_plants(1, 2)
    lives = {
        season: Homes(cooler, 1, start, ROME, season=season).advance(start + 2 * DAY) for season in ("summer", "winter")
    }

    assert {report.function for report in lives["summer"]} == {Function.COOLING}
    assert {report.function for report in lives["winter"]} == {Function.HEATING}
    mean = {season: statistics.mean(report.temperature for report in reports) for season, reports in lives.items()}
    assert mean["summer"] > mean["winter"] + 2
    assert any(report.active for season in lives.values() for report in season)
    assert min(report.at for report in lives["summer"]) >= start


def test_an_empty_room_where_it_cools_is_kept_from_heat_alone() -> None:
    reports = live(Habit.EMPTY, 1, datetime(2025, 7, 15, tzinfo=UTC), 3, cools=True)
    assert {(report.set_point, report.active) for report in reports} == {(HEAT, False)}


@pytest.mark.parametrize("habit", [Habit.BOOSTS, Habit.EMPTY])
def test_a_system_that_can_cool_is_turned_over_in_june_and_in_october(habit: Habit) -> None:
    for month, before, after in ((6, Function.HEATING, Function.COOLING), (10, Function.COOLING, Function.HEATING)):
        first = datetime(2025, month, 1, tzinfo=ROME)
        reports = live(habit, 3, (first - DAY).astimezone(UTC), 2, cools=True)
        functions = [report.function for report in reports]
        turned = functions.index(after)
        assert set(functions[:turned]) == {before}
        assert set(functions[turned:]) == {after}
        assert reports[turned].at == (first + 9 * HOUR).astimezone(UTC)


@pytest.mark.shows("boost in either season")
@pytest.mark.parametrize("function", Function)
def test_a_boost_runs_the_load_to_its_end_in_either_season(function: Function) -> None:
    start = WINTER if function is Function.HEATING else datetime(2025, 7, 20, tzinfo=UTC)
    thermostat = Thermostat(room(Habit.EMPTY), Weather(2), ROME, start, 2)
    end = (start + timedelta(minutes=90)).astimezone(ROME).replace(tzinfo=None)
    thermostat.execute(Order(Function.HEATING, Mode.BOOST, until=end), start)
    thermostat.execute(Order(function, Mode.BOOST, until=end), start)
    reports = thermostat.advance(start + timedelta(minutes=89))

    assert all(report.active for report in reports)
    warmer = reports[-1].temperature > reports[0].temperature
    assert warmer == (function is Function.HEATING)
    assert thermostat.advance(start + timedelta(minutes=93))[-1].mode is Mode.AUTOMATIC


# Reports


@pytest.mark.parametrize("month", [1, 11])
@pytest.mark.parametrize("habit", [Habit.SLIDES, Habit.BOOSTS, Habit.AIRS, Habit.ORDINARY])
def test_a_winters_day_brings_one_to_three_hundred_reports(month: int, habit: Habit) -> None:
    counts = [len(live(habit, seed, datetime(2025, month, 20, tzinfo=UTC))) for seed in range(3)]
    assert all(100 <= count <= 300 for count in counts), counts


@settings(max_examples=10)
@given(seed=seeds, habit=st.sampled_from(Habit))
def test_reports_come_in_order_and_each_tells_a_change(seed: int, habit: Habit) -> None:
    reports = live(habit, seed)

    for before, after in pairwise(reports):
        assert before.at < after.at
        same_state = (before.mode, before.set_point, before.active, before.until, before.function) == (
            after.mode,
            after.set_point,
            after.active,
            after.until,
            after.function,
        )
        moved = abs(after.temperature - before.temperature) >= Decimal("0.1")
        damper = abs(after.humidity - before.humidity) >= Decimal("0.9")
        assert moved or damper or not same_state


def test_the_first_thing_a_thermostat_does_is_to_report() -> None:
    first = live(Habit.ORDINARY, 1, days=1 / 24)[0]
    assert first.at - WINTER <= timedelta(minutes=1)


def test_living_in_small_steps_is_the_same_life() -> None:
    whole = live(Habit.SLIDES, 4)
    thermostat = Thermostat(room(Habit.SLIDES, 4), Weather(4), ROME, WINTER, 4)
    pieces = [report for step in range(1, 1441) for report in thermostat.advance(WINTER + step * DAY / 1440)]
    assert pieces == whole


# The homes


@settings(max_examples=3)
@given(seed=seeds)
def test_the_same_seed_is_the_same_day_and_another_seed_another(seed: int) -> None:
    day = homes(seed).advance(WINTER + 4 * HOUR)
    assert homes(seed).advance(WINTER + 4 * HOUR) == day
    assert homes(seed + 1).advance(WINTER + 4 * HOUR) != day


def test_a_world_that_begins_again_lives_the_same_day_again() -> None:
    again = homes(1)
    day = again.advance(WINTER + 4 * HOUR)
    again.begin(WINTER, 1)
    assert again.advance(WINTER + 4 * HOUR) == day


def test_reports_of_a_world_are_in_order_and_from_every_thermostat() -> None:
    home = homes(1)
    day = home.advance(WINTER + HOUR)
    assert [report.at for report in day] == sorted(report.at for report in day)
    modules = {(plant.id, module.id) for plant in home.plants.values() for module in plant.modules}
    assert {(report.plant_id, report.module_id) for report in day} == modules
    assert len(modules) == 5


def test_ids_do_not_depend_on_seed_or_size() -> None:
    small, large = invent_plants(2, 5), invent_plants(3, 400)
    assert [plant.id for plant in small] == [plant.id for plant in large[:2]]
    assert small[0].modules[0].id == large[0].modules[0].id
    assert len({module.id for plant in large for module in plant.modules}) == 400
    assert [len(plant.modules) for plant in large] == [134, 133, 133]


@pytest.mark.parametrize(("plants", "modules"), [(0, 5), (3, 2)])
def test_homes_without_thermostats_are_not_invented(plants: int, modules: int) -> None:
    with pytest.raises(ValueError, match="at least one plant"):
        invent_plants(plants, modules)


def test_a_world_crosses_the_change_of_summer_time() -> None:
    for start in (datetime(2025, 3, 29, 12, tzinfo=UTC), datetime(2025, 10, 25, 12, tzinfo=UTC)):
        day = homes(2, start).advance(start + 2 * DAY)
        assert {report.mode for report in day} == {Mode.AUTOMATIC, Mode.MANUAL, Mode.BOOST, Mode.PROTECTION}


def test_a_plant_added_later_lives_from_then_on_and_a_removed_one_is_silent() -> None:
    home = homes(1)
    first = next(iter(home.plants))
    home.advance(WINTER + HOUR)
    added = home.add_plant("Casa nuova", ["Salotto", "Cucina"])
    home.remove_plant(first)

    day = home.advance(WINTER + 2 * HOUR)
    assert {report.module_id for report in day} >= {module.id for module in added.modules}
    assert first not in {report.plant_id for report in day}
    assert len({module.id for plant in home.plants.values() for module in plant.modules}) == 4


def test_a_thermostat_that_moves_tells_of_its_new_home_from_then_on() -> None:
    home = homes(1)
    first, second = home.plants
    moved = home.plants[first].modules[0]
    home.move(moved.id, second)

    assert moved not in home.plants[first].modules
    assert home.plants[second].modules[-1] == moved
    assert home.snapshot(second, moved.id, WINTER).plant_id == second
    told = {report.plant_id for report in home.advance(WINTER + DAY) if report.module_id == moved.id}
    assert told == {second}
    home.move(moved.id, second)
    assert home.plants[second].modules.count(moved) == 1


def test_plants_and_thermostats_can_have_any_name() -> None:
    home = homes(1)
    plant = next(iter(home.plants.values()))
    home.rename(plant.id, "Casa \ud83d")
    home.rename(plant.modules[1].id, "")
    assert home.plants[plant.id].name == "Casa \ud83d"
    assert [module.name for module in home.plants[plant.id].modules][1] == ""


def test_nobody_moves_or_renames_what_is_not_there() -> None:
    home = homes(1)
    first = next(iter(home.plants))
    for order in (home.move, home.rename):
        with pytest.raises(KeyError, match="nothing"):
            order("nothing", first)
    with pytest.raises(KeyError, match="nowhere"):
        home.move(home.plants[first].modules[0].id, "nowhere")


def test_homes_can_be_described_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "home.json"
    file.write_text(json.dumps({"plants": [{"name": "A", "modules": ["x", "y"]}, {"name": "B", "modules": ["z"]}]}))

    plants = read_plants(file)
    assert [(plant.name, [module.name for module in plant.modules]) for plant in plants] == [
        ("A", ["x", "y"]),
        ("B", ["z"]),
    ]
    assert [module.index for plant in plants for module in plant.modules] == [0, 1, 2]


@pytest.mark.parametrize("text", ["{}", '{"plants": []}', '{"plants": [{"name": "A"}]}', "[]", '{"plants": {}}', "x"])
def test_a_file_that_describes_no_homes_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "home.json"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"home.json: not of the form|Expecting value"):
        read_plants(file)
