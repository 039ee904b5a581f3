"""From the table to a thermostat's latest words: the one reader for keeper, widget and command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from smarther.domain.arrival import AHEAD, LATE
from smarther.domain.latest import is_doubtful, latest
from smarther.domain.series import LOOKED_THROUGH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from smarther.domain.latest import Latest, Word
    from smarther.store.history import History


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
    """Reads words. `stale_after` is how long a thermostat may be silent."""

    def __init__(self, history: History, *, stale_after: timedelta) -> None:
        self._history = history
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
