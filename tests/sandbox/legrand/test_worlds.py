"""The open questions about the real provider: the stand-in can give each of their answers."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.legrand import Provider, serve_in_thread
from sandbox.legrand.account.clock import MovableClock
from sandbox.legrand.home.snapshot import Mode
from sandbox.legrand.provider.gateway import SCOPES
from sandbox.legrand.pushes.timeline import first_push, sent_late
from sandbox.legrand.variants import NEVER_DRAWN, QUESTIONS, USUAL, Variants, described, drawn, with_answers
from smarther.domain.account.consent import Scope
from smarther.domain.readings.notification import parse
from tests.sandbox.legrand.account import QUERY, Account
from tests.sandbox.legrand.endpoint import Endpoint

LOCAL_NOON = datetime(2025, 11, 20, 13)  # noqa: DTZ001 - as orders tell it


# ---- worlds


def test_a_world_is_drawn_alike_from_the_same_seed_and_all_answers_come() -> None:
    worlds = [drawn(seed) for seed in range(60)]
    assert worlds == [drawn(seed) for seed in range(60)]
    for question, answers in QUESTIONS.items():
        assert {world.answers[question] for world in worlds} == set(answers) - NEVER_DRAWN


def test_the_first_answer_is_the_usual_one() -> None:
    assert USUAL.answers == {question: answers[0] for question, answers in QUESTIONS.items()}
    assert USUAL.unusual == {}
    assert Variants(online="true").unusual == {"online": "true"}


@given(st.integers(0, 10**6))
def test_a_world_can_be_said_in_words(seed: int) -> None:
    world = drawn(seed)
    assert described(f"drawn:{seed}") == world
    assert described(",".join(f"{name}={answer}" for name, answer in world.answers.items())) == world
    assert with_answers(USUAL, world.unusual) == world


@pytest.mark.parametrize("text", ["", "drawn:", "drawn:x", "online", "online=maybe", "weather=fine", "online=true,"])
def test_what_is_no_world_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"question=answer|is one of|no question"):
        described(text)


def test_the_control_plane_makes_another_world() -> None:
    with serve_in_thread() as stand, httpx.Client(base_url=f"{stand.url}/_control", trust_env=False) as control:
        assert control.get("/world").json() == {"usual": True, "answers": USUAL.answers}
        assert control.post("/world", json={"draw": 7}).json()["answers"] == drawn(7).answers
        online = control.post("/world", json={"answers": {"online": "true"}}).json()["answers"]
        assert online == replace(drawn(7), online="true").answers
        assert control.post("/world", json={"answers": {"online": "maybe"}}).status_code == 400
        assert control.post("/world", json={"draw": 1, "answers": {"online": "true"}}).status_code == 400
        assert control.post("/world").json()["usual"]


# ---- each answer


def order(account: Account, mode: str, **more: Any) -> int:
    return account.call("POST", account.thermostat(), {"function": "heating", "mode": mode, **more}).status


def until(minutes: float) -> dict[str, str]:
    return {"activationTime": f"{LOCAL_NOON + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%S}"}


def told(account: Account) -> dict[str, Any]:
    status: dict[str, Any] = account.call("GET", account.thermostat()).value["chronothermostats"][0]
    return status


def pushed(provider: Provider) -> dict[str, Any]:
    status: dict[str, Any] = json.loads(provider.outbox[-1].body)[0]["data"]["chronothermostats"][0]
    return status


@pytest.mark.shows("set_point_in_boost", "set_point_when_off", "set_point_in_protection")
@pytest.mark.parametrize(
    ("world", "mode", "shown"),
    [
        (USUAL, "boost", "23.50000"),
        (USUAL, "off", "7.00000"),
        (USUAL, "protection", "7.00000"),
        (Variants(set_point_when_off="last"), "off", "23.50000"),
        (Variants(set_point_when_off="missing"), "off", None),
        (Variants(set_point_in_boost="missing"), "boost", None),
        (Variants(set_point_in_protection="missing"), "protection", None),
    ],
)
def test_set_points_that_nothing_is_driven_to(account: Account, world: Variants, mode: str, shown: str | None) -> None:
    order(account, "manual", setPoint={"value": 23.5, "unit": "C"})
    account.provider.use_variants(world)
    order(account, mode, **until(30))
    for status in (told(account), pushed(account.provider)):
        assert status.get("setPoint", {}).get("value") == shown


@pytest.mark.shows("odd_boost")
@pytest.mark.parametrize("minutes", [None, 1, 29, 31, 45, 120, 10_000])
@pytest.mark.parametrize(("answer", "status"), [("430", 430), ("400", 400), ("taken", 200)])
def test_a_boost_of_another_length(account: Account, minutes: float | None, answer: Any, status: int) -> None:
    account.provider.use_variants(Variants(odd_boost=answer))
    before = told(account)
    assert order(account, "boost", **({} if minutes is None else until(minutes))) == status
    if status == 200:
        assert told(account)["activationTime"] == until(minutes or 30)["activationTime"]
    else:
        assert told(account) == before


@pytest.mark.shows("past_end")
@pytest.mark.parametrize("mode", ["manual", "off", "protection"])
@pytest.mark.parametrize(("answer", "status"), [("taken", 200), ("430", 430)])
def test_an_end_that_is_over(account: Account, mode: str, answer: Any, status: int) -> None:
    account.provider.use_variants(Variants(past_end=answer))
    assert order(account, mode, **until(-60), setPoint={"value": "20"}) == status
    if status == 200:
        account.provider.homes.advance(account.provider.clock.now() + timedelta(minutes=2))
        assert told(account)["mode"] == "AUTOMATIC"


@pytest.mark.shows("odd_program")
@pytest.mark.parametrize("programs", [{}, {"programs": []}, {"programs": [{"number": 11}]}])
@pytest.mark.parametrize(("answer", "status"), [("430", 430), ("kept", 200)])
def test_a_program_that_is_not_told_or_not_there(
    account: Account, programs: dict[str, Any], answer: Any, status: int
) -> None:
    account.provider.use_variants(Variants(odd_program=answer))
    before = told(account)["programs"]
    assert order(account, "automatic", **programs) == status
    assert told(account)["programs"] == before


@pytest.mark.shows("zulu_in_orders")
@pytest.mark.parametrize(("answer", "end"), [("utc", "2025-11-20T15:00:00"), ("local", "2025-11-20T14:00:00")])
def test_a_z_in_an_order(account: Account, answer: Any, end: str) -> None:
    """RS sends true UTC with it, bticino_X8000_rest_api local time."""
    account.provider.use_variants(Variants(zulu_in_orders=answer))
    order(account, "manual", setPoint={"value": "20"}, activationTime="2025-11-20T14:00:00Z")
    assert told(account)["activationTime"] == end


@pytest.mark.shows("end_in_pushes")
@pytest.mark.parametrize(("answer", "end"), [("naive", "2025-11-20T14:00:00"), ("zulu", "2025-11-20T14:00:00Z")])
def test_local_time_may_bear_a_z_in_pushes(account: Account, answer: Any, end: str) -> None:
    """SH, 2019: "2019-02-20T23:30:00Z", read as local."""
    account.provider.use_variants(Variants(end_in_pushes=answer))
    order(account, "off", **until(60))
    assert pushed(account.provider)["activationTime"] == end
    assert told(account)["activationTime"] == "2025-11-20T14:00:00"


@pytest.mark.shows("online")
@pytest.mark.parametrize(("answer", "seen"), [("false", {False}), ("true", {True}), ("either", {True, False})])
def test_online_is_undocumented(account: Account, answer: Any, seen: set[bool]) -> None:
    world = account.provider.homes
    world.use_variants(Variants(online=answer))
    day = world.advance(account.provider.clock.now() + timedelta(hours=12))
    bodies = [first_push(each, Random(1), [], world.variants).body for each in day]  # noqa: S311 - repeatable
    assert {json.loads(body)[0]["data"]["chronothermostats"][0]["online"] for body in bodies} == seen


@pytest.mark.shows("online")
def test_online_may_be_missing(account: Account) -> None:
    account.provider.use_variants(Variants(online="missing"))
    order(account, "off")
    assert "online" not in pushed(account.provider)


@pytest.mark.shows("late_measures")
@pytest.mark.parametrize(("answer", "later"), [("later", timedelta(hours=5)), ("as_made", timedelta(seconds=-1))])
def test_measures_of_a_push_that_comes_late(account: Account, answer: Any, later: timedelta) -> None:
    """One user's script for HA drops pushes whose measure and `time` are more than a minute apart: it met some."""
    world, variants = account.provider.homes, Variants(late_measures=answer)
    made = world.advance(account.provider.clock.now() + timedelta(minutes=5))[0]
    late = sent_late(made, made.at + timedelta(hours=5), variants)
    (reading,) = parse(first_push(late, Random(1), [], variants).body).readings  # noqa: S311 - repeatable
    assert reading.temperature_time is not None
    assert abs(reading.temperature_time - reading.time - later) <= timedelta(seconds=1)


@pytest.mark.shows("plants")
def test_plants_may_be_bare(account: Account) -> None:
    """RS made `name`, `type` and `capabilities` optional in its first live run (d8a0b65)."""
    account.provider.use_variants(Variants(plants="bare"))
    plants = account.call("GET", "/plants").value["plants"]
    assert plants == [{"id": plant_id} for plant_id in account.plant_ids()]
    modules = account.call("GET", f"/plants/{plants[0]['id']}/topology").value["plant"]["modules"]
    assert {frozenset(module) for module in modules} == {frozenset({"device", "id", "name"})}


@pytest.mark.shows("used_refresh")
@pytest.mark.parametrize(("answer", "status"), [("revoked", 400), ("good", 200)])
def test_a_refresh_token_that_was_used(account: Account, answer: Any, status: int) -> None:
    account.provider.use_variants(Variants(used_refresh=answer))
    used = account.log_in()["refresh_token"]
    assert account.refresh(used).status == 200
    assert account.refresh(used).status == status


@pytest.mark.shows("revoked_grant")
@pytest.mark.parametrize(("answer", "code"), [("expired", "AADB2C90080"), ("revoked", "AADB2C90129")])
def test_what_is_said_of_a_grant_that_was_taken_back(account: Account, answer: Any, code: str) -> None:
    account.provider.use_variants(Variants(revoked_grant=answer))
    token = account.log_in()["refresh_token"]
    account.provider.login.revoke(access=False, refresh=True)
    refused = account.refresh(token).value
    assert (refused["error"], refused["error_description"].partition(":")[0]) == ("invalid_grant", code)
    assert account.refresh("never given").value["error_description"].startswith("AADB2C90080")


@pytest.mark.shows("declined")
@pytest.mark.parametrize(
    ("answer", "said"), [("bare", {"error", "state"}), ("described", {"error", "error_description", "state"})]
)
def test_the_way_back_from_a_consent_that_was_declined(account: Account, answer: Any, said: set[str]) -> None:
    account.provider.use_variants(Variants(declined=answer))
    back = parse_qs(urlsplit(account.desk.decide(QUERY, b"decision=refuse").headers["Location"]).query)
    assert back.keys() == said
    assert back["error"] == ["access_denied"]


def came_back(account: Account, scope: str) -> dict[str, list[str]]:
    """What the browser comes back with from a consent to a scope; nothing if the login shows its page."""
    shown = account.desk.show_consent(QUERY | {"scope": scope})
    return {} if shown.status == 200 else parse_qs(urlsplit(shown.headers["Location"]).query)


def log_in(account: Account, scope: str) -> dict[str, Any]:
    location = account.desk.decide(QUERY | {"scope": scope}, b"decision=allow").headers["Location"]
    code = parse_qs(urlsplit(location).query)["code"][0]
    tokens: dict[str, Any] = account.ask_token(grant_type="authorization_code", code=code).value
    account.token = tokens["access_token"]
    return tokens


def refused(account: Account) -> set[str]:
    """The operations that the API refuses a token."""
    (plant_id, *_), thermostat = account.plant_ids(), account.thermostat()
    calls: dict[str, tuple[str, str]] = {
        "plants": ("GET", "/plants"),
        "topology": ("GET", f"/plants/{plant_id}/topology"),
        "status": ("GET", thermostat),
        "set_status": ("POST", thermostat),
        "measures": ("GET", f"{thermostat}/measures"),
        "programlist": ("GET", f"{thermostat}/programlist"),
        "subscribe": ("POST", f"/plants/{plant_id}/subscription"),
        "list": ("GET", "/subscription"),
        "delete": ("DELETE", f"/plants/{plant_id}/subscription/none"),
    }
    return {name for name, (method, path) in calls.items() if account.call(method, path, {}).status == 403}


ALL = set(SCOPES)


@pytest.mark.shows("scopes")
@pytest.mark.parametrize(
    ("answer", "scope", "lacks"),
    [
        ("ignored", "comfort.read", set()),
        ("enforced", "comfort.read topology.read", {"set_status"}),
        ("enforced", "comfort.read", {"set_status", "plants", "topology"}),
        ("enforced", "topology.read", ALL - {"plants", "topology"}),
        ("enforced", "comfort.read comfort.write", set()),
        ("enforced", "", set()),
    ],
)
def test_what_becomes_of_the_scopes(account: Account, answer: Any, scope: str, lacks: set[str]) -> None:
    account.provider.use_variants(Variants(scopes=answer))
    assert came_back(account, scope) == {}
    tokens = log_in(account, scope)
    assert refused(account) == lacks

    account.token = account.refresh(tokens["refresh_token"]).value["access_token"]
    assert refused(account) == lacks, "a refresh names no scope, and keeps what was granted"


@pytest.mark.shows("scopes")
def test_a_login_may_grant_no_other_scopes_than_the_tutorial_s(account: Account) -> None:
    account.provider.use_variants(Variants(scopes="wide_only"))
    assert came_back(account, Scope.READING) == {"error": ["invalid_scope"], "state": [QUERY["state"]]}
    assert came_back(account, Scope.CONTROL) == came_back(account, "") == {}


EXPIRED: dict[str, Callable[[dict[str, Any]], bool]] = {
    "code": lambda body: body["code"] == 11,
    "text": lambda body: body["statusCode"] == "401",
    "expired": lambda body: body["statusCode"] == 401 and "expired" in body["message"],
    "words": lambda body: body == {"statusCode": 401, "message": "Unauthorized"},
}
"""How clients know that a token is over: GO and PY by the code, GO in 2021 by text, OH by the word."""


@pytest.mark.shows("unauthorized")
@pytest.mark.parametrize("answer", EXPIRED)
def test_an_access_token_that_is_over(account: Account, clock: MovableClock, answer: Any) -> None:
    account.provider.use_variants(Variants(unauthorized=answer))
    clock.advance(timedelta(hours=1))
    refused = account.call("GET", "/plants")
    assert refused.status == 401
    assert EXPIRED[answer](refused.value)


@pytest.mark.shows("headers of a push", "push_headers")
@pytest.mark.parametrize(("answer", "event_type"), [("bare", None), ("event_grid", "Notification")])
def test_a_push_has_no_headers_but_those_it_needs(endpoint: Endpoint, answer: Any, event_type: str | None) -> None:
    """A log of 2021 has neither User-Agent nor Referer (mattiols_hassio_repository issue 31)."""
    with serve_in_thread() as stand:
        stand.provider.use_variants(Variants(push_headers=answer))
        plant_id = next(iter(stand.provider.homes.plants))
        stand.provider.subscriptions.add(plant_id, endpoint.url, "ours", stand.provider.clock.now(), ours=True)
        order = {"plant_id": plant_id, "body": []}
        assert httpx.post(f"{stand.url}/_control/push", json=order, trust_env=False, timeout=20).status_code == 200
    (headers,) = endpoint.headers
    assert {name.lower() for name in headers} - {"aeg-event-type", "aeg-delivery-count"} == {
        "host",
        "connection",
        "content-type",
        "content-length",
    }
    assert headers.get("aeg-event-type") == event_type


# ---- all of them


@given(st.integers(0, 10**6))
def test_the_recorder_reads_a_day_of_any_world(seed: int) -> None:
    provider = Provider(dice=Random(seed))  # noqa: S311 - repeatable
    provider.use_variants(drawn(seed))
    world = provider.homes
    modes = {}
    for snapshot in world.advance(provider.clock.now() + timedelta(hours=1)):
        for mode in Mode:
            body = first_push(replace(snapshot, mode=mode), Random(1), ["owner"], provider.variants).body  # noqa: S311
            (reading,) = parse(body).readings
            assert (reading.unread, reading.module_id) == ({}, snapshot.module_id)
            modes[mode] = reading
    assert modes.keys() == set(Mode)
