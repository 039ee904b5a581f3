"""`smarther rollup`: statistics made again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import STACK

if TYPE_CHECKING:
    from tests.cli.conftest import Home, Run

DONE = {"from": "2026-01-01T00:00:00+00:00", "to": "2026-01-08T23:00:00+00:00", "hours_written": 5, "days_written": 2}


def test_a_range_is_made_anew(home: Home, run: Run) -> None:
    home.cloud.functions[f"{STACK}-rollup"] = lambda _: DONE

    result = run("rollup", "--from", "2026-01-01", "--to", "2026-01-08")

    assert result.exit_code == 0, result.output
    assert home.cloud.invoked == [(f"{STACK}-rollup", {"from": "2026-01-01", "to": "2026-01-08"})]
    assert "5 hours and 2 days" in result.stdout


def test_a_range_that_takes_several_runs_is_made_to_its_end(home: Home, run: Run) -> None:
    def some_days(event: Any) -> Any:
        begun = event["from"]
        return DONE if begun == "2026-01-05T23:00:00+00:00" else DONE | {"continue_from": "2026-01-05T23:00:00+00:00"}

    home.cloud.functions[f"{STACK}-rollup"] = some_days

    told = json.loads(run("rollup", "--from", "2026-01-01", "--json").stdout)

    assert [event for _, event in home.cloud.invoked] == [
        {"from": "2026-01-01"},
        {"from": "2026-01-05T23:00:00+00:00"},
    ]
    assert told == {
        "from": "2026-01-01",
        "to": "2026-01-08T23:00:00Z",
        "hours_written": 10,
        "days_written": 4,
        "failed": [],
    }


def test_a_range_that_does_not_get_on_is_told(home: Home, run: Run) -> None:
    home.cloud.functions[f"{STACK}-rollup"] = lambda event: DONE | {"continue_from": event["from"]}

    assert run("rollup", "--from", "2026-01-01T00:00:00Z").exit_code == 1


@pytest.mark.parametrize("words", [("--from", "soon"), ("--from", "2026-01-08", "--to", "2026-01-01"), ()])
def test_a_range_that_makes_no_sense_is_refused(home: Home, run: Run, words: tuple[str, ...]) -> None:
    assert run("rollup", *words).exit_code == 2
    assert home.cloud.invoked == []


def test_a_rollup_that_fails_is_told_with_its_log(home: Home, run: Run) -> None:
    home.cloud.functions[f"{STACK}-rollup"] = lambda _: DONE
    home.cloud.function_errors[f"{STACK}-rollup"] = "TableUnavailableError"

    result = run("rollup", "--from", "2026-01-01")

    assert result.exit_code == 1
    assert f"/smarther/{STACK}/rollup" in result.stderr


@pytest.mark.parametrize("words", [("--from", "0001-01-01"), ("--from", "2026-01-01", "--to", "9999-12-31")])
def test_any_date_is_a_date(home: Home, run: Run, words: tuple[str, ...]) -> None:
    home.cloud.functions[f"{STACK}-rollup"] = lambda _: DONE

    assert run("rollup", *words).exit_code == 0


def test_thermostats_that_could_not_be_made_are_named(home: Home, run: Run) -> None:
    home.thermostat("module-1", "Kitchen")
    home.thermostat("module-2", "Attic")
    answers = iter([DONE | {"failed": ["module-1"], "continue_from": "2026-01-05T23:00:00+00:00"}, DONE])
    home.cloud.functions[f"{STACK}-rollup"] = lambda _: next(answers)

    result = run("rollup", "--from", "2026-01-01")

    assert result.exit_code == 1
    assert "10 hours and 4 days" in result.stdout
    assert "Not all could be made of Kitchen." in result.stderr
