"""What happened in a simulated year: how often, what was wrong, and when a person was needed and told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

HOUR = timedelta(hours=1)
TOLD_WITHIN = timedelta(hours=24)
"""How soon the owner is told that a person is needed, whatever else fails: a brown-out lasts up to nine hours, and the
alarm takes three."""


@dataclass(slots=True)
class Chronicle:
    """Counts, events and violations. `now` gives the time of each."""

    now: Callable[[], datetime]
    counts: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)

    def count(self, what: str, times: int = 1) -> None:
        """Count something that happened."""
        self.counts[what] += times

    def note(self, what: str) -> None:
        """Count something that happened, and write a line with its time."""
        self.counts[what.partition(":")[0]] += 1
        self.events.append(f"{self.now():%Y-%m-%d %H:%M:%S} {what}")

    def wrong(self, what: str) -> None:
        """Write down a broken promise."""
        line = f"{self.now():%Y-%m-%d %H:%M:%S} {what}"
        self.violations.append(line)
        self.events.append(f"{line} (!)")


class PersonAlarm:
    """The template's PersonNeededAlarm: the minimum of each hour, two hours in a row, without those that had no run."""

    def __init__(self) -> None:
        self.on = False
        self._hours: list[float | None] = []
        self._minimum: float | None = None

    def measure(self, reasons: int) -> None:
        """Take the metric of one run."""
        self._minimum = reasons if self._minimum is None else min(self._minimum, reasons)

    def hour_ends(self) -> bool:
        """Evaluate the alarm. True if it goes off now, which sends the owner one mail."""
        self._hours = [*self._hours[-1:], self._minimum]
        self._minimum = None
        known = [hour for hour in self._hours if hour is not None]
        was = self.on
        if len(known) == 2 and all(known):
            self.on = True
        elif any(hour == 0 for hour in known):
            self.on = False
        return self.on and not was


@dataclass(slots=True)
class Need:
    """A time in which a person is needed: from the first cause until the last one is mended."""

    began: datetime
    causes: dict[str, datetime]
    told: int = 0
    late: bool = False


class Needs:
    """When a person is really needed, compared with when the owner is told."""

    def __init__(self, chronicle: Chronicle) -> None:
        self._chronicle = chronicle
        self.open: Need | None = None
        self._last_end: datetime | None = None

    def begin(self, cause: str) -> None:
        """From now on a person is needed for this cause."""
        if self.open is None:
            self.open = Need(self._chronicle.now(), {})
        if cause not in self.open.causes:
            self.open.causes[cause] = self._chronicle.now()
            self._chronicle.note(f"person needed: {cause}")

    def since(self, cause: str, now: datetime) -> datetime:
        """When this cause began; `now` if there is no such cause."""
        return now if self.open is None else self.open.causes.get(cause, now)

    def end(self, *causes: str) -> None:
        """These causes are mended."""
        if self.open is None:
            return
        for cause in causes:
            self.open.causes.pop(cause, None)
        if not self.open.causes:
            self._chronicle.note(f"person no longer needed: told {self.open.told} times")
            if self.open.told == 0:
                self._chronicle.count("needs that ended before anybody was told")
            self.open, self._last_end = None, self._chronicle.now()

    def told(self) -> None:
        """The owner gets a mail: one for each need, and none without a need."""
        self._chronicle.note("owner told")
        if self.open is not None:
            self.open.told += 1
            if self.open.told > 1:
                self._chronicle.wrong(f"told {self.open.told} times of one need: {sorted(self.open.causes)}")
        elif self._last_end is None or self._chronicle.now() - self._last_end > 3 * HOUR:
            self._chronicle.wrong("the owner was told, but no person is needed")

    def watch(self, *, alarm_is_on: bool) -> None:
        """Check that the owner is told in time. An alarm that is on since the need before does not go off again."""
        need = self.open
        if (
            need is not None
            and not (alarm_is_on or need.told or need.late)
            and self._chronicle.now() - need.began > TOLD_WITHIN
        ):
            need.late = True
            self._chronicle.wrong(f"nobody was told for a day that a person is needed: {sorted(need.causes)}")
