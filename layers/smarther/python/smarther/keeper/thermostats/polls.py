"""Answers to polls: which readings are new, and which ones a push should have told."""

from __future__ import annotations

from copy import replace
from typing import TYPE_CHECKING, Final

from smarther.domain.account.directory import same_id
from smarther.domain.account.legrand_answers import Kind, ProviderAnswer
from smarther.domain.readings.latest import is_news, should_have_pushed
from smarther.domain.readings.notification import parse
from smarther.legrand.client import LegrandError
from smarther.store.past.history import History
from smarther.store.readings import Readings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from smarther.domain.readings.latest import Latest
    from smarther.domain.readings.reading import Reading
    from smarther.keeper.journal import Run
    from smarther.store.listings import Module


_GOOD: Final = 200
_MOST_AT_ONCE: Final = 50
"""Moving the set point on the display pushes each position, many within one second."""


class Polls:
    """Answers of thermostats, stored as readings with `source = poll`."""

    def __init__(self, run: Run) -> None:
        dependencies = run.dependencies
        self._clock = dependencies.clock
        self._readings = Readings(dependencies.table, retention_days=dependencies.settings.retention)
        self._history = History(dependencies.table)
        self._signs = run.signs

    def news(self, module: Module, body: bytes, found: Latest | None, *, now: datetime) -> list[Reading]:
        """The readings in an answer that are newer than the thermostat's latest.

        Raises LegrandError if the answer holds no reading of the thermostat.
        """
        told = parse(body)
        answered = [reading for reading in told.readings if same_id(reading.module_id, module.module_id)]
        self._signs.note_body("status", _GOOD, body, readable=bool(answered), whole=not told.rejects)
        if not answered:
            raise LegrandError("status", ProviderAnswer(Kind.STRANGE, _GOOD))
        return [
            replace(reading, module_id=module.module_id)
            for reading in answered
            if is_news(reading.time, found, now=now)
        ]

    def unpushed(self, news: Iterable[Reading], found: Latest | None) -> list[Reading]:
        """The readings among these that a push should have told. Raises TableUnavailableError.

        The order of pushes within one second is unknown, so a reading equal to any of them is no change. Neither is one
        equal to the last push, whatever a poll said since: an odd answer is one change, not two.
        """
        changed = [reading for reading in news if should_have_pushed(reading, found)]
        if not changed or found is None:
            return changed
        module_id = changed[0].module_id
        first, last = (found.reading.time.replace(microsecond=each) for each in (0, 999_999))
        others = self._history.newest(module_id, since=first, until=last, limit=_MOST_AT_ONCE)
        if not found.reading.pushed:
            before = self._history.newest(module_id, until=first, limit=_MOST_AT_ONCE)
            others += [reading for reading in before if reading.pushed][:1]
        return [
            reading
            for reading in changed
            if all(should_have_pushed(reading, replace(found, reading=other)) for other in others)
        ]

    def store(self, news: Iterable[Reading], *, now: datetime) -> bool:
        """Store these readings; True if any was new. Raises StoreError."""
        stored = [
            self._readings.store(reading, received_at=now, source="poll", stored_at=self._clock()) for reading in news
        ]
        return any(stored)
