"""What begins and what ends in the keeper's reports is told once each."""

from __future__ import annotations

import json
from typing import Any

from addons.events.tests.stream import FakeEventBridge, Stage, report

SILENT = {"plant_id": "plant", "module_id": "bath", "name": "Bagno", "since": "2026-01-13T04:00:00Z", "poll": "failed"}
AGAIN = {**SILENT, "since": "2026-01-14T05:00:00Z"}
CONSENT = {"reason": "consent_missing", "do": "Run `smarther authorize`."}
UNSURE = {"plants": [{"plant_id": "plant", "subscription": "unknown"}]}


def told(stage: Stage, *reports: dict[str, Any]) -> list[str]:
    """The detail types that these reports give, one after the other."""
    before = len(stage.bridge.taken)
    for each in reports:
        assert stage.publish([each]) == []
    return stage.told()[before:]


def test_silence_is_told_when_it_begins_and_when_it_ends() -> None:
    stage = Stage()

    assert told(stage, report(0), report(30, silent=[SILENT])) == ["ThermostatSilent"]
    assert told(stage, report(60, silent=[SILENT]), report(90, silent=[{**SILENT, "poll": "no_news"}])) == []
    assert told(stage, report(120)) == ["ThermostatHeardAgain"]
    assert told(stage, report(150)) == []
    begin, end = (json.loads(entry["Detail"]) for entry in stage.bridge.taken)
    assert begin == {
        "version": 1,
        "id": "bath#2026-01-13T04:00:00Z",
        "plant_id": "plant",
        "module_id": "bath",
        "name": "Bagno",
        "since": "2026-01-13T04:00:00Z",
    }
    assert end == {**begin, "over_at": "2026-01-14T08:00:00Z"}


def test_one_that_was_heard_in_between_is_silent_anew() -> None:
    stage = Stage()
    assert told(stage, report(0, silent=[SILENT]), report(30, silent=[AGAIN])) == [
        "ThermostatSilent",
        "ThermostatHeardAgain",
        "ThermostatSilent",
    ]


def test_a_run_that_did_not_listen_to_all_ends_no_silence() -> None:
    for unsure in (UNSURE, {"unheard": 3}, {"left_out": {"silent": 12}}):
        stage = Stage()
        told(stage, report(0, silent=[SILENT]))
        assert told(stage, report(30, **unsure), report(60, silent=[SILENT])) == [], unsure
        assert told(stage, report(90)) == ["ThermostatHeardAgain"]


def test_a_person_is_needed_and_no_longer_needed() -> None:
    stage = Stage()

    assert told(stage, report(0, person=[CONSENT])) == ["PersonNeeded"]
    assert told(stage, report(30, person=[{**CONSENT, "do": "Other words."}])) == []
    assert told(stage, report(60)) == ["PersonNoLongerNeeded"]
    begin, end = (json.loads(entry["Detail"]) for entry in stage.bridge.taken)
    assert begin["since"] == "2026-01-14T06:00:00Z"
    assert begin["reason"] == "consent_missing"
    assert end == {**begin, "over_at": "2026-01-14T07:00:00Z"}


def test_several_reports_of_one_batch_are_told_one_after_the_other() -> None:
    stage = Stage()
    assert stage.publish([report(0, silent=[SILENT]), report(30), report(60, person=[CONSENT])]) == []
    assert stage.told() == ["ThermostatSilent", "ThermostatHeardAgain", "PersonNeeded"]
    assert told(stage, report(90, person=[CONSENT])) == []


def test_what_could_not_be_told_is_told_when_the_bus_takes_it() -> None:
    stage = Stage(FakeEventBridge(lambda entry: "InternalFailure" if "HeardAgain" in entry["DetailType"] else None))
    batch = [report(0, silent=[SILENT]), report(30), report(60)]

    assert stage.publish(batch) == ["2"]

    stage.bridge.refuses = lambda _: None
    assert stage.publish(batch[1:]) == []
    assert stage.told() == ["ThermostatSilent", "ThermostatHeardAgain"]
