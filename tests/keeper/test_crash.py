"""A crash anywhere is survived.

The keeper is killed after each single external effect (each HTTP call to Legrand, each call to AWS), at every such
point, and started again. Before an effect is after the one before it: the keeper's memory dies with it, so the two are
one case, and only the first effect needs both.

One point cannot be survived by anybody who holds one refresh token: the login took the token back, and the answer that
held the next one was never received. There the outcome must be the report that asks for consent, and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws

from smarther.store.keeper_items import calls_of_day
from tests.keeper.copies import in_copies
from tests.keeper.stories import (
    STORIES,
    Story,
    _effects_of,
)
from tests.support.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from smarther.domain.keeper.keeper_report import Report

ANSWER_LOST = "POST login.example /token"


@pytest.mark.parametrize("name", STORIES)
def test_a_run_killed_at_any_effect_is_made_good_by_those_after_it(name: str) -> None:
    story = STORIES[name]
    effects = _effects(story)
    assert len(effects) >= 20
    with mock_aws():
        assert _effects(story, World()) == effects

    world = World(in_memory=True, checked=True)
    story.prepare(world)
    event = _event(world, story)
    others = _others(world)

    def killed(number: int, when: str) -> None:
        world.run_and_die((number, when), **event)
        lost = when == "after" and effects[number] == ANSWER_LOST
        if lost and "consent" not in event:
            _assert_consent_is_asked_for(world, story.runs)
        else:
            _assert_all_is_well(world, story.runs, newest_lost=lost)
        assert _others(world) == others

    assert not in_copies(_endings(killed, effects))


@pytest.mark.parametrize("configured", [False, True])
def test_a_first_run_killed_anywhere_leaves_a_webhook_that_receivers_accept(configured: bool) -> None:  # noqa: FBT001 - a parameter
    story = Story(World.configure if configured else _nothing)
    effects = _effects(story)

    world = World(in_memory=True, checked=True)
    story.prepare(world)

    def killed(number: int, when: str) -> None:
        world.run_and_die((number, when))
        report = world.run()
        assert [person.reason for person in report.person][-1] == "consent_missing"
        assert world.push(world.webhook_url, b"[]", world.new_receiver())[0] == 200

    assert not in_copies(_endings(killed, effects))


def test_a_first_consent_killed_anywhere_works_as_soon_as_its_tokens_are_saved() -> None:
    """Until then the owner is looking at a page that asks to begin again."""
    story = Story(World.configure, {"consent": True})
    effects = _effects(story)
    saved = effects.index("PutSecretValue", effects.index(ANSWER_LOST))

    world = World(in_memory=True, checked=True)
    story.prepare(world)
    event = _event(world, story)

    def killed(number: int, when: str) -> None:
        world.run_and_die((number, when), **event)
        if number < saved:
            report = world.run()
            assert [person.reason for person in report.person] == ["consent_missing"]
            assert world.consent().outcome == "healthy"
        _assert_all_is_well(world, story.runs)

    assert not in_copies(_endings(killed, effects))


def test_a_ghost_is_replaced_once_in_a_silence_at_whatever_effect_the_run_is_killed() -> None:
    """A subscription that is silent for another reason would be replaced by every run that dies of it."""
    story = STORIES["subscriptions that only seem alive"]
    effects = _effects(story)

    world = World(in_memory=True, checked=True)
    story.prepare(world)
    before = _subscribed(world)

    def killed(number: int, when: str) -> None:
        if effects[number] == ANSWER_LOST:
            return  # nothing goes on without its owner
        world.run_and_die((number, when))
        _assert_all_is_well(world, 3)
        assert _subscribed(world) - before == len(world.plant_ids)

    assert not in_copies(_endings(killed, effects))


def _subscribed(world: World) -> int:
    """How often anybody subscribed."""
    return world.provider.calls.by_operation()["subscribe"]


def _endings(killed: Callable[[int, str], None], effects: list[str]) -> Iterator[Callable[[], None]]:
    """Every point at which the run can be killed; what fails names its point."""
    for number, when in [(0, "before"), *((number, "after") for number in range(len(effects)))]:

        def ending(number: int = number, when: str = when) -> None:
            try:
                killed(number, when)
            except Exception as error:
                error.add_note(f"killed {when} effect {number}: {effects[number]}")
                raise

        yield ending


def _assert_all_is_well(world: World, runs: int, *, newest_lost: bool = False) -> None:
    """Nobody is needed, the newest token is in use, each plant has one subscription of ours, alive, and it works."""
    reports = _next_runs(world, runs)
    assert not any(report.person for report in reports), reports
    assert reports[-1].outcome == "healthy", reports
    if not newest_lost:
        assert world.tokens()["refresh_token"] == world.provider.login.newest_refresh_token
    assert world.is_live(world.tokens()["refresh_token"])
    with pytest.raises(world.secrets.exceptions.ResourceNotFoundException):
        world.tokens("AWSPENDING")
    assert {entry.url for entry in world.ours} == {world.webhook_url}
    assert sorted(entry.plant_id for entry in world.ours) == world.plant_ids
    assert not any(entry.ghost for entry in world.ours)
    assert world.push(world.webhook_url, b"[]")[0] == 200
    assert calls_of_day(world.table, world.clock.now()).made >= world.provider.quota.calls_today


def _assert_consent_is_asked_for(world: World, runs: int) -> None:
    """Nothing else is broken, and consent repairs it."""
    reports = _next_runs(world, runs)
    assert [[person.reason for person in report.person] for report in reports] == [["consent_expired"]] * runs
    assert world.consent().person == ()
    _assert_all_is_well(world, runs)


def _next_runs(world: World, runs: int) -> list[Report]:
    reports = []
    for _ in range(runs):
        reports.append(world.run())
        world.later()
    return reports


def _nothing(world: World) -> None:
    """As deployed."""


def _event(world: World, story: Story) -> dict[str, Any]:
    return {"consent": {"code": world.code()}} if "consent" in story.event else dict(story.event)


def _effects(story: Story, world: World | None = None) -> list[str]:
    """The effects that the story's run has when nothing happens to it."""
    world = world or World(in_memory=True, checked=True)
    story.prepare(world)
    return _effects_of(world, _event(world, story))


def _others(world: World) -> list[str]:
    return sorted(entry.id for entry in world.provider.subscriptions.all() if entry not in world.ours)
