"""The stand-in over HTTP: what only shows on the wire."""

import asyncio
import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from sandbox.legrand import (
    CLIENT_ID,
    CLIENT_SECRET,
    SUBSCRIPTION_KEY,
    RunningStandIn,
    Settings,
    create_app,
    serve_in_thread,
)
from sandbox.legrand.variants import Variants
from tests.sandbox.legrand.account import QUERY

API = "/smarther/v2.0"


@pytest.fixture
def stand() -> Iterator[RunningStandIn]:
    with serve_in_thread(Settings(variants=Variants(token_fields="strings"))) as stand:
        yield stand


@pytest.fixture
def http(stand: RunningStandIn) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stand.url, trust_env=False, timeout=20) as http:
        yield http


@pytest.fixture
def owner(http: httpx.Client) -> httpx.Client:
    """The client, with the headers of an application that went through consent."""
    location = urlsplit(http.post("/authorize", params=QUERY, data={"decision": "allow"}).headers["location"])
    form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "grant_type": "authorization_code"}
    answer = http.post("/token", data={**form, "code": parse_qs(location.query)["code"][0]})
    http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    http.headers["Ocp-Apim-Subscription-Key"] = SUBSCRIPTION_KEY
    return http


def test_the_login_page_is_html_and_its_form_leads_back(http: httpx.Client) -> None:
    page = http.get("/authorize", params=QUERY)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["cache-control"] == "no-store"
    assert '<form method="post">' in page.text

    refused = http.post("/authorize", params=QUERY, data={"decision": "refuse"})
    assert refused.status_code == 302
    assert parse_qs(urlsplit(refused.headers["location"]).query) == {
        "error": ["access_denied"],
        "state": [QUERY["state"]],
    }


def test_an_application_gets_from_consent_to_its_plants(owner: httpx.Client) -> None:
    answer = owner.get(f"{API}/plants")
    assert (answer.status_code, len(answer.json()["plants"])) == (200, 2)


def test_every_secret_ever_issued_is_listed_by_its_sort(owner: httpx.Client) -> None:
    other = "another-client-secret"
    owner.post("/_control/client", json={"client_secret": other})
    plant_id = owner.get(f"{API}/plants").json()["plants"][0]["id"]
    owner.post(f"{API}/plants/{plant_id}/subscription", json={"EndPointUrl": "https://ours.example/notifications/s"})

    secrets = owner.get("/_control/secrets").json()

    assert secrets["client_secret"] == sorted([CLIENT_SECRET, other])
    assert secrets["subscription_key"] == [SUBSCRIPTION_KEY]
    assert secrets["state"] == [QUERY["state"]]
    assert "https://ours.example/notifications/s" in secrets["address"]
    assert [f"Bearer {token}" for token in secrets["access_token"]] == [owner.headers["Authorization"]]
    assert [len(secrets[sort]) for sort in ("code", "refresh_token", "id_token")] == [1, 1, 1]


def test_an_empty_answer_has_no_body_and_no_type(owner: httpx.Client, stand: RunningStandIn) -> None:
    for plant_id in list(stand.provider.homes.plants):
        owner.post("/_control/plants", json={"remove": plant_id})
    answer = owner.get(f"{API}/subscription")
    assert (answer.status_code, answer.content, answer.headers.get("content-type")) == (204, b"", None)


def test_the_key_in_the_query_passes_over_http(owner: httpx.Client) -> None:
    del owner.headers["Ocp-Apim-Subscription-Key"]
    assert owner.get(f"{API}/plants").status_code == 401
    assert owner.get(f"{API}/plants", params={"subscription-key": SUBSCRIPTION_KEY}).status_code == 200


def test_a_quota_refusal_carries_its_header(owner: httpx.Client) -> None:
    owner.post("/_control/faults", json={"operation": "list", "status": 403})
    answer = owner.get(f"{API}/subscription")
    assert (answer.status_code, answer.headers["retry-after"]) == (403, "12656")


def test_what_is_no_text_travels_as_it_is(owner: httpx.Client, stand: RunningStandIn) -> None:
    """Half an emoji, in a name, in an odd place of an answer, and in what is pending."""
    plant = next(iter(stand.provider.homes.plants.values()))
    half = "Cucina \ud83d"
    renamed = owner.post("/_control/plants", content=json.dumps({"rename": {"id": plant.modules[0].id, "name": half}}))
    order = {"operation": "topology", "about": plant.id, "place": ["plant", "name"], "value": half, "times": 2}
    ordered = owner.post("/_control/faults", content=json.dumps(order))

    assert (renamed.status_code, ordered.status_code) == (200, 200)
    assert ordered.json()["faults"][0]["value"] == half
    told = owner.get(f"{API}/plants/{plant.id}/topology").json()["plant"]
    assert (told["name"], told["modules"][0]["name"]) == (half, half)


def test_a_thermostat_can_be_moved_and_one_that_is_not_there_cannot(owner: httpx.Client, stand: RunningStandIn) -> None:
    first, second = stand.provider.homes.plants.values()
    move = {"module_id": first.modules[0].id, "to": second.id}
    assert owner.post("/_control/plants", json={"move": move}).json() == {"moved": move["module_id"]}
    modules = owner.get(f"{API}/plants/{second.id}/topology").json()["plant"]["modules"]
    assert modules[-1]["id"] == move["module_id"]
    assert owner.post("/_control/plants", json={"move": {**move, "to": "nowhere"}}).status_code == 404
    assert owner.post("/_control/plants", json={"move": move, "remove": first.id}).status_code == 400


def test_a_dropped_connection_gives_no_answer_at_all(owner: httpx.Client) -> None:
    order = {"operation": "list", "drop": True, "after_effect": True}
    assert owner.post("/_control/faults", json=order).status_code == 200
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        owner.get(f"{API}/subscription")
    assert owner.get(f"{API}/subscription").status_code == 200
    assert [call["status"] for call in owner.get("/_control/calls").json()["calls"]][-2:] == [0, 200]


def test_a_late_answer_is_later_than_a_patient_client_waits(owner: httpx.Client) -> None:
    owner.post("/_control/faults", json={"operation": "list", "delay_ms": 60_000})
    with pytest.raises(httpx.ReadTimeout):
        owner.get(f"{API}/subscription", timeout=0.05)


def test_a_late_answer_is_the_true_one(owner: httpx.Client) -> None:
    owner.post("/_control/faults", json={"operation": "plants", "delay_ms": 1})
    assert len(owner.get(f"{API}/plants").json()["plants"]) == 2


def test_only_the_own_server_can_drop_a_connection() -> None:
    app = create_app()
    transport = httpx.ASGITransport(app)

    async def lose() -> None:
        client = httpx.AsyncClient(transport=transport, base_url="http://stand-in")
        async with app.router.lifespan_context(app), client as http:
            await http.post("/_control/faults", json={"operation": "token", "drop": True})
            await http.post("/token")

    with pytest.raises(RuntimeError, match="can drop a connection"):
        asyncio.run(lose())
