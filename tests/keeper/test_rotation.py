"""The webhook's secret changes while pushes flow at full rate, and not one of them is refused."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from labs.simulation.effects import BASE, Effects, Killed
from sandbox.legrand.account.faults import Fault
from smarther.domain.account.subscription_plan import address
from smarther.domain.account.webhook_rotation import GRACE, SETTLING
from smarther.keeper.lease import LIFE
from tests.support.world import World

SECOND = timedelta(seconds=1)


class Flow:
    """Pushes to every address that the provider has subscribed, at every effect and every second of waiting.

    Three containers of the receiver take them. Before each push one of them is tried by a stranger, who uses up its one
    look for now: the worst time to meet a secret that is new.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._number = 0
        self.sent: list[str] = []
        self.refused: list[str] = []
        world.receivers = [world.new_receiver() for _ in range(3)]

    def push(self, _: str = "") -> None:
        """One push for each of our subscriptions, to every container."""
        for entry in self._world.ours:
            for receiver in self._world.receivers:
                self._number += 1
                module = f"module {self._number}"
                status, _told = receiver.answer(entry.url.rpartition("/")[2], self._body(entry.plant_id, module))
                self.sent.append(module)
                if status != 200:
                    self.refused.append(module)
        for receiver in self._world.receivers:
            receiver.answer("a stranger's guess", b"[]")

    def _body(self, plant_id: str, module_id: str) -> bytes:
        sender = {"plant": {"id": plant_id, "module": {"id": module_id}}}
        status = {"sender": sender, "time": self._world.clock.now().isoformat()}
        return json.dumps([{"data": {"chronothermostats": [status]}}]).encode()

    def stored(self) -> list[str]:
        """The modules of all stored readings."""
        return [item["module_id"]["S"] for item in self._world.dynamodb.partitions("MODULE#module")]


class FlowingWorld(World):
    """A world in which waiting is not empty."""

    flow: Flow | None = None

    def sleep(self, seconds: float) -> None:
        """Seconds go by one after the other."""
        for _ in range(int(seconds)):
            super().sleep(1)
            if self.flow is not None:
                self.flow.push()
        super().sleep(seconds - int(seconds))


@pytest.fixture
def home() -> FlowingWorld:
    """Configured, consented, subscribed; long enough ago for every receiver to know."""
    world = FlowingWorld(modules=2, in_memory=True, checked=True)
    world.configure()
    world.consent()
    world.later()
    return world


def flowing(world: FlowingWorld) -> Flow:
    world.flow = Flow(world)
    world.effects = Effects()
    world.effects.meanwhile = world.flow.push
    return world.flow


def test_a_rotation_refuses_no_push_and_stores_each_once(home: FlowingWorld) -> None:
    old = home.webhook_url
    flow = flowing(home)

    report = home.run(rotate_webhook=True)
    flow.push()
    home.later()
    home.run()
    flow.push()

    assert report.webhook == "rotated"
    assert {entry.url for entry in home.ours} == {home.webhook_url} != {old}
    assert flow.refused == []
    assert len(flow.sent) > 500
    assert sorted(flow.stored()) == sorted(flow.sent)


def test_what_is_subscribed_at_the_new_address_stays_while_the_address_cannot_be_proven(home: FlowingWorld) -> None:
    """A run that died between two plants left one at each address; both are answered, so neither is replaced."""
    subscribed = 0

    def die_at_the_second(name: str) -> None:
        nonlocal subscribed
        subscribed += name.startswith("POST api.example")
        if subscribed == 2:
            raise Killed

    home.effects = Effects()
    home.effects.meanwhile = die_at_the_second
    with pytest.raises(Killed):
        home.run(rotate_webhook=True)
    home.effects = Effects()
    before = {(entry.plant_id, entry.url) for entry in home.ours}
    assert len({url for _, url in before}) == 2
    home.receivers = []  # nobody is there to prove the address
    home.push = lambda *_: (500, b"")  # type: ignore[method-assign]
    home.later()
    home.run()

    assert {(entry.plant_id, entry.url) for entry in home.ours} == before


def test_a_rotation_that_is_due_goes_its_way_over_several_runs_and_refuses_no_push(home: FlowingWorld) -> None:
    home.settings = home.settings.model_copy(update={"rotation_days": 30})
    old = home.webhook()["current"]
    flow = flowing(home)
    home.later(timedelta(days=30))

    seen = []
    for _ in range(4):
        seen.append(home.run().webhook)
        flow.push()
        home.later()

    assert seen == ["settling", "rotated", "steady", "steady"]
    assert home.webhook()["previous"] == old
    assert {entry.url for entry in home.ours} == {home.webhook_url}
    assert flow.refused == []


def test_no_rotation_is_due_without_days(home: FlowingWorld) -> None:
    before = home.webhook()
    home.later(timedelta(days=3))

    assert home.run().webhook == "steady"
    assert home.webhook() == before


def test_a_late_push_to_the_old_address_is_taken_for_a_day_and_then_no_longer(home: FlowingWorld) -> None:
    old = home.webhook_url
    home.run(rotate_webhook=True)
    home.later()
    home.run()
    home.later(GRACE - timedelta(hours=1))
    home.run()
    assert home.push(old, b"[]", home.new_receiver())[0] == 200

    home.later(timedelta(hours=1))
    home.run()

    assert home.push(old, b"[]", home.new_receiver())[0] == 404
    assert "previous" not in home.webhook()


def test_a_previous_secret_is_not_forgotten_while_somebody_is_subscribed_with_it(home: FlowingWorld) -> None:
    old = home.webhook_url
    home.run(rotate_webhook=True)
    home.provider.faults.add(Fault("delete", 500, times=None))
    home.later(GRACE)
    home.run()
    home.later()
    home.run()

    assert home.push(old, b"[]", home.new_receiver())[0] == 200
    home.provider.faults.clear()
    home.run()
    home.run()
    assert "previous" not in home.webhook()


def test_the_new_address_is_not_subscribed_before_it_has_settled_and_is_proven(home: FlowingWorld) -> None:
    events: list[tuple[str, object]] = []
    home.effects = Effects()
    home.effects.meanwhile = lambda name: events.append((name, home.clock.now()))

    home.run(rotate_webhook=True)

    names = [name for name, _ in events]
    kept, proven = names.index("PutSecretValue"), names.index("POST ours.example")
    published = names.index("PutItem", kept)
    subscribed = next(number for number, name in enumerate(names) if name.endswith("/subscription") and "POST" in name)
    assert kept < published < proven < subscribed
    settled = events[proven][1], events[published][1]
    assert settled[0] - settled[1] >= SETTLING  # type: ignore[operator] # both are instants


def test_an_address_that_does_not_answer_is_not_subscribed(home: FlowingWorld) -> None:
    before = home.provider.subscriptions.all()
    home.receivers = [_Deaf(home)]  # type: ignore[list-item] # a receiver in name only

    report = home.run(rotate_webhook=True)

    assert (report.outcome, report.webhook) == ("degraded", "settling")
    assert home.provider.subscriptions.all() == before
    home.receivers = [home.new_receiver()]
    home.later()
    assert home.run().webhook == "rotated"


class _Deaf:
    def __init__(self, world: World) -> None:
        self._world = world

    def answer(self, secret: str, body: bytes) -> tuple[int, bytes]:
        return 404, b"{}"


def test_a_rotation_waits_for_a_plant_that_cannot_be_subscribed_now(home: FlowingWorld) -> None:
    old = home.webhook()["current"]
    home.provider.faults.add(Fault("subscribe", 404))

    report = home.run(rotate_webhook=True)

    assert (report.outcome, report.webhook) == ("degraded", "settling")
    assert home.webhook()["current"] == old
    assert len([entry for entry in home.ours if entry.url == address(BASE, old)]) == 2
    home.later()
    assert home.run().webhook == "rotated"
    home.later()
    home.run()
    assert {entry.url for entry in home.ours} == {home.webhook_url}
    assert len(home.ours) == 2


def test_asking_again_while_a_rotation_is_under_way_begins_no_other(home: FlowingWorld) -> None:
    home.receivers = [_Deaf(home)]  # type: ignore[list-item] # as above
    home.run(rotate_webhook=True)
    pending = home.webhook()["pending"]
    home.receivers = [home.new_receiver()]

    assert home.run(rotate_webhook=True).webhook == "rotated"
    assert home.webhook()["current"] == pending


def test_two_rotations_in_a_row_leave_one_subscription_for_each_plant(home: FlowingWorld) -> None:
    flow = flowing(home)
    home.run(rotate_webhook=True)
    home.run(rotate_webhook=True)
    home.later()
    home.run()
    flow.push()

    assert {entry.url for entry in home.ours} == {home.webhook_url}
    assert len(home.ours) == 2
    assert flow.refused == []


def test_a_rotation_without_consent_is_only_begun(world: World) -> None:
    world.run()
    world.later()

    assert world.run(rotate_webhook=True).webhook == "settling"


def test_a_run_that_takes_a_wait_into_its_time_waits_and_one_that_cannot_does_not(home: FlowingWorld) -> None:
    """A list that takes its time leaves none to wait; the next run goes on."""
    began = home.clock.now()

    def slow(name: str) -> None:
        if "/plants" in name:
            World.sleep(home, 50)

    home.effects.meanwhile = slow
    report = home.run(rotate_webhook=True)

    assert home.clock.now() - began < LIFE
    assert report.webhook in {"settling", "rotated"}
