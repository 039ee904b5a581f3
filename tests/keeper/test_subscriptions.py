"""Subscriptions that heal, and those that are nobody's business but their owner's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from labs.simulation.effects import BASE
from sandbox.legrand.account.faults import Fault
from smarther.domain.account.quota import Need
from smarther.store.keeper_items import calls_of_day
from smarther.store.listings import Listings
from tests.support.world import World

if TYPE_CHECKING:
    from sandbox.legrand.provider.others import Client
    from smarther.domain.keeper.keeper_report import Report

OTHER_DEPLOYMENT = "https://other.example/notifications/" + "o" * 43


def spoil(world: World, operation: str, status: int, **more: Any) -> None:
    world.provider.faults.add(Fault(operation, status, **more))


def remove_ours(world: World) -> None:
    for entry in world.ours:
        world.provider.subscriptions.remove(entry.plant_id, entry.id)


def subscription_states(report: Report) -> set[str]:
    return {plant.subscription for plant in report.plants}


def calls(world: World, operation: str) -> int:
    return world.provider.calls.by_operation().get(operation, 0)


def well(world: World) -> bool:
    """One subscription of ours for each plant, at the current address, and nobody else's is gone."""
    return (
        sorted(entry.plant_id for entry in world.ours) == world.plant_ids
        and {entry.url for entry in world.ours} == {world.webhook_url}
        and world.provider.subscriptions.foreign_deleted == 0
    )


# ---- healing


def test_an_ordinary_run_takes_two_calls_and_changes_nothing(home: World) -> None:
    before = home.provider.subscriptions.all()
    counted = home.provider.quota.calls_today

    assert subscription_states(home.run()) == {"healthy"}

    assert home.provider.subscriptions.all() == before
    assert home.provider.quota.calls_today == counted + 2


def test_a_lost_subscription_is_made_again(home: World) -> None:
    remove_ours(home)

    assert subscription_states(home.run()) == {"created"}
    assert well(home)


@pytest.mark.shows("subscription is deleted")
@pytest.mark.parametrize("deeds", ["start", "start stop", "start start", "start stop start stop start"])
@pytest.mark.parametrize("client", ["home_assistant", "bridge"])
def test_whatever_another_client_deletes_is_subscribed_again_by_the_next_run(
    home: World, client: Client, deeds: str
) -> None:
    for deed in deeds.split():
        home.provider.others.act(client, "start" if deed == "start" else "stop")
    theirs = {entry.url for entry in home.provider.subscriptions.all() if entry not in home.ours}

    assert home.run().outcome == "healthy"

    assert well(home)
    assert theirs <= {entry.url for entry in home.provider.subscriptions.all()}
    assert len(home.ours) == len(home.plant_ids)


def test_duplicates_and_stale_ones_of_ours_go_and_everybody_else_s_stay(home: World) -> None:
    book, now = home.provider.subscriptions, home.clock.now()
    for plant_id in home.plant_ids:
        home.provider.add_foreign_subscription(plant_id, OTHER_DEPLOYMENT, "the same stack elsewhere")
        book.add(plant_id, f"{BASE}/notifications/{'s' * 43}", "ours before", now, ours=True)
    others = [entry for entry in book.all() if entry not in home.ours]

    report = home.run()

    assert report.outcome == "healthy"
    assert well(home)
    assert [entry for entry in book.all() if entry not in home.ours] == others


def test_an_entry_without_an_id_is_left_alone(home: World) -> None:
    entries: list[dict[str, Any]] = [entry.listed for entry in home.provider.subscriptions.all()]
    stale = f"{BASE}/notifications/{'s' * 43}"
    odd = [{"plantId": home.plant_ids[0], "subscriptionId": odd, "EndPointUrl": stale} for odd in (None, "None", "")]
    spoil(home, "list", 200, body=[*entries, *odd])

    assert home.run().outcome == "healthy"
    assert calls(home, "delete") == 0


# ---- answers that are not what they seem


@pytest.mark.parametrize("body", ["<html>It works!</html>", "", "OK"])
def test_a_subscription_is_made_whatever_the_good_answer_says(home: World, body: str) -> None:
    remove_ours(home)
    spoil(home, "subscribe", 201, body=body, after_effect=True, times=2)

    assert subscription_states(home.run()) == {"created"}
    assert well(home)


def test_a_conflict_is_success_if_a_look_at_the_list_says_so(home: World) -> None:
    remove_ours(home)
    spoil(home, "subscribe", 409, after_effect=True, times=2)

    assert subscription_states(home.run()) == {"created"}
    assert well(home)


def test_a_conflict_without_a_subscription_is_no_success(home: World) -> None:
    remove_ours(home)
    spoil(home, "subscribe", 409, times=None)

    report = home.run()

    assert (report.outcome, subscription_states(report)) == ("degraded", {"missing"})
    home.provider.faults.clear()
    assert home.run().outcome == "healthy"


def test_an_older_one_of_ours_that_stands_in_the_way_makes_room(home: World) -> None:
    """Nobody knows what a conflict is keyed on: it might be the plant alone."""
    (plant_id, _), book = home.plant_ids, home.provider.subscriptions
    remove_ours(home)
    book.add(plant_id, f"{BASE}/notifications/{'s' * 43}", "ours before", home.clock.now(), ours=True)
    spoil(home, "subscribe", 409)

    assert home.run().outcome == "healthy"
    assert well(home)


def test_a_lost_answer_to_a_subscription_makes_no_second_one(home: World) -> None:
    remove_ours(home)
    home.provider.faults.add(Fault("subscribe", drop=True, after_effect=True))

    assert home.run().outcome == "healthy"
    assert well(home)


@pytest.mark.parametrize("body", ["<html>", "", {}, None])
def test_a_list_that_cannot_be_read_changes_nothing(home: World, body: Any) -> None:
    before = home.provider.subscriptions.all()
    if body is None:
        spoil(home, "list", 404, times=2)
    else:
        spoil(home, "list", 200, body=body)

    report = home.run()

    assert (report.outcome, subscription_states(report)) == ("degraded", {"unknown"})
    assert home.provider.subscriptions.all() == before


def test_no_list_at_all_is_an_empty_list(home: World) -> None:
    home.provider.subscriptions._entries.clear()

    assert subscription_states(home.run()) == {"created"}


def test_a_plant_that_cannot_be_subscribed_now_costs_the_others_nothing(home: World) -> None:
    remove_ours(home)
    spoil(home, "subscribe", 404)  # or its gateway is offline

    report = home.run()

    assert sorted(plant.subscription for plant in report.plants) == ["created", "missing"]
    assert report.outcome == "degraded"
    home.later()
    assert home.run().outcome == "healthy"
    assert well(home)


def test_a_plant_whose_new_subscription_fails_keeps_its_old_one(home: World) -> None:
    remove_ours(home)
    book = home.provider.subscriptions
    for plant_id in home.plant_ids:
        book.add(plant_id, f"{BASE}/notifications/{'s' * 43}", "ours before", home.clock.now(), ours=True)
    spoil(home, "subscribe", 500, times=2)

    report = home.run()

    assert sorted(plant.subscription for plant in report.plants) == ["created", "missing"]
    assert len(home.ours) == 2
    home.later()
    home.run()
    assert well(home)


@pytest.mark.parametrize("status", [404, 500])
def test_a_removal_that_fails_is_tried_by_the_next_run(home: World, status: int) -> None:
    stale = f"{BASE}/notifications/{'s' * 43}"
    home.provider.subscriptions.add(home.plant_ids[0], stale, "ours before", home.clock.now(), ours=True)
    spoil(home, "delete", status, times=2)

    home.run()
    home.provider.faults.clear()
    home.run()

    assert well(home)


# ---- plants


@pytest.mark.parametrize("status", [404, 500])
def test_a_new_plant_is_known_though_its_thermostats_cannot_be_asked_for(home: World, status: int) -> None:
    plant = home.provider.add_plant("Ufficio", ["Sala riunioni"])
    home.provider.faults.add(Fault("topology", status, times=2))
    home.later()
    home.run()

    assert Listings(home.table).directory().plants[plant.id].name == "Ufficio"


def test_a_new_plant_is_found_and_named(home: World) -> None:
    plant = home.provider.add_plant("Ufficio", ["Sala riunioni"])

    report = home.run()

    assert {each.plant_id: each.name for each in report.plants}[plant.id] == "Ufficio"
    assert well(home)
    assert any(module.name == "Sala riunioni" for module in Listings(home.table).directory().modules.values())


def test_a_plant_that_is_gone_is_let_go_when_it_is_missing_twice(home: World) -> None:
    gone, stays = home.plant_ids
    home.provider.homes.remove_plant(gone)

    assert {plant.plant_id for plant in home.run().plants} == {gone, stays}
    assert len(home.ours) == 2
    assert {plant.plant_id for plant in home.run().plants} == {stays}
    assert [entry.plant_id for entry in home.ours] == [stays]
    assert set(Listings(home.table).directory().plants) == {stays}
    assert {module.plant_id for module in Listings(home.table).directory().modules.values()} == {stays}


def test_a_plant_that_is_missing_once_loses_nothing(home: World) -> None:
    (_, other), before = home.plant_ids, home.provider.subscriptions.all()
    for _ in range(3):
        spoil(home, "plants", 200, body={"plants": [{"id": other, "name": "Altra"}]})
        home.run()
        home.run()
    assert home.provider.subscriptions.all() == before


@pytest.mark.parametrize(
    ("status", "body"), [(204, ""), (200, {"plants": []}), (404, None), (500, None), (200, "<html>")]
)
def test_an_account_that_seems_to_have_no_plants_lets_none_go(home: World, status: int, body: Any) -> None:
    before = home.provider.subscriptions.all()
    spoil(home, "plants", status, body=body, times=None)
    for _ in range(3):
        report = home.run()
        assert {plant.plant_id for plant in report.plants} == set(home.plant_ids)
    assert home.provider.subscriptions.all() == before


def test_without_directory_and_list_of_plants_the_subscriptions_stay(home: World) -> None:
    """A table was lost, or a new stack was deployed at the old address."""
    before = home.provider.subscriptions.all()
    for plant_id in home.plant_ids:
        Listings(home.table).forget_plant(plant_id)
    spoil(home, "plants", 500, times=2)

    home.run()

    assert home.provider.subscriptions.all() == before


@pytest.fixture
def chosen() -> World:
    """A deployment that records one plant of two."""
    plant_id = World(in_memory=True, checked=True).plant_ids[0]
    world = World(in_memory=True, checked=True, PLANT_IDS=f" {plant_id} ,,")
    world.configure()
    world.consent()
    return world


def test_chosen_plants_are_recorded_and_others_are_not(chosen: World) -> None:
    (plant_id, other) = chosen.plant_ids

    assert [entry.plant_id for entry in chosen.ours] == [plant_id]
    assert calls(chosen, "plants") == 0
    chosen.provider.subscriptions.add(other, chosen.webhook_url, "ours before", chosen.clock.now(), ours=True)
    report = chosen.run()
    assert [(plant.plant_id, plant.name is not None) for plant in report.plants] == [(plant_id, True)]
    assert [entry.plant_id for entry in chosen.ours] == [plant_id]


def test_a_chosen_plant_that_does_not_exist_is_reported_missing(home: World) -> None:
    home.settings = home.settings.model_copy(update={"plants": f"{home.plant_ids[0]},nowhere"})

    report = home.run()

    assert {plant.plant_id: plant.subscription for plant in report.plants} == {
        home.plant_ids[0]: "healthy",
        "nowhere": "missing",
    }
    assert report.outcome == "degraded"


# ---- names


def test_names_are_asked_for_once_a_day(home: World) -> None:
    asked = calls(home, "topology")
    home.later()
    home.run()
    assert calls(home, "topology") == asked

    home.later(timedelta(days=1))
    home.run()
    assert calls(home, "topology") == asked + 2


def test_names_that_cannot_be_had_are_asked_for_again_and_cost_nothing_else(world: World) -> None:
    world.configure()
    spoil(world, "topology", 500, times=4)

    assert subscription_states(world.consent()) == {"created"}
    assert Listings(world.table).directory().modules == {}
    world.later()
    world.run()
    assert len(Listings(world.table).directory().modules) == 3


# ---- the quota


def test_every_call_is_counted_and_never_too_few(home: World) -> None:
    assert calls_of_day(home.table, home.clock.now()).made == home.provider.quota.calls_today


def test_the_provider_s_403_stops_every_call_until_the_day_is_over(home: World) -> None:
    home.provider.quota.limit = home.provider.quota.calls_today

    report = home.run()
    assert report.outcome == "degraded"
    assert report.paused_until is not None
    assert datetime.fromisoformat(report.paused_until) == datetime.fromisoformat("2026-01-15T00:00:00Z")
    for _ in range(5):
        home.later()
        home.run()
    assert home.provider.quota.refused_today == 1

    home.provider.quota.limit = 500
    home.later(timedelta(days=1))
    assert home.run().outcome == "healthy"


def test_a_quota_that_is_used_up_wakes_nobody_and_renews_no_tokens_in_vain(home: World) -> None:
    home.provider.quota.limit = home.provider.quota.calls_today
    for _ in range(4):
        report = home.run()
        assert report.person == ()
        home.later()


def test_what_is_optional_stops_first_and_what_keeps_alive_goes_on(home: World) -> None:
    home.called_today(home.settings.quota.limit(Need.OPTIONAL))
    asked = calls(home, "plants")
    remove_ours(home)

    report = home.run()

    assert subscription_states(report) == {"created"}
    assert report.outcome == "healthy"
    assert calls(home, "plants") == asked


def test_at_the_hard_limit_nothing_is_called(home: World) -> None:
    limit = home.settings.quota.limit(Need.REQUIRED)
    home.called_today(limit)
    before = home.provider.quota.calls_today

    report = home.run()

    assert (report.outcome, subscription_states(report), report.calls_today) == ("degraded", {"unknown"}, limit)
    assert home.provider.quota.calls_today == before


def test_a_whole_day_of_runs_stays_far_below_the_quota(home: World) -> None:
    for _ in range(48):
        home.later()
        home.run()
    assert calls_of_day(home.table, home.clock.now()).made < 120


@pytest.mark.shows("403 that is not the quota's")
def test_a_403_that_is_not_the_quota_pauses_for_minutes_in_its_own_words(home: World) -> None:
    spoil(home, "list", 403, body={"error": {"code": 2, "message": "Invalid access token"}})

    report = home.run()

    assert report.troubles == ("list: forbidden, and not for the quota (403)",)
    assert report.paused_until is not None
    pause = datetime.fromisoformat(report.paused_until) - home.clock.now()
    assert timedelta(0) < pause <= timedelta(minutes=10)
    home.later()
    assert home.run().outcome == "healthy"


@pytest.mark.shows("403 that is not the quota's")
def test_plants_that_may_not_be_listed_or_named_are_subscribed_all_the_same(home: World) -> None:
    """A consent may lack the right to read plants and their names, and have that to subscribe."""
    for operation in ("plants", "topology", "status"):
        spoil(home, operation, 403, body="<html>Forbidden</html>", times=None)
    remove_ours(home)
    home.later(timedelta(days=1))

    assert subscription_states(home.run()) == {"created"}
    assert well(home)


@pytest.mark.shows("plant refuses")
@pytest.mark.parametrize("status", [401, 403, 470, 500, 503])
def test_what_one_plant_is_refused_with_costs_the_others_nothing(home: World, status: int) -> None:
    first, second = home.plant_ids
    for operation in ("subscribe", "topology"):
        spoil(home, operation, status, body=["no"], headers={"Retry-After": "600"}, about=first, times=None)
    remove_ours(home)
    home.later(timedelta(days=1))

    report = home.run()

    assert {plant.plant_id: plant.subscription for plant in report.plants} == {first: "missing", second: "created"}
    assert [entry.plant_id for entry in home.ours] == [second]


def test_a_burst_limit_is_heeded(home: World) -> None:
    spoil(home, "list", 429, headers={"Retry-After": "600"})
    report = home.run()
    assert report.paused_until is not None
    before = calls(home, "list")

    home.later(timedelta(minutes=9))
    assert home.run().outcome == "degraded"
    assert calls(home, "list") == before
    home.later(timedelta(minutes=2))
    assert home.run().outcome == "healthy"


def test_a_run_ends_in_time_even_if_legrand_hangs(home: World) -> None:
    """Each call takes as long as it may; after a hundred seconds no other is begun."""
    remove_ours(home)
    began = home.clock.now()

    def slow(name: str) -> None:
        if "api.example" in name:
            home.sleep(40)

    home.effects.meanwhile = slow
    report = home.run()

    assert home.clock.now() - began < timedelta(seconds=145)
    assert report.outcome == "degraded"
