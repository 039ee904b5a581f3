"""The forms of the events: what is told has them, and they only grow."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from addons.events.functions.publisher.event import DetailType
from addons.events.tests.stream import Stage, item, report
from smarther.domain.readings.reading import BOUNDS

SCHEMAS = Path(__file__).parents[1] / "schemas"
FIRST = Path(__file__).parent / "first.json"
"""The forms as they were first released, each with an event of its time. Nothing here is ever changed or removed."""

TYPES = get_args(DetailType.__value__)


def schema(detail_type: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SCHEMAS / f"{detail_type}.json").read_text())
    return found


def first() -> dict[str, Any]:
    """By detail type: its `properties` with their types, what is `required`, and an `example`."""
    found: dict[str, Any] = json.loads(FIRST.read_text())
    return found


def check(detail_type: str, detail: dict[str, Any], *, whole: bool = True) -> None:
    """Raises ValidationError; with `whole` also for what the schema does not name."""
    strict = {"additionalProperties": False} if whole else {}
    validator = jsonschema.Draft202012Validator(schema(detail_type) | strict, format_checker=jsonschema.FormatChecker())
    validator.validate(detail)


def shrunk(detail_type: str, now: dict[str, Any]) -> list[str]:
    """What a consumer of the first form may rely on and this one no longer says."""
    was = first()[detail_type]
    properties = now["properties"]
    return [
        *(f"{name} is gone" for name in was["properties"] if name not in properties),
        *(
            f"{name} has another type"
            for name, form in was["properties"].items()
            if name in properties and _type(properties[name]) != form
        ),
        *(f"{name} may be missing" for name in was["required"] if name not in now["required"]),
    ]


def _type(form: dict[str, Any]) -> Any:
    return form.get("type", form.get("const"))


def test_every_event_has_a_schema_and_a_first_form() -> None:
    assert {each.stem for each in SCHEMAS.iterdir()} == set(TYPES) == set(first())


@pytest.mark.parametrize("detail_type", TYPES)
def test_a_form_only_grows(detail_type: str) -> None:
    assert shrunk(detail_type, schema(detail_type)) == []
    check(detail_type, first()[detail_type]["example"])


@pytest.mark.parametrize("detail_type", TYPES)
def test_a_form_that_shrinks_is_seen(detail_type: str) -> None:
    now = schema(detail_type)
    name = now["required"][-1]
    without = {key: form for key, form in now["properties"].items() if key != name}
    assert shrunk(detail_type, now | {"properties": without}) == [f"{name} is gone"]
    other = now["properties"] | {name: {"type": "null"}}
    assert shrunk(detail_type, now | {"properties": other}) == [f"{name} has another type"]
    assert shrunk(detail_type, now | {"required": now["required"][:-1]}) == [f"{name} may be missing"]


@pytest.mark.parametrize("detail_type", TYPES)
def test_an_event_that_lacks_something_is_seen(detail_type: str) -> None:
    example = first()[detail_type]["example"]
    for name in schema(detail_type)["required"]:
        with pytest.raises(jsonschema.ValidationError):
            check(detail_type, {key: value for key, value in example.items() if key != name})


def numbers(attribute: str) -> st.SearchStrategy[Decimal]:
    lowest, highest = BOUNDS[attribute]
    return st.decimals(lowest, highest, places=2)


@given(
    said=st.fixed_dictionaries(
        {},
        optional={
            "temperature_c": numbers("temperature_c"),
            "humidity_percent": numbers("humidity_percent"),
            "setpoint_c": numbers("setpoint_c"),
            "program": st.integers(0, 255).map(Decimal),
            "mode": st.text(),
            "load_state": st.sampled_from(["ACTIVE", "INACTIVE"]),
            "function": st.text(),
            "activation_time": st.text(),
            "online": st.booleans(),
            "extra": st.dictionaries(st.text(), st.text()),
        },
    ),
    silent=st.booleans(),
    needed=st.booleans(),
)
def test_whatever_is_told_has_its_form(said: dict[str, Any], *, silent: bool, needed: bool) -> None:
    stage = Stage()
    found = [{"plant_id": "plant", "module_id": "bath", "since": "2026-01-13T04:00:00Z", "poll": "failed"}]
    person = [{"reason": "consent_missing", "do": "Run `smarther authorize`."}]
    stage.publish([item("kitchen", 0), item("kitchen", 1, **said), item("kitchen", 2)])
    stage.publish([report(silent=found if silent else [], person=person if needed else []), report(30)])

    assert stage.aside == []
    assert ("ThermostatHeardAgain" in stage.told(), "PersonNoLongerNeeded" in stage.told()) == (silent, needed)
    for entry in stage.bridge.taken:
        check(entry["DetailType"], json.loads(entry["Detail"]))
