"""Notifications through API Gateway into DynamoDB, over HTTP only."""

from __future__ import annotations

import json
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.support.envelopes import PLANT, envelope, status

if TYPE_CHECKING:
    from tests.e2e.conftest import Home


def test_a_notification_is_stored_with_every_field_typed(bare_home: Home, module_id: str) -> None:
    event = envelope(status(module_id))

    assert bare_home.recorded([event])["stored"] == 1
    (reading,) = bare_home.readings(module_id)
    received_at, stored_at = reading.pop("received_at"), reading.pop("after_hour")
    assert received_at.endswith("Z")
    assert received_at <= stored_at
    assert {name: value for name, value in reading.items() if name not in {"pk", "sk"}} == {
        "plant_id": PLANT,
        "module_id": module_id,
        "time": "2026-11-21T15:30:20Z",
        "function": "HEATING",
        "mode": "MANUAL",
        "load_state": "ACTIVE",
        "setpoint_c": Decimal("19.1"),
        "temperature_c": Decimal("18.6"),
        "temperature_time": "2026-11-21T15:30:19Z",
        "humidity_percent": Decimal("52.4"),
        "humidity_time": "2026-11-21T15:30:19Z",
        "program": Decimal(1),
        "activation_time": "2026-11-22T02:00:47Z",
        "temperature_format": "C",
        "sender_system": "thermoregulation",
        "sender_address_type": "AddressLocation",
        "event_id": event["id"],
        "event_type": "DeviceToCloud",
        "event_time": "2026-11-21T15:30:20Z",
        "source": "push",
    }


@pytest.mark.parametrize("shape", ["array", "envelope", "bare object"])
def test_every_shape_that_was_observed_or_documented_is_understood(bare_home: Home, module_id: str, shape: str) -> None:
    event = envelope(status(module_id))
    body = {"array": [event], "envelope": event, "bare object": event["data"]}[shape]

    bare_home.recorded(body)
    assert len(bare_home.readings(module_id)) == 1


def test_a_redelivery_changes_nothing_with_or_without_the_same_envelope_id(bare_home: Home, module_id: str) -> None:
    first = envelope(status(module_id))
    bare_home.recorded([first])
    (stored,) = bare_home.readings(module_id)

    for repeated in (first, envelope(status(module_id)), first["data"]):
        assert bare_home.recorded(repeated)["duplicates"] == 1

    assert bare_home.readings(module_id) == [stored]


def test_a_field_that_nobody_knows_is_kept(bare_home: Home, module_id: str) -> None:
    bare_home.recorded([envelope(status(module_id, airQuality={"co2": 612}))])

    (reading,) = bare_home.readings(module_id)
    assert reading["extra"] == {"airQuality": {"co2": Decimal(612)}}


@pytest.mark.shows("unreadable field")
def test_a_field_that_cannot_be_read_costs_nothing_beside_it(bare_home: Home, module_id: str) -> None:
    odd: dict[str, Any] = {
        "hygrometer": {"measures": [{"timeStamp": "2026-11-21T15:30:19+00:00", "value": "--", "unit": "%"}]},
        "thermometer": {"measures": [{"timeStamp": "2026-11-21T15:30:19+00:00", "value": "3.4028235E38", "unit": "C"}]},
        "programs": [{"number": "12345678901234567890"}],
        "online": "true",
        "activationTime": "9999-12-31T23:59:59Z",
        "airQuality": "half an emoji: \ud83d",
    }
    body = json.dumps([{**envelope(status(module_id, **odd)), "eventTime": 7}]).encode()
    before = len(bare_home.quarantined())

    answers = [bare_home.recorded(body) for _ in range(2)]

    assert [(answer["stored"], answer["duplicates"]) for answer in answers] == [(1, 0), (0, 1)]
    assert len(bare_home.quarantined()) == before
    (reading,) = bare_home.readings(module_id)
    assert reading["unread"] == {
        "humidity_percent": odd["hygrometer"]["measures"][0],
        "temperature_c": odd["thermometer"]["measures"][0],
        "program": odd["programs"],
        "online": "true",
        "event_time": Decimal(7),
        "extra": ["airQuality"],
    }
    assert reading["unread"].keys() & reading.keys() == {"extra"}
    assert reading["extra"] == {"airQuality": "half an emoji: \\ud83d"}
    assert (reading["setpoint_c"], reading["humidity_time"]) == (Decimal("19.1"), "2026-11-21T15:30:19Z")
    assert reading["activation_time"] == odd["activationTime"]


@pytest.mark.shows("clock at the ends of time")
@pytest.mark.parametrize("time", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_a_clock_at_either_end_of_time_is_stored_once(bare_home: Home, module_id: str, time: str) -> None:
    answers = [bare_home.recorded([envelope(status(module_id, time=time))]) for _ in range(2)]

    assert [(answer["stored"], answer["duplicates"]) for answer in answers] == [(1, 0), (0, 1)]
    assert [reading["time"] for reading in bare_home.readings(module_id)] == [time]


@pytest.mark.shows("system event")
def test_what_event_grid_says_of_our_subscription_is_known(bare_home: Home) -> None:
    event_type = "Microsoft.EventGrid.SubscriptionDeletedEvent"
    before = len(bare_home.quarantined())

    answer = bare_home.notify(
        [{"id": str(uuid.uuid4()), "eventType": event_type, "data": {"eventSubscriptionId": "x"}}]
    )

    assert (answer.status_code, answer.json()["quarantined"]) == (httpx.codes.OK, 0)
    assert len(bare_home.quarantined()) == before


def test_a_bad_status_is_quarantined_and_its_neighbour_stored(bare_home: Home, module_id: str) -> None:
    body = [envelope(status(module_id), status(module_id, time="yesterday"))]

    bare_home.recorded(body)

    assert len(bare_home.readings(module_id)) == 1
    (kept,) = [each for each in bare_home.quarantined() if module_id in each["body"]]
    assert "chronothermostats[1]" in kept["reason"]


@pytest.mark.parametrize(
    "body", [b"not json", b"", b"[]", b"\xff\xfe\x00", b"[" * 5000, b"null", b'{"data": {}}', b" " * 300_000]
)
def test_a_genuine_caller_gets_200_whatever_the_body_holds(bare_home: Home, body: bytes) -> None:
    assert bare_home.recorded(body)["quarantined"] == 1


def test_a_validation_event_is_answered_with_both_keys(bare_home: Home) -> None:
    code = str(uuid.uuid4())

    answer = bare_home.notify(
        [
            {
                "id": str(uuid.uuid4()),
                "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
                "eventTime": "2026-11-21T15:25:52.83003Z",
                "data": {"validationCode": code},
            }
        ]
    )

    assert answer.status_code == httpx.codes.OK
    assert answer.json()["validationCode"] == answer.json()["validationResponse"] == code


@pytest.mark.shows("strangers store nothing")
def test_a_stranger_learns_nothing_and_leaves_nothing(bare_home: Home, module_id: str) -> None:
    base = bare_home.outputs["WebhookBaseUrl"]
    unknown = httpx.post(f"{base}/nowhere", json={})
    before = len(bare_home.quarantined())

    for guess in ("x" * 43, "guess", "%00", "a" * 2000):
        answer = httpx.post(f"{base}/notifications/{guess}", json=[envelope(status(module_id))], timeout=30)
        assert (answer.status_code, answer.content) == (unknown.status_code, unknown.content)

    assert unknown.status_code == httpx.codes.NOT_FOUND
    assert bare_home.readings(module_id) == []
    assert len(bare_home.quarantined()) == before
    assert module_id not in bare_home.logs()
