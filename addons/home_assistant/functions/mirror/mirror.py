"""The mirror: what the broker retains of a thermostat is its latest state by the table, whatever comes in which order.

An event says only whose state may have changed. The state itself is read from the core's table, by the one rule of
the latest reading, and read again once it is published: where it has changed meanwhile, it is published again. So
whichever of several runs publishes last, the broker retains the newest state (decision 128).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from smarther.aws.service_call import ServiceFailedError
from smarther.domain.readings.latest import silent_since
from smarther.store.listings import Listings
from smarther.store.past.history import LatestReader
from smarther.store.table import StoreError

from .messages import Message, discovery, has_topic, state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from smarther.domain.readings.home import Thermostat
    from smarther.store.table import Table

    from .settings import MirrorSettings

_MOST_PUBLISHED: Final = 3
"""A state that has changed twice while it was published is left to a later try."""

_NAMES_LAST: Final = timedelta(hours=1)
"""The keeper asks for names once a day."""


class Mirror:
    """Publishes states and discoveries. `publish` raises ServiceFailedError, `now` is the clock.

    It lives as long as its container, and remembers the directory and which discoveries it has published.
    """

    def __init__(
        self, table: Table, settings: MirrorSettings, publish: Callable[[Message], None], now: Callable[[], datetime]
    ) -> None:
        self._listings = Listings(table)
        self._latest = LatestReader(table, stale_after=settings.stale_after, consistent=True)
        self._settings = settings
        self._publish = publish
        self._now = now
        self._names: Mapping[str, Thermostat] = {}
        self._names_of: datetime | None = None
        self._discovered: dict[str, Message] = {}

    def show(self, module_ids: Iterable[str]) -> list[str]:
        """Publish the states of thermostats, each with its discovery where that is new; returns those that failed."""
        failed = []
        for module_id in module_ids:
            try:
                is_shown = self._show(module_id)
            except (StoreError, ServiceFailedError):
                is_shown = False
            if not is_shown:
                failed.append(module_id)
        return failed

    def announce(self, *, pause: Callable[[], None]) -> list[str]:
        """Publish all discoveries, and behind a pause all states; returns those thermostats that failed.

        Home Assistant needs the pause to subscribe to what it has discovered. Raises TableUnavailableError.
        """
        self._read_names()
        self._discovered.clear()
        listed = [each for each in self._names.values() if has_topic(each.module_id)]
        failed = [each.module_id for each in listed if not self._is_discovered(each)]
        pause()
        return [*failed, *self.show(each.module_id for each in listed if each.module_id not in failed)]

    def _show(self, module_id: str) -> bool:
        thermostat = self._thermostat(module_id)
        if thermostat is not None and not self._is_discovered(thermostat):
            return False
        unusual = self._latest.unusual()
        published = None
        for _ in range(_MOST_PUBLISHED + 1):
            found = self._state(module_id, thermostat, unusual)
            if found == published:
                return True
            self._publish(found)
            published = found
        return False

    def _state(self, module_id: str, thermostat: Thermostat | None, unusual: Mapping[str, Sequence[str]]) -> Message:
        now = self._now()
        latest = self._latest.readings(module_id, unusual, now=now).latest
        known_since = None if thermostat is None else thermostat.known_since
        silent = silent_since(latest, known_since=known_since, now=now, limit=self._settings.stale_after)
        return state(
            self._settings.recorder,
            module_id,
            latest,
            available=latest is not None and silent is None,
            programs={} if thermostat is None else thermostat.programs,
        )

    def _is_discovered(self, thermostat: Thermostat) -> bool:
        """Publish how a thermostat is discovered, unless this container has; False if that failed."""
        message = discovery(self._settings.recorder, thermostat, language=self._settings.language)
        if self._discovered.get(thermostat.module_id) != message:
            try:
                self._publish(message)
            except ServiceFailedError:
                return False
            self._discovered[thermostat.module_id] = message
        return True

    def _thermostat(self, module_id: str) -> Thermostat | None:
        """The thermostat with its names; None if the keeper has not listed it yet."""
        old = self._names_of is None or self._now() - self._names_of > _NAMES_LAST
        if old or module_id not in self._names:
            self._read_names()
        return self._names.get(module_id)

    def _read_names(self) -> None:
        self._names = {each.module_id: each for each in self._listings.thermostats()}
        self._names_of = self._now()
