"""What changed is what differs from the reading before, by the thermostat's clock."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from addons.events.tests.stream import Stage, item

HEATS: dict[str, Any] = {"load_state": "ACTIVE"}


def changes(stage: Stage) -> list[tuple[list[str], str, str]]:
    """What changed, since when and when."""
    details = [json.loads(each["Detail"]) for each in stage.bridge.taken if each["DetailType"] == "StateChanged"]
    return [(each["changed"], each["before"]["time"][11:16], each["time"][11:16]) for each in details]


@pytest.mark.parametrize(
    ("said", "changed"),
    [
        ({"load_state": "ACTIVE"}, ["load_state"]),
        ({"mode": "BOOST"}, ["mode"]),
        ({"setpoint_c": Decimal("21.5")}, ["setpoint_c"]),
        ({"load_state": "ACTIVE", "mode": "MANUAL", "setpoint_c": Decimal(7)}, ["load_state", "mode", "setpoint_c"]),
        ({"temperature_c": Decimal(30), "program": Decimal(2)}, None),
        ({"setpoint_c": Decimal("19.0")}, None),
        ({"mode": None}, None),
    ],
)
def test_heating_mode_and_set_point_are_what_changes(said: dict[str, Any], changed: list[str] | None) -> None:
    stage = Stage()
    stage.publish([item("kitchen", 0), item("bath", 1, **HEATS), item("kitchen", 2, **said)])

    assert changes(stage) == ([] if changed is None else [(changed, "06:00", "06:02")])


def test_the_change_follows_the_reading_that_tells_it() -> None:
    stage = Stage()
    stage.publish([item("kitchen", 0), item("kitchen", 1, **HEATS), item("kitchen", 2)])
    assert stage.told() == ["ReadingRecorded", *["ReadingRecorded", "StateChanged"] * 2]


def test_a_first_reading_changes_nothing() -> None:
    stage = Stage()
    stage.publish([item("kitchen", 0, **HEATS)])
    assert stage.told() == ["ReadingRecorded"]


def test_a_late_reading_changes_nothing_of_the_present() -> None:
    stage = Stage()
    stage.publish([item("kitchen", 0), item("kitchen", 10)])
    stage.publish([item("kitchen", 5, arrives=15, **HEATS)])
    stage.publish([item("kitchen", 20)])
    assert changes(stage) == []


def test_a_publisher_that_was_away_tells_every_change_all_the_same() -> None:
    """What it reads in the stream now was followed by more in the table long ago."""
    minutes = range(40)
    written = [item("kitchen", minute, **(HEATS if minute % 2 else {})) for minute in minutes]
    stage = Stage()
    for each in written:
        stage.table.put_item(Item=each)

    stage.publish(written)

    assert changes(stage) == [(["load_state"], f"06:{minute:02d}", f"06:{minute + 1:02d}") for minute in minutes[:-1]]
