"""The notifier: sends pushes to endpoints over HTTP, once each, in order per thermostat, a few at a time."""

import asyncio
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

import httpx

from sandbox.legrand.pushes.dispatch import Attempt, Dispatch
from sandbox.legrand.pushes.ledger import Entry, Push
from sandbox.legrand.variants import Variants

type Delivery = asyncio.Task[list[Entry]]


NOT_SENT = ("User-Agent", "Accept", "Accept-Encoding")
"""Headers that httpx would add. A log of 2021 has no User-Agent (mattiols_hassio_repository issue 31)."""


def push_headers(variants: Variants) -> Mapping[str, str]:
    """Additional headers of a push. MrRonfo's receiver looked for those of Event Grid in 2019."""
    if variants.push_headers == "event_grid":
        return {"aeg-event-type": "Notification", "aeg-delivery-count": "0"}
    return {}


class Notifier:
    """Makes the calls that the dispatch decides on, each once, and reports their results.

    The whole exchange, connection included, has `limit_ms`; redirects are not followed. Each push opens its own
    connection: an idle one, closed by the other side at the wrong moment, would look like a failing endpoint.
    """

    def __init__(
        self,
        dispatch: Dispatch,
        *,
        limit_ms: int,
        concurrency: int,
        headers: Callable[[], Mapping[str, str]] = dict,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._headers = headers
        self._dispatch = dispatch
        self._limit_seconds = limit_ms / 1000
        self._free = asyncio.Semaphore(concurrency)
        self._lanes: dict[str, Delivery] = {}
        self._client = httpx.AsyncClient(
            timeout=None,  # noqa: S113 - one limit around the whole exchange, see _call
            follow_redirects=False,
            trust_env=False,
            transport=transport,
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        for name in NOT_SENT:
            del self._client.headers[name]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.drain()
        await self._client.aclose()

    async def ready(self) -> None:
        """Wait until another push may start; each `ready` is followed by one `start`."""
        await self._free.acquire()

    def start(self, push: Push) -> Delivery:
        """Start a delivery; the task's result are its entries in the ledger."""
        delivery = asyncio.create_task(self._deliver(push, self._lanes.get(push.lane)))
        self._lanes[push.lane] = delivery
        delivery.add_done_callback(lambda done: self._leave_lane(push.lane, done))
        return delivery

    async def drain(self) -> None:
        """Wait until all deliveries have ended."""
        while self._lanes:
            await asyncio.wait(self._lanes.values())

    async def _deliver(self, push: Push, before: Delivery | None) -> list[Entry]:
        try:
            if before is not None:
                await asyncio.wait([before])
            noted = self._dispatch.ledger.last
            attempts = self._dispatch.attempts(push)
            entries = self._dispatch.ledger.since(noted)
            return entries + [await self._call(attempt) for attempt in attempts]
        finally:
            self._free.release()

    async def _call(self, attempt: Attempt) -> Entry:
        status: int | None = None
        failure: str | None = None
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(self._limit_seconds):
                response = await self._client.post(
                    attempt.subscription.url,
                    content=attempt.push.body,
                    headers={"Content-Type": attempt.push.content_type, **self._headers()},
                )
            status = response.status_code
        except TimeoutError:
            pass  # neither status nor failure means a timeout
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            failure = type(error).__name__
        return self._dispatch.settle(attempt, status, (time.perf_counter() - begun) * 1000, failure)

    def _leave_lane(self, lane: str, done: Delivery) -> None:
        if self._lanes.get(lane) is done:
            del self._lanes[lane]
