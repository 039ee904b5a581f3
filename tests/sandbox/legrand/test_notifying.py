"""Notifications as an endpoint meets them: played days, bans, silence, and what the control plane accounts for."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from sandbox.legrand import REDIRECT_URI, SUBSCRIPTION_KEY, Provider, RunningStandIn, Settings, serve_in_thread
from tests.sandbox.legrand.account import Account
from tests.sandbox.legrand.endpoint import Endpoint

START = "2025-11-20T12:00:00Z"
PATIENT = 20_000
"""Milliseconds: a busy machine is no reason for a ban, except where silence is the subject."""


class Scene:
    """A stand-in that is up, and one application of its account."""

    def __init__(self, stand: RunningStandIn) -> None:
        self.stand = stand
        self.account = Account(stand.provider)
        self.account.log_in()
        self.http = httpx.Client(base_url=f"{stand.url}/_control", trust_env=False, timeout=60)

    def subscribe(self, endpoint: Endpoint) -> None:
        for plant_id in self.account.plant_ids():
            assert self.account.subscribe(plant_id, endpoint.url).status == 201

    def ask(self, what: str) -> Any:
        answer = self.http.get(what)
        answer.raise_for_status()
        return answer.json()

    def order(self, what: str, order: Any = None, status: int = 200) -> Any:
        answer = self.http.post(what, json=order or {})
        assert answer.status_code == status, answer.text
        return answer.json()

    def push(self, body: Any = None) -> Any:
        """Push any body to the first plant; the one entry that it made in the ledger."""
        order = {"plant_id": self.account.plant_ids()[0], "body": body}
        (entry,) = self.order("push", order)["entries"]
        return entry

    def play(self, **score: Any) -> Any:
        self.order("play", {"start": START, "hours": 4, **score}, 202)
        progress = self.ask("play?wait=60")
        assert (progress["state"], progress["error"]) == ("finished", None)
        return progress


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


type Raise = Callable[..., Scene]


@pytest.fixture
def raised() -> Iterator[Raise]:
    """Raise a scene with the given settings."""
    with ExitStack() as stack:

        def scene(**settings: Any) -> Scene:
            chosen = Settings(**{"limit_ms": PATIENT, **settings})
            made = Scene(stack.enter_context(serve_in_thread(chosen)))
            stack.enter_context(made.http)
            return made

        yield scene


@pytest.fixture
def scene(raised: Raise, endpoint: Endpoint) -> Scene:
    """A scene whose endpoint is subscribed to every plant."""
    scene = raised()
    scene.subscribe(endpoint)
    return scene


@pytest.fixture(scope="module")
def untouched() -> Iterator[Scene]:
    """One scene for all tests whose orders are refused."""
    with serve_in_thread() as stand:
        scene = Scene(stand)
        with scene.http:
            yield scene


# A played day


def test_everything_that_happens_arrives_and_is_accounted_for(scene: Scene, endpoint: Endpoint) -> None:
    progress = scene.play(duplicate_percent=20)

    summary, ledger = scene.ask("summary"), scene.ask("ledger")["entries"]
    assert progress["total"] == progress["sent"] == progress["settled"] == len(endpoint.bodies) == len(ledger)
    assert progress["done"] is True
    assert (summary["sent"], summary["acknowledged"], summary["failed"]) == (len(ledger), len(ledger), 0)
    unique = {json.dumps(json.loads(body)[0]["data"], sort_keys=True) for body in endpoint.bodies}
    assert summary["unique_bodies_sent"] == summary["unique_bodies_acknowledged"] == len(unique)
    assert summary["duplicates_sent"] == len(ledger) - len(unique) > 0
    assert {entry["envelope_id"] for entry in ledger} == {json.loads(body)[0]["id"] for body in endpoint.bodies}
    assert set(endpoint.content_types) == {"application/json; charset=utf-8"}
    assert summary["latency_ms"]["p50"] <= summary["latency_ms"]["p99"] <= summary["latency_ms"]["max"]


def test_the_clock_follows_the_play_and_runs_on_from_its_end(scene: Scene) -> None:
    scene.play(hours=2)
    ledger = scene.ask("ledger")["entries"]
    assert all(instant(entry["at"]) >= instant(entry["device_time"]) for entry in ledger)

    once, twice = (instant(scene.ask("clock")["now"]) for _ in range(2))
    assert instant(START) + timedelta(hours=2) <= once < twice


def test_order_is_kept_per_thermostat(scene: Scene, endpoint: Endpoint) -> None:
    scene.play(hours=5)
    times: dict[str, list[str]] = {}
    for body in endpoint.bodies:
        status = json.loads(body)[0]["data"]["chronothermostats"][0]
        times.setdefault(status["sender"]["plant"]["module"]["id"], []).append(status["time"])
    assert len(times) == 5
    assert all(told == sorted(told) for told in times.values())


def test_the_same_day_again_is_nothing_but_duplicates(scene: Scene) -> None:
    scene.play()
    first = scene.ask("summary")
    scene.play()
    both = scene.ask("summary")
    assert both["sent"] == 2 * first["sent"]
    assert both["unique_bodies_sent"] == first["unique_bodies_sent"]


def test_another_seed_is_another_day(scene: Scene) -> None:
    scene.play()
    first = scene.ask("summary")["unique_bodies_sent"]
    second = scene.play(seed=2)
    assert scene.ask("summary")["unique_bodies_sent"] == first + second["total"]


def test_a_play_that_follows_on_continues_the_same_lives(scene: Scene, endpoint: Endpoint) -> None:
    scene.play(hours=2)
    whole = len(endpoint.bodies)
    scene.play(hours=1)
    scene.play(hours=1, start="2025-11-20T13:00:00Z")

    contents = [json.dumps(json.loads(body)[0]["data"]) for body in endpoint.bodies]
    assert sorted(contents[:whole]) == sorted(contents[whole:])


def test_the_clock_can_run_with_the_play(scene: Scene, endpoint: Endpoint) -> None:
    progress = scene.play(hours=0.2, realtime_factor=36_000)
    assert progress["total"] is None
    assert progress["sent"] == len(endpoint.bodies) > 0
    assert scene.ask("clock")["now"].startswith("2025-11-20T12:12:")


@pytest.mark.shows("late pushes")
def test_an_outage_holds_everything_back_and_then_lets_it_go(scene: Scene, endpoint: Endpoint) -> None:
    progress = scene.play(hours=2, outage={"after_hours": 0, "hours": 1})
    first = scene.ask("ledger")["entries"][0]
    assert first["at"] == "2025-11-20T13:00:00Z" > first["device_time"]
    assert progress["total"] == len(endpoint.bodies)


def test_a_play_can_be_stopped_and_only_one_is_on(scene: Scene) -> None:
    scene.order("play", {"start": START, "realtime_factor": 0.001}, 202)
    assert "a play is on" in scene.order("play", {"start": START}, 409)["error"]
    assert "moves the clock" in scene.order("clock", {"real": True}, 409)["error"]

    stopped = scene.http.delete("play").json()
    assert (stopped["state"], stopped["done"]) == ("stopped", True)
    assert scene.ask("clock")["playing"] is False
    scene.play(hours=0.1)


def test_an_order_to_a_thermostat_is_pushed(scene: Scene, endpoint: Endpoint) -> None:
    url = f"{scene.stand.url}/smarther/v2.0{scene.account.thermostat()}"
    order = {"function": "heating", "mode": "manual", "setPoint": {"value": "22", "unit": "C"}}
    headers = {
        "Authorization": f"Bearer {scene.account.token}",
        "Ocp-Apim-Subscription-Key": SUBSCRIPTION_KEY,
    }
    assert httpx.post(url, json=order, headers=headers, trust_env=False).status_code == 200

    module_id = scene.account.thermostat().rpartition("/")[2]
    next_in_line = {"plant_id": scene.account.plant_ids()[0], "module_id": module_id, "body": "next"}
    scene.order("push", next_in_line)
    first, second = (json.loads(body) for body in endpoint.bodies)
    assert first[0]["data"]["chronothermostats"][0]["setPoint"]["value"] == "22.00000"
    assert second == "next"


# Endpoints that fail


def test_an_endpoint_that_never_answers_is_a_timeout_and_a_failure(raised: Raise) -> None:
    with Endpoint(silent=True) as silent:
        scene = raised(limit_ms=50)
        scene.subscribe(silent)
        entry = scene.push({})
        assert (entry["outcome"], entry["status"], entry["error"]) == ("timeout", None, None)
        assert set(scene.ask("summary")["failure_counters"].values()) == {1}


def test_an_endpoint_that_is_not_there_is_refused_with_the_reason(scene: Scene) -> None:
    with Endpoint() as gone:
        pass
    scene.account.subscribe(scene.account.plant_ids()[0], gone.url)
    order = {"plant_id": scene.account.plant_ids()[0], "body": 1}
    outcomes = {entry["error"]: entry["outcome"] for entry in scene.order("push", order)["entries"]}
    assert outcomes == {None: "acknowledged", "ConnectError": "refused"}


def test_a_redirect_is_a_failure_and_is_not_followed(scene: Scene, endpoint: Endpoint) -> None:
    with Endpoint() as elsewhere:
        endpoint.status, endpoint.location = 307, elsewhere.url
        assert scene.push({})["outcome"] == "refused"
        assert (len(endpoint.bodies), elsewhere.bodies) == (1, [])


def test_twenty_failures_ban_for_a_minute_and_what_was_dropped_never_comes(scene: Scene, endpoint: Endpoint) -> None:
    scene.order("clock", {"set": START, "hold": True})
    endpoint.status = 500
    assert {scene.push({"failing": number})["outcome"] for number in range(20)} == {"refused"}
    endpoint.status = 200

    assert scene.push({"number": "lost"})["outcome"] == "dropped_in_ban"
    scene.order("clock", {"advance_seconds": 60})
    assert scene.push({"number": "after"})["outcome"] == "acknowledged"

    assert [json.loads(body) for body in endpoint.bodies[20:]] == [{"number": "after"}]
    summary = scene.ask("summary")
    assert (summary["bans"], summary["dropped_in_ban"], summary["failed"]) == (1, 1, 20)
    assert {each["failures"] for each in summary["subscriptions"] if each["ours"]} == {20}


# Arbitrary bodies, losses, ghosts


@pytest.mark.parametrize(
    ("order", "sent"),
    [
        ({"body": [{"id": "x"}]}, b'[{"id":"x"}]'),
        ({"body": None}, b"null"),
        ({"raw": "{not json"}, b"{not json"),
        ({"raw": ""}, b""),
        ({"base64": base64.b64encode(b"\xff\x00").decode()}, b"\xff\x00"),
    ],
)
def test_any_body_can_be_pushed(scene: Scene, endpoint: Endpoint, order: dict[str, Any], sent: bytes) -> None:
    order |= {"plant_id": scene.account.plant_ids()[0], "content_type": "application/x-anything"}
    (entry,) = scene.order("push", order)["entries"]
    assert (entry["kind"], entry["outcome"]) == ("arbitrary", "acknowledged")
    assert (endpoint.bodies, endpoint.content_types) == ([sent], ["application/x-anything"])


def test_one_notification_can_be_made_to_disappear(scene: Scene, endpoint: Endpoint) -> None:
    scene.order("lose")
    scene.play(duplicate_percent=10)

    summary = scene.ask("summary")
    arrived = {json.dumps(json.loads(body)[0]["data"]) for body in endpoint.bodies}
    assert summary["acknowledged"] == summary["sent"]
    assert summary["unique_bodies_acknowledged"] == len(arrived) + 1


def test_notifications_can_be_made_odd_in_one_place(scene: Scene, endpoint: Endpoint) -> None:
    assert scene.order("odd", {"known": "half_emoji", "times": 2}) == {"to_be_odd": 2}
    scene.order("odd", {"place": [0, "data", "chronothermostats", 0, "online"], "text": "NaN"})
    scene.play(hours=1)

    bodies = b"\n".join(endpoint.bodies)
    assert (bodies.count(b'"Cucina \\ud83d"'), bodies.count(b'"online":NaN')) == (2, 1)
    assert len(endpoint.bodies) > 3


def test_a_ghost_is_told_nothing(scene: Scene, endpoint: Endpoint) -> None:
    plant_id = scene.account.plant_ids()[0]
    (ghost,) = scene.order("ghost", {"plant_id": plant_id})["subscriptions"]
    scene.play(hours=1)

    plants = {json.loads(body)[0]["subjectElements"]["plantId"] for body in endpoint.bodies}
    assert plants == {f"bs_cloud_{scene.account.plant_ids()[1]}"}
    assert {entry["outcome"] for entry in scene.ask("ledger")["entries"] if entry["endpoint"] == ghost} == {"ghost"}
    assert ghost in scene.account.call("GET", "/subscription").content.decode()


@pytest.mark.parametrize(
    ("order", "first", "last"),
    [
        ({"set": "2041-05-21T08:00:00Z"}, "2041-05-21T08:", "2041-05-21T09:"),
        ({"set": "9999-12-31T23:59:59Z"}, "9999-12-31T23:59:59", "9999-12-31T23:59:59"),
        ({"set": "0001-01-01T00:00:00Z"}, "0001-01-01T00:", "0001-01-01T01:"),
        ({"ahead_seconds": -2 * 86_400}, "2025-11-18T12:", "2025-11-18T13:"),
    ],
)
def test_a_thermostat_s_own_clock_can_be_wrong_in_pushes_and_answers_until_it_is_set_right(
    scene: Scene, endpoint: Endpoint, order: dict[str, Any], first: str, last: str
) -> None:
    scene.order("clock", {"set": START, "hold": True})
    wrong, *others = [module for plant in scene.ask("plants")["plants"] for module in plant["modules"]]
    scene.order("thermostat_clock", {"module_id": wrong["id"], **order})
    scene.play(hours=1.9)

    told: dict[str, list[str]] = {module["id"]: [] for module in (wrong, *others)}
    for body in endpoint.bodies:
        (status,) = json.loads(body)[0]["data"]["chronothermostats"]
        told[status["sender"]["plant"]["module"]["id"]].append(status["time"])
        assert status["thermometer"]["measures"][0]["timeStamp"].startswith("2025-11-20T")
    assert all(first <= time[: len(first)] and time[: len(last)] <= last for time in told[wrong["id"]])
    assert told[wrong["id"]]
    assert all(time.startswith("2025-11-20T") for module in others for time in told[module["id"]])
    plant_id = scene.account.plant_ids()[0]
    path = (
        f"/chronothermostat/thermoregulation/addressLocation/plants/{plant_id}/modules/parameter/id/value/{wrong['id']}"
    )
    year = first[:4]
    assert scene.account.call("GET", path).value["chronothermostats"][0]["time"].startswith(year)

    scene.order("thermostat_clock", {"module_id": wrong["id"], "right": True})
    assert scene.account.call("GET", path).value["chronothermostats"][0]["time"].startswith("2025-11-20T")


def test_other_applications_are_not_called_but_counted(raised: Raise) -> None:
    scene = raised()
    progress = scene.play(hours=1)
    summary = scene.ask("summary")
    assert summary["sent"] == 0
    assert summary["skipped_other_applications"] == 2 * progress["total"]
    assert summary["without_subscriber"] == progress["total"]
    assert summary["other_applications_entries_deleted"] == 0


# The control plane


def test_the_clock_is_moved_by_order(scene: Scene) -> None:
    assert scene.order("clock", {"set": START})["now"].startswith("2025-11-20T12:00:0")
    held = scene.order("clock", {"set": START, "hold": True})
    assert held == {"now": START, "playing": False} == scene.ask("clock")
    assert scene.order("clock", {"advance_seconds": 3600})["now"] == "2025-11-20T13:00:00Z"
    assert not scene.order("clock", {"real": True})["now"].startswith("2025-11-20T13:00:00")


def test_moving_the_clock_ends_tokens(scene: Scene) -> None:
    scene.order("clock", {"advance_seconds": 3601})
    assert scene.account.call("GET", "/plants").value["code"] == 11


@pytest.mark.parametrize(
    ("what", "order", "why"),
    [
        ("clock", {}, "give one of set, advance_seconds, real"),
        ("clock", {"set": START, "real": True}, "give one of"),
        ("clock", {"set": "2025-11-20T12:00:00"}, "timezone"),
        ("clock", {"sett": START}, "Extra inputs"),
        ("play", {"hours": 0}, "greater than 0"),
        ("play", {"hours": 1e9}, "less than or equal to"),
        ("clock", {"advance_seconds": 1e15}, "less than or equal to"),
        ("play", {"duplicate_percent": 101}, "less than or equal to 100"),
        ("play", {"start": "2025-11-20T12:00:00"}, "timezone"),
        ("push", {"plant_id": "x"}, "give one of body, raw, base64"),
        ("push", {"plant_id": "x", "raw": "a", "body": 1}, "give one of"),
        ("push", {"plant_id": "x", "base64": "?"}, "base64 is not base64"),
        ("faults", {"operation": "reboot", "status": 500}, "no operation 'reboot'"),
        ("faults", {"operation": "list"}, "needs a status"),
        ("ghost", {}, "give subscription_id or plant_id"),
        ("plants", {}, "give one of add, remove"),
        ("thermostat_clock", {"module_id": "x"}, "give one of set, ahead_seconds, right"),
        ("thermostat_clock", {"module_id": "x", "set": "2041-05-21T08:00:00"}, "timezone"),
        ("thermostat_clock", {"module_id": "x", "ahead_seconds": 1e15}, "less than or equal to"),
        ("client", {"client_id": "new"}, "a new client needs"),
        ("client", {"redirect_uris": [str(number) for number in range(11)]}, "at most 10"),
        ("lose", {"times": 0}, "greater than 0"),
        ("odd", {}, "give known, or place and text"),
        ("odd", {"known": "deep", "place": [0], "text": "1"}, "give known, or place and text"),
        ("odd", {"place": [0]}, "give known, or place and text"),
        ("odd", {"place": [], "text": "1"}, "needs a place inside"),
        ("odd", {"known": "no such"}, "no oddity 'no such' is known; there are humidity_dashes"),
    ],
)
def test_an_order_that_makes_no_sense_is_answered_with_what_is_wrong(
    untouched: Scene, what: str, order: dict[str, Any], why: str
) -> None:
    assert why in untouched.order(what, order, 400)["error"]


def test_a_body_that_is_not_json_is_answered_with_what_is_wrong(untouched: Scene) -> None:
    answer = untouched.http.post("faults", content=b"{")
    assert (answer.status_code, "JSON" in answer.json()["error"]) == (400, True)


@pytest.mark.parametrize(
    ("what", "order"),
    [
        ("push", {"plant_id": "nowhere", "body": 1}),
        ("ghost", {"subscription_id": "nobody"}),
        ("plants", {"remove": "nowhere"}),
        ("thermostat_clock", {"module_id": "nowhere", "right": True}),
        ("subscriptions", {"plant_id": "nowhere", "EndPointUrl": "https://x.example", "application": "x"}),
    ],
)
def test_what_is_not_there_is_404(untouched: Scene, what: str, order: dict[str, Any]) -> None:
    assert "there is no" in untouched.order(what, order, 404)["error"]


@pytest.mark.parametrize("query", ["ledger?since=-1", "calls?since=x", "summary?since=1.5"])
def test_numbers_in_queries_are_whole(untouched: Scene, query: str) -> None:
    assert untouched.http.get(query).status_code == 400


def test_before_the_first_play_there_is_no_progress(untouched: Scene) -> None:
    assert untouched.http.get("play").status_code == 404


def test_the_default_client_can_be_given_the_real_redirect_address(scene: Scene) -> None:
    changed = scene.order("client", {"redirect_uris": ["https://owner.example/callback"]})
    assert changed["redirect_uris"] == ["https://owner.example/callback"]
    query = {"client_id": changed["client_id"], "response_type": "code"}
    consent = scene.account.desk.show_consent
    assert consent({**query, "redirect_uri": "https://owner.example/callback"}).status == 200
    assert consent({**query, "redirect_uri": REDIRECT_URI}).status == 400


def test_a_client_can_be_registered_and_its_secret_aged_and_renewed(scene: Scene) -> None:
    new = {"client_id": "new", "client_secret": "n&w", "subscription_key": "k", "redirect_uris": ["https://n.example/"]}
    scene.order("client", {**new, "secret_age_days": 366})
    ask = {"client_id": "new", "client_secret": "n&w", "grant_type": "refresh_token", "refresh_token": "x"}
    assert "AADB2C90085" in scene.account.ask_token(**ask).value["error_description"]

    scene.order("client", {"client_id": "new", "client_secret": "renewed"})
    assert "AADB2C90080" in scene.account.ask_token(**{**ask, "client_secret": "renewed"}).value["error_description"]
    assert [client["client_id"] for client in scene.ask("client")["clients"]][1:] == ["new"]


def test_plants_come_and_go_by_order(scene: Scene) -> None:
    added = scene.order("plants", {"add": {"name": "Casa nuova", "modules": 2}}, 201)
    assert [module["name"] for module in added["modules"]] == ["Stanza 1", "Stanza 2"]
    assert added["id"] in {plant["id"] for plant in scene.ask("plants")["plants"]}
    scene.order("plants", {"remove": added["id"]})
    assert added["id"] not in {plant["id"] for plant in scene.ask("plants")["plants"]}


def test_another_applications_entry_can_be_added(scene: Scene) -> None:
    entry = {
        "plant_id": scene.account.plant_ids()[0],
        "EndPointUrl": "https://other-deployment.example/notifications/x",
        "application": "another deployment",
    }
    number = scene.order("subscriptions", entry, 201)["subscription_id"]
    (found,) = [each for each in scene.ask("subscriptions")["subscriptions"] if each["subscription_id"] == number]
    assert (found["owner"], found["ours"]) == ("another deployment", False)
    assert "already exists" in scene.order("subscriptions", entry, 409)["error"]


def test_tokens_can_be_revoked_by_order(scene: Scene) -> None:
    counts = scene.order("revoke", {"access": True, "refresh": True})
    assert counts == {"access_live": 0, "access_dead": 1, "refresh_live": 0, "refresh_dead": 1}


def test_faults_can_be_looked_at_and_cleared(scene: Scene) -> None:
    (pending,) = scene.order("faults", {"operation": "list", "status": 500, "times": None})["faults"]
    assert (pending["operation"], pending["times"]) == ("list", None)
    assert scene.http.delete("faults").json() == scene.ask("faults") == {"faults": []}


def test_nothing_secret_leaves_through_the_control_plane(scene: Scene, endpoint: Endpoint) -> None:
    scene.account.refresh(scene.account.log_in()["refresh_token"])
    scene.play(hours=0.5)
    told = " ".join(
        scene.http.get(what).text for what in ("summary", "ledger", "calls", "client", "subscriptions", "faults")
    )
    login = scene.stand.provider.login
    application = login.applications()[0]
    secrets = (
        endpoint.url.rpartition("/")[2],
        application.client_secret,
        application.subscription_key,
        login.newest_refresh_token or "",
        scene.account.token or "",
    )
    assert not [secret for secret in secrets if secret in told]


def test_the_summary_counts_calls_and_tokens(scene: Scene) -> None:
    summary = scene.ask("summary")
    assert summary["calls_today"] == 2
    assert summary["calls_by_operation"] == {"authorize": 1, "subscribe": 2, "token": 1}
    assert {key: summary["tokens"][key] for key in ("access_live", "refresh_live")} == {
        "access_live": 1,
        "refresh_live": 1,
    }


def test_the_provider_can_be_driven_without_http(provider: Provider, account: Account) -> None:
    """What a simulation does: the same rules, no socket, no real time."""
    plant_id = account.plant_ids()[0]
    account.subscribe(plant_id)
    account.call("POST", account.thermostat(), {"function": "heating", "mode": "off"})
    push = provider.outbox.popleft()
    (attempt,) = provider.dispatch.attempts(push)
    assert provider.dispatch.settle(attempt, 200, 5).outcome == "acknowledged"
    assert provider.dispatch.ledger.totals().acknowledged == 1
