"""Days on which nothing goes wrong, of three homes with different habits: there is no incident, and nobody is mailed.

`QUIET_DAYS=200` lives as many of each; the thermostats are the stand-in's own, with walls, weather and people.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from sandbox.legrand.home.world import Module, Plant, make_plant
from sandbox.legrand.home.world import World as Rooms
from sandbox.legrand.pushes.wire import encoded, notification
from tests.support.world import HALF_HOUR, World

if TYPE_CHECKING:
    from smarther.domain.keeper.incidents import Incident

DAYS = int(os.environ.get("QUIET_DAYS", "4"))
EMPTY = (4, 9)
"""Places in the account whose rooms stand empty, one kept from frost and one off."""

FAMILY = [make_plant("Casa", ["Soggiorno", "Camera", "Bagno"], 0, 0), make_plant("Baita", ["Cucina"], 1, 3)]
SEASIDE = [
    Plant("plant-sea", "Casa al mare", tuple(Module(f"module-{index}", f"Stanza {index}", index) for index in EMPTY))
]
OFFICE = [make_plant("Ufficio", ["Studio"], 1, 3)]
HOMES = {
    "a family in winter": (FAMILY, datetime(2026, 1, 14, 6, 30, tzinfo=UTC)),
    "an empty second home in summer": (SEASIDE, datetime(2026, 6, 20, 6, 30, tzinfo=UTC)),
    "an office of one room in spring": (OFFICE, datetime(2026, 4, 1, 6, 30, tzinfo=UTC)),
}


def lived(plants: list[Plant], start: datetime, *, days: int, seed: int) -> tuple[World, list[Incident]]:
    """The world after so many days, and whatever incident any run of the keeper told of."""
    world = World(in_memory=True, seed=seed)
    world.clock.hold(start)
    world.provider.world = Rooms(plants, seed, start, world.provider.world.zone)
    world.configure()
    world.consent()
    told: list[Incident] = []
    while world.clock.now() < start + timedelta(days=days):
        now = world.clock.now() + HALF_HOUR
        for number, report in enumerate(world.provider.world.advance(now)):
            world.clock.hold(max(report.at, world.clock.now()))
            body = encoded(notification(report, f"event {report.at} {number}", ["somebody"]))
            assert world.push(world.webhook_url, body)[0] == 200
        world.clock.hold(now)
        told += world.run().incidents
    return world, told


@pytest.mark.parametrize("name", HOMES)
def test_on_a_quiet_day_nothing_has_happened(name: str) -> None:
    world, told = lived(*HOMES[name], days=DAYS, seed=1)

    assert told == []
    assert world.mailbox.mails == []
