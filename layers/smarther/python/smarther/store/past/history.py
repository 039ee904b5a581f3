"""What thermostats said, as those see it who look back, and the one reader of their latest words.

Reads that an answer to a person waits for take a `limit`, so that it costs the same however long the history is. What
is no reading of this form is left out and counted. A value that cannot be what its name says is as if it were not
there.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from smarther.domain.readings.arrival import AHEAD, LATE, is_ahead, noted
from smarther.domain.readings.home import Snapshot, load_of
from smarther.domain.readings.latest import SAID, Word, is_doubtful, latest
from smarther.domain.summaries.series import LOOKED_THROUGH
from smarther.store import keys
from smarther.store.items import instant, measured, text, whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from smarther.domain.readings.latest import Latest
    from smarther.store.items import Item
    from smarther.store.table import Table

_SNAPSHOT_NAMES = ("time", "received_at", "temperature_c", "humidity_percent", "setpoint_c", "load_state", "function")
_WORDS = {"function", "mode", "load_state"}  # of what a reading says; the rest are numbers


class History:
    """Readings, by the thermostats' own clocks. Every method raises TableUnavailableError."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def words(
        self, module_id: str, *, since: datetime | None = None, until: datetime | None = None, limit: int
    ) -> list[Word]:
        """The newest words by the thermostat's own clock, newest first, from `since` up to, not including, `until`."""
        between = keys.reading_range(since, until)
        items = self._table.query(keys.module_partition(module_id), between, limit=limit, newest_first=True)
        return list(self._table.made(_word, items))

    def word(self, module_id: str, key: str) -> Word | None:
        """The word under this key, if it is still there."""
        items = self._table.query(keys.module_partition(module_id), (key, key), limit=1)
        return next(self._table.made(_word, items), None)

    def unusual_arrivals(self) -> dict[str, list[str]]:
        """For thermostats some of whose readings came late or misdated, the keys of the last such ones."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for module_id, key in self._table.made(_arrival, self._table.query(keys.ARRIVALS, keys.ALL_ARRIVALS)):
            found[module_id].append(key)
        return dict(found)

    def snapshots(self, module_id: str, *, start: datetime, end: datetime, limit: int | None = None) -> list[Snapshot]:
        """What was measured, told and done from `start` up to but not including `end`, oldest first.

        With a `limit`, the newest ones. Mode, program and activation time are not read. What arrived before it can have
        been so, because the thermostat's clock was ahead, tells nothing of that time and is left out.
        """
        items = self._table.query(
            keys.module_partition(module_id),
            keys.reading_range(start, end),
            limit=None if limit is None else limit + LOOKED_THROUGH,
            page_size=limit,
            newest_first=True,
            names=_SNAPSHOT_NAMES,
        )
        possible = (item for item in items if not _came_before_its_time(item))
        return list(islice(self._table.made(_snapshot, possible), limit))[::-1]

    def spoken_as(self, module_id: str) -> str | None:
        """The spelling of a thermostat's id under which it has readings, strongly consistent; None if it never spoke.

        Readings are kept under the id as it was sent, which may differ in case from the id that its plant lists.
        """
        for spelling in dict.fromkeys((module_id, module_id.lower(), module_id.upper())):
            partition, between = keys.module_partition(spelling), keys.reading_range(None, None)
            if any(self._table.query(partition, between, limit=1, newest_first=True, consistent=True)):
                return spelling
        return None


@dataclass(frozen=True, slots=True)
class Words:
    """Words of a thermostat, among them the latest, and the last to arrive.

    `newest_first` are the newest by its own clock, with none left out between them, `others` stand further down.
    """

    newest_first: Sequence[Word] = ()
    others: Sequence[Word] = ()

    @property
    def latest(self) -> Latest | None:
        """The latest; None when it never spoke."""
        return latest([*self.newest_first, *self.others])


class LatestReader:
    """From the table to a thermostat's latest words: the one reader for keeper, widget and command line.

    `stale_after` is how long a thermostat may be silent.
    """

    def __init__(self, table: Table, *, stale_after: timedelta) -> None:
        self._history = History(table)
        self._stale_after = stale_after

    def unusual(self) -> Mapping[str, Sequence[str]]:
        """What `words` needs to know of all thermostats: which words of theirs came late or misdated last."""
        return self._history.unusual_arrivals()

    def words(self, module_id: str, unusual: Mapping[str, Sequence[str]], *, now: datetime, newest: int = 1) -> Words:
        """The words by which a thermostat's latest state and its silence are judged, at least so many of the newest.

        As a rule that is one read. Where a clock was ahead, more are read until one of them is dated rightly. Where the
        thermostat looks silent, what may have come late since is read as well.
        """
        newest_first = self._newest(module_id, now, newest)
        noted = (self._history.word(module_id, key) for key in unusual.get(module_id, ()))
        found = Words(newest_first, [word for word in noted if word is not None])
        if not is_doubtful(found.latest, now=now, limit=self._stale_after):
            return found
        return Words(newest_first, [*found.others, *self._late(module_id, found, now)])

    def _newest(self, module_id: str, now: datetime, newest: int) -> list[Word]:
        """The newest by the thermostat's clock, back to one whose clock was right."""
        words = self._history.words(module_id, limit=newest)
        ahead = [word for word in words if word.time >= now + AHEAD]
        if ahead:
            words = self._history.words(module_id, until=now + AHEAD, limit=newest)
        if len(words) == newest and all(word.misdated for word in words):
            words = self._history.words(module_id, until=now + AHEAD, limit=LOOKED_THROUGH)
        return ahead + words

    def _late(self, module_id: str, found: Words, now: datetime) -> list[Word]:
        """What can have come after the last that was heard, and is no later than usual."""
        known = found.latest
        if known is None:
            return []
        since = known.heard.received_at - LATE
        return self._history.words(module_id, since=since, until=now + AHEAD, limit=LOOKED_THROUGH)


def _snapshot(item: Item) -> Snapshot | None:
    time = instant(item, "time")
    if time is None:
        return None
    return Snapshot(
        time=time,
        temperature=measured(item, "temperature_c"),
        humidity=measured(item, "humidity_percent"),
        setpoint=measured(item, "setpoint_c"),
        load=load_of(text(item, "load_state"), text(item, "function")),
        mode=text(item, "mode"),
        program=whole(item, "program"),
        activation_time=text(item, "activation_time") or None,  # version 0.1.0 stored a blank one
    )


def _came_before_its_time(item: Item) -> bool:
    """Whether a reading arrived before it can have been so: the thermostat's clock was ahead."""
    time, received_at = instant(item, "time"), instant(item, "received_at")
    return time is not None and received_at is not None and is_ahead(time, received_at)


def _word(item: Item) -> Word | None:
    snapshot, received_at = _snapshot(item), instant(item, "received_at")
    if snapshot is None or received_at is None:
        return None
    return Word(
        key=item["sk"]["S"],
        received_at=received_at,
        pushed=text(item, "source") == "push",
        snapshot=snapshot,
        said=tuple(text(item, name) if name in _WORDS else measured(item, name) for name in SAID),
    )


def _arrival(item: Item) -> tuple[str, str] | None:
    """The thermostat of which an arrival was noted, and the key of the reading that arrived."""
    module_id, arrival = text(item, "module_id"), text(item, "arrival")
    return None if module_id is None or arrival is None else (module_id, noted(arrival))
