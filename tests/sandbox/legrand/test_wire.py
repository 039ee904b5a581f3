import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sandbox.legrand.home.snapshot import Function, Mode, Snapshot
from sandbox.legrand.pushes import wire

PAYLOADS = Path("../shared/reference/payloads")
PLANT = "b5e48d6f-cbad-2711-e053-27182d0ad74c"
MODULE = "1ee68d6f-46b7-8f11-e053-27182d0a846a"
ENVELOPE = "495def51-34ad-aa94-9fff-24562f3eb5cc"
OWNER = "a122e653-53fb-450e-b000-d47659807585"

CAPTURED = Snapshot(
    plant_id=PLANT,
    module_id=MODULE,
    at=datetime(2021, 1, 5, 17, 53, 23, 400_000, UTC),
    function=Function.HEATING,
    mode=Mode.AUTOMATIC,
    set_point=Decimal("19.0"),
    program=1,
    until=None,
    active=False,
    temperature=Decimal("20.0"),
    humidity=Decimal(60),
)
"""The state that the one known capture tells of."""


def told(snapshot: Snapshot) -> dict[str, Any]:
    status: dict[str, Any] = wire.notification(snapshot, ENVELOPE, [OWNER])[0]["data"]["chronothermostats"][0]
    return status


@pytest.mark.shows("form of a notification")
def test_the_captured_notification_is_made_to_the_letter() -> None:
    file = PAYLOADS / "webhook_event_array_automatic_offline__smarther-rs.json"
    if not file.exists():
        pytest.skip("the capture is not at hand")
    assert wire.notification(CAPTURED, ENVELOPE, [OWNER]) == json.loads(file.read_text())


@pytest.mark.parametrize(("temperature", "text"), [("20.0", "20"), ("19.5", "19.5"), ("-0.5", "-0.5"), ("0.0", "0")])
def test_temperatures_are_text_without_needless_zeros(temperature: str, text: str) -> None:
    measure = told(replace(CAPTURED, temperature=Decimal(temperature)))["thermometer"]["measures"][0]
    assert measure["value"] == text


def test_a_set_point_has_five_decimals_and_humidity_one() -> None:
    status = told(replace(CAPTURED, set_point=Decimal("20.5"), humidity=Decimal("61.9")))
    assert status["setPoint"]["value"] == "20.50000"
    assert status["hygrometer"]["measures"][0]["value"] == "61.9"


@pytest.mark.parametrize("mode", Mode)
def test_an_end_is_told_in_every_mode_that_has_one(mode: Mode) -> None:
    until = datetime(2020, 12, 5, 23, 30)  # noqa: DTZ001 - told as naive local time
    status = told(replace(CAPTURED, mode=mode, until=until))
    assert status.get("activationTime") == (None if mode is Mode.AUTOMATIC else "2020-12-05T23:30:00")


def test_without_a_set_point_the_field_is_missing() -> None:
    assert "setPoint" not in told(replace(CAPTURED, set_point=None))


def test_times_are_utc_with_their_offset_and_whole_seconds() -> None:
    rome = datetime.fromisoformat("2025-07-01T08:00:00.9+02:00")
    assert told(replace(CAPTURED, at=rome))["time"] == "2025-07-01T06:00:00+00:00"


def test_equal_content_under_another_envelope_id_is_equal() -> None:
    one = wire.notification(CAPTURED, ENVELOPE, [OWNER])
    other = wire.notification(CAPTURED, "another", [OWNER])
    news = wire.notification(replace(CAPTURED, active=True), ENVELOPE, [OWNER])
    assert wire.content_of(one) == wire.content_of(other) != wire.content_of(news)
    assert re.fullmatch("[0-9a-f]{16}", wire.content_of(one))


def test_names_travel_as_utf8() -> None:
    assert wire.encoded({"name": "città"}) == '{"name":"città"}'.encode()
