import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.legrand import SUBSCRIPTION_KEY, Provider
from sandbox.legrand.account.answer import Answer
from sandbox.legrand.account.clock import MovableClock
from sandbox.legrand.home.snapshot import Mode
from tests.sandbox.legrand.account import ENDPOINT, Account

PAYLOADS = Path("../shared/reference/payloads")
NOBODY = "00000000-0000-4000-8000-000000000000"
SECOND = timedelta(seconds=1)


def shape(value: Any) -> Any:
    """The names in a document, its values left out."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1]]
    return None


def documented(file: str) -> Any:
    if not PAYLOADS.exists():
        pytest.skip("the documented bodies are not at hand")
    return json.loads((PAYLOADS / file).read_text())


# Who may pass


def test_without_a_subscription_key_nobody_passes(account: Account) -> None:
    answer = account.call("GET", "/plants", key=None)
    assert (answer.status, "missing subscription key" in answer.value["message"]) == (401, True)


def test_with_a_wrong_subscription_key_nobody_passes(account: Account) -> None:
    answer = account.call("GET", "/plants", key="f" * 32)
    assert (answer.status, "invalid subscription key" in answer.value["message"]) == (401, True)


def test_the_subscription_key_may_be_in_the_query(account: Account) -> None:
    assert account.call("GET", "/plants", key=None, query=f"subscription-key={SUBSCRIPTION_KEY}").status == 200


@pytest.mark.shows("access token is missing or over")
def test_no_token_is_401_with_code_10(account: Account) -> None:
    account.token = None
    answer = account.call("GET", "/plants")
    assert (answer.status, answer.value["code"]) == (401, 10)


@pytest.mark.shows("access token is missing or over")
def test_an_expired_token_is_401_with_code_11(account: Account, clock: MovableClock) -> None:
    clock.advance(3600 * SECOND - SECOND)
    assert account.call("GET", "/plants").status == 200
    clock.advance(SECOND)
    answer = account.call("GET", "/plants")
    assert (answer.status, answer.value["code"]) == (401, 11)


def test_a_token_that_was_never_given_out_is_401(account: Account) -> None:
    account.token = "invented"
    answer = account.call("GET", "/plants")
    assert (answer.status, answer.value) == (401, {"statusCode": 401, "message": "Unauthorized"})


@pytest.mark.parametrize(("method", "path"), [("GET", "/nothing"), ("PUT", "/plants"), ("GET", "/plants/")])
def test_what_is_no_operation_is_404(account: Account, method: str, path: str) -> None:
    assert account.call(method, path).status == 404


# The quota


@pytest.mark.shows("500 calls a day")
def test_call_501_of_a_utc_day_is_403_and_the_next_day_begins_anew(account: Account, clock: MovableClock) -> None:
    assert [account.call("GET", "/subscription").status for _ in range(500)] == [200] * 500

    answer = account.call("GET", "/subscription")
    assert answer.status == 403
    assert answer.value["message"] == "Out of call volume quota. Quota will be replenished in 12:00:00."
    assert answer.headers["Retry-After"] == str(12 * 3600)
    assert (account.provider.quota.calls_today, account.provider.quota.refused_today) == (500, 1)

    clock.advance(12 * 3600 * SECOND - SECOND)
    assert account.call("GET", "/subscription").headers["Retry-After"] == "1"
    clock.advance(SECOND)
    account.log_in()
    assert account.call("GET", "/subscription").status == 200
    assert account.provider.quota.calls_today == 1


def test_calls_without_a_valid_key_are_not_counted_but_those_without_a_valid_token_are(account: Account) -> None:
    account.call("GET", "/plants", key="wrong")
    account.token = "invented"
    account.call("GET", "/plants")
    assert account.provider.quota.calls_today == 1


# Plants and thermostats


def test_plants_are_listed_with_their_names(account: Account) -> None:
    plants = account.call("GET", "/plants").value["plants"]
    assert [plant["name"] for plant in plants] == ["Casa in città", "Baita di montagna"]
    assert [plant["id"] for plant in plants] == account.plant_ids()


@pytest.mark.shows("empty lists")
def test_no_plants_is_204_with_nothing_in_it(account: Account) -> None:
    for plant_id in account.plant_ids():
        account.provider.remove_plant(plant_id)
    answer = account.call("GET", "/plants")
    assert (answer.status, answer.content, answer.content_type) == (204, b"", None)


def test_the_topology_names_each_thermostat(account: Account) -> None:
    plant_id = account.plant_ids()[0]
    modules = account.call("GET", f"/plants/{plant_id}/topology").value["plant"]["modules"]
    assert [module["name"] for module in modules] == ["Soggiorno", "Camera da letto", "Bagno"]
    assert {module["device"] for module in modules} == {"chronothermostat"}


@pytest.mark.shows("shapes of answers")
@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("/plants", "rest_plants_200__openapi.json"),
        ("/plants/{plant}/topology", "rest_topology_200__openapi.json"),
        ("{thermostat}", "rest_get_status_automatic__smarther-rs.json"),
        ("{thermostat}/measures", "rest_measures_200__openapi.json"),
        ("{thermostat}/programlist", "rest_programlist_200__openapi.json"),
        ("/subscription", "subscription_list_200__openapi.json"),
    ],
)
def test_answers_have_the_documented_shape(account: Account, path: str, file: str) -> None:
    answer = account.call("GET", path.format(plant=account.plant_ids()[0], thermostat=account.thermostat()))
    assert answer.status == 200
    assert shape(answer.value) == shape(documented(file))


def test_status_is_told_as_rest_tells_it(account: Account) -> None:
    status = account.call("GET", account.thermostat()).value["chronothermostats"][0]
    assert status["sender"]["addressType"] == "addressLocation"
    assert isinstance(status["programs"][0]["number"], int)
    assert status["time"] == "2025-11-20T13:00:00+01:00"


@pytest.mark.parametrize("path", ["", "/measures", "/programlist"])
def test_an_unknown_thermostat_is_404(account: Account, path: str) -> None:
    known = account.thermostat()
    assert account.call("GET", known.rpartition("/")[0] + f"/{NOBODY}" + path).status == 404
    assert account.call("GET", known.replace(account.plant_ids()[0], NOBODY) + path).status == 404


def test_an_order_changes_the_thermostat_and_is_pushed(account: Account) -> None:
    order = {"function": "heating", "mode": "manual", "setPoint": {"value": 23.5, "unit": "C"}}

    answer = account.call("POST", account.thermostat(), order)
    assert (answer.status, answer.content) == (200, b"")

    status = account.call("GET", account.thermostat()).value["chronothermostats"][0]
    assert (status["mode"], status["setPoint"], status["loadState"]) == (
        "MANUAL",
        {"value": "23.50000", "unit": "C"},
        "ACTIVE",
    )
    pushed = json.loads(account.provider.outbox.popleft().body)[0]["data"]["chronothermostats"][0]
    assert (pushed["mode"], pushed["setPoint"]["value"]) == ("MANUAL", "23.50000")


def observed_orders() -> list[tuple[str, dict[str, Any]]]:
    file = PAYLOADS / "set_status_requests__observed_clients.json"
    return list(json.loads(file.read_text()).items()) if file.exists() else []


@pytest.mark.shows("forms of orders")
@pytest.mark.parametrize(("who", "order"), observed_orders())
def test_orders_of_the_clients_that_exist_are_taken(account: Account, who: str, order: dict[str, Any]) -> None:
    assert account.call("POST", account.thermostat(), order).status == 200, who
    status = account.call("GET", account.thermostat()).value["chronothermostats"][0]
    assert status["mode"] == Mode(order["mode"].upper())


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"activationTime": "2025-11-20T23:30:00"}, "2025-11-20T23:30:00"),
        ({"activationTime": "2025-11-20T12:00:00/2025-11-20T13:00:00"}, "2025-11-20T13:00:00"),
        ({"activationTime": "2025-11-20T22:30:00Z"}, "2025-11-20T23:30:00"),
        ({}, None),
    ],
)
def test_the_end_of_manual_is_told_in_naive_local_time(account: Account, given: dict[str, str], told: str) -> None:
    order = {"function": "HEATING", "mode": "MANUAL", "setPoint": {"value": "20", "unit": "C"}, **given}
    account.call("POST", account.thermostat(), order)
    status = account.call("GET", account.thermostat()).value["chronothermostats"][0]
    assert status.get("activationTime") == told


def test_fahrenheit_is_understood(account: Account) -> None:
    order = {"function": "heating", "mode": "manual", "setPoint": {"value": "68", "unit": "F"}}
    account.call("POST", account.thermostat(), order)
    status = account.call("GET", account.thermostat()).value["chronothermostats"][0]
    assert status["setPoint"] == {"value": "20.00000", "unit": "C"}


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({"function": "heating", "mode": "sideways"}, 430),
        ({"function": "steaming", "mode": "off"}, 430),
        ({"mode": "off"}, 430),
        ({"function": "heating", "mode": "manual"}, 430),
        ({"function": "heating", "mode": "manual", "setPoint": {"value": "40.1", "unit": "C"}}, 430),
        ({"function": "heating", "mode": "manual", "setPoint": {"value": "2.9", "unit": "C"}}, 430),
        ({"function": "heating", "mode": "manual", "setPoint": {"value": "warm", "unit": "C"}}, 430),
        ({"function": "heating", "mode": "manual", "setPoint": {"value": "NaN", "unit": "C"}}, 430),
        ({"function": "heating", "mode": "manual", "setPoint": {"value": "20", "unit": "K"}}, 430),
        ({"function": "heating", "mode": "manual", "setPoint": "20"}, 430),
        ({"function": "heating", "mode": "automatic", "programs": [{"number": "one"}]}, 430),
        ({"function": "heating", "mode": "automatic", "programs": {"number": 1}}, 430),
        ({"function": "heating", "mode": "off", "activationTime": 7}, 430),
        ({"function": "heating", "mode": "boost"}, 430),
        ({"function": "heating", "mode": "boost", "activationTime": "soon"}, 430),
        ([], 400),
        (b"{", 400),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_and_changes_nothing(account: Account, order: Any, status: int) -> None:
    before = account.call("GET", account.thermostat()).value
    assert account.call("POST", account.thermostat(), order).status == status
    assert account.call("GET", account.thermostat()).value == before
    assert not account.provider.outbox


# Subscriptions


def listed(account: Account) -> list[dict[str, str]]:
    answer = account.call("GET", "/subscription")
    return list(answer.value) if answer.status == 200 else []


def test_subscribing_is_201_with_an_id_and_appears_in_the_list(account: Account) -> None:
    plant_id = account.plant_ids()[0]
    answer = account.subscribe(plant_id)

    assert answer.status == 201
    assert {
        "plantId": plant_id,
        "subscriptionId": answer.value["subscriptionId"],
        "EndPointUrl": ENDPOINT,
    } in listed(account)


@pytest.mark.shows("same subscription again")
def test_the_same_again_is_409_until_it_is_deleted(account: Account) -> None:
    plant_id = account.plant_ids()[0]
    number = account.subscribe(plant_id).value["subscriptionId"]

    again = account.subscribe(plant_id)
    assert (again.status, again.value["message"]) == (409, "Subscription already exists")
    assert account.call("DELETE", f"/plants/{plant_id}/subscription/{number}").status == 200
    assert account.subscribe(plant_id).status == 201


def test_another_plant_or_another_address_is_another_subscription(account: Account) -> None:
    first, second = account.plant_ids()
    answers = [account.subscribe(first), account.subscribe(second), account.subscribe(first, ENDPOINT + "2")]
    assert [answer.status for answer in answers] == [201, 201, 201]


@pytest.mark.parametrize(
    "body",
    [
        {"endpointUrl": ENDPOINT},
        {"EndPointUrl": "http://public.example/x"},
        {"EndPointUrl": "ftp://127.0.0.1/x"},
        {"EndPointUrl": "https://"},
        {"EndPointUrl": "http://127.0.0.1:99999/x"},
        {"EndPointUrl": "https://[broken/x"},
        {"EndPointUrl": 7},
        {},
        [ENDPOINT],
        b"not JSON",
    ],
)
def test_a_body_that_is_no_subscription_is_400(account: Account, body: Any) -> None:
    before = listed(account)
    assert account.call("POST", f"/plants/{account.plant_ids()[0]}/subscription", body).status == 400
    assert listed(account) == before


def test_a_description_is_accepted(account: Account) -> None:
    body = {"EndPointUrl": ENDPOINT, "description": "Smarther Recorder"}
    assert account.call("POST", f"/plants/{account.plant_ids()[0]}/subscription", body).status == 201


def test_loopback_over_http_is_taken_here(account: Account) -> None:
    assert account.subscribe(account.plant_ids()[0], "http://127.0.0.1:9/notifications/x").status == 201


def test_an_unknown_plant_cannot_be_subscribed_to(account: Account) -> None:
    assert account.subscribe(NOBODY).status == 404


@pytest.mark.parametrize(("number", "status"), [("None", 400), (NOBODY, 404)])
def test_deleting_what_is_not_there(account: Account, number: str, status: int) -> None:
    assert account.call("DELETE", f"/plants/{account.plant_ids()[0]}/subscription/{number}").status == status


def test_deleting_by_way_of_another_plant_is_404(account: Account) -> None:
    first, second = account.plant_ids()
    number = account.subscribe(first).value["subscriptionId"]
    assert account.call("DELETE", f"/plants/{second}/subscription/{number}").status == 404


@pytest.mark.shows("list of subscriptions")
def test_the_list_is_flat_over_all_plants_and_holds_other_applications_entries(account: Account) -> None:
    ours = {account.subscribe(plant_id).value["subscriptionId"] for plant_id in account.plant_ids()}
    entries = listed(account)

    assert {entry["plantId"] for entry in entries} == set(account.plant_ids())
    others = [entry["EndPointUrl"] for entry in entries if entry["subscriptionId"] not in ours]
    assert len(others) == 4
    assert {"alexa" in url or "home-assistant" in url for url in others} == {True}


@pytest.mark.shows("anybody deletes any subscription")
def test_deleting_anothers_entry_is_possible_and_does_not_go_unnoticed(account: Account) -> None:
    entry = listed(account)[0]
    assert account.call("DELETE", f"/plants/{entry['plantId']}/subscription/{entry['subscriptionId']}").status == 200
    assert account.provider.subscriptions.foreign_deleted == 1


def test_deleting_our_own_is_not_counted_as_anothers(account: Account) -> None:
    plant_id = account.plant_ids()[0]
    number = account.subscribe(plant_id).value["subscriptionId"]
    account.call("DELETE", f"/plants/{plant_id}/subscription/{number}")
    assert account.provider.subscriptions.foreign_deleted == 0


@pytest.mark.shows("empty lists")
def test_an_empty_list_is_204_with_nothing_in_it(account: Account) -> None:
    for entry in listed(account):
        account.call("DELETE", f"/plants/{entry['plantId']}/subscription/{entry['subscriptionId']}")
    answer = account.call("GET", "/subscription")
    assert (answer.status, answer.content, answer.content_type) == (204, b"", None)


def test_a_plant_that_leaves_takes_its_subscriptions_along(account: Account) -> None:
    first, second = account.plant_ids()
    account.subscribe(first)
    account.provider.remove_plant(first)

    assert {entry["plantId"] for entry in listed(account)} == {second}
    assert account.call("GET", f"/plants/{first}/topology").status == 404


def test_a_plant_that_comes_is_there_with_others_subscribed(account: Account) -> None:
    plant = account.provider.add_plant("Casa nuova", ["Salotto"])

    assert plant.id in account.plant_ids()
    assert sum(entry["plantId"] == plant.id for entry in listed(account)) == 2
    assert account.call("GET", f"/plants/{plant.id}/topology").value["plant"]["modules"][0]["name"] == "Salotto"


# The log of calls


def test_calls_are_logged_with_operation_and_status_and_no_secret(provider: Provider) -> None:
    account = Account(provider)
    account.log_in()
    account.subscribe(account.plant_ids()[0])
    account.subscribe(account.plant_ids()[0])
    account.call("GET", "/nowhere")

    calls = [(call.number, call.operation, call.status) for call in provider.calls.since()]
    assert calls == [
        (1, "authorize", 302),
        (2, "token", 200),
        (3, "subscribe", 201),
        (4, "subscribe", 409),
        (5, "unknown", 404),
    ]
    assert provider.calls.by_operation() == {"authorize": 1, "subscribe": 2, "token": 1, "unknown": 1}


@pytest.mark.shows("odd bodies of failures")
def test_documented_failures_have_their_documented_words() -> None:
    for status, body in documented("error_bodies__openapi.json").items():
        assert Answer.words(int(status)).value == body
