"""What the thermostats said, shown."""

from __future__ import annotations

import json
import re
from copy import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from smarther.domain.readings.reading import Reading, instant_text
from smarther.domain.summaries.statistics import Measure, Statistics, hour_of
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.readings import Readings
from smarther_cli.commands.readings import history
from tests.cli.conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.cli.conftest import Home, Run

KITCHEN = "1ee68d6f-46b7-8f11-e053-27182d0a846a"
READING = Reading(
    plant_id="plant-1",
    module_id=KITCHEN,
    time=NOW - timedelta(minutes=30),
    function="HEATING",
    mode="MANUAL",
    load_state="ACTIVE",
    temperature_c=Decimal("20.5"),
    humidity_percent=Decimal("48.2"),
    setpoint_c=Decimal(21),
    activation_time="2026-12-05T23:30:00",
)


@pytest.fixture(autouse=True)
def thermostats(home: Home) -> None:
    home.thermostat(KITCHEN, "Kitchen")
    home.thermostat("module-2", "Kids' room")
    home.thermostat("module-3", "Attic")


def said(home: Home, module_id: str = KITCHEN, *, ago: timedelta, temperature: str = "20.5") -> None:
    reading = replace(READING, module_id=module_id, time=NOW - ago, temperature_c=Decimal(temperature))
    Readings(home.table).store(reading, received_at=NOW, source="push")


def temperatures(run: Run, *arguments: str) -> list[float]:
    result = run("history", "--json", *arguments)
    assert result.exit_code == 0, result.output
    return [row["temperature_c"] for row in json.loads(result.stdout)["readings"]]


def test_the_last_day_of_all_in_the_order_of_time(home: Home, run: Run) -> None:
    said(home, ago=timedelta(hours=25), temperature="10")
    said(home, ago=timedelta(hours=3), temperature="20")
    said(home, "module-2", ago=timedelta(hours=2), temperature="21")
    said(home, ago=timedelta(hours=1), temperature="22")

    assert temperatures(run) == [20, 21, 22]


def test_a_reading_is_shown_in_words(home: Home, run: Run) -> None:
    said(home, ago=timedelta(hours=1))

    shown = run("history").stdout

    for words in ("Kitchen", "20.5 °C", "21.0 °C", "48 %", "heating", "manual until 2026-12-05 "):
        assert words in shown
    assert f"{(NOW - timedelta(hours=1)).astimezone():%Y-%m-%d %H:%M:%S}" in shown


@pytest.mark.parametrize(
    ("programs", "shown"), [({}, "automatic 3\n"), ({3: "Guests [red]"}, "automatic 3 (Guests [red])\n")]
)
def test_a_program_is_shown_with_its_name(home: Home, run: Run, programs: dict[int, str], shown: str) -> None:
    home.thermostat(KITCHEN, "Kitchen", programs=programs)
    reading = replace(READING, mode="AUTOMATIC", program=Decimal(3), activation_time=None)
    Readings(home.table).store(reading, received_at=NOW, source="push")

    assert shown in run("history").stdout
    (row,) = json.loads(run("history", "--json").stdout)["readings"]
    assert row["program"] == 3
    assert "Guests" not in str(row)


def test_a_blank_end_of_a_version_before_is_no_end(home: Home, run: Run) -> None:
    """Version 0.1.0 stored `"activationTime": ""` as it came; this one stores nothing."""
    Readings(home.table).store(replace(READING, activation_time=""), received_at=NOW, source="push")
    result = run("history")
    assert "manual" in result.output
    assert "until" not in result.output


@pytest.mark.usefixtures("in_rome")
@pytest.mark.parametrize(
    ("said_of_it", "shown_as"),
    [
        ("2026-01-31T23:30:00", "manual until 23:30\n"),
        ("2026-02-02T07:00:00", "manual until 2026-02-02 07:00\n"),
        ("2026-01-31T23:30:00Z", "manual until 2026-02-01 00:30\n"),
        ("some day", "manual until some day\n"),
    ],
)
def test_a_mode_ends_on_this_machines_clock(home: Home, run: Run, said_of_it: str, shown_as: str) -> None:
    """The thermostat says it on the home's, and a column of times has one clock."""
    Readings(home.table).store(replace(READING, activation_time=said_of_it), received_at=NOW, source="push")

    assert shown_as in run("history").stdout


def test_fahrenheit(home: Home, run: Run) -> None:
    said(home, ago=timedelta(hours=1))

    assert "68.9 °F" in run("history", "--fahrenheit").stdout
    assert "°C" not in run("history", "--fahrenheit").stdout


# ---- as they come


def follows(home: Home, run: Run, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> list[str]:
    """What is shown when one reading was there, then one comes, then another and the first again, and then Ctrl-C."""
    said(home, ago=timedelta(minutes=50), temperature="20")
    said(home, ago=timedelta(hours=30), temperature="10")
    coming: Iterator[Callable[[], None]] = iter(
        [
            lambda: said(home, ago=timedelta(minutes=1), temperature="21"),
            lambda: said(home, "module-2", ago=timedelta(minutes=2), temperature="22"),
        ]
    )

    def sleep(_: float) -> None:
        happens = next(coming, None)
        if happens is None:
            raise KeyboardInterrupt
        happens()

    monkeypatch.setattr(history, "sleep", sleep)
    monkeypatch.setattr(history, "clock", lambda: NOW)
    result = run("history", "--follow", *arguments)
    assert result.exit_code == 130
    return result.stdout.splitlines()


def test_readings_are_shown_as_they_come_each_once(home: Home, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = follows(home, run, monkeypatch)

    assert [line.split("  ")[1].strip() for line in lines] == ["Kitchen", "Kitchen", "Kids' room"]
    assert [re.findall(r"  ([0-9.]+) °C", line)[0] for line in lines] == ["20.0", "21.0", "22.0"]


def test_what_comes_stands_in_columns_also_with_plants(home: Home, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    home.thermostat("module-9", "Sala", plant_id="plant-9", plant="Casa al mare")
    said(home, "module-9", ago=timedelta(minutes=40), temperature="23")

    lines = follows(home, run, monkeypatch)

    assert len(lines) == 4
    assert len({line.index(" °C") for line in lines}) == 1


def test_programs_get_a_line_of_json_each(home: Home, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    told = [json.loads(line) for line in follows(home, run, monkeypatch, "--json")]

    assert [each["temperature_c"] for each in told] == [20, 21, 22]


@pytest.mark.parametrize("words", [("--every", "day"), ("--until", "today")])
def test_only_readings_come(run: Run, words: tuple[str, ...]) -> None:
    assert run("history", "--follow", *words).exit_code == 2


# ---- several plants


@pytest.fixture
def two_homes(home: Home) -> None:
    """Two plants of an installer, each with a Soggiorno."""
    home.thermostat("module-7", "Soggiorno", plant_id="plant-7", plant="Casa")
    home.thermostat("module-8", "Soggiorno", plant_id="plant-8", plant="Ufficio")
    said(home, "module-7", ago=timedelta(hours=2), temperature="18.5")
    said(home, "module-8", ago=timedelta(hours=1), temperature="17")


@pytest.mark.usefixtures("two_homes")
def test_equal_names_are_told_apart_by_their_plants(home: Home, run: Run) -> None:
    first, second = [line for line in run("history").stdout.splitlines() if "Soggiorno" in line]
    assert "Casa" in first
    assert "18.5 °C" in first
    assert "Ufficio" in second
    told = json.loads(run("history", "--json").stdout)["readings"]
    assert [(row["thermostat"], row["plant"]) for row in told] == [("Soggiorno", "Casa"), ("Soggiorno", "Ufficio")]


@pytest.mark.usefixtures("two_homes")
@pytest.mark.parametrize("plant", ["Casa", "casa", "cas", "plant-7"])
def test_a_plant_goes_by_name_id_or_how_either_begins(home: Home, run: Run, plant: str) -> None:
    assert temperatures(run, "--plant", plant) == [18.5]
    assert temperatures(run, "--plant", plant, "--module", "soggiorno") == [18.5]


@pytest.mark.usefixtures("two_homes")
def test_an_ambiguous_name_says_what_tells_it_apart(home: Home, run: Run) -> None:
    result = run("history", "--module", "soggiorno")

    assert result.exit_code == 2
    for words in ("Casa", "Ufficio", "--plant"):
        assert words in result.stderr


@pytest.mark.usefixtures("two_homes")
def test_an_unknown_plant_is_told_with_those_that_are_known(home: Home, run: Run) -> None:
    result = run("history", "--plant", "Barca")

    assert result.exit_code == 4
    assert "Ufficio" in result.stderr
    assert run("history", "--plant", "plant-").exit_code == 2


@pytest.mark.usefixtures("two_homes")
def test_other_commands_know_plants_as_well(home: Home, run: Run, tmp_path: Path) -> None:
    exported = run("export", "--format", "jsonl", "--plant", "ufficio").stdout.splitlines()
    assert [json.loads(line)["module_id"] for line in exported] == ["module-8"]

    picture = tmp_path / "soggiorno.svg"
    assert run("plot", "-m", "soggiorno", "-o", str(picture)).exit_code == 2
    assert run("plot", "-m", "soggiorno", "-p", "casa", "-o", str(picture)).exit_code == 0
    assert picture.exists()


def test_json_holds_all_that_was_said(home: Home, run: Run) -> None:
    said(home, ago=timedelta(hours=1))

    (row,) = json.loads(run("history", "--json").stdout)["readings"]

    assert row["thermostat"] == "Kitchen"
    assert row["activation_time"] == "2026-12-05T23:30:00"
    assert row["source"] == "push"
    assert "pk" not in row


def test_what_was_not_said_is_no_obstacle(home: Home, run: Run) -> None:
    bare = Reading(plant_id="plant-1", module_id=KITCHEN, time=READING.time)
    Readings(home.table).store(bare, received_at=NOW, source="poll")

    assert "–" in run("history").stdout
    assert "(asked)" in run("history").stdout


def test_a_narrow_screen_loses_nothing(home: Home, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    home.thermostat("module-9", "A room with quite a long name indeed")
    said(home, "module-9", ago=timedelta(hours=1))
    monkeypatch.setenv("COLUMNS", "60")

    shown = run("history").stdout

    assert max(len(line) for line in shown.splitlines()) <= 60
    for words in ("20.5 °C", "21.0 °C", "48 %", "heating", f"{(NOW - timedelta(hours=1)).astimezone():%H:%M:%S}"):
        assert words in shown
    assert "A room with quite a long name indeed" in shown


def test_a_file_gets_whole_lines(home: Home, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    home.thermostat("module-9", "A room with quite a long name indeed")
    said(home, "module-9", ago=timedelta(hours=1))
    monkeypatch.delenv("COLUMNS")

    assert len(run("history").stdout.splitlines()) == 2


@pytest.mark.parametrize("name", ["Kitchen", "kitchen", "kit", KITCHEN, KITCHEN.upper(), "1ee6"])
def test_a_thermostat_goes_by_name_id_or_how_either_begins(home: Home, run: Run, name: str) -> None:
    said(home, ago=timedelta(hours=1), temperature="20")
    said(home, "module-2", ago=timedelta(hours=1), temperature="15")

    assert temperatures(run, "--module", name) == [20]


def test_several_thermostats_may_be_named(home: Home, run: Run) -> None:
    said(home, ago=timedelta(hours=3), temperature="20")
    said(home, "module-2", ago=timedelta(hours=2), temperature="21")
    said(home, "module-3", ago=timedelta(hours=1), temperature="22")

    assert temperatures(run, "--module", "kitchen", "--module", "attic", "-m", "kit") == [20, 22]


def test_a_name_that_fits_several_lists_them(run: Run) -> None:
    result = run("history", "--module", "ki")

    assert result.exit_code == 2
    assert "Kitchen" in result.stderr
    assert "Kids' room" in result.stderr
    assert "Attic" not in result.stderr


def test_a_whole_name_wins_over_one_that_begins_so(home: Home, run: Run) -> None:
    home.thermostat("module-4", "Kitchen upstairs")
    said(home, ago=timedelta(hours=1), temperature="20")

    assert temperatures(run, "--module", "kitchen") == [20]


def test_two_of_the_same_name_are_told_with_their_ids(home: Home, run: Run) -> None:
    home.thermostat("module-5", "Kitchen", plant_id="plant-2", plant="Seaside")

    result = run("history", "--module", "kitchen")

    assert result.exit_code == 2
    assert f"Kitchen  (Home, {KITCHEN})" in result.stderr
    assert "Kitchen  (Seaside, module-5)" in result.stderr


def test_an_unknown_name_lists_the_known_ones(run: Run) -> None:
    result = run("history", "--module", "cellar")

    assert result.exit_code == 4
    assert "Attic" in result.stderr


def test_an_id_that_the_directory_has_forgotten_still_has_its_readings(home: Home, run: Run) -> None:
    gone = "00000000-46b7-8f11-e053-27182d0a846a"
    said(home, gone, ago=timedelta(hours=1), temperature="19")

    assert temperatures(run, "--module", gone) == [19]


@pytest.mark.parametrize(
    ("since", "shown"),
    [("90m", [22]), ("2h", [21, 22]), ("2 H", [21, 22]), ("3d", [19, 20, 21, 22]), ("1w", [18, 19, 20, 21, 22])],
)
def test_since_goes_back_from_now(home: Home, run: Run, since: str, shown: list[float]) -> None:
    for ago, temperature in ((5 * 24, "18"), (70, "19"), (3, "20"), (1.9, "21"), (1, "22")):
        said(home, ago=timedelta(hours=ago), temperature=temperature)

    assert temperatures(run, "--since", since) == shown


def test_since_is_included_and_until_is_not(home: Home, run: Run) -> None:
    for hours, temperature in ((3, "20"), (2, "21"), (1, "22")):
        said(home, ago=timedelta(hours=hours), temperature=temperature)

    since, until = ((NOW - timedelta(hours=hours)).isoformat() for hours in (3, 1))
    assert temperatures(run, "--since", since, "--until", until) == [20, 21]


def test_a_time_without_a_zone_is_local(home: Home, run: Run) -> None:
    said(home, ago=timedelta(hours=2), temperature="20")
    said(home, ago=timedelta(minutes=10), temperature="21")

    since = (NOW - timedelta(hours=1)).astimezone().replace(tzinfo=None).isoformat()
    assert temperatures(run, "--since", since) == [21]


@pytest.mark.parametrize("since", ["soon", "5", "", "9999999999d", "2026-13-01"])
def test_a_time_that_is_none_is_refused(run: Run, since: str) -> None:
    result = run("history", "--since", since)

    assert result.exit_code == 2
    assert "90m" in result.stderr


def test_the_newest_are_shown_when_there_are_too_many(home: Home, run: Run) -> None:
    for hours, temperature in ((3, "20"), (2, "21"), (1, "22")):
        said(home, ago=timedelta(hours=hours), temperature=temperature)

    result = run("history", "--limit", "2", "--json")

    assert [row["temperature_c"] for row in json.loads(result.stdout)["readings"]] == [21, 22]
    assert "Only the newest 2" in result.stderr
    assert "Only the newest" not in run("history", "--limit", "3").stderr


def test_nothing_found_is_told(run: Run) -> None:
    result = run("history")

    assert result.exit_code == 4
    assert "Nothing was found" in result.stderr


# ---- hours and days

HOUR = Statistics(
    count=4,
    temperature=Measure(Decimal("20.25"), Decimal("19.5"), Decimal(21), Decimal(60)),
    humidity=None,
    setpoint=Measure(Decimal(20), Decimal(20), Decimal(20), Decimal(60)),
    load_minutes=Decimal(60),
    heating_minutes=Decimal(25),
)


def test_hours(home: Home, run: Run) -> None:
    this_hour = hour_of(NOW)
    earlier = this_hour - timedelta(hours=1)
    HoursAndDays(home.table).store(
        KITCHEN, {this_hour: HOUR, earlier: replace(HOUR, count=7), this_hour - timedelta(days=3): HOUR}, {}
    )

    shown = run("history", "--every", "hour").stdout
    told = json.loads(run("history", "--every", "hour", "--json").stdout)["hours"]

    for words in ("20.2 °C", "19.5 °C", "21.0 °C", "25 min", f"{earlier.astimezone():%Y-%m-%d %H:%M}"):
        assert words in shown
    assert [(row["hour"], row["count"]) for row in told] == [(instant_text(earlier), 7), (instant_text(this_hour), 4)]
    assert told[0]["heating_minutes"] == 25
    assert "humidity_mean_percent" not in told[0]


def test_days_are_the_homes(home: Home, run: Run) -> None:
    home.stack.parameters["Timezone"] = "Pacific/Kiritimati"  # fourteen hours ahead: tomorrow, most of the time
    today = (NOW + timedelta(hours=14)).date()
    statistics = {today: HOUR, today - timedelta(days=1): HOUR, today - timedelta(days=9): HOUR}
    HoursAndDays(home.table).store(KITCHEN, {}, statistics)

    told = json.loads(run("history", "--every", "day", "--since", "2d", "--json").stdout)["days"]

    assert [row["day"] for row in told] == [(today - timedelta(days=1)).isoformat(), today.isoformat()]
    assert today.isoformat() in run("history", "--every", "day").stdout


# ---- times


@pytest.mark.usefixtures("in_rome")
@pytest.mark.parametrize("every", ["reading", "hour"])
def test_the_hour_that_the_clocks_show_twice_says_which_it_is(home: Home, run: Run, every: str) -> None:
    first = datetime(2025, 10, 25, 23, tzinfo=UTC)  # 01:00 in Rome
    hours = [first + timedelta(hours=number) for number in range(4)]
    for hour in hours:
        Readings(home.table).store(replace(READING, time=hour), received_at=NOW, source="push")
    HoursAndDays(home.table).store(KITCHEN, dict.fromkeys(hours, HOUR), {})

    shown = run("history", "--every", every, "--since", "2025-10-25T22:00Z", "--until", "2025-10-26T02:59Z").stdout

    seconds = ":00" if every == "reading" else ""
    for words in (f"01:00{seconds} ", f"02:00{seconds} UTC+02:00", f"02:00{seconds} UTC+01:00", f"03:00{seconds} "):
        assert f"2025-10-26 {words}" in shown


@pytest.mark.usefixtures("in_rome")
@pytest.mark.parametrize(
    ("since", "until", "status"),
    [
        ("0001-01-01", "9999-12-31T23:59:59", 0),
        ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", 0),
        ("999999w", "9999-12-31", 0),
        ("2026-03-29T02:30", "2026-03-29T03:30", 2),  # the first is an instant that the clocks skip
        ("2026-10-25T02:30", "2026-10-25T02:30", 2),
        ("2027-01-01", None, 2),
        ("9999-12-31", "0001-01-01", 2),
    ],
)
@pytest.mark.parametrize("every", ["reading", "hour", "day"])
def test_any_date_is_a_date(home: Home, run: Run, every: str, since: str, until: str | None, status: int) -> None:  # noqa: PLR0913, PLR0917 - fixtures and cases
    said(home, ago=timedelta(hours=3))
    this_hour = hour_of(NOW)
    HoursAndDays(home.table).store(KITCHEN, {this_hour: HOUR}, {this_hour.date(): HOUR})

    result = run("history", "--every", every, f"--since={since}", *([f"--until={until}"] if until else []))

    assert result.exit_code == status, result.output
    if status:
        assert "20" in result.stderr or "9999" in result.stderr, "the period that was understood"
        assert "AWS" not in result.stderr
