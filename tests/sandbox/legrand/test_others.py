"""Other clients beside us: what they delete, and that it is neither ours to answer for nor kept from us."""

from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest

from sandbox.legrand import serve_in_thread
from sandbox.legrand.provider.others import HOME_ASSISTANT, WEBHOOK_PATH
from tests.sandbox.legrand.account import ENDPOINT, Account


def addresses(account: Account) -> set[str]:
    return {entry.url for entry in account.provider.subscriptions.all()}


@pytest.fixture
def subscribed(account: Account) -> Account:
    for plant_id in account.plant_ids():
        account.subscribe(plant_id)
    return account


def test_home_assistant_subscribes_an_address_for_each_thermostat_and_deletes_nothing_at_first(
    subscribed: Account,
) -> None:
    assert subscribed.provider.others.act("home_assistant", "start") == []
    assert sum(url.startswith(HOME_ASSISTANT) for url in addresses(subscribed)) == 5


@pytest.mark.shows("Home Assistant on a 409")
def test_started_again_it_deletes_every_address_that_looks_like_its_own_and_ours_does_not(subscribed: Account) -> None:
    """andrea-mattioli/bticino_x8000_component `__init__.py`: whatever holds /api/webhook/, another home's too."""
    others = subscribed.provider.others
    others.act("home_assistant", "start")
    others.act("home_assistant", "stop")
    alike = [url for url in addresses(subscribed) if WEBHOOK_PATH in url and not url.startswith(HOME_ASSISTANT)]

    deleted = others.act("home_assistant", "start")

    assert [each.ours for each in deleted] == [False, False]
    assert not addresses(subscribed) & set(alike)
    assert ENDPOINT in addresses(subscribed)
    assert WEBHOOK_PATH not in urlsplit(ENDPOINT).path
    assert sum(url.startswith(HOME_ASSISTANT) for url in addresses(subscribed)) == 5


def test_an_address_of_ours_that_held_its_path_would_go(account: Account) -> None:
    for plant_id in account.plant_ids():
        account.subscribe(plant_id, f"https://ours.example{WEBHOOK_PATH}secret")
    account.provider.others.act("home_assistant", "start")
    assert [each.ours for each in account.provider.others.act("home_assistant", "start")].count(True) == 2


@pytest.mark.shows("BRIDGE deletes all")
@pytest.mark.parametrize("step", ["start", "stop"])
def test_the_bridge_deletes_all_at_start_and_at_stop(subscribed: Account, step: str) -> None:
    """artumino/smarther-mqtt-bridge `webhook.rs`."""
    deleted = subscribed.provider.others.act("bridge", step)  # type: ignore[arg-type] # one of the two

    assert sum(each.ours for each in deleted) == 2
    assert {each.at for each in deleted} == {subscribed.provider.clock.now()}
    assert len(addresses(subscribed)) == (2 if step == "start" else 0)
    assert all(subscribed.subscribe(plant_id).status == 201 for plant_id in subscribed.plant_ids())


def test_started_again_and_again_it_deletes_but_its_own(subscribed: Account) -> None:
    others = subscribed.provider.others
    others.act("bridge", "start")
    assert others.act("bridge", "start") == []


def test_what_others_delete_is_not_ours_to_answer_for(subscribed: Account) -> None:
    subscribed.provider.others.act("bridge", "start")
    assert subscribed.provider.subscriptions.foreign_deleted == 0
    assert subscribed.provider.quota.calls_today == 2


def test_what_nobody_of_ours_is_subscribed_to_is_told_nobody(subscribed: Account) -> None:
    subscribed.provider.others.act("bridge", "stop")
    order = {"function": "heating", "mode": "off"}
    subscribed.call("POST", subscribed.thermostat(), order)
    dispatch = subscribed.provider.dispatch
    assert dispatch.attempts(subscribed.provider.outbox.pop()) == []
    assert (dispatch.counters["without_subscriber"], dispatch.ledger.last) == (1, 0)


def test_the_control_plane_lets_them_act() -> None:
    with serve_in_thread() as stand, httpx.Client(base_url=f"{stand.url}/_control", trust_env=False) as control:
        now = stand.provider.clock.now() - timedelta()
        for plant_id in stand.provider.homes.plants:
            stand.provider.subscriptions.add(plant_id, ENDPOINT, "ours", now, ours=True)
        answer = control.post("/others", json={"client": "bridge", "does": "start"})
        assert answer.json() == {"deleted": 6, "ours": 2}
        assert control.get("/summary").json()["deleted_by_others"] == {"ours": 2}
        assert control.post("/others", json={"client": "alexa", "does": "start"}).status_code == 400
