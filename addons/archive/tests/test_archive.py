"""Each file has all readings of its plant's day, whatever comes late, fails, or runs at the same time."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addons.archive.tests.homes import BEGIN, DAY, ROME, Recorder, item
from smarther.domain.summaries.statistics import local_day

if TYPE_CHECKING:
    from decimal import Decimal

    from addons.archive.functions.archiver.archive import Archived

FILE = "readings/plant=villa/month=2026-01/2026-01-14.parquet"
NOTE = "readings/plant=villa/_made.json"


@pytest.fixture
def recorder() -> Recorder:
    """One that lists a kitchen and a bath in one plant."""
    made = Recorder()
    made.lists("kitchen", name="Cucina")
    made.lists("bath", name="Bagno")
    return made


def outcome(done: Archived) -> tuple[int, int]:
    """The files made, and the readings in them."""
    assert not done.faults
    return done.files, done.readings


def test_each_day_that_is_over_is_a_file_and_is_made_once(recorder: Recorder) -> None:
    recorder.stores(item("kitchen", 0), item("bath", 1), item("kitchen", 2), item("kitchen", 20), item("kitchen", 24))

    assert outcome(recorder.archive()) == (1, 3)
    assert recorder.archived() == {"villa 2026-01-14": ["bath 1", "kitchen 0", "kitchen 2"]}
    recorder.now += timedelta(days=1)
    recorder.makes_statistics()
    assert outcome(recorder.archive()) == (1, 2)
    assert outcome(recorder.archive()) == (0, 0)
    assert recorder.archived()["villa 2026-01-15"] == ["kitchen 20", "kitchen 24"]


def test_a_day_begins_and_ends_at_the_homes_midnight(recorder: Recorder) -> None:
    recorder.stores(item("kitchen", -7), item("kitchen", -7.01), item("kitchen", 16.99), item("kitchen", 17))
    recorder.now += timedelta(days=1)

    recorder.archive()

    assert recorder.archived() == {
        "villa 2026-01-13": ["kitchen -7.01"],
        "villa 2026-01-14": ["kitchen -7", "kitchen 16.99"],
        "villa 2026-01-15": ["kitchen 17"],
    }


def test_a_late_reading_is_in_its_file_and_no_other_file_is_written(recorder: Recorder) -> None:
    recorder.lists("den", plant="flat")
    recorder.stores(item("kitchen", 0), item("kitchen", -24), item("den", 0, plant="flat"))
    recorder.archive()
    recorder.bucket.written.clear()
    recorder.now += timedelta(days=40)
    recorder.archive()
    recorder.bucket.written.clear()

    recorder.stores(item("bath", 1), item("kitchen", 1))

    assert outcome(recorder.archive()) == (1, 3)
    assert recorder.bucket.written == [FILE, NOTE]
    assert recorder.archived()["villa 2026-01-14"] == ["bath 1", "kitchen 0", "kitchen 1"]


def test_a_day_is_over_with_its_last_hour_in_zones_of_half_hours_too(recorder: Recorder) -> None:
    """Statistics are of hours of UTC: at ten past midnight in Calcutta, the day's last one has twenty minutes to go."""
    recorder.zone = ZoneInfo("Asia/Kolkata")
    midnight = BEGIN.replace(hour=18, minute=30)
    recorder.now = midnight + timedelta(minutes=10)
    recorder.stores(item("kitchen", 0))
    recorder.archive()
    assert recorder.archived() == {}

    recorder.now = midnight + timedelta(minutes=30)
    recorder.archive()

    assert recorder.archived() == {"villa 2026-01-14": ["kitchen 0"]}


def test_a_reading_that_is_stored_at_whatever_moment_of_a_run_is_in_the_file_after_the_next_one() -> None:
    moment, moments = 0, 1
    while moment < moments:
        recorder, passed = Recorder(), 0
        recorder.lists("kitchen")
        recorder.stores(item("kitchen", 0))

        def meanwhile(_: str, *, recorder: Recorder = recorder, at: int = moment) -> None:
            nonlocal passed
            if passed == at:
                recorder.stores(item("kitchen", 1))
            passed += 1

        recorder.bucket.meanwhile = recorder.table_read_by_a_run = meanwhile
        recorder.archive()
        moments = max(moments, passed)
        recorder.archive()

        assert recorder.archived() == {"villa 2026-01-14": ["kitchen 0", "kitchen 1"]}, moment
        moment += 1
    assert moments > 5


HOURS = st.integers(-30, 17)
STEPS = st.lists(st.tuples(st.sampled_from(["kitchen", "bath", "den"]), HOURS, st.booleans()), max_size=8)


@settings(max_examples=8)
@given(steps=STEPS, interleaved=st.lists(st.booleans(), max_size=8))
def test_in_whatever_order_readings_arrive_and_runs_overlap_all_are_in_the_files_of_their_days(
    steps: list[tuple[str, int, bool]], interleaved: list[bool]
) -> None:
    """While one run reads or writes, readings may be stored, and another run may go from its beginning to its end."""
    recorder, waiting, turns = Recorder(), list(steps), list(interleaved)
    expected: defaultdict[str, set[str]] = defaultdict(set)
    for module_id in ("kitchen", "bath"):
        recorder.lists(module_id)
    recorder.lists("den", plant="flat")

    def step() -> None:
        module_id, hours, runs = waiting.pop()
        plant = "flat" if module_id == "den" else "villa"
        recorder.stores(item(module_id, hours, plant=plant))
        day = local_day(BEGIN + timedelta(hours=hours), ROME)
        if day <= DAY:
            expected[f"{plant} {day}"].add(f"{module_id} {hours}")
        if runs:
            recorder.archive()

    def meanwhile(_: str) -> None:
        if waiting and turns and turns.pop():
            step()

    recorder.bucket.meanwhile = recorder.table_read_by_a_run = meanwhile
    while waiting:
        step()
    recorder.archive()
    recorder.archive()  # the first may have been overtaken by what it had called

    assert {name: set(found) for name, found in recorder.archived().items()} == expected
    assert all(len(found) == len(set(found)) for found in recorder.archived().values())
    assert outcome(recorder.archive()) == (0, 0)


# ---- what fails


def test_a_bucket_that_denies_one_plant_gets_the_others_and_that_one_later(recorder: Recorder) -> None:
    recorder.lists("den", plant="flat")
    recorder.stores(item("kitchen", 0), item("den", 0, plant="flat"), item("den", -24, plant="flat"))
    recorder.bucket.refuses = lambda key: "villa" in key

    done = recorder.archive()

    assert done.failed == {"villa"}
    assert {fault.error for fault in done.faults} == {"ServiceFailedError"}
    assert list(recorder.archived()) == ["flat 2026-01-13", "flat 2026-01-14"]
    recorder.bucket.refuses = lambda _: False
    assert outcome(recorder.archive()) == (1, 1)


def test_a_day_that_fails_delays_no_other_day_of_its_plant(recorder: Recorder) -> None:
    recorder.stores(item("kitchen", 0), item("kitchen", -24))
    recorder.bucket.refuses = lambda key: key == FILE

    assert recorder.archive().failed == {"villa"}

    assert list(recorder.archived()) == ["villa 2026-01-13"]


def test_a_run_that_has_no_time_left_says_how_much_is_left_and_the_next_one_goes_on(recorder: Recorder) -> None:
    recorder.stores(*(item("kitchen", -24 * day) for day in range(6)))
    asked = iter(range(100))

    first = recorder.archive(out_of_time=lambda: next(asked) >= 2)

    assert (first.files, first.left) == (2, 5)  # a day of the last week has no reading
    assert min(recorder.archived()) == "villa 2026-01-13", "the newest come first"
    assert outcome(recorder.archive()) == (4, 4)


def test_a_run_that_was_away_for_weeks_makes_good_what_is_missing(recorder: Recorder) -> None:
    recorder.stores(item("kitchen", 0))
    recorder.archive()
    recorder.now += timedelta(days=40)
    recorder.stores(*(item("kitchen", 24 * day) for day in range(1, 40, 6)))

    assert outcome(recorder.archive()) == (7, 7)


def test_a_reading_that_nobody_can_read_is_told_of_once_and_its_neighbours_are_in_the_file(recorder: Recorder) -> None:
    recorder.stores(item("kitchen", 0), item("kitchen", 2))
    odd = item("kitchen", 1)
    del odd["plant_id"]
    recorder.table.put_item(Item=odd)

    assert recorder.archive().unreadable == 1
    recorder.archive()

    assert recorder.aside == [("kitchen", DAY, 1)]
    assert recorder.archived()["villa 2026-01-14"] == ["kitchen 0", "kitchen 2"]


def test_a_large_reading_and_one_of_a_later_release_are_in_the_file(recorder: Recorder) -> None:
    large = item("kitchen", 0, extra={"comfort": "x" * 390_000})
    later = item("kitchen", 1)
    later |= {"co2_ppm": {"N": "800"}, "mode": {"M": {"of": {"S": "another form"}}}, "temperature_c": {"S": "warm"}}
    recorder.stores(large, later)

    recorder.archive()

    first, second = recorder.files()["villa 2026-01-14"].to_pylist()
    assert len(first["extra"]) > 390_000
    assert (second["mode"], second["temperature_c"]) == (None, None)
    assert json.loads(second["unread"]) == {"mode": {"of": "another form"}, "temperature_c": "warm"}


# ---- what the table forgets, and what is changed in the bucket


def test_what_the_table_has_forgotten_stays_in_the_archive(recorder: Recorder) -> None:
    old = item("kitchen", 0)
    recorder.stores(old)
    recorder.archive()
    recorder.table.forget(old["pk"]["S"], old["sk"]["S"])

    recorder.stores(item("kitchen", 1))

    assert outcome(recorder.archive()) == (1, 1)
    assert recorder.archived()["villa 2026-01-14"] == ["kitchen 0", "kitchen 1"]


def test_a_reading_that_was_imported_anew_with_other_values_replaces_the_first(recorder: Recorder) -> None:
    recorder.stores(item("kitchen", 0))
    recorder.archive()
    corrected = item("kitchen", 0)
    corrected["temperature_c"] = {"N": "19"}

    recorder.stores(corrected)
    recorder.archive()

    assert recorder.files()["villa 2026-01-14"]["temperature_c"].to_pylist() == [19.0]


def test_a_file_that_was_deleted_is_made_anew(recorder: Recorder) -> None:
    recorder.stores(item("kitchen", 0))
    recorder.archive()
    del recorder.bucket.objects[FILE]

    assert outcome(recorder.archive()) == (1, 1)


@pytest.mark.parametrize(
    "note", [b"no JSON", b"[]", b'{"days": {"today": 1}, "members": []}', b'{"days": []}', b"\xff"]
)
def test_a_note_that_was_spoiled_costs_work_and_no_reading(recorder: Recorder, note: bytes) -> None:
    recorder.stores(item("kitchen", 0), item("bath", 0))
    recorder.archive()
    recorder.no_longer_lists("bath")
    recorder.bucket.objects[NOTE] = note

    assert recorder.archive().files == 1

    assert recorder.archived() == {"villa 2026-01-14": ["bath 0", "kitchen 0"]}
    assert outcome(recorder.archive()) == (0, 0)


def test_what_else_lies_in_the_bucket_is_left_alone(recorder: Recorder) -> None:
    mine = {"readings/mine.txt": b"", "readings/plant=villa/month=2026-01/mine.parquet": b"", "mine": b""}
    recorder.bucket.objects |= mine
    recorder.stores(item("kitchen", 0))

    assert outcome(recorder.archive()) == (1, 1)
    assert recorder.bucket.written == [FILE, NOTE]


# ---- thermostats that come and go


def test_the_last_day_of_a_thermostat_that_has_left_is_in_its_file(recorder: Recorder) -> None:
    recorder.now = BEGIN
    recorder.stores(item("kitchen", -24))
    recorder.archive()
    recorder.stores(item("kitchen", 0))
    recorder.no_longer_lists("kitchen")
    recorder.no_longer_lists("bath")

    recorder.now += timedelta(days=2)
    recorder.archive()

    assert recorder.archived()["villa 2026-01-14"] == ["kitchen 0"]


def test_a_reading_belongs_to_the_plant_that_it_names(recorder: Recorder) -> None:
    """A thermostat that has moved, before the first run, from a plant that is not listed any more."""
    recorder.stores(item("kitchen", 0, plant="old/flat"), item("kitchen", 1), item("bath", 0))

    recorder.archive()
    recorder.archive()

    assert recorder.archived() == {"old%2Fflat 2026-01-14": ["kitchen 0"], "villa 2026-01-14": ["bath 0", "kitchen 1"]}
    assert outcome(recorder.archive()) == (0, 0)


def test_a_plant_that_was_erased_and_is_not_listed_any_more_does_not_come_back(recorder: Recorder) -> None:
    recorder.lists("den", plant="flat")
    recorder.stores(item("kitchen", 0), item("den", 0, plant="flat"))
    recorder.archive()
    recorder.no_longer_lists("den", plant="flat")
    for key in [key for key in recorder.bucket.objects if key.startswith("readings/plant=flat/")]:
        del recorder.bucket.objects[key]

    recorder.now += timedelta(days=1)
    recorder.archive()

    assert list(recorder.archived()) == ["villa 2026-01-14"]


# ---- the figures

MEASURED = st.tuples(st.integers(-40, 17), st.decimals(-30, 60, places=2))


@settings(max_examples=10)
@given(measured=st.lists(MEASURED, max_size=20, unique_by=lambda each: each[0]))
def test_counts_and_sums_are_the_tables(measured: list[tuple[int, Decimal]]) -> None:
    recorder = Recorder()
    recorder.lists("kitchen")
    recorder.stores(*(item("kitchen", hours, temperature_c=value) for hours, value in measured))

    recorder.archive()

    archived = [value for table in recorder.files().values() for value in table["temperature_c"].to_pylist()]
    over = [value for hours, value in measured if local_day(BEGIN + timedelta(hours=hours), ROME) <= DAY]
    assert sorted(archived) == sorted(map(float, over))
    statistics = recorder.table.partition("MODULE#kitchen")
    assert sum(int(each["count"]["N"]) for each in statistics if each["sk"]["S"].startswith("DAY#")) == len(over)


def test_readings_are_read_strongly_consistent(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder.stores(item("kitchen", 0))
    query, asked = recorder.table.query, []

    def seen(**request: Any) -> dict[str, Any]:
        if request["ExpressionAttributeValues"][":first"]["S"].startswith("READING#"):
            asked.append(request.get("ConsistentRead"))
        return query(**request)

    monkeypatch.setattr(recorder.table, "query", seen)
    recorder.archive()

    assert set(asked) == {True}


def test_a_day_of_a_release_that_had_no_versions_is_made_and_made_anew_when_it_has_one(recorder: Recorder) -> None:
    recorder.stores(item("kitchen", 0))
    del recorder.table.items["MODULE#kitchen", "DAY#2026-01-14"]["version"]
    recorder.archive()

    recorder.stores(item("kitchen", 1))

    assert outcome(recorder.archive()) == (1, 2)
