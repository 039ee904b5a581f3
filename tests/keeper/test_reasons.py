"""A need for a person stands in every report until a run knows better, so that its alarm goes off once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sandbox.legrand.account.faults import Fault

if TYPE_CHECKING:
    from smarther.domain.keeper_report import Report
    from tests.support.world import World


def reasons(report: Report) -> list[str]:
    return [person.reason for person in report.person]


@pytest.mark.parametrize(("status", "reason"), [(469, "app_password_expired"), (470, "app_terms")])
def test_what_the_api_asked_for_is_asked_for_until_the_list_is_had_again(home: World, status: int, reason: str) -> None:
    home.provider.faults.add(Fault("list", status))
    assert reasons(home.run()) == [reason]
    home.provider.faults.add(Fault("list", 500, times=2))
    home.later()
    assert reasons(home.run()) == [reason]
    home.later()
    assert home.run().outcome == "healthy"


@pytest.mark.parametrize("status", [500, 429])
def test_a_consent_that_has_ended_is_asked_for_though_the_login_is_away(home: World, status: int) -> None:
    home.provider.login.revoke(access=True, refresh=True)
    home.later()
    assert reasons(home.run()) == ["consent_expired"]
    home.later(timedelta(hours=7))
    home.provider.faults.add(Fault("token", status, times=2))
    assert reasons(home.run()) == ["consent_expired"]
    assert reasons(home.run()) == ["consent_expired"]


def test_a_consent_given_again_is_asked_for_no_more_though_the_api_is_away(home: World) -> None:
    home.provider.login.revoke(access=True, refresh=True)
    home.later()
    home.run()
    home.provider.faults.add(Fault("list", 500, times=2))
    assert reasons(home.consent()) == []


# ---- an account without a plant, as it is where third-party access was not allowed in the app


def without_plants(world: World) -> None:
    for plant_id in world.plant_ids:
        world.provider.remove_plant(plant_id)


def test_an_account_without_a_plant_needs_a_person_until_there_is_one(world: World) -> None:
    without_plants(world)
    world.configure()

    report = world.consent()

    assert report.consent == "accepted"
    assert reasons(report) == ["no_plant"]
    assert "third-party access" in report.person[0].do
    world.later()
    assert reasons(world.run()) == ["no_plant"]

    world.provider.add_plant("Casa", ["Cucina"])
    world.later()
    assert world.run().outcome == "healthy"


@pytest.mark.parametrize("operation", ["list", "plants"])
def test_it_stays_so_when_a_run_cannot_find_out(world: World, operation: str) -> None:
    without_plants(world)
    world.configure()
    world.consent()
    world.provider.faults.add(Fault(operation, 500, times=2))
    world.later()
    assert reasons(world.run()) == ["no_plant"]


def test_a_list_of_plants_that_cannot_be_had_is_no_account_without_one(world: World) -> None:
    world.configure()
    world.provider.faults.add(Fault("plants", 500, times=2))
    report = world.consent()
    assert reasons(report) == []
    assert report.outcome == "degraded"


def test_plants_that_are_known_go_on_without_anybody(home: World) -> None:
    home.provider.faults.add(Fault("plants", 200, body={"plants": []}, times=None))
    for _ in range(3):
        home.later()
        assert reasons(home.run()) == []
