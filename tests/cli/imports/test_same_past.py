"""The past comes along: whatever file it comes in, its hours and days are those that the readings made."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from smarther.domain.readings.notification import parse
from smarther.domain.summaries.rollup_window import requested_hours
from smarther.rollup.roll_up import Rollup
from smarther.rollup.runs import make_range
from smarther.store.readings import Readings, stored
from tests.cli.conftest import NOW, STACK
from tests.cli.imports.past import FOREIGN, THERMOSTATS, past

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from smarther.domain.readings.reading import Reading
    from tests.cli.conftest import Home, Run

READINGS, STATISTICS = "READING#", ("HOUR#", "DAY#")


@pytest.fixture(autouse=True)
def recorded_home(home: Home) -> None:
    """A home with its rollup."""
    for module_id, name in THERMOSTATS.items():
        home.thermostat(module_id, name)
    zone = ZoneInfo("Europe/Rome")

    def rollup(event: Any) -> Any:
        hours = requested_hours(event, now=NOW, zone=zone)
        assert hours is not None
        run = Rollup(home.table, zone=zone, now=NOW, out_of_time=lambda: False)
        return make_range(run, hours)

    home.cloud.functions[f"{STACK}-rollup"] = rollup


def recorded(home: Home, run: Run, readings: Iterable[Reading]) -> None:
    """Have these pushed, each a second after its time, and their statistics made."""
    home.table.put_all(
        stored(reading, received_at=reading.time + timedelta(seconds=1), source="push", retention_days=None)
        for reading in readings
    )
    assert run("rollup", "--from", "2025-10-25", "--to", "2025-10-27").exit_code == 0


def items(home: Home, *begins: str) -> dict[tuple[str, str], Any]:
    """What is in the table under sort keys that begin so."""
    found = home.dynamodb.scan(TableName="table")
    assert "LastEvaluatedKey" not in found
    return {(item["pk"]["S"], item["sk"]["S"]): item for item in found["Items"] if item["sk"]["S"].startswith(begins)}


def erase(home: Home) -> None:
    """Take out all readings and statistics; the directory stays."""
    for pk, sk in items(home, READINGS, *STATISTICS):
        home.dynamodb.delete_item(TableName="table", Key={"pk": {"S": pk}, "sk": {"S": sk}})


def said(item: dict[str, Any]) -> dict[str, Any]:
    """What the thermostat said: not when it was stored."""
    return {name: value for name, value in item.items() if name not in {"imported_at", "after_hour"}}


@pytest.mark.parametrize("form", FOREIGN)
def test_hours_and_days_of_another_systems_file_are_those_of_the_readings(
    home: Home, run: Run, tmp_path: Path, form: str
) -> None:
    readings = past(gaps=form.startswith("home-assistant"))
    recorded(home, run, readings)
    made = items(home, *STATISTICS)
    erase(home)
    written = FOREIGN[form](readings)
    (tmp_path / written.name).write_text(written.text)
    (tmp_path / "mapping.toml").write_text(written.mapping)

    result = run("import", str(tmp_path / written.name), "--mapping", str(tmp_path / "mapping.toml"))

    assert result.exit_code == 0, result.output
    assert items(home, *STATISTICS) == made
    again = items(home, READINGS)
    assert len(again) == len(readings)
    assert f"  {len(readings)} stored" in result.stdout

    twice = run("import", str(tmp_path / written.name), "--mapping", str(tmp_path / "mapping.toml"))

    assert twice.exit_code == 0, twice.output
    assert f"  0 stored\n  {len(readings)} known already" in twice.stdout
    assert items(home, READINGS) == again


ODD = [
    parse(
        b'{"sender": {"plant": {"id": "plant-1", "module": {"id": "module-1"}}, "addressType": "AddressLocation"},'
        b'"time": "2025-10-25T10:00:00Z", ' + rest + b"}"
    ).readings[0]
    for rest in (
        b'"activationTime": "", "mode": "manual"',
        b'"activationTime": "=1+1", "mode": "boost"',
        b'"thermometer": {"measures": [{"value": "85.5", "unit": "C"}]}',
        b'"hygrometer": {"measures": [{"value": 255, "unit": "%"}]}, "online": false',
        b'"programs": [{"number": 1234}], "new": {"field": [1.5, 20, null, "\xc3\xa8"]}',
        b'"setPoint": {"value": "72.5", "unit": "F"}, "time2": 12345678901234567890',
    )
]
"""What an export has to bring back: what cannot be read, what is not known, what no column shows."""


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_an_export_comes_back_as_it_was(home: Home, run: Run, tmp_path: Path, form: str) -> None:
    readings = past(days=1, gaps=True)
    recorded(home, run, [*readings, *ODD])
    Readings(home.table).store(ODD[0], received_at=NOW, source="poll")
    before, made = items(home, READINGS), items(home, *STATISTICS)
    modules = ("-m", "kitchen", "-m", "attic")
    first, second = tmp_path / f"first.{form}", tmp_path / f"second.{form}"
    assert run("export", *modules, "-o", str(first)).exit_code == 0

    over = run("import", str(first))

    assert over.exit_code == 0, over.output
    assert f"  0 stored\n  {len(before)} known already" in over.stdout
    assert items(home, READINGS) == before
    assert items(home, *STATISTICS) == made

    erase(home)
    back = run("import", str(first))

    assert back.exit_code == 0, back.output
    assert back.stderr == "", "nothing is left out"
    assert {key: said(item) for key, item in items(home, READINGS).items()} == {
        key: said(item) for key, item in before.items()
    }
    assert items(home, *STATISTICS) == made
    assert run("export", *modules, "-o", str(second)).exit_code == 0
    assert second.read_bytes() == first.read_bytes()


def test_an_export_without_digests_is_known_by_what_it_says(home: Home, run: Run, tmp_path: Path) -> None:
    """As an earlier version wrote it."""
    recorded(home, run, past(days=1, gaps=True))
    before = items(home, READINGS)
    run("export", "-o", str(tmp_path / "all.csv"))
    lines = (tmp_path / "all.csv").read_text().splitlines()
    (tmp_path / "old.csv").write_text("".join(f"{line.rpartition(',')[0]}\n" for line in lines))

    result = run("import", str(tmp_path / "old.csv"))

    assert f"  0 stored\n  {len(before)} known already" in result.stdout
    assert items(home, READINGS) == before


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_what_was_imported_from_elsewhere_comes_back_as_well(home: Home, run: Run, tmp_path: Path, form: str) -> None:
    written = FOREIGN["influx-1"](past(days=1))
    (tmp_path / written.name).write_text(written.text)
    (tmp_path / "mapping.toml").write_text(written.mapping)
    run("import", str(tmp_path / written.name), "--mapping", str(tmp_path / "mapping.toml"))
    before = items(home, READINGS)
    run("export", "-o", str(tmp_path / f"all.{form}"))
    erase(home)

    assert run("import", str(tmp_path / f"all.{form}")).exit_code == 0

    assert items(home, READINGS) == before
    assert {item["source"]["S"] for item in before.values()} == {"import:influxdb"}
