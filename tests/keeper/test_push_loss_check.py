"""While pushes are suspected to be missing, thermostats are polled: in turn, each apart, and with spare calls only."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from sandbox.legrand.account.faults import Fault
from sandbox.legrand.pushes.wire import encoded, notification
from smarther.domain.account.quota import Need
from smarther.domain.keeper.push_loss import Suspicion, UnpushedChange
from smarther.domain.readings.latest import SOON
from smarther.store.keeper_items import KeeperNotes

if TYPE_CHECKING:
    from tests.support.world import World

LOOK_AT_SUBSCRIPTIONS_AND_PLANTS = 2
"""The calls of a run that come first, each counted as well."""


@pytest.fixture
def suspected(home: World) -> World:
    """A home whose pushes are suspected to be missing since now."""
    notes = KeeperNotes(home.table)
    suspicion = Suspicion(since=home.clock.now(), looked_at=home.clock.now())
    notes.remember(notes.memory().model_copy(update={"suspicion": suspicion}))
    return home


def polls(world: World) -> int:
    return world.provider.calls.by_operation()["status"]


def suspicion(world: World) -> Suspicion:
    return KeeperNotes(world.table).memory().suspicion


def in_turn(world: World) -> list[str]:
    """The thermostats of the home, in the order in which they are polled."""
    return sorted(module.id for plant in world.provider.homes.plants.values() for module in plant.modules)


def asked(world: World) -> list[str]:
    """Those that have had their turn."""
    return [each for each in in_turn(world) if each <= suspicion(world).asked_through]


def test_each_thermostat_is_polled_and_its_answer_remembered(suspected: World) -> None:
    before = polls(suspected)
    suspected.later()

    assert suspected.run().outcome == "healthy"

    assert polls(suspected) == before + 3
    assert len(suspicion(suspected).answers) + len(suspicion(suspected).untold) == 3


def test_a_gateway_that_is_offline_pushes_nothing_either(suspected: World) -> None:
    suspected.provider.faults.add(Fault("status", 404, times=3))
    suspected.later()

    report = suspected.run()

    assert (report.outcome, report.troubles) == ("healthy", ())
    assert [*suspicion(suspected).answers, *suspicion(suspected).untold] == []
    assert suspicion(suspected).asked_through, "the next run begins with the others"


def test_a_poll_that_fails_is_told_and_the_other_thermostats_are_polled(suspected: World) -> None:
    failing = in_turn(suspected)[0]
    suspected.provider.faults.add(Fault("status", 400, times=None, about=failing))
    suspected.later()

    report = suspected.run()

    assert [trouble.partition(":")[0] for trouble in report.troubles] == ["status"]
    assert len(suspicion(suspected).answers) + len(suspicion(suspected).untold) == 2


@pytest.mark.parametrize("spare", [0, 1, 2, 3])
def test_a_thermostat_for_which_no_call_is_left_is_polled_first_by_the_next_run(suspected: World, spare: int) -> None:
    suspected.later()
    limit = suspected.settings.quota.limit(Need.SPARE)
    suspected.called_today(limit - LOOK_AT_SUBSCRIPTIONS_AND_PLANTS - spare)

    suspected.run()

    assert asked(suspected) == in_turn(suspected)[:spare]


def test_a_thermostat_whose_poll_legrand_refuses_for_the_quota_is_polled_first_by_the_next_run(
    suspected: World,
) -> None:
    suspected.later()
    suspected.provider.faults.add(Fault("status", 403, "Out of call volume quota", about=in_turn(suspected)[1]))

    suspected.run()

    assert asked(suspected) == in_turn(suspected)[:1]


@pytest.mark.parametrize(
    ("pushed_after", "missed"),
    [
        pytest.param(-timedelta(minutes=1), False, id="before the answer"),
        pytest.param(timedelta(seconds=36), False, id="an answer may be a little ahead of the push, as at a full hour"),
        pytest.param(timedelta(minutes=20), True, id="another change, long after it"),
        pytest.param(None, True, id="never"),
    ],
)
def test_a_change_is_missed_if_no_push_has_it_until_soon_after_the_answer(
    suspected: World, pushed_after: timedelta | None, *, missed: bool
) -> None:
    plant = min(suspected.provider.homes.plants.values(), key=lambda each: each.id)
    module_id, notes, asked_at = plant.modules[0].id, KeeperNotes(suspected.table), suspected.clock.now()
    untold = UnpushedChange(module_id=module_id, at=asked_at, after=asked_at - timedelta(minutes=30), time=asked_at)
    notes.remember(notes.memory().model_copy(update={"suspicion": suspicion(suspected).change_seen(untold)}))
    if pushed_after is not None:
        told = suspected.provider.homes.snapshot(plant.id, module_id, asked_at + pushed_after)
        body, receiver = encoded(notification(told, "event", ["oid"])), suspected.new_receiver()
        assert suspected.push(suspected.webhook_url, body, receiver)[0] == 200
    suspected.later()

    suspected.run()

    assert [each.missed for each in suspicion(suspected).answers if each.at == asked_at] == [missed]


def test_of_pushes_of_one_second_any_may_have_been_the_last(suspected: World) -> None:
    """A set point that is slid on the display is pushed at each of its positions."""
    for plant in suspected.provider.homes.plants.values():
        for module in plant.modules:
            told = suspected.provider.homes.snapshot(plant.id, module.id, suspected.clock.now())
            for position in (told.set_point, *(Decimal(degrees) for degrees in range(10, 18))):
                body = encoded(notification(replace(told, set_point=position), f"event {position}", ["oid"]))
                assert suspected.push(suspected.webhook_url, body, suspected.new_receiver())[0] == 200
    suspected.later()

    suspected.run()

    assert suspicion(suspected).untold == ()
    assert [each.missed for each in suspicion(suspected).answers] == [False] * 3
    assert KeeperNotes(suspected.table).memory().changed_unheard == {}


def test_one_odd_answer_is_one_missed_change_and_not_two(suspected: World) -> None:
    """What an answer says after it is what the last push said, so nothing has changed back."""
    for plant in suspected.provider.homes.plants.values():
        for module in plant.modules:
            told = suspected.provider.homes.snapshot(plant.id, module.id, suspected.clock.now())
            body = encoded(notification(told, "event", ["oid"]))
            assert suspected.push(suspected.webhook_url, body, suspected.new_receiver())[0] == 200
    odd = Fault("status", place=("chronothermostats", 0, "mode"), value="odd", about=in_turn(suspected)[0])
    suspected.provider.faults.add(odd)
    for _ in range(4):
        suspected.later(timedelta(minutes=5))
        suspected.run()

    missed = [each.missed for each in suspicion(suspected).answers if each.module_id == in_turn(suspected)[0]]

    assert len(missed) > 1
    assert missed.count(True) == 1


CLOCKS = {
    "right": timedelta(),
    "ahead": timedelta(days=3),
    "behind": timedelta(days=-400),
    "at the calendar's end": timedelta.max,
}


@pytest.mark.parametrize("before", CLOCKS)
@pytest.mark.parametrize("after", CLOCKS)
def test_a_clock_that_is_or_was_wrong_makes_no_push_a_missed_one(suspected: World, before: str, after: str) -> None:
    """Seed 60002: of what a thermostat said in the last second of the year 9999 the run asked what came in the next."""
    homes = suspected.provider.homes
    suspected.later(2 * SOON)
    for ahead, set_point in ((before, Decimal(12)), (after, None)):
        suspected.later(timedelta(minutes=1))
        for plant in homes.plants.values():
            for module in plant.modules:
                homes.set_clock(module.id, CLOCKS[ahead])
                told = homes.snapshot(plant.id, module.id, suspected.clock.now())
                told = told if set_point is None else replace(told, set_point=set_point)
                body = encoded(notification(told, f"event {ahead} {set_point}", ["oid"]))
                assert suspected.push(suspected.webhook_url, body, suspected.new_receiver())[0] == 200
                homes.set_clock(module.id, CLOCKS[after])
        suspected.later()
        assert suspected.run().outcome == "healthy"

    suspected.later()
    suspected.run()

    assert [each for each in suspicion(suspected).answers if each.missed] == []


def test_only_spare_calls_are_made_for_a_suspicion(suspected: World) -> None:
    """What is asked because a thermostat is silent goes on for longer."""
    suspected.later()
    suspected.called_today(suspected.settings.quota.limit(Need.SPARE))
    before = polls(suspected)

    assert suspected.run().outcome == "healthy"

    assert polls(suspected) == before
    assert suspicion(suspected).answers == ()
