"""The names of programs: read once a day with spare calls, for the thermostats in turn."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.legrand.account.faults import Fault
from smarther.domain.account.quota import Need
from smarther.domain.keeper.push_loss import Suspicion
from smarther.keeper.thermostats.program_names import MOST_ASKED
from smarther.store.keeper_items import CallCount, KeeperNotes, calls_of_day
from smarther.store.listings import Listings
from tests.support.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _no_network(socket_disabled: None) -> None:
    """One process is enough."""


def account(plants: int = 1, modules: int = 1, **environment: Any) -> World:
    """A configured account of so many plants and thermostats, which has consented."""
    world = World(plants=plants, modules=modules, in_memory=True, **environment)
    world.configure()
    world.consent()
    return world


def programs(world: World) -> dict[str, Mapping[int, str]]:
    return {module.module_id: module.programs for module in Listings(world.table).directory().modules.values()}


def truth(world: World) -> dict[str, Mapping[int, str]]:
    homes = world.provider.homes
    return {
        module.id: {each.number: each.name for each in homes.programs(plant.id, module.id)}
        for plant in homes.plants.values()
        for module in plant.modules
    }


def asked(world: World, **event: Any) -> list[str]:
    """The thermostats whose programs are asked for in a run, in their order."""
    world.effects.names.clear()
    world.run(**event)
    return [name.split("/")[-2] for name in world.effects.names if name.endswith("/programlist")]


def spoil(world: World, status: int | None = None, **more: Any) -> None:
    world.provider.faults.add(Fault("programlist", status, **more))


def test_after_consent_programs_have_their_names_and_these_are_asked_for_once_a_day() -> None:
    home = account(modules=2)
    assert programs(home) == truth(home)
    assert all(len(names) > 1 for names in programs(home).values())

    for _ in range(3):
        home.later()
        assert asked(home) == []
    home.later(DAY)
    assert asked(home) == sorted(truth(home))


def test_whoever_consents_again_need_not_wait_for_the_day() -> None:
    home = account()
    home.later()
    called = home.provider.calls.by_operation()["programlist"]
    home.consent()
    assert home.provider.calls.by_operation()["programlist"] == called + 1


def test_a_new_thermostat_need_not_wait_for_the_day() -> None:
    home = account()
    home.later()
    plant = home.provider.add_plant("Ufficio", ["Sala"])

    assert plant.modules[0].id in asked(home)
    assert programs(home) == truth(home)
    home.later()
    assert asked(home) == []


def test_of_many_thermostats_each_is_asked_in_its_turn_and_once_a_round() -> None:
    home = account(plants=3, modules=4 * MOST_ASKED + 1)
    for _ in range(4):
        home.later()
        assert 0 < len(asked(home)) <= MOST_ASKED
    assert programs(home) == truth(home)
    assert home.provider.calls.by_operation()["programlist"] == len(truth(home))
    home.later()
    assert asked(home) == []


@pytest.mark.parametrize(
    "lacking",
    [
        {"status": 204, "body": ""},
        {"status": 404},
        {"status": 200, "body": {"chronothermostats": []}},
        {"place": ("chronothermostats", 0, "programs"), "value": []},
        {"place": ("chronothermostats", 0, "programs"), "value": None},
        {"place": ("chronothermostats", 0, "programs", 1), "missing": True},
        {"place": ("chronothermostats", 0, "programs", 1, "name"), "missing": True},
        {"place": ("chronothermostats", 0, "programs", 1), "value": "odd"},
    ],
)
def test_what_an_answer_lacks_takes_no_name_away_and_is_no_trouble(lacking: dict[str, Any]) -> None:
    home = account(modules=2)
    spoil(home, times=2, **lacking)
    home.later(DAY)

    report = home.run()

    assert programs(home) == truth(home)
    assert (report.outcome, report.troubles) == ("healthy", ())


def test_a_renamed_program_has_its_new_name_and_one_with_a_blank_name_has_none() -> None:
    home = account()
    (module_id,) = truth(home)
    place = ("chronothermostats", 0, "programs", 1, "name")
    for sent, kept in (("Nuovo\u202e\n1", "Nuovo 1"), ("\u200b", None), ("x" * 300, "x" * 99 + "…")):
        spoil(home, place=place, value=sent)
        home.later(DAY)
        home.run()
        assert programs(home)[module_id].get(1) == kept


def test_names_of_programs_stay_when_the_thermostat_itself_is_named_anew() -> None:
    home = account()
    (module_id,) = truth(home)
    home.provider.homes.rename(module_id, "Studio")
    spoil(home, 404, times=None)
    home.later(DAY)
    home.run()

    (module,) = Listings(home.table).directory().modules.values()
    assert (module.name, module.programs) == ("Studio", truth(home)[module_id])


@pytest.mark.parametrize(
    ("status", "troubles"),
    [
        (500, ()),
        (408, ()),
        (200, ("programs: strange (200)",)),
        (405, ("programs: strange (405)",)),
        (401, ("programs: unauthorised (401)",)),
    ],
)
def test_a_call_that_failed_costs_the_other_thermostats_nothing_and_waits_for_the_next_day(
    status: int, troubles: tuple[str, ...]
) -> None:
    home = account(modules=2)
    home.later(DAY)
    first, second = sorted(truth(home))
    spoil(home, status, body={"odd": 1}, about=first, times=2)
    place = ("chronothermostats", 0, "programs", 1, "name")
    home.provider.faults.add(Fault("programlist", place=place, value="Nuovo", about=second))

    report = home.run()

    assert report.troubles == troubles
    assert programs(home) == {first: truth(home)[first], second: {**truth(home)[second], 1: "Nuovo"}}
    home.later()
    assert asked(home) == []


def test_answers_of_another_form_are_told_once_they_have_lasted() -> None:
    home = account()
    spoil(home, 200, body={"data": {"programs": []}}, times=None)
    reports = []
    for _ in range(3):
        home.later(DAY)
        reports.append(home.run())

    provider = reports[-1].provider
    assert provider is not None
    assert provider.changed == ("programs",)
    assert [each.reason for each in reports[-1].person] == ["provider_changed"]
    assert programs(home) == truth(home)


def test_a_silent_thermostat_may_still_be_polled_when_names_of_programs_may_not_be_read() -> None:
    home = account(STALE_AFTER_HOURS="2")
    home.later(DAY)
    quota = home.settings.quota
    while calls_of_day(home.table, home.clock.now()).made < quota.limit(Need.SPARE):
        CallCount(home.table, quota).count(Need.REQUIRED, home.clock.now())
    polled = home.provider.calls.by_operation()["status"]

    assert asked(home) == []
    assert home.provider.calls.by_operation()["status"] == polled + 1
    home.later(DAY)
    assert asked(home) == list(truth(home))


def test_no_name_is_asked_for_while_pushes_may_be_missing() -> None:
    home = account()
    home.later(DAY)
    notes = KeeperNotes(home.table)
    suspicion = Suspicion(since=home.clock.now(), looked_at=home.clock.now())
    notes.remember(notes.memory().model_copy(update={"suspicion": suspicion}))
    assert asked(home) == []


def test_a_run_that_rests_asks_for_no_name() -> None:
    home = account(LEGRAND_DAILY_CALLS="100")
    home.provider.quota.limit = 100
    for _ in range(2 * 48):
        home.later()
        calls = calls_of_day(home.table, home.clock.now()).made
        names = asked(home, scheduled=True)
        report = KeeperNotes(home.table).report()
        assert report is not None
        if report.rested:
            assert names == []
            assert calls_of_day(home.table, home.clock.now()).made == calls
    assert programs(home) == truth(home)
    assert 2 <= home.provider.calls.by_operation()["programlist"] <= 3
