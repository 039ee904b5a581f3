"""Stored readings told again by the add-on `events`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.cloud import Stack
from tests.cli.conftest import STACK

if TYPE_CHECKING:
    from tests.cli.conftest import Home, Run

PUBLISHER = f"{STACK}-events-PublisherFunction-1A2B"
DONE = {"published": 3, "left_out": 0, "behind": None}


@pytest.fixture
def beside(home: Home) -> Home:
    """A home with the add-on, whose publisher does what it is asked to."""
    home.cloud.stacks[f"{STACK}-events"] = Stack({"PublisherFunctionName": PUBLISHER}, {})
    home.cloud.functions[PUBLISHER] = lambda _: DONE
    for name in ("Cucina", "Bagno"):
        home.thermostat(name.lower(), name)
    return home


def asked(home: Home) -> list[dict[str, Any]]:
    return [event["republish"] for _, event in home.cloud.invoked]


def test_every_thermostat_is_told_again(beside: Home, run: Run) -> None:
    result = run("republish", "--since", "2026-01-30", "--until", "2026-01-31T06:00:00Z")

    assert result.exit_code == 0, result.output
    known = {each["module_id"] for each in asked(beside)}
    assert len(known) == len(asked(beside)) > 1
    assert {(each["until"], each.get("behind")) for each in asked(beside)} == {("2026-01-31T06:00:00Z", None)}
    assert f"{3 * len(known)} readings" in result.stdout


def test_one_thermostat_is_gone_on_with_until_it_is_done(beside: Home, run: Run) -> None:
    def some(event: dict[str, Any]) -> dict[str, Any]:
        return DONE if "behind" in event["republish"] else DONE | {"behind": "READING#a", "left_out": 1}

    beside.cloud.functions[PUBLISHER] = some

    result = run("republish", "--since", "3d", "--module", "cucina", "--json")

    first, second = asked(beside)
    assert second == first | {"behind": "READING#a"}
    assert json.loads(result.stdout)["published"] == {first["module_id"]: 6}
    assert "1 " in result.stderr


def test_a_publisher_that_does_not_get_on_is_told(beside: Home, run: Run) -> None:
    beside.cloud.functions[PUBLISHER] = lambda _: DONE | {"behind": "READING#a"}
    assert run("republish", "--since", "3d", "--module", "cucina").exit_code == 1


def test_a_publisher_that_fails_is_told_with_its_log(beside: Home, run: Run) -> None:
    beside.cloud.function_errors[PUBLISHER] = "RepublishError"

    result = run("republish", "--since", "3d", "--module", "cucina")

    assert result.exit_code == 1
    assert f"/smarther/{STACK}-events/publisher" in " ".join(result.stderr.split())


def test_without_the_add_on_nothing_is_asked(home: Home, run: Run) -> None:
    result = run("republish", "--since", "3d")

    assert result.exit_code == 4
    assert "make addon NAME=events" in " ".join(result.stderr.split())
    assert home.cloud.invoked == []


@pytest.mark.parametrize("words", [(), ("--since", "soon"), ("--since", "1h", "--until", "2h"), ("--since", "2027")])
def test_a_period_that_makes_no_sense_is_refused(beside: Home, run: Run, words: tuple[str, ...]) -> None:
    assert run("republish", *words).exit_code == 2
    assert beside.cloud.invoked == []
