"""Whatever one item of the table holds, and whatever date is asked for: exports, history, charts and status of all
other thermostats are byte for byte what they are without it, and nothing ends in a traceback."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow.parquet import read_table
from typer.testing import CliRunner

from smarther.store.items import attribute
from smarther_cli.app import app
from smarther_cli.deployment import Deployment
from smarther_cli.verdict import Backlog
from tests.support.memory_table import MemoryTable
from tests.support.odd_home import NOW, ODD, OTHERS, odd_homes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typer.testing import Result

    from smarther_cli.place import Place
    from tests.support.odd_home import OddHome

REPORT = {
    "pk": {"S": "KEEPER"},
    "sk": {"S": "REPORT"},
    "at": {"S": NOW.isoformat()},
    "outcome": {"S": "healthy"},
    "calls_today": {"N": "0"},
}
PARAMETERS = {"Timezone": "Europe/Rome", "StaleAfterHours": "24", "KeeperRateMinutes": "30", "RetentionDays": "0"}


class Stack:
    """The command line with a table in memory behind it, and a rollup that makes nothing."""

    def __init__(self) -> None:
        self.table = MemoryTable()
        self._runner = CliRunner()

    def run(self, *arguments: str) -> Result:
        """Run a command, which may not end in an exception, and has a sentence to say when it fails."""
        result = self._runner.invoke(app, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code in {0, 1, 2, 3, 4}
        # What is not well of a home is a result of `status`, and no failure of its own.
        assert result.exit_code in {0, 3} or arguments[0] == "status" or result.stderr.strip()
        assert "AWS" not in result.stderr, "nothing is asked that AWS would refuse"
        return result

    def written(self, *arguments: str, suffix: str) -> bytes:
        """What a command writes into a file."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, f"out{suffix}")
            result = self.run(*arguments, "--output", str(path))
            return path.read_bytes() if result.exit_code == 0 else result.stderr.encode()


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """One for all homes; each test puts its own table into it."""
    stack = Stack()

    class InMemory(Deployment):
        def __init__(self, place: Place) -> None:
            self.place = place

        dynamodb = property(lambda _: stack.table)
        waiting = Backlog()
        _described = ({"TableName": "table", "DashboardUrl": "https://aws"}, PARAMETERS)

        def invoke_rollup(self, event: Any) -> bytes:
            return json.dumps({**event, "to": NOW.isoformat(), "hours_written": 0, "days_written": 0}).encode()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("smarther_cli.call.Deployment", InMemory)
        patch.setattr("smarther_cli.app.clock", lambda: NOW)
        patch.setenv("COLUMNS", "160")
        yield stack


@pytest.fixture(autouse=True, scope="module")
def _always_the_same_screen() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_COLOR", "1")
        yield


# ---- exports


def rows(data: bytes, form: str) -> list[Any]:
    """The rows of a file, as those read it who get it."""
    match form:
        case "csv":
            return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
        case "jsonl":
            return [json.loads(line) for line in data.decode().split("\n")[:-1]]
        case _:
            found: list[Any] = read_table(io.BytesIO(data)).to_pylist()
            return found


@pytest.mark.shows("odd item in the table")
@settings(max_examples=60, deadline=None)
@given(home=odd_homes(), form=st.sampled_from(["csv", "jsonl", "parquet"]))
def test_the_exports_of_all_others_are_what_they_are_without_it(stack: Stack, home: OddHome, form: str) -> None:
    whole, alone = [], []
    for stack.table in home.tables():
        exported = stack.written("export", suffix=f".{form}")
        whole.append(
            sorted([row for row in rows(exported, form) if row.get("module_id") in OTHERS], key=lambda row: row["time"])
        )
        alone.append([stack.written("export", "--module", module_id, suffix=f".{form}") for module_id in OTHERS])
        stack.written("export", "--module", ODD, suffix=f".{form}")
    assert whole[0] == whole[1]
    assert alone[0] == alone[1]


# ---- what is shown


@pytest.mark.shows("odd item in the table")
@settings(max_examples=60, deadline=None)
@given(
    home=odd_homes(),
    every=st.sampled_from(["reading", "hour", "day"]),
    since=st.sampled_from(["6h", "36h", "8d", "90d"]),
    as_json=st.booleans(),
)
def test_what_is_shown_of_all_others_is_what_it_is_without_it(
    stack: Stack, home: OddHome, every: str, since: str, *, as_json: bool
) -> None:
    words = ("--since", since, *(("--json",) if as_json else ()))
    shown = []
    for table in home.tables():
        stack.table = table
        table.put_item(Item=REPORT)
        standings = json.loads(stack.run("status", "--json").stdout)["thermostats"]
        shown.append(
            [
                *(stack.run("history", "-m", each, "--every", every, *words).output for each in OTHERS),
                *(stack.written("plot", "-m", each, *words, suffix=".svg") for each in OTHERS),
                *(one for one in standings if one["module_id"] in OTHERS),
            ]
        )
        stack.run("status")
        stack.run("history", "--every", every, *words)
        stack.run("history", "-m", ODD, "--every", every, *words)
        stack.written("plot", "-m", ODD, *words, suffix=".svg")
    assert shown[0] == shown[1]


# ---- dates

_dates = st.one_of(
    st.text(max_size=20).filter(lambda text: not text.startswith("-")),
    st.datetimes().map(lambda instant: instant.isoformat()),
    st.datetimes(timezones=st.timezones()).map(lambda instant: instant.isoformat()),
    st.dates().map(lambda day: day.isoformat()),
    st.sampled_from(["0001-01-01", "9999-12-31", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "999999w"]),
    st.sampled_from(
        ["2026-03-29T02:30", "2026-10-25T02:30", "2026-01-31T12:30:00Z", "0m", "7d", "1h", "24:00", "０1-1"]
    ),
)
COMMANDS = st.sampled_from(
    [
        *(("history", "--every", every) for every in ("reading", "hour", "day")),
        *(("history", "-m", OTHERS[0]), ("plot", "-m", OTHERS[0]), ("export", "-m", OTHERS[0]), ("export",)),
    ]
)


@settings(max_examples=200, deadline=None)
@given(home=odd_homes(), command=COMMANDS, since=_dates | st.none(), until=_dates | st.none())
def test_no_date_ends_in_a_traceback(
    stack: Stack, home: OddHome, command: tuple[str, ...], since: str | None, until: str | None
) -> None:
    stack.table = MemoryTable.of(home.items)
    words = [f"--{name}={text}" for name, text in (("since", since), ("until", until)) if text is not None]
    match command[0]:
        case "plot":
            stack.written(*command, *words, suffix=".svg")
        case "export":
            stack.written(*command, *words, suffix=".parquet")
        case _:
            stack.run(*command, *words)


@settings(max_examples=200, deadline=None)
@given(since=_dates, until=_dates | st.none())
def test_no_range_of_the_rollup_ends_in_a_traceback(stack: Stack, since: str, until: str | None) -> None:
    stack.run("rollup", f"--from={since}", *([] if until is None else [f"--to={until}"]))


def test_these_homes_are_looked_at_as_the_owner_does(stack: Stack) -> None:
    """Should the stack of these tests show nothing of a home, nothing would be compared."""
    stack.table = MemoryTable.of(
        [
            {"pk": {"S": "DIRECTORY"}, "sk": {"S": "MODULE#p#m"}}
            | {name: attribute(text) for name, text in (("plant_id", "p"), ("module_id", "m"), ("name", "Kitchen"))},
            {"pk": {"S": "MODULE#m"}, "sk": {"S": f"READING#{NOW - timedelta(hours=1):%Y-%m-%dT%H:%M:%S.%fZ}#0"}}
            | {name: attribute((NOW - timedelta(hours=1)).isoformat()) for name in ("time", "received_at")}
            | {"module_id": {"S": "m"}, "source": {"S": "push"}, "temperature_c": {"N": "20.5"}},
            REPORT,
        ]
    )
    assert "20.5 °C" in stack.run("history").stdout
    assert "Kitchen" in stack.run("status").stdout
    assert b"20.5" in stack.written("plot", "-m", "kitchen", suffix=".svg")
    assert b"20.5" in stack.written("export", suffix=".csv")
