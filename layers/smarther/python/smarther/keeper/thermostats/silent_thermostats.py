"""Silent thermostats are polled, their answers are stored, and subscriptions that give no pushes are replaced.

A new thermostat is polled at once, since a quiet room may push nothing for hours.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from smarther.domain.account.legrand_answers import Kind
from smarther.domain.account.quota import Need
from smarther.domain.keeper.incidents import Observation
from smarther.domain.keeper.keeper_memory import LastPush
from smarther.domain.keeper.keeper_report import ModuleClock, SilentModule
from smarther.domain.readings.latest import silent_since
from smarther.domain.readings.reading import instant_text
from smarther.keeper.thermostats.polls import Polls
from smarther.legrand.client import LegrandError
from smarther.store.past.history import LatestReader

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from smarther.domain.keeper.keeper_report import Poll
    from smarther.domain.readings.latest import Latest
    from smarther.keeper.journal import Run
    from smarther.legrand.client import Api
    from smarther.store.listings import Module


MOST_FIRST_POLLS: Final = 20
"""How many new thermostats are polled in one run, for which an owner who has just consented waits."""

REMADE_AGAIN_AFTER: Final = timedelta(days=2)
"""A replaced subscription that gives no pushes either is replaced again after this time. Not sooner, because pushes
between the old and the new one are lost, and Legrand may have stopped all pushes."""

CHECK_OVERTIME: Final = timedelta(seconds=10)
"""How long the check goes on after the time for calls to Legrand is up. It then reads only the table, so that silence
is found even if Legrand is slow. The rest of the function's time is for the report."""


class SilenceCheck:
    """A run's check of the wanted plants' thermostats for silence."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._dependencies = dependencies = run.dependencies
        self._latest = LatestReader(dependencies.table, stale_after=dependencies.settings.stale_after)
        self._polls = Polls(run)
        self._journal = run.journal
        self._first_polls = 0
        self.found: dict[str, Latest | None] = {}
        """The latest reading of each thermostat that was checked."""

    def check(self, api: Api, modules: list[Module]) -> list[str]:
        """Poll silent and new thermostats, observe all, and return the plants whose subscription is to be replaced.

        A silent thermostat is polled again when its last poll is as old as a silence. If time or calls do not suffice
        for all, plants take turns.

        A plant's subscription is to be replaced if none of its thermostats pushes and one has changed without a push:
        once in a silence, and again `REMADE_AGAIN_AFTER` the last time.
        """
        now = self._dependencies.clock()
        self._forget_gone(modules)
        by_plant: dict[str, list[Module]] = defaultdict(list)
        for module in modules:
            by_plant[module.plant_id].append(module)
        through, unchecked, to_remake = self._run.memory.listened_through, len(modules), []
        self._journal.thermostats_checked = True
        unusual = self._latest.unusual()
        for plant_id in sorted(by_plant, key=lambda each: (each <= through, each)):
            if self._dependencies.clock() >= api.transport.deadline + CHECK_OVERTIME:
                break
            of_plant = by_plant[plant_id]
            if self._check_plant(api, plant_id, of_plant, unusual, now):
                to_remake.append(plant_id)
            unchecked -= len(of_plant)
            if api.may_call(Need.OPTIONAL) or api.transport.is_time_up:
                through = plant_id
        self._note_turn(through, unchecked=unchecked, served=not unchecked and api.may_call(Need.OPTIONAL))
        return sorted(to_remake)

    def note_remade(self, plant_id: str, replaced: Iterable[str]) -> None:
        """Remember a replacement before it is made, so that an interrupted attempt is not repeated.

        `forget_not_remade` finds out if the run ended before it replaced anything.
        """
        self._run.remember_at_once(
            remade={**self._run.memory.remade, plant_id: self._dependencies.clock()},
            replaced={**self._run.memory.replaced, plant_id: frozenset(replaced)},
        )

    def forget_not_remade(self, listed: Collection[str | None]) -> None:
        """Forget each replacement whose old subscription is still listed, so that it may be tried again."""
        done = {plant_id for plant_id, ids in self._run.memory.replaced.items() if ids.isdisjoint(listed)}
        undone = self._run.memory.replaced.keys() - done
        remade = {plant_id: at for plant_id, at in self._run.memory.remade.items() if plant_id not in undone}
        replaced = {plant_id: self._run.memory.replaced[plant_id] for plant_id in done & remade.keys()}
        self._run.remember(remade=remade, replaced=replaced)

    def _check_plant(
        self, api: Api, plant_id: str, modules: list[Module], unusual: Mapping[str, Sequence[str]], now: datetime
    ) -> bool:
        """Check a plant's thermostats; True if its subscription is to be replaced."""
        found = {each.module_id: self._latest.readings(each.module_id, unusual, now=now).latest for each in modules}
        self.found |= found
        self._forget_ended_silence(plant_id, list(found.values()))
        polls: dict[str, Poll | None] = {}
        for module in modules:
            self._note_wrong_clock(module, found[module.module_id])
            polls[module.module_id] = self._check_thermostat(api, module, found[module.module_id], now)
        observations = self._observe(modules, found, polls, now)
        return not any(each.pushes for each in observations) and self._is_remake_due(plant_id)

    def _is_remake_due(self, plant_id: str) -> bool:
        """Whether a thermostat changed without a push, for the first time or long after the last replacement."""
        changed, remade = self._run.memory.changed_unheard.get(plant_id), self._run.memory.remade.get(plant_id)
        return changed is not None and (remade is None or changed - remade >= REMADE_AGAIN_AFTER)

    def _observe(
        self, modules: list[Module], found: Mapping[str, Latest | None], polls: Mapping[str, Poll | None], now: datetime
    ) -> list[Observation]:
        """Note what is known of a plant's thermostats after the polls."""
        pushes = dict(self._run.memory.pushes)
        observations = []
        for module in modules:
            heard = None if (latest := found[module.module_id]) is None else latest.heard
            before = pushes.get(module.module_id)
            if heard is not None and heard.pushed and (before is None or heard.received_at > before.at):
                lag = timedelta() if heard.misdated else heard.received_at - heard.time
                pushes[module.module_id] = LastPush.after(before, at=heard.received_at, lag=lag)
            poll, last = polls[module.module_id], pushes.get(module.module_id)
            observations.append(
                Observation(
                    plant_id=module.plant_id,
                    module_id=module.module_id,
                    pushed_at=(module.known_since or now) if last is None else last.at,
                    lag=None if last is None else last.lag - last.usual_lag,
                    silent=poll is not None and poll != "stored",
                    only_answered=poll == "stored" or _only_answered(latest),
                    changed=module.plant_id in self._run.memory.changed_unheard,
                    pushed_lately=last is not None and now - last.at < self._dependencies.settings.stale_after,
                )
            )
        self._journal.observations += observations
        self._run.remember(pushes=pushes)
        return observations

    def _note_turn(self, through: str, *, unchecked: int, served: bool) -> None:
        """Remember where the next run begins, and note how many thermostats there was no time for."""
        self._run.remember(listened_through="" if served else through)
        self._journal.unchecked = unchecked
        if unchecked:
            self._journal.note_trouble(f"silence: no time to check {unchecked} thermostats")

    def _note_wrong_clock(self, module: Module, found: Latest | None) -> None:
        """Note a wrong clock. It rings no alarm, since the readings are stored and shown as usual."""
        if found is None or found.wrong_clock is None:
            return
        self._journal.clocks.append(
            ModuleClock(
                plant_id=module.plant_id,
                module_id=module.module_id,
                name=module.name,
                told=instant_text(found.wrong_clock.told),
                at=instant_text(found.wrong_clock.at),
            )
        )

    def _forget_gone(self, modules: list[Module]) -> None:
        """Forget polls and pushes of thermostats that are no longer in the directory."""
        known, memory = {module.module_id for module in modules}, self._run.memory
        self._run.remember(
            polled_at={key: at for key, at in memory.polled_at.items() if key in known},
            pushes={key: push for key, push in memory.pushes.items() if key in known},
        )

    def _forget_ended_silence(self, plant_id: str, found: list[Latest | None]) -> None:
        """If a push has ended a plant's silence, forget what was done about it."""

        def lasting(since: dict[str, datetime]) -> dict[str, datetime]:
            at = since.get(plant_id)
            if at is None or not any(_pushed_after(each, at) for each in found):
                return since
            return {key: each for key, each in since.items() if key != plant_id}

        changed_unheard, remade = lasting(self._run.memory.changed_unheard), lasting(self._run.memory.remade)
        self._run.remember(changed_unheard=changed_unheard, remade=remade)

    def _check_thermostat(self, api: Api, module: Module, found: Latest | None, now: datetime) -> Poll | None:
        """The outcome of polling a silent thermostat; None if it is not silent. Polls a new one too."""
        limit = self._dependencies.settings.stale_after
        since = silent_since(found, known_since=module.known_since, now=now, limit=limit)
        if since is None:
            if (
                found is None
                and self._first_polls < MOST_FIRST_POLLS
                and module.module_id not in self._run.memory.polled_at
            ):
                self._first_polls += 1
                self._poll(api, module, found, first=True)
            return None
        poll = self._poll(api, module, found)
        self._journal.silent.append(
            SilentModule(
                plant_id=module.plant_id,
                module_id=module.module_id,
                name=module.name,
                since=instant_text(since),
                poll=poll,
            )
        )
        return poll

    def _poll(self, api: Api, module: Module, found: Latest | None, *, first: bool = False) -> Poll:
        if not self._is_poll_due(module):
            return "before"
        try:
            body = api.status(module.plant_id, module.module_id)
        except LegrandError as error:
            if error.answer.kind is not Kind.NOT_FOUND:  # an offline gateway explains the silence
                if not first or error.answer.reason is not None:  # a first poll can wait
                    self._journal.note_failure(error)
                return "not_now"
            body = b""
        poll: Poll = "failed"
        if body:
            with self._journal.isolated("status"):  # a failure to store concerns one thermostat
                poll = self._store_news(module, body, found, first=first)
        if poll != "not_now":
            polled_at = {**self._run.memory.polled_at, module.module_id: self._dependencies.clock()}
            self._run.remember(polled_at=polled_at)
        return poll

    def _is_poll_due(self, module: Module) -> bool:
        """Whether a thermostat was never polled, or its last poll is as old as a silence.

        Polling again finds a dead subscription if nothing had changed at the first poll, or the gateway was offline.
        """
        asked_at = self._run.memory.polled_at.get(module.module_id)
        return asked_at is None or self._dependencies.clock() - asked_at >= self._dependencies.settings.stale_after

    def _store_news(self, module: Module, body: bytes, found: Latest | None, *, first: bool) -> Poll:
        """Store what an answer adds to the latest reading.

        A `first` answer comes before any push, so it shows no change that a push should have told.

        An answer without a reading of the thermostat is a failure. A change is remembered before the answer is stored,
        since a later run would find the stored answer and no change.
        """
        now = self._dependencies.clock()
        try:
            news = self._polls.news(module, body, found, now=now)
        except LegrandError as error:
            if not first:
                self._journal.note_failure(error)
            return "not_now"
        changed = not first and bool(self._polls.unpushed(news, found))
        if changed:
            self._run.remember_at_once(changed_unheard={**self._run.memory.changed_unheard, module.plant_id: now})
        if not self._polls.store(news, now=now):
            return "no_news"
        self._journal.actions.append(f"{'first_word' if first else 'gap_filled'} {module.module_id}")
        return "stored"


def _only_answered(found: Latest | None) -> bool:
    """Whether the last arrival was an answer to a poll.

    It ends the silence of its thermostat, while others of the plant may fall silent some runs later.
    """
    return found is not None and not found.heard.pushed


def _pushed_after(found: Latest | None, at: datetime) -> bool:
    return found is not None and found.heard.pushed and found.heard.received_at > at
