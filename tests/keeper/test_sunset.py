"""The provider changes, or ends: told as that, and told when it is over; nothing of the owner's is blamed for it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from labs.simulation.effects import API, LOGIN, Effects
from sandbox.legrand.account.faults import KNOWN, Fault
from smarther.store.keeper_items import CallCount, KeeperNotes
from tests.support.envelopes import envelope, status

if TYPE_CHECKING:
    from collections.abc import Callable

    from smarther.domain.keeper.keeper_report import Report
    from tests.support.world import World

DAY = timedelta(days=1)
HALF_DAY = timedelta(hours=12)


def reasons(report: Report) -> list[str]:
    return [person.reason for person in report.person]


def lived(world: World, days: float, apart: timedelta = HALF_DAY) -> Report:
    """Runs for so many days; the last one's report."""
    for _ in range(round(days * DAY / apart)):
        world.run()
        world.later(apart)
    return world.run()


def plays(world: World, known: str, operation: str | None = None) -> None:
    fault = KNOWN[known]
    world.provider.faults.add(replace(fault, operation=operation or fault.operation))


def does_not_resolve(world: World) -> None:
    world.unresolved |= {urlsplit(API).hostname or ""}


def login_does_not_resolve(world: World) -> None:
    world.unresolved |= {urlsplit(LOGIN).hostname or ""}


def api_not_found(world: World) -> None:
    for operation in ("list", "plants", "topology", "status", "subscribe", "delete"):
        world.provider.faults.add(Fault(operation, 404, times=None))


def ended(world: World) -> None:
    world.provider.faults.clear()
    world.unresolved.clear()


@pytest.mark.shows("provider gone", "end announced", "answer that nobody knows", "key suspended")
@pytest.mark.parametrize(
    ("happens", "at_once", "after_days", "reason"),
    [
        (lambda world: plays(world, "gone"), ["provider_gone"], 1, "provider_gone"),
        (lambda world: plays(world, "base_not_found"), [], 4, "provider_gone"),
        (api_not_found, [], 4, "provider_gone"),
        (does_not_resolve, [], 4, "provider_gone"),
        (login_does_not_resolve, [], 4, "provider_gone"),
        (lambda world: plays(world, "moved"), [], 2, "provider_changed"),
        (lambda world: plays(world, "page_for_people"), [], 2, "provider_changed"),
        (lambda world: plays(world, "other_form", "list"), [], 2, "provider_changed"),
        (lambda world: plays(world, "other_form", "plants"), [], 2, "provider_changed"),
        (lambda world: plays(world, "other_form", "topology"), [], 3, "provider_changed"),
        (lambda world: plays(world, "other_form", "token"), [], 2, "provider_changed"),
        (lambda world: plays(world, "announced"), ["provider_changed"], 2, "provider_changed"),
        (lambda world: plays(world, "announced_as_drafts_had_it"), ["provider_changed"], 2, "provider_changed"),
        (lambda world: plays(world, "key_suspended"), [], 1, ""),
    ],
)
def test_a_provider_that_changes_or_ends_is_told_as_that_until_it_is_over(
    home: World, happens: Callable[[World], None], at_once: list[str], after_days: int, reason: str
) -> None:
    home.later()
    subscribed = sorted(entry.id for entry in home.ours)
    happens(home)

    first = home.run()
    home.later()
    told = lived(home, after_days)

    if reason:
        assert reasons(first) == at_once
        assert reasons(told) == [reason]
        assert told.provider is not None
    else:
        assert reasons(told) == ["subscription_key_refused"]
    assert not [each for each in told.troubles if "bug" in each]
    assert sorted(entry.id for entry in home.ours) == subscribed
    assert home.tokens()["refresh_token"] or home.tokens("AWSPENDING")["refresh_token"]

    ended(home)
    home.later(DAY)
    report = home.run()
    if reasons(report) == ["consent_expired"]:  # the refresh token was the lost answer's, where the login was the one
        report = home.consent()
    assert reasons(report) == [], report
    assert not reason or "provider_as_before" in report.actions
    home.later()
    last = home.run()
    assert (last.outcome, last.provider) == ("healthy", None)
    assert "provider_as_before" not in last.actions


@pytest.mark.shows("provider gone")
def test_a_thermostat_that_is_not_found_for_weeks_is_no_change(home: World) -> None:
    home.provider.faults.add(Fault("status", 404, times=None))
    report = lived(home, 14)
    assert (reasons(report), report.provider) == ([], None)


def test_a_weekend_without_the_api_is_no_end(home: World) -> None:
    api_not_found(home)
    report = lived(home, 2.5)
    assert (reasons(report), report.provider) == ([], None)


@pytest.mark.shows("end announced")
def test_an_announcement_is_a_reason_for_three_days_and_known_with_its_dates_after_them(home: World) -> None:
    plays(home, "announced")
    told = [bool(reasons(lived(home, 0.5))) for _ in range(12)]
    assert told == sorted(told, reverse=True)
    assert 5 <= sum(told) <= 7

    report = home.run()
    assert report.provider is not None
    assert (str(report.provider.deprecated_on), str(report.provider.ends_on)) == ("2026-01-01", "2027-06-30")
    assert report.outcome == "healthy"
    assert report.days_to_renewal is not None
    assert not report.api_ends_soon


def test_what_nobody_knows_is_kept_without_what_it_says(home: World) -> None:
    secret = {"Cucina": {"id": home.plant_ids[0]}, "access_token": "s3cr3t-token"}
    home.provider.faults.add(Fault("list", 200, secret, times=None))
    home.run()
    (shape,) = KeeperNotes(home.table).memory().provider.shapes.values()
    assert shape.form == '{"?1": {"id": "text"}, "access_token": "text"}'


# ---- another address

NEW_API, NEW_LOGIN = "https://api.new.example/smarther/v2.0", "https://login.new.example"


def moved(world: World) -> None:
    world.settings = world.settings.model_copy(update={"api_url": NEW_API, "login_url": NEW_LOGIN})
    world.unresolved = {urlsplit(API).hostname or "", urlsplit(LOGIN).hostname or ""}


class Traffic:
    """A push between any two effects of a run, which two clouds send, to the address that each of them knows."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.address = world.webhook_url
        self.sent = 0
        world.effects = Effects()
        world.effects.meanwhile = self.push

    def push(self, _: object = None) -> None:
        self.sent += 1
        at = (self._world.clock.now() + timedelta(milliseconds=self.sent)).isoformat()
        body = json.dumps([envelope(status("a thermostat", time=at))]).encode()
        for _ in range(2):
            assert self._world.push(self.address, body, self._world.new_receiver())[0] == 200

    def stored(self) -> int:
        return len(list(self._world.dynamodb.partitions("MODULE#a thermostat")))


@pytest.mark.shows("hosts move")
def test_hosts_move_while_pushes_come_and_nothing_is_lost(home: World) -> None:
    before = sorted((entry.plant_id, entry.id) for entry in home.ours)
    traffic = Traffic(home)
    home.run()

    moved(home)
    report = home.run()

    assert "provider_moved" in report.actions
    assert report.outcome == "healthy"
    assert home.webhook_url == traffic.address
    assert sorted((entry.plant_id, entry.id) for entry in home.ours) == before
    home.later()
    assert "provider_moved" not in home.run().actions
    assert traffic.stored() == traffic.sent > 20


@pytest.mark.shows("hosts move")
def test_a_new_cloud_without_our_subscriptions_is_subscribed_and_the_old_one_still_pushes(home: World) -> None:
    old = list(home.ours)
    traffic = Traffic(home)
    for entry in old:
        home.provider.subscriptions.remove(entry.plant_id, entry.id)  # the new cloud's book
    moved(home)

    report = home.run()

    assert {plant.subscription for plant in report.plants} == {"created"}
    assert {entry.url for entry in home.ours} == {traffic.address} == {entry.url for entry in old}
    assert traffic.stored() == traffic.sent > 10


@pytest.mark.shows("hosts move")
def test_nothing_that_the_old_hosts_refused_or_asked_for_is_believed_of_the_new_ones(home: World) -> None:
    home.provider.login.revoke(access=True, refresh=False)
    home.provider.faults.add(Fault("token", 400, {"error": "invalid_grant"}))
    assert reasons(home.run()) == ["consent_expired"]
    CallCount(home.table, home.settings.quota).pause(now=home.clock.now(), until=home.clock.now() + DAY, quota=True)
    for entry in home.ours:
        home.provider.subscriptions.remove(entry.plant_id, entry.id)

    moved(home)
    report = home.run()

    assert (reasons(report), report.paused_until) == ([], None)
    assert {plant.subscription for plant in report.plants} == {"created"}


def test_what_is_gone_at_the_old_address_is_over_with_the_move(home: World) -> None:
    plays(home, "gone")
    assert reasons(home.run()) == ["provider_gone"]
    home.provider.faults.clear()
    home.provider.faults.add(Fault("list", 500, times=2))
    moved(home)
    assert reasons(home.run()) == []


@pytest.mark.parametrize("outage", [None, Fault("*", 503, times=None), Fault("*", drop=True, times=None)])
def test_an_end_that_is_announced_at_the_old_and_the_new_address_is_told_once(
    home: World, outage: Fault | None
) -> None:
    """Seed 60005: the owner, who knew of it for weeks, was told again on the day when the hosts moved."""
    plays(home, "announced")
    assert reasons(lived(home, 0.5)) == ["provider_changed"]
    assert reasons(lived(home, 3)) == []
    moved(home)
    if outage is not None:
        home.provider.faults.clear()
        home.provider.faults.add(outage)
        assert reasons(lived(home, 0.5)) == []
        home.provider.faults.clear()
        plays(home, "announced")

    report = home.run()

    assert reasons(report) == []
    assert report.provider is not None
    assert report.provider.announced


def test_a_provider_that_is_gone_is_reported_once_and_not_as_an_outage_of_the_api(home: World) -> None:
    home.later()
    plays(home, "gone")

    report = lived(home, 2)

    assert reasons(report) == ["provider_gone"]
    assert report.incidents == ()
    assert home.mailbox.mails == []


@pytest.mark.shows("provider gone")
def test_an_api_that_was_told_to_fail_and_is_gone_is_over_once_it_is_back(home: World) -> None:
    api_not_found(home)

    told = lived(home, 4)

    assert (reasons(told), told.incidents) == (["provider_gone"], ())
    (failed,) = home.mailbox.mails
    ended(home)
    home.run()
    home.run()
    _, over = home.mailbox.mails
    assert over[0] == f"Over: {failed[0]}"


@pytest.mark.parametrize("known", ["key_suspended", "app_terms"])
def test_an_api_that_asks_for_a_person_fails_no_more(home: World, known: str) -> None:
    home.provider.faults.add(Fault("list", 503, times=None))
    assert [each.cause for each in lived(home, 1).incidents] == ["api"]
    home.provider.faults.clear()
    home.provider.faults.add(KNOWN[known] if known in KNOWN else Fault("list", 470, times=None))

    report = home.run()

    assert len(reasons(report)) == 1
    assert (report.incidents, [each.cause for each in report.over]) == ((), ["api"])


def test_an_api_that_is_not_asked_or_refuses_a_token_once_still_fails(home: World) -> None:
    home.provider.faults.add(Fault("list", 503, times=None))
    lived(home, 1)
    home.provider.login.revoke(access=True, refresh=False)
    home.provider.faults.clear()
    home.provider.faults.add(Fault("list", 401))
    home.provider.faults.add(Fault("list", 503, times=None))
    refused = home.run()
    now = home.clock.now()
    CallCount(home.table, home.settings.quota).pause(now=now, until=now + DAY, quota=True)

    for report in (refused, home.run()):
        assert ([each.cause for each in report.incidents], report.over) == (["api"], ())
