"""The provider as the clients that people run against the real one call it, and as they read its answers.

Each request has the fields and the form, and each answer is read as strictly, as in the source that is named:

    HA   andrea-mattioli/bticino_x8000_component 68e8977, in use since 2023-12
    OH   openhab/openhab-addons, bundles/org.openhab.binding.bticinosmarther, in use since 2020
    SH   MrRonfo/openhab-smarther 095e0c6, in use since 2019
    RS   artumino/smarther-rs b8cfcf0
    BR   brego81/Legrand-Bticino-Python-API 39cce0c
    GO   Knocks83/Go-BticinoThermostatInflux 7020abe
    ADD  andrea-mattioli/bticino_X8000_rest_api 388bf4e
"""

import json
import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from sandbox.legrand import Provider
from sandbox.legrand.account.clock import MovableClock
from smarther.domain.readings.notification import parse
from tests.sandbox.legrand.account import ENDPOINT, QUERY, Account
from tests.sandbox.legrand.conftest import NOON

PUSHED = "https://home-assistant.example/api/webhook/"
LOCAL_NOON = "2025-11-20T13:00:00"
IN_AN_HOUR = "2025-11-20T14:00:00"


# ---- how they read


def home_assistant(status: dict[str, Any]) -> dict[str, Any]:
    """HA climate.py, the same for an answer and a push: every value is taken with no guard."""
    return {
        "target": float(status["setPoint"]["value"]),
        "temperature": float(status["thermometer"]["measures"][0]["value"]),
        "humidity": float(status["hygrometer"]["measures"][0]["value"]),
        "mode": status["mode"].lower(),
        "action": status["loadState"].lower(),
        "program": int(status["programs"][0]["number"]),
        "until": datetime.fromisoformat(status["activationTime"]) if "activationTime" in status else None,
    }


def openhab_rules(status: dict[str, Any]) -> dict[str, Any]:
    """SH smarther-api.sh: `jq … | tonumber`, and no `activationTime` is "forever"."""
    return {
        "setpoint": json.loads(status["setPoint"]["value"]),
        "program": status["programs"][0]["number"],
        "time": status.get("activationTime", "forever"),
        "temperature": json.loads(status["thermometer"]["measures"][0]["value"]),
    }


def smarther_rs(event: dict[str, Any]) -> dict[str, Any]:
    """RS model.rs: what must be there, and of which kind; numbers may be text."""
    datetime.fromisoformat(event["eventTime"])
    status: dict[str, Any]
    (status,) = event["data"]["chronothermostats"]
    assert datetime.fromisoformat(status["time"]).tzinfo is not None
    assert status["function"] in {"HEATING", "COOLING"}
    assert status["mode"] in {"AUTOMATIC", "MANUAL", "BOOST", "OFF", "PROTECTION"}
    assert status["loadState"] in {"ACTIVE", "INACTIVE"}
    measures = [each for name in ("thermometer", "hygrometer") for each in status[name]["measures"]]
    assert all(each["unit"] in {"C", "F", "%"} and float(each["value"]) for each in measures)
    assert int(status["programs"][0]["number"]) >= 0
    return status


def asked(account: Account) -> dict[str, Any]:
    status: dict[str, Any] = account.call("GET", account.thermostat()).value["chronothermostats"][0]
    return status


def pushed(provider: Provider) -> dict[str, Any]:
    (event,) = json.loads(provider.outbox.pop().body)
    return smarther_rs(event)


# ---- orders, as they are sent


def ha_boost(function: str, minutes: int) -> dict[str, Any]:
    """HA `_async_service_set_boost_mode`: the ends of its own range as the set point."""
    target = 7 if function == "cooling" else 40
    return {"function": function, "mode": "boost", "activationTime": span(minutes), "setPoint": celsius(target)}


def span(minutes: int) -> str:
    end = datetime.fromisoformat(LOCAL_NOON) + timedelta(minutes=minutes)
    return f"{LOCAL_NOON}/{end:%Y-%m-%dT%H:%M:%S}"


def celsius(value: float) -> dict[str, Any]:
    return {"value": value, "unit": "°C"}


ORDERS: dict[str, tuple[dict[str, Any], str, str | None]] = {
    "HA boost 30": (ha_boost("heating", 30), "BOOST", "2025-11-20T13:30:00"),
    "HA boost 60": (ha_boost("heating", 60), "BOOST", IN_AN_HOUR),
    "HA boost 90 that cools": (ha_boost("cooling", 90), "BOOST", "2025-11-20T14:30:00"),
    "HA off": ({"function": "HEATING", "mode": "off"}, "OFF", None),
    "HA set_turn_off_with_time_period": (
        {"function": "HEATING", "mode": "off", "activationTime": span(60)},
        "OFF",
        IN_AN_HOUR,
    ),
    "HA set_temperature_with_time_period": (
        {"function": "heating", "mode": "manual", "activationTime": span(60), "setPoint": celsius(21.5)},
        "MANUAL",
        IN_AN_HOUR,
    ),
    "HA cool": (
        {"function": "cooling", "mode": "manual", "setPoint": celsius(26.0), "programs": [{"number": "1"}]},
        "MANUAL",
        None,
    ),
    "HA auto": (
        {"function": "HEATING", "mode": "automatic", "setPoint": celsius(20.5), "programs": [{"number": 1}]},
        "AUTOMATIC",
        None,
    ),
    "BR automatic, as of now": (
        {
            "function": "heating",
            "mode": "AUTOMATIC",
            "setPoint": {"value": "18.20000", "unit": "C"},
            "programs": [{"number": 1}],
            "activationTime": LOCAL_NOON,
        },
        "AUTOMATIC",
        None,
    ),
    "OH manual for ever": (
        {"function": "HEATING", "mode": "MANUAL", "setPoint": {"value": "20", "unit": "C"}, "activationTime": ""},
        "MANUAL",
        None,
    ),
    "OH boost": ({"function": "HEATING", "mode": "BOOST", "activationTime": span(60)}, "BOOST", IN_AN_HOUR),
    "OH automatic": ({"function": "HEATING", "mode": "AUTOMATIC", "programs": [{"number": 0}]}, "AUTOMATIC", None),
    "OH protection": ({"function": "HEATING", "mode": "PROTECTION"}, "PROTECTION", None),
    "SH manual": (
        {
            "function": "heating",
            "mode": "manual",
            "setPoint": {"value": 19.5, "unit": "C"},
            "activationTime": "2025-11-20T23:30:00",
        },
        "MANUAL",
        "2025-11-20T23:30:00",
    ),
    "SH boost, its end alone": (
        {"function": "heating", "mode": "boost", "activationTime": IN_AN_HOUR},
        "BOOST",
        IN_AN_HOUR,
    ),
    "ADD off for half an hour": (
        {"function": "heating", "mode": "off", "activationTime": span(30), "setPoint": {"value": 7, "unit": "C"}},
        "OFF",
        "2025-11-20T13:30:00",
    ),
    "protection until tonight": (
        {"function": "heating", "mode": "protection", "activationTime": "2025-11-20T23:30:00"},
        "PROTECTION",
        "2025-11-20T23:30:00",
    ),
    "RS null": (
        {"function": "HEATING", "mode": "OFF", "activationTime": None, "setPoint": None, "programs": None},
        "OFF",
        None,
    ),
}


@pytest.mark.shows("set point in every mode", "form of activationTime")
@pytest.mark.parametrize(("order", "mode", "until"), ORDERS.values(), ids=ORDERS)
def test_an_order_is_obeyed_and_every_client_can_read_what_became_of_it(
    account: Account, order: dict[str, Any], mode: str, until: str | None
) -> None:
    assert account.call("POST", account.thermostat(), order).status == 200

    answer, push = asked(account), pushed(account.provider)
    for status in (answer, push):
        assert home_assistant(status)["until"] == (None if until is None else datetime.fromisoformat(until))
        assert openhab_rules(status)["time"] == (until or "forever")
        assert (status["mode"], status["function"]) == (mode, order["function"].upper())
    assert openhab_rules(answer)["setpoint"] == openhab_rules(push)["setpoint"]


@pytest.mark.parametrize(("order", "mode", "until"), ORDERS.values(), ids=ORDERS)
def test_the_recorder_reads_what_became_of_an_order(
    account: Account, order: dict[str, Any], mode: str, until: str | None
) -> None:
    account.call("POST", account.thermostat(), order)
    (reading,) = parse(account.provider.outbox.pop().body).readings
    assert (reading.mode, reading.activation_time, reading.unread) == (mode, until, {})
    assert reading.setpoint_c is not None


@pytest.mark.shows("ends of modes")
@pytest.mark.parametrize(("order", "mode", "until"), [each for each in ORDERS.values() if each[2] is not None])
def test_what_has_an_end_ends_there_in_every_mode(
    account: Account, order: dict[str, Any], mode: str, until: str
) -> None:
    world = account.provider.homes
    plant = list(world.plants.values())[-1]
    empty = plant.modules[-1].id  # nobody is there who could change anything
    account.call("POST", account.thermostat(plant.id, empty), order)

    reports = [each for each in world.advance(NOON + timedelta(hours=12)) if each.module_id == empty]
    after = next(each for each in reports if each.mode != mode)
    assert (after.mode, after.until) == ("AUTOMATIC", None)
    late = after.at.astimezone(world.zone).replace(tzinfo=None) - datetime.fromisoformat(until)
    assert timedelta() <= late <= timedelta(minutes=1)


@pytest.mark.shows("set point of a boost")
@pytest.mark.parametrize("function", ["heating", "cooling"])
def test_boost_tells_the_set_point_that_was_there_before(account: Account, function: str) -> None:
    """HA issue 20 (2024-04-03): 20 °C in BOOST, as in AUTOMATIC just before."""
    manual = {"function": function, "mode": "manual", "setPoint": {"value": 21.5, "unit": "C"}}
    account.call("POST", account.thermostat(), manual)
    account.call("POST", account.thermostat(), ha_boost(function, 30))

    told = home_assistant(asked(account))
    assert (told["target"], told["mode"], told["action"]) == (21.5, "boost", "active")


@pytest.mark.shows("protection where it cools")
def test_protection_where_it_cools_is_from_heat_and_the_load_rests(account: Account) -> None:
    """Not from frost: 7 °C there would be cooled to."""
    account.call("POST", account.thermostat(), {"function": "cooling", "mode": "protection"})
    told = home_assistant(asked(account))
    assert (told["target"], told["action"]) == (35.0, "inactive")


# ---- programs


@pytest.mark.shows("programs of a thermostat")
def test_a_program_that_is_ordered_is_kept_told_and_news(account: Account) -> None:
    """HA select.py offers the names of the list but for number 0, and shows the name of the number that is told."""
    listed = account.call("GET", f"{account.thermostat()}/programlist").value["chronothermostats"][0]["programs"]
    names = {program["number"]: program["name"] for program in listed if program["number"] != 0}
    assert len(names) > 1

    targets = set()
    for number in [*names, min(names)]:
        order = {"function": "HEATING", "mode": "automatic", "setPoint": celsius(19), "programs": [{"number": number}]}
        before = home_assistant(asked(account))["program"]
        assert account.call("POST", account.thermostat(), order).status == 200
        told = home_assistant(asked(account))
        assert told["program"] == number
        targets.add(told["target"])
        if number != before:
            push = pushed(account.provider)
            assert push["programs"] == [{"number": str(number)}]
    assert len(targets) > 1


# ---- tokens


@pytest.mark.shows("form of tokens")
def test_tokens_are_told_in_one_form_as_numbers(account: Account) -> None:
    """RS `expires_on: u64`, BR compares it with an int, SH with `-le`; HA took `expires_in` into a timedelta."""
    tokens = account.log_in()
    for _ in range(6):
        assert isinstance(tokens["expires_on"], int)
        assert tokens["expires_on"] > int(NOON.timestamp())
        assert timedelta(seconds=tokens["expires_in"]) == timedelta(hours=1)
        tokens = account.refresh(tokens["refresh_token"]).value


@pytest.mark.shows("form of the code")
def test_the_code_comes_first_and_is_an_encrypted_token(account: Account) -> None:
    """BR takes what stands between `code=` and `&state`; the length and the dots: mattiols_hassio_repository 21."""
    location = account.desk.decide(QUERY, b"decision=allow").headers["Location"]
    code = location[location.index("code=") + 5 : location.index("&state")]

    assert re.fullmatch(r"[\w-]+(\.[\w-]+){4}", code)
    assert len(code) >= 1_100
    assert account.ask_token(grant_type="authorization_code", code=code).status == 200


@pytest.mark.shows("limit of the token host")
def test_eleven_thermostats_that_all_renew_their_tokens_meet_the_logins_own_limit(
    account: Account, clock: MovableClock
) -> None:
    """HA issue 73 (2026-01): `HTTP 429: {⏎ "message": "Rate limit is exceeded. …`, at each restart, for a minute."""
    refresh_token = account.log_in()["refresh_token"]
    answers = [account.refresh(refresh_token) for _ in range(3 * 11)]
    refused = answers[-1]

    assert refused.status == 429
    assert re.match(r'{\s+"message": "Rate limit is exceeded\.', refused.content.decode())
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert account.provider.quota.calls_today == 0
    clock.advance(timedelta(seconds=int(refused.headers["Retry-After"])))
    assert account.log_in()


# ---- plants


@pytest.mark.shows("capabilities in the topology")
def test_the_topology_tells_a_capability_for_each_field(account: Account) -> None:
    """HA issue 5 (2024-02-05): "function", "mode", "setPoint", …, each with what can be done."""
    (plant_id, *_) = account.plant_ids()
    for module in account.call("GET", f"/plants/{plant_id}/topology").value["plant"]["modules"]:
        told = {
            each["capability"]: {what: can["do"] for what, can in each["canDo"].items()}
            for each in module["capabilities"]
        }
        for field in ("function", "mode", "setPoint"):
            assert told[field] == {"command": True, "request": True, "notification": True}


@pytest.mark.shows("form of ids")
def test_ids_have_the_form_of_those_that_were_seen(account: Account) -> None:
    """`…-e053-1e182d0adc81` (HA issue 5), `…-e053-27182d0ad74c` (RS): no version of UUID has it."""
    for plant in account.provider.homes.plants.values():
        for each in (plant.id, *(module.id for module in plant.modules)):
            assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-e053-[0-9a-f]{12}", each)


@pytest.mark.shows("age of measures")
def test_an_answer_was_measured_when_it_says(account: Account) -> None:
    """RS validation/status_message.json: `time` and both `timeStamp` are the same."""
    status = asked(account)
    stamps = {status[name]["measures"][0]["timeStamp"] for name in ("thermometer", "hygrometer")}
    assert stamps == {status["time"]}


# ---- subscriptions


@pytest.mark.shows("Home Assistant on a 409")
def test_home_assistant_on_a_409_deletes_what_looks_like_its_own_and_leaves_ours(account: Account) -> None:
    """HA __init__.py: list, delete those of the plant whose address holds /api/webhook/, subscribe again."""
    plant_id, other = account.plant_ids()
    account.subscribe(plant_id)
    account.subscribe(plant_id, PUSHED + "a" * 64)
    account.subscribe(other, PUSHED + "b" * 64)
    assert account.subscribe(plant_id, PUSHED + "a" * 64).status == 409

    for entry in account.call("GET", "/subscription").value:
        if entry["plantId"] == plant_id and "/api/webhook/" in entry["EndPointUrl"]:
            path = f"/plants/{plant_id}/subscription/{entry['subscriptionId']}"
            assert account.call("DELETE", path).status == 200
    assert account.subscribe(plant_id, PUSHED + "a" * 64).status == 201
    left = {entry["EndPointUrl"] for entry in account.call("GET", "/subscription").value}
    assert {ENDPOINT, PUSHED + "b" * 64} <= left
    assert urlsplit(ENDPOINT).path.startswith("/notifications/")


@pytest.mark.shows("same subscription again")
def test_one_address_for_each_thermostat_of_a_plant_is_no_conflict(account: Account) -> None:
    """HA subscribes that many, and has for years."""
    plant_id = account.plant_ids()[0]
    assert [account.subscribe(plant_id, f"{PUSHED}{number}").status for number in range(3)] == [201] * 3
