"""Each ready query, run by DuckDB on the archive's files, has the figures that the core's statistics have."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from addons.archive.functions.archiver.day_file import day_file
from addons.archive.functions.archiver.folders import Folder, Folders
from addons.archive.tests.homes import ROME, MemoryBucket
from smarther.domain.readings.home import Snapshot, load_of
from smarther.domain.summaries.statistics import Statistics, daily, hourly, local_day

if TYPE_CHECKING:
    from collections.abc import Iterator

QUERIES = Path(__file__).parents[1] / "queries"
STARTS = (datetime(2025, 1, 30, 23, tzinfo=UTC), datetime(2026, 1, 29, 23, tzinfo=UTC))
HOURS = 72
ROOMS = {"kitchen": ("Cucina", 19), "bath": ("Bagno", 17)}


def rows(module_id: str) -> list[dict[str, Any]]:
    """Three days of readings each year, at uneven times, from a local midnight to a local midnight.

    They end one month and begin the next, and for eight hours nothing comes.
    """
    found = []
    for start in STARTS:
        for number, minutes in enumerate(range(0, HOURS * 60 + 1, 20)):
            if 600 < minutes < 1080:
                continue
            at = start + timedelta(minutes=minutes, seconds=number % 7 if minutes % 60 else 0)
            found.append(
                {
                    "module_id": module_id,
                    "plant_id": "villa",
                    "time": at.isoformat(),
                    "function": "HEATING",
                    "load_state": "ACTIVE"
                    if number % 5 < 2 + (module_id == "bath") + (start.year - 2025)
                    else "INACTIVE",
                    "temperature_c": ROOMS[module_id][1] + Decimal(number % 9) / 10 - (start.year == 2026),
                    "digest": f"{number:016x}",
                }
            )
    return found


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The view of the page, over files as the archiver lays them out."""
    bucket, folder = MemoryBucket(), Folder("villa")
    days: dict[date, list[dict[str, Any]]] = {}
    for row in (row for module_id in ROOMS for row in rows(module_id)):
        days.setdefault(local_day(datetime.fromisoformat(row["time"]), ROME), []).append(row)
    for day, of_day in days.items():
        names = {module_id: name for module_id, (name, _) in ROOMS.items()}
        Folders(bucket, "bucket").write(folder, day, day_file(day, of_day, names=names, earlier=None), of="")
    root = tmp_path_factory.mktemp("bucket")
    for key, content in bucket.objects.items():
        (root / key).parent.mkdir(parents=True, exist_ok=True)
        (root / key).write_bytes(content)
    page = (QUERIES.parent / "README.md").read_text()
    view = page[page.index("CREATE VIEW readings") :].partition(";")[0].replace("s3://BUCKET", str(root))
    with duckdb.connect() as database:
        database.execute(view)
        yield database


def answered(archive: duckdb.DuckDBPyConnection, name: str, *parameters: object) -> list[dict[str, Any]]:
    """What a query answers, as rows by the names of its columns."""
    found = archive.execute((QUERIES / f"{name}.sql").read_text(), list(parameters))
    assert found.description is not None
    names = [each[0] for each in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def months(module_id: str) -> dict[str, list[Statistics]]:
    """The core's statistics of the days of each month."""
    snapshots = [
        Snapshot(
            time=datetime.fromisoformat(row["time"]),
            temperature=row["temperature_c"],
            load=load_of(row["load_state"], row["function"]),
        )
        for row in rows(module_id)
    ]
    found: dict[str, list[Statistics]] = {}
    for start in STARTS:
        ours = [each for each in snapshots if start <= each.time <= start + timedelta(hours=HOURS)]
        end = start + timedelta(hours=HOURS + 8)
        until = end if start < STARTS[-1] else ours[-1].time  # nobody knows for how long the last of all holds
        for day, made in daily(hourly(ours, start=start, end=end, until=until), ROME).items():
            found.setdefault(f"{day:%Y-%m}", []).append(made)
    return found


def heating(days: list[Statistics]) -> float:
    return float(sum(each.heating_minutes for each in days)) / 60


def mean(days: list[Statistics]) -> float:
    known = [each.temperature for each in days if each.temperature is not None]
    return float(sum(each.mean * each.minutes for each in known) / sum(each.minutes for each in known))


def expected(month: str) -> dict[str, list[Statistics]]:
    """The statistics of a month by the thermostat's name."""
    return {name: months(module_id)[month] for module_id, (name, _) in ROOMS.items()}


def test_all_queries_are_tested_and_named_in_the_page() -> None:
    names = {each.stem for each in QUERIES.iterdir()}
    tested = {
        name.removeprefix("test_the_figures_of_") for name in globals() if name.startswith("test_the_figures_of_")
    }

    assert names == tested
    assert all(f"`{name}`" in (QUERIES.parent / "README.md").read_text() for name in names)


def test_the_figures_of_heating_hours(archive: duckdb.DuckDBPyConnection) -> None:
    found = answered(archive, "heating_hours", "villa")

    assert [row["month"] for row in found] == ["2025-01"] * 2 + ["2025-02"] * 2 + ["2026-01"] * 2 + ["2026-02"] * 2
    for row in found:
        assert row["hours"] == pytest.approx(heating(expected(row["month"])[row["thermostat"]]), abs=0.01)


def test_the_figures_of_coldest_room(archive: duckdb.DuckDBPyConnection) -> None:
    found = answered(archive, "coldest_room", "villa")

    assert [row["thermostat"] for row in found] == ["Bagno", "Cucina"] * 4
    for row in found:
        days = expected(row["month"])[row["thermostat"]]
        assert row["mean_c"] == pytest.approx(mean(days), abs=0.01)
        assert row["lowest_c"] == min(float(each.temperature.minimum) for each in days if each.temperature)


def test_the_figures_of_degree_days(archive: duckdb.DuckDBPyConnection) -> None:
    found = answered(archive, "degree_days", "villa", 25)

    assert len(found) == 8
    for row in found:  # it is always colder than the base, so the mean of the day says the same
        days = [each.temperature for each in expected(row["month"])[row["thermostat"]] if each.temperature]
        lacking = sum((25 - each.mean) * each.minutes for each in days) / (24 * 60)
        assert row["degree_days"] == pytest.approx(float(lacking), abs=0.01)
    assert {row["degree_days"] for row in answered(archive, "degree_days", "villa", 10)} == {0}


def test_the_figures_of_year_beside_last(archive: duckdb.DuckDBPyConnection) -> None:
    found = answered(archive, "year_beside_last", "villa", 2026)

    assert [row["of_month"] for row in found] == ["01", "01", "02", "02"]
    for row in found:
        for suffix, year in (("", 2026), ("_before", 2025)):
            days = expected(f"{year}-{row['of_month']}")[row["thermostat"]]
            assert row[f"heating_hours{suffix}"] == pytest.approx(heating(days), abs=0.01)
            assert row[f"mean_c{suffix}"] == pytest.approx(mean(days), abs=0.01)
    assert [row["mean_c_before"] for row in answered(archive, "year_beside_last", "villa", 2025)] == [None] * 4


def test_a_query_sees_one_plant_only(archive: duckdb.DuckDBPyConnection) -> None:
    assert answered(archive, "heating_hours", "elsewhere") == []
