"""Days on which nothing goes wrong, of three homes with different habits: there is no incident, and nobody is mailed.

`QUIET_DAYS=200` lives as many of each; the thermostats are the stand-in's own, with walls, weather and people.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest

from sandbox.legrand.home.homes import Homes, Module, Plant, make_plant
from sandbox.legrand.pushes.wire import encoded, notification
from smarther.domain.keeper.incidents import Cause
from smarther.domain.summaries.rollup_window import HourRange
from smarther.domain.summaries.statistics import hour_of
from smarther.rollup.roll_up import Rollup
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


class Life:
    """A home, its keeper each half hour and its rollup each hour, from a start on."""

    def __init__(self, plants: list[Plant], start: datetime, *, seed: int, daily_calls: int = 500) -> None:
        self.world = World(in_memory=True, seed=seed, LEGRAND_DAILY_CALLS=str(daily_calls))
        self.world.provider.quota.limit = daily_calls
        self.world.clock.hold(start)
        self.world.provider.homes = Homes(plants, seed, start, self.world.provider.homes.zone)
        self.world.configure()
        self.world.consent()
        self._zone = self.world.provider.homes.zone
        self._dice = Random(seed)  # noqa: S311 - dice that fall alike each time
        self._rolled_up_to = hour_of(start)

    def live(self, *, days: float, loses: float = 0, until: Cause | None = None) -> list[Incident]:
        """So many days, of whose pushes a part never comes; the incidents of all runs, up to the first of a cause."""
        end = self.world.clock.now() + timedelta(days=days)
        told: list[Incident] = []
        while self.world.clock.now() < end:
            self._half_an_hour(loses)
            found = self.world.run(scheduled=True).incidents
            told += found
            if until is not None and until in {each.cause for each in found}:
                break
        return told

    def form_habits(self, *, days: int) -> None:
        """So many days of pushes and statistics, in which the keeper does not run."""
        for _ in range(days * 48):
            self._half_an_hour(loses=0)

    def _half_an_hour(self, loses: float) -> None:
        world, now = self.world, self.world.clock.now() + HALF_HOUR
        for number, report in enumerate(world.provider.homes.advance(now)):
            world.clock.hold(max(report.at, world.clock.now()))
            body = encoded(notification(report, f"event {report.at} {number}", ["somebody"]))
            if self._dice.random() >= loses:
                assert world.push(world.webhook_url, body)[0] == 200
        world.clock.hold(now)
        if now - self._rolled_up_to >= timedelta(hours=1):
            hours = HourRange(self._rolled_up_to - timedelta(hours=1), hour_of(now))
            rollup = Rollup(world.table, zone=self._zone, now=now, out_of_time=lambda: False)
            rollup.make(rollup.thermostats(), hours)
            self._rolled_up_to = hour_of(now)


@pytest.mark.parametrize("name", HOMES)
def test_on_a_quiet_day_nothing_has_happened(name: str) -> None:
    life = Life(*HOMES[name], seed=1)

    assert life.live(days=DAYS) == []
    assert life.world.mailbox.mails == []


@pytest.mark.shows("some pushes are missing")
@pytest.mark.parametrize(("daily_calls", "enough"), [(500, 50), (100, 10)])
def test_missing_pushes_are_reported_within_a_day_bridged_by_polls_and_over_when_all_come_again(
    daily_calls: int, enough: int
) -> None:
    life = Life(*HOMES["a family in winter"], seed=2, daily_calls=daily_calls)
    life.form_habits(days=14)
    assert life.live(days=1) == []
    asked = life.world.provider.calls.by_operation()["status"]
    lost_from = life.world.clock.now()

    found = life.live(days=1, loses=0.5, until=Cause.PUSHES_THINNED)

    assert {each.cause for each in found} == {Cause.PUSHES_THINNED}
    told_at = life.world.clock.now()
    assert told_at - lost_from <= timedelta(days=1)
    assert [subject for subject, _ in life.world.mailbox.mails] == ["Legrand leaves out a part of the pushes"]
    life.live(days=1, loses=0.5)
    bridged = life.world.provider.calls.by_operation()["status"] - asked
    assert bridged > enough
    assert life.world.provider.quota.refused_today == 0

    again = life.live(days=2)
    life.live(days=1 / 24)
    assert again[-1].cause is Cause.PUSHES_THINNED
    assert life.live(days=1) == []
    assert life.world.mailbox.mails[-1][0] == "Over: Legrand leaves out a part of the pushes"
    quiet = life.world.provider.calls.by_operation()["status"]
    assert life.live(days=0.5) == []
    assert life.world.provider.calls.by_operation()["status"] == quiet, "and nobody is asked any more"
