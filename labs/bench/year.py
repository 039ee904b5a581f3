"""`make year`: measures how fast a year of ten thermostats, a million readings, is drawn and exported.

It deploys the stack into its own sandbox, and stores readings as the receiver does and statistics as the rollup makes
them. Then it calls the widget as the console does, for a day, a month and a year, and `smarther export` writes all
readings in each format.
"""

from __future__ import annotations

import argparse
import base64
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from boto3.dynamodb.types import TypeSerializer

from labs.bench import places
from labs.bench.__main__ import machine
from smarther.domain.readings.home import Load, Snapshot
from smarther.domain.readings.reading import Reading
from smarther.domain.summaries.series import ITEM_BOUND
from smarther.domain.summaries.statistics import HOUR, daily, hour_of, hourly
from smarther.store.hours_and_days import statistics_item
from smarther.store.keys import day_key, hour_key
from smarther.store.listings import Listings, Module, Plant
from smarther.store.readings import stored
from smarther.store.table import WRITES_AT_ONCE, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sandbox.running.state import State

THERMOSTATS = 10
EVERY = timedelta(minutes=5)
DAY = timedelta(days=1)
PERIODS = {"a day": DAY, "a month": 30 * DAY, "a year": 365 * DAY}
FORMATS = ("csv", "jsonl", "parquet")
ROME = ZoneInfo("Europe/Rome")

_SERIALIZE = TypeSerializer().serialize


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """The widget's answers for one period: milliseconds that the console waits, items read, size of the page.

    `cpu_ms` is the processor time of local cloud and function: the time that an answer takes on an idle machine.
    """

    period: str
    cpu_ms: int
    least_ms: int
    median_ms: int
    most_ms: int
    items_read: int
    page_kb: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One export of everything: readings, duration, the process's peak memory, the file's size."""

    format: str
    readings: int
    seconds: int
    peak_mb: float
    file_mb: int


def main() -> int:
    """Run it; prints the tables, and writes the figures to `labs/bench/results/year.json`."""
    parser = argparse.ArgumentParser(prog="python -m labs.bench.year", description=__doc__)
    parser.add_argument("--days", type=int, default=365, help="how much of the year, for a quick look")
    parser.add_argument("--looks", type=int, default=15, help="how often the widget is called for each period")
    parser.add_argument(
        "--formats", nargs="*", default=FORMATS, help="formats to export; without any, earlier figures stay"
    )
    wanted = parser.parse_args()
    from sandbox.running import lifecycle  # noqa: PLC0415 - it reads SANDBOX_FOLDER when imported

    state = lifecycle.up(report=_say, emulator="labs.bench.key_lookup")
    try:
        now = datetime.now(UTC)
        count = fill_table(state, days=wanted.days, until=now)
        looks = [asdict(draw(state, name, period, now=now, times=wanted.looks)) for name, period in PERIODS.items()]
        exports = [asdict(export(each)) for each in wanted.formats]
    finally:
        lifecycle.down()
    results = places.RESULTS / "year.json"
    told = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "thermostats": THERMOSTATS,
        "readings": count,
        "looks": looks,
        "exports": exports or json.loads(results.read_text())["exports"],
    }
    results.write_text(json.dumps(told, indent=1) + "\n")
    for rows in filter(None, (looks, exports)):
        sys.stdout.write(f"{table(rows)}\n\n")
    return 0


# ---- the year


def fill_table(state: State, *, days: int, until: datetime) -> int:
    """Store directory, readings and statistics of all thermostats; returns how many readings."""
    client, name = state.cloud.client("dynamodb"), state.stack.outputs["TableName"]
    store = Table(client, name)
    directory = Listings(store)
    times = [until - number * EVERY for number in range(days * DAY // EVERY, -1, -1)]
    snapshots = [_snapshot(each) for each in times]
    start = hour_of(times[0])
    hours = hourly(snapshots, start=start, end=hour_of(until) + HOUR, until=until)
    directory.keep_plant(Plant("year", "Casa"))
    for number in range(THERMOSTATS):
        module = Module("year", _module(number), f"Room {number + 1:02}", "chronothermostat")
        directory.keep_module(module)
        keyed = {hour_key(at): made for at, made in hours.items()}
        keyed |= {day_key(at): made for at, made in daily(hours, ROME).items()}
        store.put_all(statistics_item(module.module_id, key, made, version=1) for key, made in keyed.items())
        _put(client, name, (_item(module, each) for each in snapshots))
        _say(f"{(number + 1) * len(times):,} readings are in the table")
    return THERMOSTATS * len(times)


def _module(number: int) -> str:
    return f"0ff1ce00-46b7-8f11-e053-{number:012x}"


def _snapshot(time: datetime) -> Snapshot:
    """Every day is the same, apart from the season."""
    hour = time.hour + time.minute / 60
    warm = 6 <= hour < 22
    return Snapshot(
        time=time,
        temperature=Decimal(
            f"{18.5 + math.sin(time.timetuple().tm_yday / 58) + 1.5 * math.sin((hour - 9) / 3.82):.1f}"
        ),
        humidity=Decimal(f"{50 + 6 * math.cos(hour / 3.82):.1f}"),
        setpoint=Decimal("20.5") if warm else Decimal(17),
        load=Load.HEATING if warm and time.minute < 25 else Load.IDLE,
        mode="AUTOMATIC",
        program=1,
    )


def _item(module: Module, said: Snapshot) -> dict[str, Any]:
    """The reading as the receiver would store it, with an envelope like the provider's."""
    reading = Reading(
        plant_id=module.plant_id,
        module_id=module.module_id,
        time=said.time,
        function="HEATING",
        mode=said.mode,
        load_state="ACTIVE" if said.load is Load.HEATING else "INACTIVE",
        temperature_c=said.temperature,
        temperature_time=said.time,
        humidity_percent=said.humidity,
        humidity_time=said.time,
        setpoint_c=said.setpoint,
        program=Decimal(1),
        temperature_format="C",
        online=True,
        sender_system="thermoregulation",
        sender_address_type="addressLocation",
        event_id="495def51-5b5c-4ff8-a0b1-2a4b6a9e0d1c",
        event_type="DeviceToCloud",
        event_time=said.time,
    )
    item = stored(reading, received_at=said.time, source="push", retention_days=None)
    return {name: _SERIALIZE(value) for name, value in item.items()}


def _put(client: Any, table_name: str, items: Iterator[dict[str, Any]]) -> None:
    def batch(chosen: tuple[dict[str, Any], ...]) -> None:
        left: Any = {table_name: [{"PutRequest": {"Item": item}} for item in chosen]}
        while left:
            left = client.batch_write_item(RequestItems=left)["UnprocessedItems"]

    with ThreadPoolExecutor(2) as workers:
        for _ in workers.map(batch, batched(items, WRITES_AT_ONCE, strict=False)):
            pass


# ---- drawing


def draw(state: State, name: str, period: timedelta, *, now: datetime, times: int) -> Drawing:
    """Call the deployed widget as the console does, `times` times after a call that does not count."""
    client, function = state.cloud.client("lambda"), state.stack.outputs["WidgetFunctionName"]
    event: dict[str, Any] = json.loads((places.PROJECT / "events" / "widget" / "home.json").read_text())
    start, end = (round(instant.timestamp() * 1000) for instant in (now - period, now))
    event["widgetContext"]["timeRange"] |= {"start": start, "end": end}
    took: list[float] = []
    page, read, spent = "", 0, 0.0
    for number in range(times + 1):
        if number == 1:
            spent = -_processor_ms()
        before = time.perf_counter()
        answer = client.invoke(FunctionName=function, Payload=json.dumps(event), LogType="Tail")
        page = json.loads(answer["Payload"].read())
        took.append((time.perf_counter() - before) * 1000)
        read = _items_read(base64.b64decode(answer["LogResult"]).decode())
    spent += _processor_ms()
    if page.count('class="sm-card"') != THERMOSTATS or read > ITEM_BOUND:
        raise RuntimeError(f"not the page that was to be measured: {read} items, {page[:200]}")
    _say(f"{name}: {statistics.median(took[1:]):.0f} ms")
    return Drawing(
        period=name,
        cpu_ms=round(spent / times),
        least_ms=round(min(took[1:])),
        median_ms=round(statistics.median(took[1:])),
        most_ms=round(max(took[1:])),
        items_read=read,
        page_kb=round(len(page.encode()) / 1024),
    )


def _items_read(log: str) -> int:
    lines = (json.loads(line) for line in log.splitlines() if line.startswith("{"))
    return next(int(line["items_read"]) for line in lines if line.get("message") == "home_drawn")


def _processor_ms() -> float:
    """The processor time of the local cloud and its functions so far."""
    from sandbox.running import paths  # noqa: PLC0415 - as above

    started = json.loads(paths.REGISTER.read_text())
    cloud = Path("/proc") / str(next(each["pid"] for each in started if each["name"] == "cloud"))
    functions = [Path("/proc") / pid for told in cloud.glob("task/*/children") for pid in told.read_text().split()]
    used = [(process / "stat").read_text().rpartition(")")[2].split()[11:13] for process in (cloud, *functions)]
    return sum(int(ticks) for each in used for ticks in each) * 1000 / os.sysconf("SC_CLK_TCK")


# ---- exports


def export(form: str) -> Export:
    """Run `smarther export` of everything in its own process, and measure it."""
    with tempfile.TemporaryDirectory(dir=places.WORK) as folder:
        path = Path(folder) / f"readings.{form}"
        before = time.perf_counter()
        ran = subprocess.run(  # noqa: S603 - the command is our own
            [sys.executable, "-c", _WITH_ITS_PEAK, "--sandbox", "export", "--output", path],
            stderr=subprocess.PIPE,
            text=True,
            check=True,
        )
        took = time.perf_counter() - before
        count, peak_kb = (
            int(re.findall(pattern, ran.stderr)[-1]) for pattern in (r"(\d+) readings", r"VmHWM:\s+(\d+)")
        )
        made = Export(
            format=form,
            readings=count,
            seconds=round(took),
            peak_mb=round(peak_kb / 1024, 1),
            file_mb=round(path.stat().st_size / 1e6),
        )
    _say(str(made))
    return made


_WITH_ITS_PEAK = """
import sys
from pathlib import Path
from smarther_cli.app import main
try:
    main()
finally:
    sys.stderr.write(Path("/proc/self/status").read_text())
"""
"""Runs the command and prints its peak memory from the kernel; getrusage would count the parent's memory as well."""


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """Drawings or exports as a Markdown table."""
    names = [name.replace("_", " ") for name in rows[0]]
    cells = [[value if isinstance(value, str) else f"{value:,}" for value in row.values()] for row in rows]
    lines = [names, ["---", *["--:"] * (len(names) - 1)], *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _say(text: str) -> None:
    sys.stderr.write(f"· {text}\n")


if __name__ == "__main__":
    sys.exit(main())
