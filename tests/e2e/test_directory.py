"""A thermostat with an odd name that moves to another home is one for its owner, found by its name and by its id."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from sandbox.running import owner
from smarther_cli.app import app
from tests.support.envelopes import envelope, status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Home

HALF_EMOJI = "\ud83d"


@contextmanager
def two_more_plants(home: Home) -> Iterator[list[dict[str, Any]]]:
    """Two homes that are in the account as long as this lasts."""
    plants = [home.control("plants", {"add": {"name": name, "modules": [name]}}) for name in ("Torre", "Molo")]
    try:
        yield plants
    finally:
        for plant in plants:
            home.control("plants", {"remove": plant["id"]})
        for _ in range(2):  # a plant is let go when it is missing twice
            home.run_keeper()


def history(*words: str) -> list[dict[str, Any]]:
    """What `smarther history` says."""
    result = CliRunner().invoke(app, ["--sandbox", "--json", "history", "--since", "2d", *words])
    assert result.exit_code == 0, result.output
    said: list[dict[str, Any]] = json.loads(result.stdout)["readings"]
    return said


def pushed(rows: list[dict[str, Any]]) -> list[tuple[str, float]]:
    """What came by itself, wherever the thermostat was then."""
    return [(row["time"], row["temperature_c"]) for row in rows if row["source"] == "push"]


def hear_of_names(home: Home) -> None:
    """Names are asked for once a day, and whenever consent is given."""
    assert owner.give_consent(home.state).is_success


@pytest.mark.shows("thermostat moves")
def test_a_thermostat_that_moved_is_found_by_name_and_by_id(home: Home) -> None:
    with two_more_plants(home) as (tower, pier):
        thermostat = tower["modules"][0]["id"]
        home.control("plants", {"rename": {"id": thermostat, "name": f"\u202eFaro\n 1 {HALF_EMOJI}"}})
        hear_of_names(home)
        at = datetime.now(UTC) - timedelta(hours=1)
        home.recorded([envelope(status(thermostat, time=at.isoformat()))])
        home.control("plants", {"move": {"module_id": thermostat, "to": pier["id"]}})
        home.control("faults", {"operation": "topology", "about": pier["id"], "status": 204, "body": ""})

        hear_of_names(home)  # its old home has nothing any more, and its new one nothing yet
        before = history("--module", "faro 1")
        reports = [home.run_keeper() for _ in range(2)]

        assert {said["module_id"] for said in before} == {thermostat}
        assert len(pushed(before)) == 1
        # Its answer to a question of the keeper's may have come to that since.
        assert pushed(history("--module", "faro 1")) == pushed(before)
        assert history("--module", thermostat.upper()) == history("--module", "faro 1")
        listed = [item for item in home.items() if item["pk"] == "DIRECTORY" and item.get("module_id") == thermostat]
        assert [(item["plant_id"], item["name"]) for item in listed] == [(pier["id"], "Faro 1")]
        assert reports[-1]["outcome"] == "healthy"
        assert home.widget().count(">Faro 1<") == 1
