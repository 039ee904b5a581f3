"""What an import takes, what it leaves out and says so, and what it refuses."""

from __future__ import annotations

import gzip
import json
from copy import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from smarther.store.past.history import LatestReader
from smarther.store.table import Table, TableUnavailableError
from smarther_cli.commands.readings.imports.mapping import EXAMPLES, System
from tests.cli.conftest import NOW, SPOKE, STACK, said

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Home, Run

HEADER = "entity_id,state,last_changed\n"
MAPPING = '[[thermostat]]\nname = "Kitchen"\ntemperature = "sensor.kitchen"\nload_state = "binary_sensor.kitchen"\n'


@pytest.fixture(autouse=True)
def kitchen(home: Home) -> None:
    home.thermostat("module-1", "Kitchen")
    home.cloud.functions[f"{STACK}-rollup"] = lambda event: {
        "from": event["from"],
        "to": event["to"],
        "hours_written": 1,
        "days_written": 1,
    }


def stored(home: Home) -> list[dict[str, Any]]:
    """The readings in the table, by their keys."""
    found = home.dynamodb.scan(TableName="table")["Items"]
    return sorted((each for each in found if each["sk"]["S"].startswith("READING#")), key=lambda each: each["sk"]["S"])


def written(folder: Path, text: str | bytes, name: str = "history.csv") -> str:
    """A file with this content."""
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(folder / name)


def mapped(folder: Path, text: str = MAPPING) -> tuple[str, str]:
    """The option that names a mapping with this content."""
    return "--mapping", written(folder, text, "mapping.toml")


HISTORY = HEADER + (
    "binary_sensor.kitchen,off,2026-01-30T10:00:00.000Z\n"
    "binary_sensor.kitchen,on,2026-01-30T11:00:00.004Z\n"
    "sensor.kitchen,20.5,2026-01-30T10:00:00.000Z\n"
    "sensor.kitchen,20.7,2026-01-30T11:00:00.001Z\n"
    "sensor.kitchen,unavailable,2026-01-30T12:00:00.000Z\n"
    "sensor.kitchen,warm,2026-01-30T13:00:00.000Z\n"
    "sensor.kitchen,85.5,2026-01-30T13:30:00.000Z\n"
    "sensor.kitchen,20.9,2026-01-30T14:00:00.000Z\n"
    "sensor.kitchen,20.9,\n"
    "sensor.kitchen,20.9,2026-02-30T14:00:00.000Z\n"
    "sensor.other,1,2026-01-30T14:00:00.000Z\n"
)


def test_each_change_is_a_reading_of_all_that_is_known(home: Home, run: Run, tmp_path: Path) -> None:
    result = run("import", written(tmp_path, HISTORY), *mapped(tmp_path))

    assert result.exit_code == 1, "two rows have no time"
    assert [
        (each["time"]["S"][11:], each.get("temperature_c", {}).get("N"), each.get("load_state", {}).get("S"))
        for each in stored(home)
    ] == [
        ("10:00:00Z", "20.5", "INACTIVE"),
        ("11:00:00.001000Z", "20.7", "ACTIVE"),
        ("12:00:00Z", None, "ACTIVE"),
        ("13:00:00Z", None, "ACTIVE"),
        ("13:30:00Z", None, "ACTIVE"),
        ("14:00:00Z", "20.9", "ACTIVE"),
    ]
    assert {each["source"]["S"] for each in stored(home)} == {"import:home-assistant"}
    told = result.stderr
    assert "history.csv, line 10: it has no time" in told
    assert "history.csv, line 11: it has no time" in told
    assert "temperature of 2 rows, which cannot be read; first in history.csv, line 7" in told
    assert "Not in the mapping: sensor.other (1 rows)" in told
    assert home.cloud.invoked == [(f"{STACK}-rollup", {"from": "2026-01-30T00:00:00Z", "to": "2026-01-31T06:00:00Z"})]


def test_a_dry_run_shows_the_first_rows_and_changes_nothing(
    home: Home, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Table, "put_all", None)
    words = ("import", written(tmp_path, HISTORY), *mapped(tmp_path), "--dry-run")

    result = run(*words)
    told = json.loads(run(*words, "--json").stdout)

    assert stored(home) == []
    assert home.cloud.invoked == []
    assert "20.5" in result.stdout
    assert "6 would be stored" in result.stdout
    assert (told["rows"], told["readings"], told["new"], told["refused"]) == (11, 6, 6, 2)
    assert told["first"][0] == {
        "plant_id": "plant-1",
        "module_id": "module-1",
        "time": "2026-01-30T10:00:00Z",
        "temperature_c": 20.5,
        "load_state": "INACTIVE",
        "received_at": "2026-01-31T12:30:00Z",
        "imported_at": "2026-01-31T12:30:00Z",
        "after_hour": "2026-01-31T12:30:00Z",
        "source": "import:home-assistant",
    }


def test_the_recorders_own_readings_go_first(home: Home, run: Run, tmp_path: Path) -> None:
    said(home, replace(SPOKE, time=NOW - timedelta(hours=25, minutes=30)))  # at eleven

    result = run("import", written(tmp_path, HISTORY), *mapped(tmp_path))

    assert [each["time"]["S"][11:16] for each in stored(home)] == ["10:00", "11:00"]
    assert "5 left out, as the recorder's own" in result.stdout


def test_a_mapping_that_was_mended_replaces_what_it_gave(home: Home, run: Run, tmp_path: Path) -> None:
    file = written(tmp_path, HISTORY.replace("20.", "68."))
    run("import", file, *mapped(tmp_path))
    in_f = MAPPING.replace("temperature =", 'unit = "F"\ntemperature =')

    result = run("import", file, *mapped(tmp_path, in_f))

    assert "4 stored over an earlier import" in result.stdout
    assert [each.get("temperature_c", {}).get("N") for each in stored(home)][:2] == ["20.28", "20.39"]
    assert "0 stored\n" in run("import", file, *mapped(tmp_path, in_f)).stdout


@pytest.mark.parametrize("source", ["push", "import:file"])
def test_nothing_imported_is_a_sign_of_life_or_the_latest_state(
    home: Home, run: Run, tmp_path: Path, source: str
) -> None:
    said(home, replace(SPOKE, time=NOW - timedelta(days=3)))
    before = json.loads(run("status", "--json").stdout)["thermostats"]
    assert before[0]["silent"]
    rows = "".join(
        f"module-1,{(NOW - timedelta(minutes=n)).isoformat()},{NOW.isoformat()},{source},19\n" for n in range(1, 60)
    )

    result = run("import", written(tmp_path, f"module_id,time,received_at,source,temperature_c\n{rows}"))

    assert result.exit_code == 0, result.output
    assert len(stored(home)) == 60
    assert json.loads(run("status", "--json").stdout)["thermostats"] == before
    reader = LatestReader(home.table, stale_after=timedelta(hours=24))
    found = reader.readings("module-1", reader.unusual(), now=NOW, newest=3)
    assert len(found.newest_first) == 1
    assert "19.0" in run("history", "-m", "kitchen").stdout


def test_with_a_retention_nothing_goes_at_once_and_the_owner_is_told(home: Home, run: Run, tmp_path: Path) -> None:
    home.stack.parameters["RetentionDays"] = "30"
    file = written(tmp_path, HISTORY.replace("2026-01", "2025-01"))

    result = run("import", file, *mapped(tmp_path))

    ends = {int(each["expires_at"]["N"]) for each in stored(home)}
    assert ends == {int((NOW + timedelta(days=30)).timestamp())}
    assert "kept for 30 days" in result.stderr
    assert "no statistics are made" in result.stderr


def test_rows_that_say_not_whose_or_when_are_refused_and_all_others_taken(home: Home, run: Run, tmp_path: Path) -> None:
    rows = (
        "module_id,time,temperature_c,humidity_percent,online,extra,colour\n"
        'module-1,2026-01-30T10:00:00Z,20.5,44,true,"{""a"": 1}",red\n'
        ",2026-01-30T10:05:00Z,20.5,,,,\n"
        "module-1,yesterday,20.5,,,,\n"
        "module-9,2026-01-30T10:10:00Z,20.5,,,,\n"
        "module-1,2026-01-30T10:15:00Z,soon,333,perhaps,{,\n"
    )

    result = run("import", written(tmp_path, rows, "mine.csv"))

    assert result.exit_code == 1
    assert [each["time"]["S"][11:16] for each in stored(home)] == ["10:00", "10:15"]
    assert stored(home)[0]["extra"] == {"M": {"a": {"N": "1"}}}
    for words in (
        "mine.csv, line 3: it has no module_id",
        "mine.csv, line 4: it has no time",
        "mine.csv, line 5: it has no plant_id",
        "temperature_c of 1 rows, which cannot be read; first in mine.csv, line 6",
        "humidity_percent of 1 rows",
        "online of 1 rows",
        "extra of 1 rows",
        "Columns that are not a reading's: colour",
    ):
        assert words in result.stderr, words


def test_readings_of_a_thermostat_that_has_left_are_stored_and_told(home: Home, run: Run, tmp_path: Path) -> None:
    rows = '{"module_id": "gone", "plant_id": "p", "time": "2026-01-30T10:00:00Z", "temperature_c": 20.5}\n{"time"\n'

    result = run("import", written(tmp_path, rows, "all.jsonl"))

    assert [each["pk"]["S"] for each in stored(home)] == ["MODULE#gone"]
    assert "1 readings are of 1 thermostats that are not in your account" in result.stderr
    assert "all.jsonl, line 2: it is not JSON" in result.stderr


def test_a_table_that_takes_no_more_at_once_is_written_to_more_slowly(
    home: Home, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, tries = Table.put_all, list[int]()
    slept: list[float] = []

    def put_all(self: Table, items: Any) -> None:
        tries.append(len(items))
        if len(tries) < 3:
            raise TableUnavailableError("the table did not take all that was written")
        whole(self, items)

    monkeypatch.setattr(Table, "put_all", put_all)
    monkeypatch.setattr("smarther_cli.commands.readings.imports.intake.time.sleep", slept.append)

    assert run("import", written(tmp_path, HISTORY), *mapped(tmp_path)).exit_code == 1
    assert (tries, slept, len(stored(home))) == ([6, 6, 6], [1, 2], 6)


def test_an_import_that_was_stopped_goes_on(
    home: Home, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"sensor.kitchen,20.{n:02d},2026-01-30T10:{n:02d}:00.000Z\n" for n in range(60))
    words = ("import", written(tmp_path, HEADER + rows), *mapped(tmp_path))
    whole, calls = Table.put_all, []

    def put_all(self: Table, items: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        whole(self, items)

    with monkeypatch.context() as patch:
        patch.setattr(Table, "put_all", put_all)
        stopped = run(*words)
    assert stopped.exit_code == 130
    assert "goes on from there" in stopped.stderr
    assert len(stored(home)) == 25

    assert "35 stored\n  25 known already" in run(*words).stdout

    assert len(stored(home)) == 60
    assert len(home.cloud.invoked) == 1, "statistics of all of it"


@pytest.mark.parametrize("system", System)
def test_the_example_of_a_mapping_is_one(home: Home, run: Run, tmp_path: Path, system: System) -> None:
    home.thermostat("module-2", "Bathroom")
    example = run("import", "--mapping-example", system.value).stdout
    assert example.rstrip() == EXAMPLES[system].rstrip()
    files = {
        System.HOME_ASSISTANT: HEADER.rstrip()
        + ",temperature,hvac_action\nclimate.kitchen,heat,2026-01-30T10:00:00.000Z,21,heating\n"
        + "sensor.kitchen_temperature,20.5,2026-01-30T10:00:00.000Z,,\n",
        System.INFLUXDB: "name,time,domain,entity_id,value,temperature,hvac_action_str,state\n"
        "°C,1769767200000000000,sensor,kitchen_temperature,20.5,,,\n"
        "climate.kitchen,1769767200000000000,climate,kitchen,,21,heating,heat\n",
    }

    result = run("import", written(tmp_path, files[system]), *mapped(tmp_path, example))

    assert result.exit_code == 0, result.output
    (reading,) = stored(home)
    names = ("time", "temperature_c", "setpoint_c", "load_state", "function", "mode")
    assert [next(iter(reading[name].values())) for name in names] == [
        *("2026-01-30T10:00:00Z", "20.5", "21", "ACTIVE", "HEATING", "MANUAL")
    ]


@pytest.mark.parametrize(
    ("precision", "told"),
    [("s", "1769767200"), ("ms", "1769767200000"), ("u", "1769767200000000"), ("rfc", "2026-01-30T10:00:00Z")],
)
def test_version_1_of_influxdb_tells_the_time_in_any_precision(
    home: Home, run: Run, tmp_path: Path, precision: str, told: str
) -> None:
    mapping = '[[thermostat]]\nname = "Kitchen"\ntemperature = { measurement = "t", field = "value" }\n'
    file = written(tmp_path, f"name,time,value\nt,{told},20.5\n")
    assert run("import", file, *mapped(tmp_path, mapping)).exit_code == 0
    assert [each["time"]["S"] for each in stored(home)] == ["2026-01-30T10:00:00Z"], precision


def test_influxdbs_tables_may_be_pivoted_and_have_defaults(home: Home, run: Run, tmp_path: Path) -> None:
    text = (
        "#group,false,false,false,true,true,false\n#datatype,string,long,dateTime:RFC3339,string,string,double\n"
        "#default,_result,,,,kitchen,\n,result,table,_time,_measurement,room,temperature\n"
        ",,0,2026-01-30T10:00:00.123456789Z,t,,20.5\n"
    )
    mapping = '[[thermostat]]\nname = "Kitchen"\ntemperature = { field = "temperature", room = "kitchen" }\n'
    assert run("import", written(tmp_path, text), *mapped(tmp_path, mapping)).exit_code == 0
    assert [each["time"]["S"] for each in stored(home)] == ["2026-01-30T10:00:00.123456Z"]


NO_FILES: list[tuple[str | bytes, int, str]] = [
    ("", 4, "is empty"),
    (HEADER, 4, "no readings to import"),
    (gzip.compress(b"module_id,time\n"), 2, "gunzip"),
    (b"PK\x03\x04", 2, "ZIP"),
    ("module_id,time\n".encode("utf-16"), 2, "UTF-16"),
    ("a,b\n1,2\n", 2, "Nobody knows what kind of file"),
    ("module_id,hour,count\nmodule-1,2026-01-30T10:00:00Z,1\n", 2, "statistics"),
    ('{"module_id": "module-1", "day": "2026-01-30", "count": 1}\n', 2, "statistics"),
    ('{"a": 1}\n', 2, "Nobody knows"),
    ("[[1]]", 1, "no JSON as Home Assistant"),
    ('[[{"entity_id": "sensor.kitchen", "state"', 1, "broken off"),
    (HEADER + "sensor.other,1,2026-01-30T10:00:00Z\n", 4, "Not in the mapping: sensor.other"),
    (b"PAR1", 1, "Parquet"),
    (",error,reference\n,failed,897\n", 2, "Nobody knows"),
]


@pytest.mark.parametrize("case", NO_FILES)
def test_a_file_that_cannot_be_imported_is_told_with_what_to_do(
    home: Home, run: Run, tmp_path: Path, case: tuple[str | bytes, int, str]
) -> None:
    content, status, words = case
    file = written(tmp_path, content)
    is_foreign = isinstance(content, str) and content.startswith((HEADER, "[["))
    result = run("import", file, *(mapped(tmp_path) if is_foreign else ()))
    assert result.exit_code == status, result.output
    assert words in result.stderr
    assert stored(home) == []


def test_no_file_a_folder_and_none_at_all(home: Home, run: Run, tmp_path: Path) -> None:
    assert run("import").exit_code == 2
    assert run("import", str(tmp_path)).exit_code == 2
    assert run("import", str(tmp_path / "gone.csv")).exit_code == 4


def test_files_of_two_kinds_are_not_one_import(home: Home, run: Run, tmp_path: Path) -> None:
    result = run("import", written(tmp_path, HISTORY), written(tmp_path, "module_id,time\n", "mine.csv"))
    assert result.exit_code == 2
    assert "different kinds" in result.stderr


NO_MAPPINGS = [
    ("", "no [[thermostat]]"),
    ("thermostat = 1", "no [[thermostat]]"),
    ("[[thermostat]", "cannot be read"),
    ('[[thermostat]]\ntemperature = "sensor.a"', "has no name"),
    ('[[thermostat]]\nname = "Kitchen"', "has no series"),
    ('[[thermostat]]\nname = "Kitchen"\nunit = "K"\ntemperature = "sensor.a"', "C or F"),
    ('[[thermostat]]\nname = "Kitchen"\nhumid = "sensor.a"', "'humid', which means nothing"),
    ('[[thermostat]]\nname = "Kitchen"\ntemperature = 1', "is to be an entity"),
    ('[[thermostat]]\nname = "Kitchen"\ntemperature = { field = "value" }', "'field', which means nothing"),
    (MAPPING + MAPPING, "is there twice"),
    (MAPPING + "[words.mode]\nheat = 1", "is to be words"),
    (MAPPING + '[words.moods]\nheat = "manual"', "'moods', which means nothing"),
]


@pytest.mark.parametrize(("mapping", "words"), NO_MAPPINGS)
def test_a_mapping_that_is_none_is_told_with_what_is_wrong(
    home: Home, run: Run, tmp_path: Path, mapping: str, words: str
) -> None:
    result = run("import", written(tmp_path, HISTORY), *mapped(tmp_path, mapping))
    assert result.exit_code == 2, result.output
    assert words in result.stderr
    assert "--mapping-example home-assistant" in result.stderr


def test_a_mapping_that_is_not_there_or_not_wanted(home: Home, run: Run, tmp_path: Path) -> None:
    history, mine = written(tmp_path, HISTORY), written(tmp_path, "module_id,time\n", "mine.csv")
    none, gone = run("import", history), run("import", history, "--mapping", str(tmp_path / "gone.toml"))
    assert (none.exit_code, gone.exit_code) == (2, 2)
    assert "--mapping-example home-assistant" in none.stderr
    assert "There is no mapping" in gone.stderr
    assert run("import", mine, *mapped(tmp_path)).exit_code == 2


def test_an_unknown_thermostat_is_told_with_those_that_are_known(home: Home, run: Run, tmp_path: Path) -> None:
    result = run("import", written(tmp_path, HISTORY), *mapped(tmp_path, MAPPING.replace("Kitchen", "Sauna")))
    assert result.exit_code == 4
    assert "'Sauna'" in result.stderr
    assert "Kitchen" in result.stderr


def test_several_files_are_one_past(home: Home, run: Run, tmp_path: Path) -> None:
    first = HEADER + "sensor.kitchen,20.5,2026-01-30T10:00:00.000Z\nsensor.kitchen,20.7,2026-01-30T11:00:00.000Z\n"
    second = (
        HEADER + "sensor.kitchen,20.7,2026-01-30T11:00:00.000Z\nbinary_sensor.kitchen,on,2026-01-30T12:00:00.000Z\n"
    )

    run("import", written(tmp_path, second, "b.csv"), written(tmp_path, first, "a.csv"), *mapped(tmp_path))

    assert [each["temperature_c"]["N"] for each in stored(home)] == ["20.5", "20.7", "20.7"]
    assert stored(home)[-1]["load_state"]["S"] == "ACTIVE"
    assert Decimal(stored(home)[-1]["temperature_c"]["N"]) == Decimal("20.7")
