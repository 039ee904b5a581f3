"""A crash anywhere is survived.

The keeper is killed after each single external effect (each HTTP call to Legrand, each call to AWS), at every such
point, and started again. Before an effect is after the one before it: the keeper's memory dies with it, so the two are
one case, and only the first effect needs both.

One point cannot be survived by anybody who holds one refresh token: the login took the token back, and the answer that
held the next one was never received. There the outcome must be the report that asks for consent, and nothing else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws

from tests.keeper.copies import in_copies
from tests.keeper.world import BASE, Effects, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from smarther.domain.keeper_report import Report

DAY = timedelta(days=1)
ANSWER_LOST = "POST login.example /token"
OTHER_DEPLOYMENT = "https://other.example/notifications/" + "o" * 43


def consented(world: World) -> None:
    """Configured and consented, one ordinary run behind it, another deployment of this very stack beside it."""
    world.configure()
    for plant_id in world.plant_ids:
        world.provider.add_foreign_subscription(plant_id, OTHER_DEPLOYMENT, "the same stack elsewhere")
    assert world.consent().outcome == "healthy"
    world.later()


def with_missing_and_stale_subscriptions(world: World) -> None:
    """One plant has lost its subscription, the other has two of ours that are not wanted."""
    consented(world)
    lost, doubled = world.plant_ids
    book = world.provider.subscriptions
    for entry in world.ours:
        if entry.plant_id == lost:
            book.remove(lost, entry.id)
    for secret in ("s" * 43, "t" * 43):
        book.add(doubled, f"{BASE}/notifications/{secret}", "ours before", world.clock.now(), ours=True)


def with_a_revoked_access_token(world: World) -> None:
    """The access token is refused before its time."""
    consented(world)
    world.clock.advance(-timedelta(minutes=20))
    world.provider.login.revoke(access=True, refresh=False)


def with_a_pending_version(world: World) -> None:
    """A run before this one saved new tokens, and died before they were in force."""
    consented(world)
    names = _effects_of(world, {})
    world.run_and_die((names.index("PutSecretValue"), "after"))


def with_a_rotation_behind_it(world: World) -> None:
    """The webhook's secret was rotated; the old subscriptions are still there."""
    consented(world)
    assert world.run(rotate_webhook=True).webhook == "rotated"
    world.later()


def with_a_pending_secret(world: World) -> None:
    """A rotation was begun by a run that could not wait for it."""
    consented(world)
    names = _effects_of(world, {"rotate_webhook": True})
    world.run_and_die((names.index("POST ours.example"), "before"), rotate_webhook=True)


def with_an_old_rotation(world: World) -> None:
    """A day has passed since a rotation: the previous secret is to be forgotten."""
    with_a_rotation_behind_it(world)
    world.run()
    world.later(DAY)


def with_a_plant_gone_and_a_new_one(world: World) -> None:
    """One plant has been missing from the account for two runs, another has come."""
    consented(world)
    world.provider.world.remove_plant(world.plant_ids[0])
    world.run()
    world.provider.add_plant("Ufficio", ["Sala"])
    world.later()


def with_a_ghost(world: World) -> None:
    """The subscriptions are listed and give no push; the thermostats have been silent for more than a day."""
    consented(world)
    for entry in world.ours:
        world.provider.subscriptions.make_ghost(entry.id)
    world.later(DAY)


@dataclass(frozen=True)
class Story:
    """How things stand before the run that is killed, what it is asked for, and how many runs make it good."""

    prepare: Callable[[World], None]
    event: Mapping[str, Any] = field(default_factory=dict)
    runs: int = 1


STORIES = {
    "an ordinary run": Story(consented),
    "subscriptions to mend": Story(with_missing_and_stale_subscriptions),
    "a refused access token": Story(with_a_revoked_access_token),
    "a pending version": Story(with_a_pending_version),
    # A rotation that was only just begun settles, is introduced by the next run, and cleared up by the one after.
    "a rotation, now": Story(consented, {"rotate_webhook": True}, runs=3),
    "a rotation, to be finished": Story(with_a_pending_secret, runs=2),
    "a rotation, to be cleared up": Story(with_a_rotation_behind_it),
    "a rotation, to be forgotten": Story(with_an_old_rotation),
    "plants that came and went": Story(with_a_plant_gone_and_a_new_one),
    "subscriptions that only seem alive": Story(with_a_ghost),
    "consent given again": Story(consented, {"consent": True}),
}


@pytest.mark.parametrize("name", STORIES)
def test_a_run_killed_at_any_effect_is_made_good_by_those_after_it(name: str) -> None:
    story = STORIES[name]
    effects = _effects(story)
    assert len(effects) >= 20

    with mock_aws():
        world = World()
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

    with mock_aws():
        world = World()
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

    with mock_aws():
        world = World()
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
    """Nobody is needed, the newest token is in use, each plant has one subscription of ours, and it works."""
    reports = _next_runs(world, runs)
    assert not any(report.person for report in reports), reports
    assert reports[-1].outcome == "healthy", reports
    if not newest_lost:
        assert world.tokens()["refresh_token"] == world.provider.login.newest_refresh_token
    assert world.is_live(world.tokens()["refresh_token"])
    assert "AWSPENDING" not in json.dumps(world.secrets.describe_secret(SecretId=world.tokens_arn), default=str)
    assert {entry.url for entry in world.ours} == {world.webhook_url}
    assert sorted(entry.plant_id for entry in world.ours) == world.plant_ids
    assert world.push(world.webhook_url, b"[]")[0] == 200
    assert world.records.calls_today(world.clock.now()) >= world.provider.quota.calls_today


def _assert_consent_is_asked_for(world: World, runs: int) -> None:
    """Nothing else is broken, and consent mends it."""
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


def _effects(story: Story) -> list[str]:
    """The effects that the story's run has when nothing happens to it."""
    with mock_aws():
        world = World()
        story.prepare(world)
        return _effects_of(world, _event(world, story))


def _effects_of(world: World, event: dict[str, Any]) -> list[str]:
    world.effects = Effects()
    world.run(**event)
    names, world.effects = world.effects.names, Effects()
    return names


def _others(world: World) -> list[str]:
    return sorted(entry.id for entry in world.provider.subscriptions.all() if entry not in world.ours)
