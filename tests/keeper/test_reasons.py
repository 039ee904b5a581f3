"""A need for a person stands in every report until a run knows better, so that its alarm goes off once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.legrand import CLIENT_ID
from sandbox.legrand.account.faults import Fault
from sandbox.legrand.account.login import CLIENT_SECRET_LIFE

if TYPE_CHECKING:
    from collections.abc import Callable

    from smarther.domain.keeper.keeper_report import Report
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


@pytest.mark.parametrize("status", [469, 470])
@pytest.mark.parametrize(
    ("body", "is_over"),
    [({"data": {"items": []}}, True), ("<html><title>Legrand</title></html>", False), ("", False)],
)
def test_what_the_api_asked_for_is_over_once_it_answers_with_data_of_whatever_form(
    home: World, status: int, body: Any, *, is_over: bool
) -> None:
    """Simulated seed 41104: the app's terms were asked for until an answer of another form was too, a day later."""
    home.provider.faults.add(Fault("list", status))
    (asked_for,) = reasons(home.run())
    home.provider.faults.add(Fault("list", 200, body, times=2))
    home.later()
    assert reasons(home.run()) == ([] if is_over else [asked_for])


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


# ---- what the login says now stands for what it said before


def in_the_portal(world: World, **changed: Any) -> None:
    """What Legrand's developer portal says of the owner's application."""
    application = world.provider.login.application(CLIENT_ID)
    assert application is not None
    world.provider.login.register(replace(application, **changed))


def the_secret_ends(world: World) -> None:
    in_the_portal(world, secret_created_at=world.clock.now() - CLIENT_SECRET_LIFE)


def a_wrong_secret_is_configured(world: World) -> None:
    world.configure(client_secret="mistyped")


def the_secret_is_renewed(world: World) -> None:
    """In the portal, and here."""
    in_the_portal(world, client_secret="renewed", secret_created_at=world.clock.now())
    world.configure(client_secret="renewed")


@pytest.mark.parametrize(
    ("went_wrong", "reason"),
    [(the_secret_ends, "client_secret_expired"), (a_wrong_secret_is_configured, "credentials_refused")],
)
def test_who_has_mended_the_client_is_asked_for_the_consent_alone(
    home: World, went_wrong: Callable[[World], None], reason: str
) -> None:
    """The login looks at the client before the grant, so a word about the grant says that the client is well."""
    home.provider.login.revoke(access=True, refresh=True)
    went_wrong(home)
    home.later()
    assert reasons(home.run()) == [reason]

    the_secret_is_renewed(home)
    home.later()

    assert reasons(home.run()) == ["consent_expired"]
    assert reasons(home.consent()) == []


def test_a_secret_that_is_renewed_and_then_mistyped_is_refused_and_no_longer_expired(home: World) -> None:
    the_secret_ends(home)
    home.later()
    assert reasons(home.run()) == ["client_secret_expired"]
    a_wrong_secret_is_configured(home)
    home.later()
    assert reasons(home.run()) == ["credentials_refused"]


def test_a_consent_that_had_ended_is_asked_for_though_the_login_does_not_get_so_far_now(home: World) -> None:
    home.provider.login.revoke(access=True, refresh=True)
    home.later()
    assert reasons(home.run()) == ["consent_expired"]
    a_wrong_secret_is_configured(home)
    home.later()
    assert sorted(reasons(home.run())) == ["consent_expired", "credentials_refused"]
