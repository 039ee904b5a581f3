"""An account of many plants: what a run has no time or no calls for is told, and everybody has a turn."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from labs.simulation.effects import BASE, Effects
from sandbox.legrand.account.faults import Fault
from smarther.domain.account.quota import Need
from smarther.domain.account.subscription_plan import is_ours
from smarther.keeper.lease import WORKING_TIME
from smarther.keeper.thermostats.silent_thermostats import CHECK_OVERTIME
from smarther.store.keeper_items import KeeperNotes, calls_of_day
from smarther.store.listings import Listings
from tests.support.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from smarther.domain.keeper.keeper_report import Report

TWO_HOURS = timedelta(hours=2)
DAY = timedelta(days=1)


def account(plants: int, modules: int, **environment: Any) -> World:
    """A configured account of so many plants and thermostats, which has consented."""
    world = World(plants=plants, modules=modules, in_memory=True, **environment)
    world.configure()
    world.consent()
    return world


def live(world: World, days: int) -> list[Report]:
    """Runs of some days, a run in two hours."""
    reports = []
    for _ in range(days * 12):
        world.later(TWO_HOURS)
        reports.append(world.run())
    return reports


def each_takes(world: World, seconds: float, *names: str) -> Callable[[], None]:
    """Let each effect whose name begins with this text take this long; returns a function that ends it."""
    world.effects = Effects()
    effects = world.effects

    def wait(name: str) -> None:
        if name.startswith(names):
            world.clock.advance(timedelta(seconds=seconds))

    effects.meanwhile = wait

    def end() -> None:
        effects.meanwhile = None

    return end


@pytest.mark.shows("more plants than calls")
def test_more_plants_than_a_day_has_calls_for_are_subscribed_and_named_over_some_days() -> None:
    world = account(700, 700)
    first = KeeperNotes(world.table).report()
    assert first is not None
    assert any("no more calls to Legrand today" in trouble for trouble in first.troubles)
    assert first.subscriptions_missing >= 200

    live(world, 6)

    ours = [each.plant_id for each in world.provider.subscriptions.all() if is_ours(each.url, BASE)]
    assert sorted(ours) == world.plant_ids
    assert {module.plant_id for module in Listings(world.table).directory().modules.values()} == set(world.plant_ids)


@pytest.mark.shows("more plants than calls")
def test_what_the_day_has_no_calls_for_is_not_asked_for_again_and_again() -> None:
    world = World(plants=700, modules=700, in_memory=True)
    world.configure()
    world.effects = Effects()
    world.consent()

    calls = sum(name.startswith(("GET api", "POST api", "DELETE api")) for name in world.effects.names)
    assert calls == world.settings.quota.limit(Need.REQUIRED)
    assert world.effects.names.count("UpdateItem") <= calls + 3, "one refusal for each need, and no more"


@pytest.mark.shows("more plants than time")
def test_a_call_for_which_there_is_no_time_is_not_counted() -> None:
    world = account(30, 30)
    world.later(DAY)
    each_takes(world, 20.0, "GET api", "POST api")
    world.run()

    assert calls_of_day(world.table, world.clock.now()).made == world.provider.quota.calls_today < 30


@pytest.mark.shows("more thermostats than time")
def test_every_thermostat_is_checked_in_turn_if_a_run_has_no_time_for_all() -> None:
    world = account(40, 120)
    world.later(TWO_HOURS)
    world.run()
    world.later(DAY)
    seconds = WORKING_TIME.total_seconds() / 60
    heard: set[str] = set()
    for _ in range(7):  # the first has time for the day's look at spellings, and no more
        end = each_takes(world, seconds, "Query")
        report = world.run()
        end()
        assert report.unheard
        assert any("no time to check" in trouble for trouble in report.troubles)
        assert (report.thermostats_silent is None) == (not report.silent)
        heard |= {each.module_id for each in report.silent}
        world.later()

    assert heard == set(Listings(world.table).directory().modules)


@pytest.mark.shows("more thermostats than time")
def test_every_silent_thermostat_is_polled_in_turn_if_the_day_has_no_calls_for_all() -> None:
    world = account(40, 120, STALE_AFTER_HOURS="2", LEGRAND_DAILY_CALLS="167")
    world.later(TWO_HOURS)
    world.run()
    world.provider.faults.add(Fault("status", 404, times=10_000))  # gateways that are offline: their silence goes on
    asked: set[str] = set()
    for _ in range(6):
        world.effects = Effects()
        live(world, 1)
        asked |= {name.rpartition("/")[2] for name in world.effects.names if "/modules/parameter/id/value/" in name}

    assert asked == set(Listings(world.table).directory().modules)


@pytest.mark.shows("more thermostats than time")
def test_a_run_that_could_not_check_all_does_not_report_that_none_is_silent() -> None:
    world = account(3, 9)
    world.later(DAY)
    world.run()
    world.later()
    each_takes(world, CHECK_OVERTIME.total_seconds(), "GET api.example", "Query")
    world.clock.advance(DAY / 2)
    report = world.run()

    assert 0 < report.unheard < 9
    assert report.thermostats_silent is None


def test_a_cloud_that_takes_all_of_a_runs_time_does_not_hide_who_is_silent() -> None:
    world = account(3, 9)
    world.later(DAY)
    each_takes(world, WORKING_TIME.total_seconds(), "GET api.example /plants")
    report = world.run()

    assert report.unheard == 0
    assert len(report.silent) == 9
