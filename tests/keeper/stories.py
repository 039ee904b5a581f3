"""Stories of the keeper that are cut short."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from labs.simulation.effects import BASE, Effects

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.support.world import World


DAY = timedelta(days=1)
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
    world.provider.homes.remove_plant(world.plant_ids[0])
    world.run()
    world.provider.add_plant("Ufficio", ["Sala"])
    world.later()


def with_a_ghost(world: World) -> None:
    """The subscriptions are listed and give no push; the thermostats have been silent for more than a day."""
    consented(world)
    for entry in world.ours:
        world.provider.subscriptions.make_ghost(entry.id)
    world.later(DAY)
    world.provider.homes.advance(world.clock.now())


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


def _effects_of(world: World, event: dict[str, Any]) -> list[str]:
    world.effects = Effects()
    world.run(**event)
    names, world.effects = world.effects.names, Effects()
    return names
