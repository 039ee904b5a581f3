"""The probe of our own address: how often it calls, when it stops, and what it makes of answers."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from smarther.domain.keeper.keeper_probe import Probe, ProbeOrder
from smarther.keeper.webhook.probe_webhook import TIME_LIMIT, TIMEOUTS
from smarther.store.keeper_items import Leases
from tests.support import deployed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.world import World


class Answering:
    """A receiver in name only: 404 to a stranger; to the genuine caller what it is to say, by the call's number."""

    def __init__(self, world: World, says: Callable[[int, str], tuple[int, object]]) -> None:
        self._world = world
        self._says = says
        self.calls = 0
        self.strangers: list[str] = []

    def answer(self, secret: str, body: bytes) -> tuple[int, bytes]:
        if secret != self._world.webhook()["current"]:
            self.strangers.append(secret)
            return 404, b"{}"
        (event,) = json.loads(body)
        self.calls += 1
        status, content = self._says(self.calls, event["data"]["validationCode"])
        return status, json.dumps(content).encode()


def good(code: str, *, new: bool = False) -> tuple[int, object]:
    return 200, {"validationCode": code, "validationResponse": code, "new_container": new}


def probed(
    world: World, says: Callable[[int, str], tuple[int, object]], *, calls: int = 20, at_once: int = 4
) -> tuple[Probe, Answering]:
    world.run()
    receiver = Answering(world, says)
    world.receivers = [receiver]  # type: ignore[list-item] # a receiver in name only
    return world.keeper().probe(ProbeOrder(calls=calls, at_once=at_once)), receiver


def test_every_call_is_told_and_a_new_container_ends_the_calls_at_once(world: World) -> None:
    found, receiver = probed(world, lambda number, code: good(code, new=number == 22))

    assert [each.proven for each in found.one_by_one] == [True] * 20
    assert sorted(each.new_container for each in found.at_once) == [False, True]
    assert (found.has_secret, found.complete, receiver.calls) == (True, True, 22)


def test_a_probe_calls_more_at_once_until_a_container_is_new_within_a_limit(world: World) -> None:
    found, receiver = probed(world, lambda _, code: good(code))

    assert (len(found.at_once), receiver.calls) == (2 + 3 + 4, 20 + 2 + 3 + 4)
    assert found.complete


def test_what_is_wrong_with_an_answer_is_told_call_by_call(world: World) -> None:
    answers = {2: (503, {"message": "Service Unavailable"}), 4: (200, {"validationCode": "another"}), 5: (200, [])}
    found, _ = probed(world, lambda number, code: answers.get(number, good(code)), calls=6, at_once=0)

    assert [(each.status, each.proven) for each in found.one_by_one] == [
        (200, True),
        (503, False),
        (200, True),
        (200, False),
        (200, False),
        (200, True),
    ]
    assert found.at_once == ()


@pytest.mark.parametrize(("slow", "made"), [(1, (20, 2)), (4, (15, 0)), (30, (2, 0))])
def test_it_stops_in_time_and_says_so(world: World, slow: int, made: tuple[int, int]) -> None:
    def says(_: int, code: str) -> tuple[int, object]:
        world.later(timedelta(seconds=slow))
        return good(code, new=True)

    found, _ = probed(world, says)

    assert (len(found.one_by_one), len(found.at_once)) == made
    assert found.complete == (made == (20, 2))


def test_it_ends_before_the_function_does_however_slow_the_answers_are() -> None:
    """The last call of each of its three parts may begin just in time."""
    slowest = TIME_LIMIT + 3 * timedelta(seconds=sum(TIMEOUTS))

    assert slowest < timedelta(seconds=deployed.template()["Resources"]["KeeperFunction"]["Properties"]["Timeout"])


def test_a_stranger_brings_what_has_not_the_form_of_a_secret_so_that_it_is_never_put_aside(world: World) -> None:
    found, receiver = probed(world, lambda _, code: good(code), calls=1)

    (secret,) = receiver.strangers
    assert len(secret) != 43
    assert found.stranger is not None
    assert (found.stranger.status, found.stranger.proven) == (404, False)


def test_it_needs_no_lease_and_changes_nothing(world: World) -> None:
    world.run()
    world.later()  # a receiver that found no digests just before looks again only after a while
    world.effects.names.clear()
    Leases(world.table).take("another run", now=world.clock.now(), life=timedelta(minutes=2))

    found = world.keeper().probe(ProbeOrder(calls=3, at_once=0))

    assert [each.proven for each in found.one_by_one] == [True] * 3
    assert world.effects.names == ["GetSecretValue", *["POST ours.example"] * 4]


def test_without_a_secret_nothing_is_called(world: World) -> None:
    assert world.keeper().probe(ProbeOrder(calls=20, at_once=4)) == Probe(has_secret=False)
    assert world.effects.names == ["GetSecretValue"]
