"""Legrand over HTTP: what is asked, what is made of each answer, and what never leaves the adapter."""

from __future__ import annotations

import json
import re
import socket
import traceback
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
import requests
import responses

from smarther.domain.account.credentials import Credentials
from smarther.domain.account.legrand_answers import Announcement, Kind, Reason, Service
from smarther.domain.account.quota import Quota
from smarther.domain.account.subscription_plan import Subscription
from smarther.domain.keeper.provider_watch import ProviderSigns
from smarther.legrand import webhook_probe
from smarther.legrand.client import (
    Api,
    LegrandError,
    ListedAccount,
    ListedModule,
    ListedPlant,
    Login,
    Topology,
    Transport,
    open_session,
)
from smarther.store.keeper_items import CallCount, calls_of_day

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from smarther.store.table import Table

NOW = datetime(2026, 1, 14, 6, 30, tzinfo=UTC)
API = "https://api.example/smarther/v2.0"
LOGIN = "https://login.example"
SECRETS = ("hunter2-access", "hunter2-key", "hunter2-refresh", "s'e&c=r+e;t%", "hunter2-code")
CREDENTIALS = Credentials(
    client_id="the client", client_secret="s'e&c=r+e;t%", subscription_key="hunter2-key", recorded_on=date(2026, 1, 1)
)


@pytest.fixture
def http(table: Table) -> Iterator[responses.RequestsMock]:
    """Whatever `requests` asks for; after moto, which would take it for itself."""
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def naps() -> list[float]:
    return []


@pytest.fixture
def transport(naps: list[float]) -> Transport:
    return Transport(open_session(), lambda: NOW, naps.append, NOW + timedelta(minutes=1))


@pytest.fixture
def login(transport: Transport) -> Login:
    return Login(transport, LOGIN, CREDENTIALS)


@pytest.fixture
def calls(table: Table) -> CallCount:
    return CallCount(table, Quota(500))


@pytest.fixture
def api(transport: Transport, calls: CallCount) -> Api:
    return Api(
        transport=transport,
        base_url=API,
        calls=calls,
        subscription_key="hunter2-key",
        access_token="hunter2-access",
    )


def form(call: Any) -> dict[str, list[str]]:
    return parse_qs(call.request.body, strict_parsing=True)


# ---- the login


def test_a_refresh_travels_in_the_form_with_every_character_of_the_secret(
    http: responses.RequestsMock, login: Login
) -> None:
    http.post(f"{LOGIN}/token", json={"access_token": "new"})

    assert login.refresh("hunter2-refresh") == {"access_token": "new"}
    assert form(http.calls[0]) == {
        "client_id": ["the client"],
        "client_secret": ["s'e&c=r+e;t%"],
        "grant_type": ["refresh_token"],
        "refresh_token": ["hunter2-refresh"],
    }
    assert "Authorization" not in http.calls[0].request.headers


def test_an_exchange_travels_alike(http: responses.RequestsMock, login: Login) -> None:
    http.post(f"{LOGIN}/token", json={})

    login.exchange("hunter2-code")

    assert form(http.calls[0])["grant_type"] == ["authorization_code"]
    assert form(http.calls[0])["code"] == ["hunter2-code"]


@pytest.mark.parametrize("first", [requests.ConnectionError("x"), requests.ReadTimeout("x"), 500, 503, 408])
def test_a_refresh_that_fails_in_passing_is_tried_once_more(
    http: responses.RequestsMock, login: Login, naps: list[float], first: Exception | int
) -> None:
    if isinstance(first, int):
        http.post(f"{LOGIN}/token", status=first)
    else:
        http.post(f"{LOGIN}/token", body=first)
    http.post(f"{LOGIN}/token", json={"access_token": "new"})

    assert login.refresh("hunter2-refresh") == {"access_token": "new"}
    assert naps == [2.0]


@pytest.mark.parametrize(("status", "attempts"), [(429, 1), (400, 1), (500, 2)])
def test_a_refresh_is_never_hammered(http: responses.RequestsMock, login: Login, status: int, attempts: int) -> None:
    http.post(f"{LOGIN}/token", status=status, json={"error": "invalid_grant"})

    with pytest.raises(LegrandError):
        login.refresh("hunter2-refresh")

    assert len(http.calls) == attempts


def test_a_code_is_exchanged_at_most_once(http: responses.RequestsMock, login: Login) -> None:
    http.post(f"{LOGIN}/token", body=requests.ReadTimeout("x"))

    with pytest.raises(LegrandError) as error:
        login.exchange("hunter2-code")

    assert error.value.answer.kind is Kind.TRANSIENT
    assert len(http.calls) == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"text"', b"[" * 100_000])
def test_a_good_status_without_an_object_is_no_answer(http: responses.RequestsMock, login: Login, body: bytes) -> None:
    http.post(f"{LOGIN}/token", body=body)

    with pytest.raises(LegrandError) as error:
        login.refresh("hunter2-refresh")
    assert error.value.answer.kind is Kind.STRANGE


def test_a_refusal_says_what_a_person_must_do(http: responses.RequestsMock, login: Login) -> None:
    http.post(f"{LOGIN}/token", status=400, json={"error": "invalid_grant", "error_description": "AADB2C90085"})

    with pytest.raises(LegrandError) as error:
        login.refresh("hunter2-refresh")
    assert error.value.answer.reason is Reason.CLIENT_SECRET_EXPIRED


# ---- the API


def test_every_call_carries_token_and_key_and_is_counted(http: responses.RequestsMock, api: Api, table: Table) -> None:
    http.get(f"{API}/subscription", status=204)

    assert api.subscriptions() == []

    headers = http.calls[0].request.headers
    assert headers["Authorization"] == "Bearer hunter2-access"
    assert headers["Ocp-Apim-Subscription-Key"] == "hunter2-key"
    assert calls_of_day(table, NOW).made == 1


def test_the_list_holds_what_it_holds_and_skips_what_cannot_be_ours(http: responses.RequestsMock, api: Api) -> None:
    http.get(
        f"{API}/subscription",
        json=[
            {"plantId": "p1", "subscriptionId": "1", "EndPointUrl": "https://a"},
            {"plantId": "p1", "subscriptionId": None, "EndPointUrl": "https://b"},
            {"plantId": "p1", "EndPointUrl": "https://c", "createdOn": "?"},
            {"plantId": "p1", "subscriptionId": "4"},
            {"subscriptionId": "5", "EndPointUrl": "https://e"},
            "odd",
            None,
        ],
    )

    assert api.subscriptions() == [
        Subscription("p1", "1", "https://a"),
        Subscription("p1", None, "https://b"),
        Subscription("p1", None, "https://c"),
    ]


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"null", b'{"subscriptions": []}'])
def test_a_list_that_cannot_be_read_is_never_an_empty_one(http: responses.RequestsMock, api: Api, body: bytes) -> None:
    http.get(f"{API}/subscription", body=body)

    with pytest.raises(LegrandError) as error:
        api.subscriptions()
    assert error.value.answer.kind is Kind.STRANGE


@pytest.mark.parametrize("body", [b"", b"OK", b"<html>", b'{"subscriptionId": "1"}'])
def test_a_subscription_is_judged_by_its_status(http: responses.RequestsMock, api: Api, body: bytes) -> None:
    http.post(f"{API}/plants/p%2F1/subscription", status=201, body=body)

    api.subscribe("p/1", "https://ours.example/notifications/x")

    assert json.loads(http.calls[0].request.body or b"") == {"EndPointUrl": "https://ours.example/notifications/x"}


def test_a_removal_names_plant_and_subscription(http: responses.RequestsMock, api: Api) -> None:
    http.delete(f"{API}/plants/p1/subscription/s%201", status=200)

    api.unsubscribe("p1", "s 1")


def test_plants_and_topology_are_read_as_far_as_they_make_sense(http: responses.RequestsMock, api: Api) -> None:
    http.get(f"{API}/plants", json={"plants": [{"id": "p1", "name": "Casa", "type": "house"}, {"name": "no id"}, 5]})
    module = {"device": "chronothermostat", "id": "m1", "name": "Sala", "capabilities": []}
    http.get(f"{API}/plants/p1/topology", json={"plant": {"id": "p1", "name": "Casa", "modules": [module, {}, None]}})

    assert api.plants() == ListedAccount((ListedPlant("p1", "Casa"),), whole=False)
    modules = (ListedModule("m1", "Sala", "chronothermostat"),)
    assert api.topology("p1") == Topology("p1", "Casa", modules, whole=False)


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({"name": "Casa"}, "Casa"),
        ({"name": "a\u2028b \ud83d"}, "a b"),
        ({"name": " "}, ""),
        ({"name": 5}, None),
        ({}, None),
    ],
)
def test_names_are_made_printable_at_the_door(
    http: responses.RequestsMock, api: Api, told: dict[str, Any], name: str | None
) -> None:
    http.get(f"{API}/plants", json={"plants": [{"id": "p1", **told}]})
    http.get(f"{API}/plants/p1/topology", json={"plant": {"id": "p1", **told, "modules": [{"id": "m1", **told}]}})

    assert api.plants() == ListedAccount((ListedPlant("p1", name),))
    assert api.topology("p1") == Topology("p1", name, (ListedModule("m1", name, None),))


@pytest.mark.parametrize("odd", [None, 5, "", "\ud83d", "a\nb", {}, "x" * 3000])
def test_what_is_no_id_makes_no_plant_no_module_and_no_subscription(
    http: responses.RequestsMock, api: Api, odd: Any
) -> None:
    http.get(f"{API}/plants", json={"plants": [{"id": odd}, {"id": "p1"}]})
    http.get(f"{API}/plants/p1/topology", json={"plant": {"id": odd, "modules": [{"id": odd}, {"id": "m1"}]}})
    entry = {"plantId": "p1", "subscriptionId": "s1", "EndPointUrl": "https://x"}
    http.get(f"{API}/subscription", json=[entry, {**entry, "plantId": odd}, {**entry, "subscriptionId": odd}])

    assert api.plants() == ListedAccount((ListedPlant("p1", None),), whole=False)
    assert api.topology("p1") == Topology(None, None, (ListedModule("m1", None, None),), whole=False)
    assert api.subscriptions() == [Subscription("p1", "s1", "https://x"), Subscription("p1", None, "https://x")]


@pytest.mark.parametrize("plant", [{"modules": []}, {"modules": None}, {}])
def test_a_topology_without_modules_is_an_empty_one(
    http: responses.RequestsMock, api: Api, plant: dict[str, Any]
) -> None:
    http.get(f"{API}/plants/p1/topology", status=204)
    http.get(f"{API}/plants/p1/topology", json={"plant": {"id": "p1", **plant}})

    assert api.topology("p1") == Topology()
    assert api.topology("p1") == Topology("p1")


def test_an_account_without_plants_has_none(http: responses.RequestsMock, api: Api) -> None:
    http.get(f"{API}/plants", status=204)

    assert api.plants() == ListedAccount()


@pytest.mark.parametrize("document", [{}, {"plants": None}, {"plant": None}, {"plant": {"modules": 1}}])
def test_plants_and_topology_that_cannot_be_read_are_no_answer(
    http: responses.RequestsMock, api: Api, document: Any
) -> None:
    http.get(f"{API}/plants", json=document)
    http.get(f"{API}/plants/p1/topology", json=document)

    for ask in (api.plants, lambda: api.topology("p1")):
        with pytest.raises(LegrandError):
            ask()


def test_a_status_is_handed_on_as_sent(http: responses.RequestsMock, api: Api) -> None:
    path = "chronothermostat/thermoregulation/addressLocation/plants/p1/modules/parameter/id/value/m1"
    http.get(f"{API}/{path}", body=b'{"chronothermostats": []}')

    assert api.status("p1", "m1") == b'{"chronothermostats": []}'


@pytest.mark.parametrize(
    ("status", "attempts"),
    [
        *((status, 1) for status in (400, 401, 403, 404, 409, 429, 430, 469, 470)),
        *((status, 2) for status in (408, 486, 500, 502, 503, 504)),
    ],
)
def test_each_status_has_its_number_of_attempts_and_all_of_them_are_counted(
    http: responses.RequestsMock, api: Api, table: Table, status: int, attempts: int
) -> None:
    http.get(f"{API}/subscription", status=status)

    with pytest.raises(LegrandError) as error:
        api.subscriptions()

    assert error.value.answer.status == status
    assert len(http.calls) == calls_of_day(table, NOW).made == attempts


def test_the_quota_s_end_stops_every_call_until_it_is_replenished(
    http: responses.RequestsMock, api: Api, table: Table
) -> None:
    quota = {"statusCode": 403, "message": "Out of call volume quota. Quota will be replenished in 01:00:00."}
    http.get(f"{API}/subscription", status=403, json=quota)

    for _ in range(2):
        with pytest.raises(LegrandError) as error:
            api.subscriptions()
        assert error.value.answer.kind is Kind.QUOTA

    assert len(http.calls) == 1
    assert calls_of_day(table, NOW).paused_until == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("refusal", "minutes"),
    [((403, ""), 10), ((403, "120"), 2), ((503, "9223372036854775807"), 60)],
)
def test_what_the_list_is_refused_with_stops_calls_for_minutes(
    http: responses.RequestsMock, api: Api, table: Table, refusal: tuple[int, str], minutes: int
) -> None:
    status, wait = refusal
    http.get(f"{API}/subscription", status=status, headers={"Retry-After": wait}, json={"error": {"code": 2}})

    with pytest.raises(LegrandError) as error:
        api.subscriptions()

    assert ("not for the quota" in str(error.value)) == (status == 403)
    assert calls_of_day(table, NOW).paused_until == NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize(("status", "headers"), [(403, {}), (503, {"Retry-After": "600"}), (401, {}), (470, {})])
def test_what_one_plant_is_refused_with_stops_no_other_call(
    http: responses.RequestsMock, api: Api, table: Table, status: int, headers: dict[str, str]
) -> None:
    http.get(f"{API}/plants/p1/topology", status=status, headers=headers, json={"error": {}})

    with pytest.raises(LegrandError):
        api.topology("p1")

    assert calls_of_day(table, NOW).paused_until is None


@pytest.mark.parametrize(("headers", "seconds"), [({"Retry-After": "900"}, 900), ({}, 60)])
def test_a_burst_limit_is_heeded_by_all_that_comes_after(
    http: responses.RequestsMock, api: Api, table: Table, headers: dict[str, str], seconds: int
) -> None:
    http.get(f"{API}/subscription", status=429, headers=headers)

    with pytest.raises(LegrandError):
        api.subscriptions()
    with pytest.raises(LegrandError):
        api.plants()

    assert len(http.calls) == 1
    assert calls_of_day(table, NOW).paused_until == NOW + timedelta(seconds=seconds)


def test_a_short_wait_is_waited_out(http: responses.RequestsMock, api: Api, naps: list[float]) -> None:
    http.get(f"{API}/subscription", status=429, headers={"Retry-After": "3"})
    http.get(f"{API}/subscription", status=204)

    assert api.subscriptions() == []
    assert naps == [3.0]


def test_no_call_is_begun_when_time_is_up(http: responses.RequestsMock, api: Api, transport: Transport) -> None:
    late = replace(api, transport=replace(transport, deadline=NOW))

    with pytest.raises(LegrandError):
        late.subscriptions()
    assert len(http.calls) == 0


def test_a_redirect_is_not_followed_with_the_token(http: responses.RequestsMock, api: Api) -> None:
    http.get(f"{API}/subscription", status=302, headers={"Location": "https://elsewhere.example/"})

    with pytest.raises(LegrandError):
        api.subscriptions()
    assert len(http.calls) == 1


def test_the_surroundings_have_no_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """A .netrc replaces the bearer token of any session that trusts its environment."""
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine api.example login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    request = requests.Request("GET", API, headers={"Authorization": "Bearer hunter2-access"})

    prepared = open_session().prepare_request(request)

    assert prepared.headers["Authorization"] == "Bearer hunter2-access"


@pytest.mark.shows("failures carry no secret")
@pytest.mark.parametrize(
    "body",
    [requests.ConnectionError("to https://x?hunter2-access"), requests.ReadTimeout("hunter2-key"), b"hunter2-access{"],
)
def test_no_failure_carries_a_secret(
    http: responses.RequestsMock, api: Api, login: Login, body: Exception | bytes
) -> None:
    http.get(f"{API}/subscription", body=body)
    http.post(f"{LOGIN}/token", body=body)
    works: list[Callable[[], object]] = [
        api.subscriptions,
        lambda: login.refresh("hunter2-refresh"),
        lambda: login.exchange("hunter2-code"),
    ]

    for work in works:
        with pytest.raises(LegrandError) as error:
            work()
        told = "".join(traceback.format_exception(error.value))
        assert not [
            secret
            for secret in SECRETS
            if secret in told.replace('"hunter2-refresh"', "").replace('"hunter2-code"', "")
        ]
        assert error.value.__context__ is None
    assert not [secret for secret in SECRETS if secret in repr(api)]


# ---- what answers say of the provider itself


@pytest.mark.shows("provider gone")
def test_a_name_that_does_not_resolve_is_distinguished_from_a_host_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, api: Api, login: Login
) -> None:
    def nobody(*_: object, **__: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    for ask in (api.subscriptions, lambda: login.refresh("hunter2-refresh")):
        with pytest.raises(LegrandError) as error:
            ask()
        assert error.value.answer.kind is Kind.NO_HOST
    assert api.transport.signs.missing == {Service.API: "no_host", Service.LOGIN: "no_host"}


@pytest.mark.parametrize("failure", [requests.ConnectionError(), requests.ConnectTimeout("x"), requests.ReadTimeout()])
def test_a_host_that_does_not_answer_says_nothing_of_its_name(
    http: responses.RequestsMock, api: Api, failure: Exception
) -> None:
    http.get(f"{API}/subscription", body=failure)
    with pytest.raises(LegrandError) as error:
        api.subscriptions()
    assert error.value.answer.kind is Kind.TRANSIENT
    assert api.transport.signs == ProviderSigns()


ODD_FORM = '{"data": {"elements": [{"hunter2-access": "hunter2-key"}]}}'
OPERATIONS: dict[str, tuple[str, Any, Callable[[Api, Login], object]]] = {
    "token": ("POST", f"{LOGIN}/token", lambda _, login: login.refresh("hunter2-refresh")),
    "list": ("GET", f"{API}/subscription", lambda api, _: api.subscriptions()),
    "plants": ("GET", f"{API}/plants", lambda api, _: api.plants()),
    "topology": ("GET", f"{API}/plants/p1/topology", lambda api, _: api.topology("p1")),
    "subscribe": ("POST", f"{API}/plants/p1/subscription", lambda api, _: api.subscribe("p1", "https://ours")),
    "unsubscribe": ("DELETE", f"{API}/plants/p1/subscription/s1", lambda api, _: api.unsubscribe("p1", "s1")),
    "status": ("GET", re.compile(f"{API}/chronothermostat/.*"), lambda api, _: api.status("p1", "m1")),
    "programs": ("GET", re.compile(f"{API}/chronothermostat/.*"), lambda api, _: api.programs("p1", "m1")),
}


@pytest.mark.parametrize("status", [301, 405, 418])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_status_that_nobody_knows_is_noted_with_the_form_of_its_answer(
    http: responses.RequestsMock, api: Api, login: Login, operation: str, status: int
) -> None:
    method, url, ask = OPERATIONS[operation]
    http.add(method, url, body=ODD_FORM, status=status, headers={"Sunset": "Wed, 30 Jun 2027 23:59:59 GMT"})

    with pytest.raises(LegrandError):
        ask(api, login)

    assert api.transport.signs.strange == {operation}
    assert api.transport.signs.shapes == {operation: (status, '{"data": {"elements": [{"?1": "text"}]}}')}
    assert api.transport.signs.announced == {operation: Announcement(None, date(2027, 6, 30))}


@pytest.mark.parametrize("operation", ["list", "plants", "topology", "programs"])
def test_a_form_that_nobody_knows_is_noted(
    http: responses.RequestsMock, api: Api, login: Login, operation: str
) -> None:
    method, url, ask = OPERATIONS[operation]
    http.add(method, url, body=ODD_FORM)

    with pytest.raises(LegrandError):
        ask(api, login)

    assert (api.transport.signs.strange, api.transport.signs.understood) == ({operation}, set())
    assert api.transport.signs.shapes == {operation: (200, '{"data": {"elements": [{"?1": "text"}]}}')}


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("list", [{"plant": {"id": "p1"}, "EndPointUrl": "https://ours"}]),
        ("plants", {"plants": [{"plantId": "p1"}]}),
        ("topology", {"plant": {"id": "p1", "modules": [{"moduleId": "m1"}]}}),
    ],
)
def test_a_list_of_which_no_entry_can_be_read_is_of_another_form(
    http: responses.RequestsMock, api: Api, login: Login, operation: str, body: Any
) -> None:
    method, url, ask = OPERATIONS[operation]
    http.add(method, url, json=body)
    ask(api, login)
    assert (api.transport.signs.strange, api.transport.signs.understood) == ({operation}, set())
    assert operation in api.transport.signs.shapes


def test_one_odd_entry_among_others_has_its_form_kept_and_changes_nothing(
    http: responses.RequestsMock, api: Api
) -> None:
    http.get(f"{API}/plants", json={"plants": [{"id": "p1"}, {"plantId": "p2"}]})
    api.plants()
    assert (api.transport.signs.strange, api.transport.signs.understood) == (set(), {"plants"})
    assert api.transport.signs.shapes == {"plants": (200, '{"plants": [{"id": "text"}, {"plantId": "text"}]}')}


# ---- programs

PROGRAMS = (
    f"{API}/chronothermostat/thermoregulation/addressLocation/plants/p%2F1/modules/parameter/id/value/m1/programlist"
)


def of_m1(*programs: Any, **more: Any) -> dict[str, Any]:
    return {"programs": list(programs), "sender": {"plant": {"id": "p/1", "module": {"id": "M1"}}}, **more}


def program(number: Any, name: Any) -> dict[str, Any]:
    return {"number": number, "name": name}


OF_ANOTHER = {**of_m1(program(1, "Other")), "sender": {"plant": {"module": {"id": "m2"}}}}


@pytest.mark.parametrize(
    ("thermostats", "names", "shapes"),
    [
        ([], {}, set()),
        ([of_m1()], {}, set()),
        ([of_m1(programs=None)], {}, set()),
        ([OF_ANOTHER], {}, set()),
        ([of_m1(program(0, "Default"), program("2", "Ospiti"))], {0: "Default", 2: "Ospiti"}, set()),
        ([OF_ANOTHER, of_m1(program(1, "Casa"))], {1: "Casa"}, set()),
        ([{"programs": [program(1, "Casa")]}], {1: "Casa"}, set()),
        ([of_m1(program(1, "Casa"), sender="odd")], {1: "Casa"}, set()),
        ([of_m1(program(1, "Casa"), program(1, "Again"))], {1: "Casa"}, set()),
        ([of_m1(program(1, " a\u202eb\n\x00c"), program(2, "\ud83d"))], {1: "ab c", 2: ""}, set()),
        ([of_m1(program(1, None), {"number": 2}, program(3, 7))], {}, set()),
        ([of_m1(program(1, "Casa"), program(None, "x"), "odd", program(300, "x"))], {1: "Casa"}, {"programs"}),
        ([of_m1(program(1, "Casa")), None], {1: "Casa"}, {"programs"}),
    ],
)
def test_the_names_of_a_thermostats_programs(
    http: responses.RequestsMock, api: Api, thermostats: list[Any], names: dict[int, str], shapes: set[str]
) -> None:
    http.get(PROGRAMS, json={"chronothermostats": thermostats})

    assert api.programs("p/1", "m1") == names
    assert (api.transport.signs.strange, api.transport.signs.understood) == (set(), {"programs"})
    assert api.transport.signs.shapes.keys() == shapes


def test_no_programs_is_204(http: responses.RequestsMock, api: Api) -> None:
    http.get(PROGRAMS, status=204)
    assert api.programs("p/1", "m1") == {}
    assert api.transport.signs.understood == {"programs"}


@pytest.mark.parametrize(
    "body",
    [
        *("<html>", [], {"chronothermostats": {}}, {"chronothermostats": ["odd"]}),
        *({"chronothermostats": [thermostat]} for thermostat in (of_m1("odd"), of_m1(programs={"1": "Casa"}))),
    ],
)
def test_programs_of_which_nothing_can_be_read_are_of_another_form(
    http: responses.RequestsMock, api: Api, body: Any
) -> None:
    http.get(PROGRAMS, json=body)

    with pytest.raises(LegrandError) as error:
        api.programs("p/1", "m1")

    assert error.value.answer.kind is Kind.STRANGE
    assert api.transport.signs.strange == {"programs"}


# ---- our own endpoint

ADDRESS = "https://ours.example/notifications/" + "s" * 43


def proves() -> bool:
    return webhook_probe.proves(open_session(), ADDRESS, code="c0de", now=NOW)


def test_an_endpoint_that_tells_the_code_back_under_both_keys_is_proven(http: responses.RequestsMock) -> None:
    http.post(ADDRESS, json={"validationCode": "c0de", "validationResponse": "c0de", "stored": 0})

    assert proves()
    (event,) = json.loads(http.calls[0].request.body or b"")
    assert event["eventType"] == "Microsoft.EventGrid.SubscriptionValidationEvent"
    assert event["data"] == {"validationCode": "c0de"}


def test_a_handshake_tells_status_time_and_container_and_never_the_address(http: responses.RequestsMock) -> None:
    http.post(ADDRESS, json={"validationCode": "c0de", "validationResponse": "c0de", "new_container": True})
    http.post(ADDRESS, json={"validationCode": "c0de", "validationResponse": "c0de", "new_container": False})
    http.post(ADDRESS, status=503, json={"message": "Service Unavailable", "new_container": True})
    http.post(ADDRESS, body=requests.ConnectionError(ADDRESS))
    http.post(ADDRESS, body=requests.ReadTimeout(ADDRESS))

    made = [webhook_probe.handshake(open_session(), ADDRESS, code="c0de", now=NOW) for _ in range(5)]

    assert [(each.status, each.proven, each.new_container) for each in made] == [
        (200, True, True),
        (200, True, False),
        (503, False, False),
        (None, False, False),
        (None, False, False),
    ]
    assert [each.ms is None for each in made] == [False, False, False, True, True]
    assert ADDRESS not in repr(made)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b'{"validationCode": "c0de", "validationResponse": "c0de"}'),
        (202, b'{"validationCode": "c0de", "validationResponse": "c0de"}'),
        (200, b'{"validationCode": "c0de"}'),
        (200, b'{"validationCode": "c0de", "validationResponse": "other"}'),
        (200, b'{"validationCode": "c0de", "validationResponse": null}'),
        (200, b"[]"),
        (200, b"<html>"),
        (200, requests.ConnectionError(ADDRESS)),
    ],
)
def test_any_other_answer_proves_nothing(http: responses.RequestsMock, status: int, body: bytes | Exception) -> None:
    http.post(ADDRESS, status=status, body=body)

    assert not proves()
