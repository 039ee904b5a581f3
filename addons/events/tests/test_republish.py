"""Stored readings are told again: those of one thermostat, in order, as far as time suffices."""

from __future__ import annotations

import json
from typing import Any

import pytest

from addons.events.functions.publisher.republish import RepublishError, RepublishRequest, republish
from addons.events.tests.stream import FakeEventBridge, Stage, item

ASKED = {"module_id": "kitchen", "since": "2026-01-14T06:02:00Z", "until": "2026-01-14T06:08:00Z"}


def stage_with(*items: dict[str, Any], bridge: FakeEventBridge | None = None) -> Stage:
    stage = Stage(bridge or FakeEventBridge())
    for each in items:
        stage.table.put_item(Item=each)
    return stage


def again(stage: Stage, behind: object = None, seconds: int = 100) -> dict[str, Any]:
    """Publish again; `seconds` is how often there is time."""
    left = iter([False] * seconds)
    request = RepublishRequest.of(ASKED if behind is None else {**ASKED, "behind": behind})
    return republish(stage.core, stage.bus(), request, out_of_time=lambda: next(left, True))


def minutes(stage: Stage) -> list[int]:
    return [int(json.loads(each["Detail"])["time"][14:16]) for each in stage.bridge.taken]


def test_the_stretch_is_told_in_order_and_nothing_else() -> None:
    stage = stage_with(*(item("kitchen", minute) for minute in (5, 3, 1, 7, 2, 8)), item("bath", 4))

    assert again(stage) == {"published": 4, "left_out": 0, "behind": None}

    assert minutes(stage) == [2, 3, 5, 7]
    assert {json.loads(each["Detail"])["republished"] for each in stage.bridge.taken} == {True}
    assert set(stage.told()) == {"ReadingRecorded"}


def test_it_has_the_id_that_it_had_the_first_time() -> None:
    stage = Stage()
    stage.publish([item("kitchen", 3)])
    again(stage)

    first, second = (json.loads(each["Detail"]) for each in stage.bridge.taken)
    assert second == first | {"republished": True}


@pytest.mark.parametrize("seconds", range(1, 8))
@pytest.mark.parametrize("page_size", [1, 2, 250])
def test_where_time_runs_out_the_next_goes_on_behind_what_was_told(seconds: int, page_size: int) -> None:
    stage = stage_with(*(item("kitchen", minute) for minute in range(2, 8)))
    stage.table.page_size = page_size
    behind, calls = None, 0
    while True:
        answer = again(stage, behind, seconds)
        behind, calls = answer["behind"], calls + 1
        if behind is None:
            break
        assert calls < 20

    assert minutes(stage) == [2, 3, 4, 5, 6, 7]


def test_what_was_imported_or_cannot_be_read_is_left_out() -> None:
    imported = item("kitchen", 3) | {"imported_at": {"S": "2026-02-01T00:00:00Z"}}
    unreadable = item("kitchen", 4)
    del unreadable["plant_id"]

    assert again(stage_with(imported, unreadable, item("kitchen", 5))) == {
        "published": 1,
        "left_out": 1,
        "behind": None,
    }


def test_a_bus_that_refuses_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("addons.events.functions.publisher.bus._PAUSES", (0.0,))
    stage = stage_with(item("kitchen", 3), bridge=FakeEventBridge(lambda _: "ThrottlingException"))
    with pytest.raises(RepublishError):
        again(stage)


@pytest.mark.parametrize("lacks", ASKED)
@pytest.mark.parametrize("value", [None, "", "yesterday"])
def test_a_request_that_makes_no_sense_is_refused(lacks: str, value: str | None) -> None:
    if lacks == "module_id" and value == "yesterday":
        value = ""
    event = {name: told for name, told in ASKED.items() if name != lacks} | ({} if value is None else {lacks: value})
    with pytest.raises(RepublishError):
        RepublishRequest.of(event)
