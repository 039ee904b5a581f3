"""What programs read, of every command: one object, instants of one form, and no number that is an instant."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from smarther.domain.readings.notification import Reject
from smarther.domain.readings.reading import instant_text
from smarther.domain.summaries.statistics import Measure, Statistics, hour_of
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.keeper_items import KeeperNotes
from smarther.store.quarantine import Quarantine
from smarther.store.readings import Readings
from tests.cli.conftest import CLIENT_ID, CLIENT_SECRET, NOW, SPOKE, STACK, SUBSCRIPTION_KEY, report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Home, Run

GIVEN = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "subscription_key": SUBSCRIPTION_KEY}
AS_SENT = {"activation_time", "body"}
"""What is as somebody sent it."""
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
COMMANDS = [
    "status",
    "keeper run",
    "rotate-webhook",
    "doctor",
    "history",
    "history --every hour",
    "history --every day",
    "quarantine list",
    "quarantine show {body}",
    "quarantine delete {body} --yes",
    "redrive --from quarantine",
    "redrive --from quarantine --dry-run",
    "rollup --from 7d",
    "rollup --from 2026-01",
    "import {folder}/mine.csv --dry-run",
    "import {folder}/mine.csv",
    "plot -m kitchen -o {folder}/kitchen.svg",
]


def odd(part: Any, name: str = "") -> Iterator[str]:
    """Instants of another form than `…Z`, and epochs."""
    match part:
        case dict():
            for key, each in part.items():
                yield from odd(each, key)
        case list():
            for each in part:
                yield from odd(each, name)
        case str() if name not in AS_SENT and "T" in part:
            try:
                datetime.fromisoformat(part)
            except ValueError:
                return
            if not _INSTANT.fullmatch(part):
                yield f"{name}: {part}"
        case int() | float() if name.endswith("_at") or part > 1_000_000_000:
            yield f"{name}: {part}"


@pytest.fixture
def body(home: Home) -> str:
    """A home in which there is something of everything; the id of a body in quarantine."""
    home.configured()
    KeeperNotes(home.table).keep_report(report())
    home.keeper_answers(report())
    home.cloud.functions[f"{STACK}-rollup"] = lambda event: {
        "from": event["from"],
        "to": NOW.isoformat(),
        "hours_written": 5,
        "days_written": 2,
    }
    home.thermostat("module-1", "Kitchen")
    Readings(home.table).store(SPOKE, received_at=NOW, source="push")
    known = Measure(Decimal(15), Decimal(14), Decimal(16), Decimal(60))
    made = Statistics(count=1, temperature=known, humidity=known, setpoint=known, load_minutes=Decimal(60))
    HoursAndDays(home.table).store("module-1", {hour_of(NOW - timedelta(hours=2)): made}, {NOW.date(): made})
    Quarantine(home.table).keep(b"body", [Reject("body", "not JSON")], received_at=NOW)
    return "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_program_reads_one_object_with_instants_of_one_form(
    home: Home, run: Run, body: str, command: str, tmp_path: Path
) -> None:
    (tmp_path / "mine.csv").write_text("module_id,time,temperature_c\nmodule-1,2026-01-30T11:00:00+01:00,20.5\n")
    result = run(*command.format(body=body, folder=tmp_path).split(), "--json")

    assert result.exit_code in {0, 1, 3}, result.output
    told = json.loads(result.stdout)
    assert isinstance(told, dict)
    assert list(odd(told)) == []


def test_so_is_what_configure_says(home: Home, run: Run, body: str) -> None:
    told = json.loads(run("configure", "--stdin", "--json", stdin=json.dumps(GIVEN)).stdout)
    assert list(odd(told)) == []


def test_what_is_of_another_form_is_seen() -> None:
    told = {"at": NOW.isoformat(), "tokens": {"expires_at": 1_790_000_000}, "last": [{"time": "2026-01-31T12:30:00"}]}
    assert [each.partition(":")[0] for each in odd(told)] == ["at", "expires_at", "time"]
    assert list(odd({"at": instant_text(NOW), "day": "2026-01-31", "says": "Take 2026-01-31T12:30:00Z"})) == []


def test_statistics_name_their_units_as_readings_do(run: Run, body: str) -> None:
    (day,) = json.loads(run("history", "--every", "day", "--json").stdout)["days"]
    assert (day["temperature_mean_c"], day["humidity_maximum_percent"], day["setpoint_minutes"]) == (15, 16, 60)
