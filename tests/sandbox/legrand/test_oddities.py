"""Notifications that are odd in one place, as ordered: everything else in them is unchanged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.legrand.account.oddities import KNOWN, Oddity
from sandbox.legrand.pushes.dispatch import Dispatch, OddPushes
from sandbox.legrand.pushes.ledger import Kind, Push
from smarther.domain.readings.notification import parse
from tests.support.mutated import ENVELOPE, body, changed

if TYPE_CHECKING:
    from sandbox.legrand.provider.provider import Provider
    from tests.sandbox.legrand.account import Account

DASHES = KNOWN["humidity_dashes"]


def push(plant_id: str, module_id: str, kind: Kind = Kind.CHANGE, *, envelope_id: str = "E") -> Push:
    document = [changed({**ENVELOPE, "id": envelope_id}, "data.chronothermostats.0.sender.plant.module.id", module_id)]
    return Push(plant_id=plant_id, body=body(document), content=module_id, kind=kind, module_id=module_id)


@pytest.fixture
def plant_id(account: Account) -> str:
    """A plant that our endpoint hears of."""
    plant_id = account.plant_ids()[0]
    account.subscribe(plant_id)
    return plant_id


@pytest.fixture
def dispatch(provider: Provider) -> Dispatch:
    return provider.dispatch


def sent(dispatch: Dispatch, push: Push) -> bytes:
    (attempt,) = dispatch.attempts(push)
    dispatch.settle(attempt, 200, 1.0)
    return attempt.push.body


def without(document: Any, oddity: Oddity) -> Any:
    """The document but for what stands in the oddity's place."""
    copied = json.loads(json.dumps(document))
    *way, last = oddity.place
    holder = copied
    for step in way:
        holder = holder[step]
    holder.pop(last, None)
    return copied


@pytest.mark.parametrize(("name", "oddity"), KNOWN.items())
def test_each_known_oddity_stands_in_its_place_and_leaves_the_rest(name: str, oddity: Oddity) -> None:
    odd = oddity.put(body([ENVELOPE]))
    assert oddity.text.encode() in odd, name
    assert without(json.loads(odd), oddity) == without([ENVELOPE], oddity)


@pytest.mark.parametrize("name", KNOWN)
def test_no_known_oddity_costs_its_reading(name: str) -> None:
    read = parse(KNOWN[name].put(body([ENVELOPE])))
    assert (len(read.readings), read.rejects) == (1, ())


@pytest.mark.parametrize("place", [(0, "data", "no such", "x"), (7,), (0, "data", "chronothermostats", 5)])
def test_a_notification_that_has_no_such_place_stays_true(place: tuple[str | int, ...]) -> None:
    assert Oddity(place, "1").put(body([ENVELOPE])) == body([ENVELOPE])


def test_the_next_new_notifications_are_odd_and_so_are_their_copies(dispatch: Dispatch, plant_id: str) -> None:
    old = push(plant_id, "old")
    assert sent(dispatch, old) == old.body
    dispatch.send_odd(OddPushes(DASHES, times=2))
    one, two, three = (push(plant_id, module_id) for module_id in ("1", "2", "3"))

    assert sent(dispatch, old) == old.body
    assert [sent(dispatch, each) for each in (one, two)] == [DASHES.put(one.body), DASHES.put(two.body)]
    copy = push(plant_id, "1", Kind.DUPLICATE, envelope_id="F")
    assert sent(dispatch, copy) == DASHES.put(copy.body)
    assert sent(dispatch, three) == three.body
    assert dispatch.ledger.totals().unique_bodies_acknowledged == 4


def test_a_thermostat_may_be_odd_alone(dispatch: Dispatch, plant_id: str) -> None:
    dispatch.send_odd(OddPushes(DASHES, times=1, module_id="2"))
    one, two = push(plant_id, "1"), push(plant_id, "2")
    assert [sent(dispatch, one), sent(dispatch, two)] == [one.body, DASHES.put(two.body)]


def test_a_body_that_somebody_put_in_by_hand_is_sent_as_it_is(dispatch: Dispatch, plant_id: str) -> None:
    dispatch.send_odd(OddPushes(DASHES, times=1))
    by_hand = push(plant_id, "1", Kind.ARBITRARY)
    assert sent(dispatch, by_hand) == by_hand.body
