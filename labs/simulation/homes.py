"""Homes in outline: rooms whose readings change by chance, without the physics of a wall.

The stand-in's own thermostats are computed minute by minute, which takes most of a minute for a year. These jump from
one change to the next. There is one about every hour and a half, and now and then a burst, when a set point is slid.
What changes by the clock, with a program or at the end of a mode, is pushed within a quarter of an hour. In every other
respect they are thermostats of the stand-in, and what they tell has the same form.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.legrand.home.homes import Homes, Module, Plant
from sandbox.legrand.home.snapshot import Mode
from sandbox.legrand.home.thermostat import SLIDE_PUSHES, SLIDE_SECONDS, Thermostat

if TYPE_CHECKING:
    from sandbox.legrand.home.snapshot import Snapshot

BETWEEN_CHANGES = timedelta(minutes=90)
QUARTER = timedelta(minutes=15)
BURST = 0.02
"""The share of changes that are a burst."""
WISH = 0.06
"""The share of changes in which somebody chooses a mode or a program."""


class Outline(Thermostat):
    """A thermostat that jumps from change to change. Until `asleep_until` it pushes nothing and cannot be reached."""

    asleep_until: datetime | None = None
    _next_change: datetime | None = None

    @property
    def next_change(self) -> datetime:
        """When it next changes, or checks whether something has changed by the clock."""
        if self._next_change is None:
            self._next_change = self._now + self._pause()
        return min(self._next_change, self._now + QUARTER - (self._now - datetime.min.replace(tzinfo=UTC)) % QUARTER)

    def snapshot(self, at: datetime | None = None) -> Snapshot:
        """What the provider answers at `at`. While the thermostat is asleep, that is what it said last."""
        at = at or self._now
        is_asleep = self.asleep_until is not None and at < self.asleep_until
        return self._told if is_asleep and self._told is not None else super().snapshot(at)

    def advance(self, to: datetime) -> list[Snapshot]:
        """Go on until `to`. Returns what it reported on the way."""
        reports: list[Snapshot] = []
        while (at := self.next_change) <= to:
            self._now = at
            awake = self.asleep_until is None or self.asleep_until <= at
            if at == self._next_change:
                self._next_change = at + self._pause()
                reports += self._changed() if awake else []
            elif awake:
                self._end_expired()
                reports += self._report()
        self._now = max(self._now, to)
        return reports

    def _pause(self) -> timedelta:
        return BETWEEN_CHANGES * self._dice.expovariate(1)

    def _changed(self) -> list[Snapshot]:
        chance = self._dice.random()
        if chance < BURST:
            return self._slid()
        if chance < BURST + WISH:
            return self._wished()
        self._set_mode(Mode.AUTOMATIC, None)
        self._active = self._dice.random() < 0.4
        self._sensed_temperature = min(26.0, max(12.0, self._sensed_temperature + self._dice.uniform(-0.6, 0.6)))
        self._sensed_humidity = min(70.0, max(30.0, self._sensed_humidity + self._dice.choice((-1.5, 1.5))))
        return self._report()

    def _wished(self) -> list[Snapshot]:
        """Somebody chooses another program, or a mode, with or without an end."""
        mode = self._dice.choice((Mode.AUTOMATIC, Mode.BOOST, Mode.OFF, Mode.PROTECTION))
        minutes = self._dice.choice((30, 60, 90) if mode is Mode.BOOST else (90, None))
        if mode is Mode.AUTOMATIC:
            self._program = self._dice.choice(self.room.programs).number
        self._set_mode(mode, None if minutes is None else self._in(timedelta(minutes=minutes)))
        return self._report()

    def _in(self, after: timedelta) -> datetime:
        return (self._local() + after).replace(second=0, microsecond=0)

    def _slid(self) -> list[Snapshot]:
        """Somebody slides the set point: every position on the way is pushed, most of them within one second."""
        begun = self._now
        self._set_mode(Mode.MANUAL, self._in(timedelta(hours=2)))
        told: list[Snapshot] = []
        for position in range(1, SLIDE_PUSHES + 1):
            self._manual_set_point = Decimal(16) + Decimal(position) / 4
            self._now = begun + timedelta(seconds=SLIDE_SECONDS * position / SLIDE_PUSHES)
            told += self._report()
        return told


class Outlines(Homes):
    """The homes of the account, in outline."""

    @property
    def next_change(self) -> datetime:
        """When something changes next, anywhere."""
        return min(outline.next_change for outline in self.outlines.values())

    @property
    def outlines(self) -> dict[tuple[str, str], Outline]:
        """The thermostats by plant and module."""
        return {key: each for key, each in self._thermostats.items() if isinstance(each, Outline)}

    def _thermostat(self, plant: Plant, module: Module) -> Outline:
        return Outline(self._room(plant, module), self._weather, self.zone, self.now, self.seed, self.variants)
