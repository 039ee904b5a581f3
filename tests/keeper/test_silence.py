"""Silent thermostats are polled once, their answers are stored, and a dead subscription is replaced once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from boto3.dynamodb.types import TypeDeserializer

from sandbox.legrand.account.faults import Fault
from sandbox.legrand.pushes.wire import encoded, notification
from smarther.domain.keeper.push_loss import Suspicion
from smarther.keeper.thermostats.silent_thermostats import MOST_FIRST_POLLS
from smarther.keeper.webhook.repair_subscriptions import Subscriptions
from smarther.store.keeper_items import KeeperNotes
from smarther.store.listings import Listings
from tests.support.world import START, World

if TYPE_CHECKING:
    from smarther.domain.keeper.keeper_report import Report

DAY = timedelta(days=1)
AT_CONSENT = START.isoformat().replace("+00:00", "Z")


def speak(world: World, *module_ids: str) -> None:
    """A push from each of the thermostats, or from all."""
    for plant in world.provider.homes.plants.values():
        for module in plant.modules:
            if not module_ids or module.id in module_ids:
                snapshot = world.provider.homes.snapshot(plant.id, module.id, world.clock.now())
                body = encoded(notification(snapshot, f"event {world.clock.now()}", ["somebody"]))
                assert world.push(world.webhook_url, body, world.new_receiver())[0] == 200


def readings(world: World, source: str, *, first: bool = False) -> list[dict[str, Any]]:
    """Those of a source, without what was answered `first`, right after consent."""
    read = TypeDeserializer().deserialize
    items = [{name: read(value) for name, value in item.items()} for item in world.dynamodb.partitions("")]
    of_source = [item for item in items if item.get("source") == source]
    return of_source if first else [item for item in of_source if item["received_at"] != AT_CONSENT]


def asked(world: World) -> int:
    return world.provider.calls.by_operation().get("status", 0)


def polls(world: World) -> int:
    """Questions since consent, after which each thermostat of the home was asked once."""
    return asked(world) - 3


def silent(report: Report) -> list[str]:
    return sorted(module.poll for module in report.silent)


# ---- first words


def test_right_after_consent_the_first_values_of_every_thermostat_are_there(home: World) -> None:
    """A quiet room may push nothing for hours, and an owner who has just consented wants to see it."""
    stored = readings(home, "poll", first=True)

    assert {item["module_id"] for item in stored} == set(Listings(home.table).directory().modules)
    assert all("temperature_c" in item for item in stored)
    assert asked(home) == 3


def test_one_that_has_answered_first_is_not_asked_again_before_it_is_silent(home: World) -> None:
    for _ in range(47):
        home.later()
        assert home.run().silent == ()
    assert polls(home) == 0


def test_a_thermostat_that_joins_is_asked_when_it_becomes_known(home: World) -> None:
    speak(home)
    home.provider.add_plant("Lago", ["Veranda", "Studio"])
    home.later()

    report = home.run()

    assert len([action for action in report.actions if action.startswith("first_word ")]) == 2
    assert polls(home) == 2


def test_a_first_question_that_fails_in_passing_is_asked_again_by_the_next_run(world: World) -> None:
    world.configure()
    world.provider.faults.add(Fault("status", 500, times=6))
    assert world.consent().outcome == "healthy", "nothing is lost by it"
    assert readings(world, "poll", first=True) == []
    world.later()

    assert world.run().outcome == "healthy"
    assert len(readings(world, "poll", first=True)) == 3


def test_a_first_answer_without_the_thermostat_is_no_trouble_and_is_polled_again(
    world: World,
) -> None:
    world.configure()
    world.provider.faults.add(Fault("status", 200, body={}, times=3))

    assert world.consent().troubles == ()

    world.later()
    world.run()
    assert len(readings(world, "poll", first=True)) == 3


def test_a_new_thermostat_whose_gateway_is_offline_is_polled_once_and_then_like_a_silent_one(world: World) -> None:
    world.configure()
    world.provider.faults.add(Fault("status", 404, times=3))
    assert world.consent().outcome == "healthy"
    for _ in range(3):
        world.later()
        world.run()
    assert asked(world) == 3
    world.later(DAY)
    assert silent(world.run()) == ["stored"] * 3


def test_a_first_word_is_no_change_that_a_push_should_have_told(home: World) -> None:
    """Otherwise the subscription of every quiet home would be replaced within a day of its consent."""
    before = ids(home)
    home.later(DAY)

    assert silent(home.run()) == ["stored"] * 3
    assert ids(home) == before


def test_first_words_stay_within_the_quota(world: World) -> None:
    world.configure()
    world.called_today(299)
    world.consent()
    assert asked(world) == 0


def test_of_very_many_thermostats_only_so_many_are_asked_in_one_run() -> None:
    world = World(plants=3, modules=MOST_FIRST_POLLS + 5, in_memory=True, checked=True)
    world.configure()
    assert world.consent().outcome == "healthy"
    assert asked(world) == MOST_FIRST_POLLS
    world.later()
    world.run()
    assert asked(world) == MOST_FIRST_POLLS + 5


# ---- silence


def test_a_thermostat_that_speaks_is_left_alone(home: World) -> None:
    for _ in range(5):
        speak(home)
        home.later(timedelta(hours=12))
        assert home.run().silent == ()
    assert polls(home) == 0


@pytest.mark.shows("silent thermostat")
def test_a_silent_thermostat_is_asked_and_its_answer_kept_as_a_reading(home: World) -> None:
    speak(home)
    home.later(DAY)

    report = home.run()

    assert silent(report) == ["stored"] * 3
    assert {module.name for module in report.silent} == {
        m.name for m in Listings(home.table).directory().modules.values()
    }
    stored = readings(home, "poll")
    assert len(stored) == 3
    assert {item["received_at"] for item in stored} == {home.clock.now().isoformat().replace("+00:00", "Z")}
    assert not [item for item in stored if "oid" in json.dumps(item, default=str)]


def test_one_that_never_spoke_is_asked_a_day_after_it_became_known(home: World) -> None:
    home.later(DAY - timedelta(minutes=1))
    assert home.run().silent == ()
    home.later(timedelta(minutes=1))
    assert silent(home.run()) == ["stored"] * 3


def test_one_silence_is_asked_about_once(home: World) -> None:
    """What the thermostat answers ends the silence. If it says nothing, the silence goes on and is not asked again."""
    speak(home)
    home.later(DAY)
    home.provider.faults.add(Fault("status", 404, times=3))  # the gateway is offline
    assert silent(home.run()) == ["failed"] * 3
    for _ in range(10):
        home.later()
        assert silent(home.run()) == ["before"] * 3
    assert polls(home) == 3

    speak(home)
    assert home.run().silent == ()
    home.later(DAY)
    assert silent(home.run()) == ["stored"] * 3


@pytest.mark.parametrize("status", [408, 486, 500])
def test_a_poll_that_fails_in_passing_is_made_by_the_next_run(home: World, status: int) -> None:
    home.later(DAY)
    home.provider.faults.add(Fault("status", status, times=6))

    report = home.run()
    assert silent(report) == ["not_now"] * 3
    assert report.troubles == (f"status: transient ({status})",)
    home.later()
    assert silent(home.run()) == ["stored"] * 3


ANOTHER = {"plant": {"id": "elsewhere", "module": {"id": "another"}}}


@pytest.mark.parametrize(
    "body",
    [
        "<html>",
        {},
        {"chronothermostats": []},
        {"chronothermostats": [{"mode": "OFF"}]},
        {"chronothermostats": [{"sender": ANOTHER, "time": "2026-01-15T06:30:00Z"}]},
    ],
)
def test_an_answer_that_says_nothing_of_the_thermostat_is_none_and_the_next_run_asks_again(
    home: World, body: Any
) -> None:
    home.later(DAY)
    home.provider.faults.add(Fault("status", 200, body=body, times=3))

    report = home.run()

    assert silent(report) == ["not_now"] * 3
    assert report.troubles == ("status: strange (200)",)
    assert readings(home, "poll") == []
    home.later()
    assert silent(home.run()) == ["stored"] * 3


def test_an_answer_that_is_older_than_what_is_known_is_no_news(home: World) -> None:
    speak(home)
    home.later(DAY)
    for module in Listings(home.table).directory().modules.values():
        sender = {"plant": {"id": module.plant_id, "module": {"id": module.module_id}}}
        status = {"sender": sender, "time": (home.clock.now() - 2 * DAY).isoformat()}
        home.provider.faults.add(Fault("status", 200, {"chronothermostats": [status]}, about=module.module_id))

    assert silent(home.run()) == ["no_news"] * 3


def test_polls_stop_at_the_optional_limit(home: World) -> None:
    home.later(DAY)
    home.called_today(300)

    assert silent(home.run()) == ["not_now"] * 3
    assert polls(home) == 0


def test_a_thermostat_whose_clock_is_wrong_is_told_and_wakes_nobody(home: World) -> None:
    home.later()
    plant = next(iter(home.provider.homes.plants.values()))
    module = plant.modules[0]
    snapshot = home.provider.homes.snapshot(plant.id, module.id, home.clock.now())
    body = encoded(notification(replace(snapshot, clock_ahead=3650 * DAY), "event", ["somebody"]))
    assert home.push(home.webhook_url, body, home.new_receiver())[0] == 200

    report = home.run()

    assert [clock.module_id for clock in report.clocks] == [module.id]
    assert report.outcome == "healthy"


# ---- subscriptions that only seem alive


def live(world: World, by: timedelta) -> None:
    """Time goes by, and the homes live through it."""
    world.later(by)
    world.provider.homes.advance(world.clock.now())


def ids(world: World) -> dict[str, str]:
    return {entry.plant_id: entry.id for entry in world.ours}


def test_a_subscription_without_pushes_is_replaced_and_again_only_after_two_days_of_silence(home: World) -> None:
    speak(home)
    for entry in home.ours:
        home.provider.subscriptions.make_ghost(entry.id)
    ghosts = ids(home)
    live(home, DAY)

    report = home.run()

    assert {plant.subscription for plant in report.plants} == {"remade"}
    assert report.outcome == "healthy"
    assert len([action for action in report.actions if action.startswith("subscription_remade")]) == 2
    remade = ids(home)
    assert remade.keys() == ghosts.keys()
    assert set(remade.values()).isdisjoint(ghosts.values())

    told = []
    for _ in range(4):
        live(home, DAY)
        told.append({plant.subscription for plant in home.run().plants})
    assert told == [{"healthy"}, {"remade"}, {"healthy"}, {"remade"}]

    live(home, timedelta(hours=1))
    speak(home)
    home.run()
    live(home, DAY)
    assert {plant.subscription for plant in home.run().plants} == {"remade"}


def test_a_subscription_that_is_lost_as_well_is_made_once(home: World) -> None:
    speak(home)
    live(home, DAY)
    for entry in home.ours:
        home.provider.subscriptions.remove(entry.plant_id, entry.id)

    report = home.run()

    assert {plant.subscription for plant in report.plants} == {"created"}
    assert sorted(ids(home)) == home.plant_ids
    assert not [action for action in report.actions if action.startswith("subscription_remade")]


def test_a_ghost_that_comes_before_the_silence_is_over_does_not_stay(home: World) -> None:
    """The subscription had been replaced in this silence, and no push had come through it yet."""
    speak(home)
    for _ in range(2):
        for entry in home.ours:
            home.provider.subscriptions.make_ghost(entry.id)
        live(home, DAY)
        home.run()
    assert all(entry.ghost for entry in home.ours)

    live(home, DAY)
    home.run()

    assert not any(entry.ghost for entry in home.ours)


def test_a_ghost_is_found_while_thermostats_are_asked_because_pushes_are_missing(home: World) -> None:
    """A thermostat that answered is not silent, so none was, and the ghosts stayed."""
    speak(home)
    home.run()
    ghosts = ids(home)
    for ghost in ghosts.values():
        home.provider.subscriptions.make_ghost(ghost)
    notes, now = KeeperNotes(home.table), home.clock.now()
    notes.remember(notes.memory().model_copy(update={"suspicion": Suspicion(looked_at=now, since=now)}))

    for _ in range(12):
        live(home, timedelta(hours=3))
        assert not home.run().silent

    assert set(ids(home).values()).isdisjoint(ghosts.values())


def test_a_home_in_which_nothing_changes_any_more_is_not_subscribed_again(home: World) -> None:
    speak(home)
    live(home, DAY)
    home.run()
    subscribed = ids(home)
    for _ in range(5):
        home.later(DAY)
        home.run()
    assert ids(home) == subscribed


def test_a_plant_of_which_one_thermostat_speaks_has_a_live_subscription(home: World) -> None:
    plant = next(plant for plant in home.provider.homes.plants.values() if len(plant.modules) > 1)
    home.later(DAY)
    speak(home, plant.modules[0].id)
    before = ids(home)[plant.id]

    report = home.run()

    assert {each.plant_id: each.subscription for each in report.plants}[plant.id] == "healthy"
    assert ids(home)[plant.id] == before


def test_a_thermostat_with_nothing_new_to_say_is_just_quiet(home: World) -> None:
    """A summer house in winter: same temperature, same everything, day after day."""
    speak(home)
    before = ids(home)
    home.later(DAY)  # and nothing has moved

    assert silent(home.run()) == ["stored"] * 3
    assert ids(home) == before


def test_a_fault_of_ours_in_making_a_subscription_anew_is_told_as_one(
    home: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak(home)
    live(home, DAY)
    monkeypatch.setattr(Subscriptions, "remake", lambda *_: 1 / 0)

    with pytest.raises(ExceptionGroup, match="faults of the recorder itself"):
        home.run()

    report = KeeperNotes(home.table).report()
    assert report is not None
    assert report.troubles == ("subscribe: a fault of the recorder itself (ZeroDivisionError)",)


def test_a_subscription_that_cannot_be_replaced_is_reported_as_missing_and_repaired(home: World) -> None:
    speak(home)
    live(home, DAY)
    home.provider.faults.add(Fault("subscribe", 500, times=2))

    report = home.run()

    assert "missing" in {plant.subscription for plant in report.plants}
    assert report.outcome == "degraded"
    home.later()
    home.run()
    assert sorted(ids(home)) == home.plant_ids


def test_thermostats_that_fall_silent_one_after_another_reveal_a_ghost_too(home: World) -> None:
    """What the first answered is no sign of life when the second is asked a few runs later."""
    plant = next(plant for plant in home.provider.homes.plants.values() if len(plant.modules) == 2)
    first, second = plant.modules
    speak(home, first.id)
    home.later(timedelta(hours=2))
    speak(home, second.id)
    ghost = ids(home)[plant.id]
    home.provider.subscriptions.make_ghost(ghost)

    live(home, DAY - timedelta(hours=2))
    assert first.id in {module.module_id for module in home.run().silent}
    assert ids(home)[plant.id] == ghost
    live(home, timedelta(hours=2))
    home.run()

    assert ids(home)[plant.id] != ghost


def test_a_ghost_that_could_not_be_removed_is_removed_by_the_next_run(home: World) -> None:
    speak(home)
    ghosts = ids(home)
    for ghost in ghosts.values():
        home.provider.subscriptions.make_ghost(ghost)
    live(home, DAY)
    home.provider.faults.add(Fault("delete", 500, times=4))
    assert home.run().outcome == "degraded"

    live(home, timedelta(minutes=30))
    home.provider.faults.clear()
    home.run()

    assert set(ids(home).values()).isdisjoint(ghosts.values())


def test_a_silence_that_had_nothing_to_say_yet_is_asked_about_again_a_day_later(home: World) -> None:
    """The gateway was offline, or nothing had changed; and all the while the subscription is a ghost."""
    speak(home)
    ghosts = ids(home)
    for ghost in ghosts.values():
        home.provider.subscriptions.make_ghost(ghost)
    home.later(DAY)
    home.provider.faults.add(Fault("status", 404, times=3))
    assert silent(home.run()) == ["failed"] * 3
    live(home, DAY - timedelta(minutes=30))
    assert silent(home.run()) == ["before"] * 3
    live(home, timedelta(minutes=30))

    assert silent(home.run()) == ["stored"] * 3

    assert set(ids(home).values()).isdisjoint(ghosts.values())
