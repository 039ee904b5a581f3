"""Plays a period of virtual time: the homes are simulated, the clock follows, and notifications are sent."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sandbox.legrand.provider.provider import USER_OID, Provider
from sandbox.legrand.pushes.notifier import Delivery, Notifier
from sandbox.legrand.pushes.timeline import DeliveryFaults, Timeline


@dataclass(frozen=True, slots=True)
class PlayRequest:
    """The period to play. `realtime_factor`: virtual seconds per real second, None for as fast as possible.

    A play that starts where the last one ended, with the same seed, continues its simulation; any other restarts it.
    """

    start: datetime
    hours: float
    seed: int
    delivery_faults: DeliveryFaults
    realtime_factor: float | None = None

    @property
    def end(self) -> datetime:
        """Its end, in virtual time."""
        return self.start + timedelta(hours=self.hours)


@dataclass(slots=True)
class Progress:
    """The progress of a play. `sent` counts pushes handed to the notifier, `settled` those that were answered or lost.

    `total` is computed with a copy of the homes, so orders during the play change it; with a `realtime_factor` it is
    None. `done`: the play has ended, and `state` says why. `error` is the first error in the stand-in itself.
    """

    state: str = "preparing"
    done: bool = False
    total: int | None = None
    sent: int = 0
    settled: int = 0
    virtual_time: datetime | None = None
    first_entry: int = 1
    error: str | None = None

    def delivered(self, delivery: Delivery) -> None:
        """Count one push as settled."""
        self.settled += 1
        trouble = delivery.exception()
        if trouble is not None and self.error is None:
            self.error = repr(trouble)


class Player:
    """Plays one request at a time, in the background."""

    def __init__(self, provider: Provider, notifier: Notifier) -> None:
        self._provider = provider
        self._notifier = notifier
        self._task: asyncio.Task[None] | None = None
        self.progress: Progress | None = None

    @property
    def playing(self) -> bool:
        """Whether a play is running."""
        return self._task is not None and not self._task.done()

    def play(self, request: PlayRequest) -> Progress:
        """Start a play. Raises RuntimeError while another one runs."""
        if self.playing:
            raise RuntimeError("a play is on; stop it or wait for it")
        self.progress = Progress(first_entry=self._provider.dispatch.ledger.last + 1, virtual_time=request.start)
        self._task = asyncio.create_task(self._run(request, self.progress))
        return self.progress

    async def wait(self, seconds: float) -> None:
        """Wait until the running play, if any, has ended, at most for `seconds`."""
        if self._task is not None and seconds:
            await asyncio.wait([self._task], timeout=seconds)

    async def stop(self) -> None:
        """Stop the running play, if any; pushes that were sent still arrive."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self, request: PlayRequest, progress: Progress) -> None:
        clock = self._provider.clock
        clock.hold(request.start)
        try:
            timeline = self._timeline(request)
            if request.realtime_factor is None:
                progress.total = await asyncio.to_thread(_count, timeline.dry_run())
            else:
                clock.run(request.start, request.realtime_factor)
            progress.state = "playing"
            await self._perform(timeline, request, progress)
            await self._notifier.drain()
            clock.hold(request.end)
            progress.virtual_time, progress.state = request.end, "finished"
        except asyncio.CancelledError:
            progress.state = "stopped"
            raise
        except Exception as error:
            progress.state, progress.error = "failed", repr(error)
            raise
        finally:
            clock.run(clock.now())
            progress.done = True

    def _timeline(self, request: PlayRequest) -> Timeline:
        homes = self._provider.homes
        if (homes.now, homes.seed) != (request.start, request.seed):
            homes.begin(request.start, request.seed)
        dice = Random(f"{request.seed}:post:{request.start.isoformat()}")  # noqa: S311 - repeatable on purpose
        return Timeline(
            homes, dice, [USER_OID], start=request.start, end=request.end, delivery_faults=request.delivery_faults
        )

    async def _perform(self, timeline: Timeline, request: PlayRequest, progress: Progress) -> None:
        clock = self._provider.clock
        for due, push in timeline.pushes():
            if request.realtime_factor is not None:
                await asyncio.sleep(max(0.0, (due - clock.now()).total_seconds() / request.realtime_factor))
            await self._notifier.ready()
            if request.realtime_factor is None:
                clock.hold(max(due, clock.now()))
            progress.virtual_time = due
            progress.sent += 1
            if progress.total is not None:
                progress.total = max(progress.total, progress.sent)
            self._notifier.start(push).add_done_callback(progress.delivered)


def _count(timeline: Timeline) -> int:
    return sum(1 for _ in timeline.pushes())
