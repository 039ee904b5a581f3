"""A day that is played: virtual time runs, the clock follows it, and the notifications go out."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sandbox.legrand.provider.provider import USER_OID, Provider
from sandbox.legrand.pushes.journey import Journey, Mischief
from sandbox.legrand.pushes.notifier import Delivery, Notifier


@dataclass(frozen=True, slots=True)
class Score:
    """What is to be played. `realtime_factor`: virtual seconds per real second, None for as fast as possible.

    A play that starts where the last one ended, with the same seed, goes on with the same lives; any other begins anew.
    """

    start: datetime
    hours: float
    seed: int
    mischief: Mischief
    realtime_factor: float | None = None

    @property
    def end(self) -> datetime:
        """When it is over, in virtual time."""
        return self.start + timedelta(hours=self.hours)


@dataclass(slots=True)
class Progress:
    """How far a play is. `sent` counts pushes handed to the notifier, `settled` those that ended.

    `total` is foretold by living through a copy of the world, so orders to thermostats on the way alter it; a play with
    a `realtime_factor` has none. `done`: nothing more will come, and `state` tells why. `error` is the first thing that
    went wrong in the stand-in itself.
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
    """Plays one score at a time, in the background."""

    def __init__(self, provider: Provider, notifier: Notifier) -> None:
        self._provider = provider
        self._notifier = notifier
        self._task: asyncio.Task[None] | None = None
        self.progress: Progress | None = None

    @property
    def playing(self) -> bool:
        """Whether a play is on."""
        return self._task is not None and not self._task.done()

    def play(self, score: Score) -> Progress:
        """Begin. Raises RuntimeError while another one is on."""
        if self.playing:
            raise RuntimeError("a play is on; stop it or wait for it")
        self.progress = Progress(first_entry=self._provider.dispatch.ledger.last + 1, virtual_time=score.start)
        self._task = asyncio.create_task(self._run(score, self.progress))
        return self.progress

    async def wait(self, seconds: float) -> None:
        """Return when the play that is on, if any, is over, or after `seconds`."""
        if self._task is not None and seconds:
            await asyncio.wait([self._task], timeout=seconds)

    async def stop(self) -> None:
        """End the play that is on, if any; what is on its way still arrives."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self, score: Score, progress: Progress) -> None:
        clock = self._provider.clock
        clock.hold(score.start)
        try:
            journey = self._journey(score)
            if score.realtime_factor is None:
                progress.total = await asyncio.to_thread(_count, journey.rehearsal())
            else:
                clock.run(score.start, score.realtime_factor)
            progress.state = "playing"
            await self._perform(journey, score, progress)
            await self._notifier.drain()
            clock.hold(score.end)
            progress.virtual_time, progress.state = score.end, "finished"
        except asyncio.CancelledError:
            progress.state = "stopped"
            raise
        except Exception as error:
            progress.state, progress.error = "failed", repr(error)
            raise
        finally:
            clock.run(clock.now())
            progress.done = True

    def _journey(self, score: Score) -> Journey:
        world = self._provider.world
        if (world.now, world.seed) != (score.start, score.seed):
            world.begin(score.start, score.seed)
        dice = Random(f"{score.seed}:post:{score.start.isoformat()}")  # noqa: S311 - repeatable on purpose
        return Journey(world, dice, [USER_OID], start=score.start, end=score.end, mischief=score.mischief)

    async def _perform(self, journey: Journey, score: Score, progress: Progress) -> None:
        clock = self._provider.clock
        for due, push in journey.pushes():
            if score.realtime_factor is not None:
                await asyncio.sleep(max(0.0, (due - clock.now()).total_seconds() / score.realtime_factor))
            await self._notifier.ready()
            if score.realtime_factor is None:
                clock.hold(max(due, clock.now()))
            progress.virtual_time = due
            progress.sent += 1
            if progress.total is not None:
                progress.total = max(progress.total, progress.sent)
            self._notifier.start(push).add_done_callback(progress.delivered)


def _count(journey: Journey) -> int:
    return sum(1 for _ in journey.pushes())
