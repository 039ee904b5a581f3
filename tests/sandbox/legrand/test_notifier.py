"""The order and the number of notifications on their way, with a network that answers only when it is told to."""

import asyncio
from collections.abc import Callable, Coroutine

import httpx
import pytest

from sandbox.legrand import Provider
from sandbox.legrand.pushes.ledger import Kind, Outcome, Push
from sandbox.legrand.pushes.notifier import Notifier
from tests.sandbox.legrand.account import Account


class Network(httpx.AsyncBaseTransport):
    """Keeps every request waiting until `answer` is set; `begun` holds the bodies in the order of arrival."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.answer = asyncio.Event()
        self._arrived = asyncio.Condition()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        async with self._arrived:
            self.begun.append(request.content.decode())
            self._arrived.notify_all()
        await self.answer.wait()
        return httpx.Response(200)

    async def has(self, body: str) -> None:
        async with self._arrived:
            await self._arrived.wait_for(lambda: body in self.begun)


type Scenario = Callable[[Notifier, Network, Callable[[str, str], Push]], Coroutine[None, None, None]]


@pytest.fixture
def run(provider: Provider, account: Account) -> Callable[[int, Scenario], None]:
    """Run a scenario with a notifier of the given concurrency, for one subscribed plant."""
    plant_id = account.plant_ids()[0]
    account.subscribe(plant_id)

    def push(body: str, module_id: str) -> Push:
        return Push(plant_id, body.encode(), body, Kind.ARBITRARY, module_id=module_id)

    def run(concurrency: int, scenario: Scenario) -> None:
        async def scene() -> None:
            network = Network()
            notifier = Notifier(provider.dispatch, limit_ms=20_000, concurrency=concurrency, transport=network)
            async with notifier:
                await scenario(notifier, network, push)

        asyncio.run(scene())

    return run


def test_one_thermostats_next_waits_for_its_last_and_does_not_hold_up_others(
    run: Callable[[int, Scenario], None], provider: Provider
) -> None:
    async def scenario(notifier: Notifier, network: Network, push: Callable[[str, str], Push]) -> None:
        for body, module_id in (("first", "kitchen"), ("second", "kitchen"), ("other", "bath")):
            await notifier.ready()
            notifier.start(push(body, module_id))
        await network.has("other")
        assert network.begun == ["first", "other"]
        network.answer.set()

    run(3, scenario)
    assert [entry.content for entry in provider.dispatch.ledger.since()][-1] == "second"


@pytest.mark.parametrize("concurrency", [1, 2])
def test_no_more_are_on_their_way_at_once_than_allowed(run: Callable[[int, Scenario], None], concurrency: int) -> None:
    async def scenario(notifier: Notifier, network: Network, push: Callable[[str, str], Push]) -> None:
        for number in range(concurrency):
            await notifier.ready()
            notifier.start(push(f"push {number}", f"module {number}"))
        next_one = asyncio.create_task(notifier.ready())
        await network.has(f"push {concurrency - 1}")
        assert not next_one.done()
        network.answer.set()
        await next_one

    run(concurrency, scenario)


def test_closing_waits_for_what_is_on_its_way(run: Callable[[int, Scenario], None], provider: Provider) -> None:
    async def scenario(notifier: Notifier, network: Network, push: Callable[[str, str], Push]) -> None:
        await notifier.ready()
        notifier.start(push("last", "kitchen"))
        asyncio.get_running_loop().call_soon(network.answer.set)

    run(1, scenario)
    assert [entry.outcome for entry in provider.dispatch.ledger.since()] == [Outcome.ACKNOWLEDGED]
