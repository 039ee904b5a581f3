"""A small quota: scheduled runs rest, what keeps alive is never short of calls, and what Legrand says is told."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from smarther.domain.account.quota import LONGEST_REST, Need
from smarther.keeper.plants import Plants
from smarther.store import keys
from smarther.store.items import encoded
from smarther.store.keeper_items import calls_of_day
from tests.support import deployed
from tests.support.world import HALF_HOUR, World

if TYPE_CHECKING:
    from smarther.domain.keeper.keeper_report import Report

DAY = timedelta(days=1)


def home(daily_calls: int, *, plants: int = 2, modules: int = 5, **environment: Any) -> World:
    """A home that has consented, where Legrand grants so many calls a day, and the keeper was told so."""
    world = World(plants=plants, modules=modules, in_memory=True, LEGRAND_DAILY_CALLS=str(daily_calls), **environment)
    world.provider.quota.limit = daily_calls
    world.configure()
    world.consent()
    return world


def live(world: World, by: timedelta, *, every: timedelta = HALF_HOUR) -> list[Report]:
    """The reports of scheduled runs."""
    reports = []
    for _ in range(by // every):
        world.later(every)
        reports.append(world.run(scheduled=True))
    return reports


@pytest.mark.shows("few calls granted")
@pytest.mark.parametrize("minutes", [15, 30, 50])
@pytest.mark.parametrize("stale_after_hours", ["2", "24"])
def test_five_thermostats_that_never_speak_are_well_at_a_hundred_calls_a_day(
    minutes: int, stale_after_hours: str
) -> None:
    world = home(100, STALE_AFTER_HOURS=stale_after_hours)
    for _ in range(4):
        reports = live(world, DAY, every=timedelta(minutes=minutes))
        assert {report.outcome for report in reports} == {"healthy"}
        assert max(report.calls_today or 0 for report in reports) <= 90
        assert world.provider.quota.refused_today == 0
    assert world.provider.calls.by_operation()["status"] >= 4 * 5, "each is asked every day"


@pytest.mark.parametrize(("plants", "modules"), [(1, 1), (10, 40)])
@pytest.mark.parametrize("daily_calls", [100, 130, 500])
def test_however_many_homes_share_the_calls_a_lost_subscription_is_made_again_within_two_hours(
    plants: int, modules: int, daily_calls: int
) -> None:
    world = home(daily_calls, plants=plants, modules=modules, STALE_AFTER_HOURS="2")
    for _ in range(3):
        live(world, DAY - 4 * HALF_HOUR)
        lost = world.ours[0]
        world.provider.subscriptions.remove(lost.plant_id, lost.id)

        live(world, LONGEST_REST)

        assert len(world.ours) == plants
        assert calls_of_day(world.table, world.clock.now()).made <= world.settings.quota.limit(Need.REQUIRED)
    assert world.provider.quota.refused_today == 0


def test_a_run_that_rests_calls_nothing_and_says_again_what_the_one_before_found() -> None:
    world = home(100)
    (worked,) = live(world, HALF_HOUR)
    while worked.rested:
        (worked,) = live(world, HALF_HOUR)
    called = world.provider.calls.by_operation()

    (rested,) = live(world, HALF_HOUR)

    assert rested.rested
    assert not worked.rested
    assert world.provider.calls.by_operation() == called
    assert rested.model_copy(update={"at": worked.at, "rested": False}) == worked.model_copy(
        update={"actions": (), "tokens": rested.tokens}
    )
    assert rested.tokens is not None
    assert not rested.tokens.refreshed


def test_a_run_that_has_nothing_to_say_again_does_not_rest() -> None:
    with_report, without = home(100), home(100)
    without.dynamodb.delete_item(TableName=deployed.TABLE, Key=encoded(keys.REPORT))

    assert live(with_report, HALF_HOUR)[0].rested
    assert not live(without, HALF_HOUR)[0].rested


def test_whoever_asks_by_hand_or_has_consented_waits_for_no_rest() -> None:
    world = home(100)
    assert live(world, HALF_HOUR)[0].rested
    assert not world.run().rested
    assert not world.consent().rested


def test_at_five_hundred_calls_a_day_no_run_rests() -> None:
    assert not any(report.rested for report in live(home(500), DAY, every=timedelta(minutes=15)))


def test_a_run_that_failed_by_a_fault_of_ours_is_tried_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lambda tries it again a minute later, and counts on it to fail as loudly."""
    world = home(100)
    live(world, HALF_HOUR)
    with monkeypatch.context() as patch:
        patch.setattr(Plants, "refresh", lambda *_, **__: 1 / 0)
        with pytest.raises(ExceptionGroup):
            world.run()
    world.later(timedelta(minutes=1))

    assert not world.run(scheduled=True).rested


@pytest.mark.shows("fewer calls than told")
def test_what_legrand_grants_less_than_was_told_is_told_and_spared() -> None:
    """The owner believes in 1,000; Legrand grants 120."""
    world = home(1000)
    world.provider.quota.limit = 120
    world.clock.advance(timedelta(hours=10))
    calls = [world.run(scheduled=True) for _ in range(1)]
    while calls[-1].calls_granted is None:
        calls.append(world.run())
    refused = calls[-1]

    assert (refused.outcome, refused.calls_quota, refused.calls_granted) == ("degraded", 1000, refused.calls_today)
    live(world, timedelta(hours=3))
    assert world.provider.quota.refused_today == 1
    assert all(report.calls_granted is None for report in live(world, DAY)[-12:])
