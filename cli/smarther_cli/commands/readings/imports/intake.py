"""One import from its files to the table: all lines read, put in order, compared with what is stored, and written.

What is read waits on the disk, so that memory does not grow with the files. What is written is a batch at a time, so
that an import may be stopped anywhere: the next one finds what is there, and goes on.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Final

from smarther.domain.summaries.rollup_window import EARLIEST
from smarther.domain.summaries.statistics import LONGEST_HOLD
from smarther.store.items import decoded, encoded
from smarther.store.past.imported import Fate, Import
from smarther.store.table import WRITES_AT_ONCE
from smarther_cli.commands.readings.imports.from_export import exported
from smarther_cli.commands.readings.imports.from_home_assistant import csv_samples, json_samples
from smarther_cli.commands.readings.imports.from_influxdb import influx_samples
from smarther_cli.commands.readings.imports.joined import Joining
from smarther_cli.commands.readings.imports.left_out import LeftOut
from smarther_cli.commands.readings.imports.ordered import ordered
from smarther_cli.commands.readings.imports.recognised import OWN, FileKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from smarther.domain.readings.home import Thermostat
    from smarther.domain.readings.reading import Source
    from smarther.store.past.imported import Importing
    from smarther_cli.commands.readings.imports.joined import Sample
    from smarther_cli.commands.readings.imports.mapping import SeriesMapping

SHOWN: Final = 8
"""So many of the first readings are shown."""
_TOGETHER: Final = timedelta(days=7)
_DAY: Final = timedelta(days=1)
_SAMPLES: Final = {
    FileKind.HOME_ASSISTANT_CSV: csv_samples,
    FileKind.HOME_ASSISTANT_JSON: json_samples,
    FileKind.INFLUXDB: influx_samples,
}
_SOURCES: Final[dict[FileKind, Source]] = {
    FileKind.HOME_ASSISTANT_CSV: "import:home-assistant",
    FileKind.HOME_ASSISTANT_JSON: "import:home-assistant",
    FileKind.INFLUXDB: "import:influxdb",
}


@dataclass(slots=True)
class Outcome:
    """What became of the readings: of each fate so many, the first that are stored, and the days that they are of."""

    fates: Counter[Fate] = field(default_factory=Counter)
    first: list[Importing] = field(default_factory=list)
    days: set[date] = field(default_factory=set)
    since: datetime | None = None
    until: datetime | None = None

    @property
    def readings(self) -> int:
        """All that the files hold."""
        return self.fates.total()

    def note(self, fate: Fate, item: Importing, now: datetime) -> None:
        """Count one."""
        self.fates[fate] += 1
        if fate is Fate.TOLD:
            return
        if fate is not Fate.KNOWN and len(self.first) < SHOWN:
            self.first.append(item)
        at = datetime.fromisoformat(str(item["time"]))
        self.since = at if self.since is None else min(self.since, at)
        self.until = at if self.until is None else max(self.until, at)
        if EARLIEST <= at < now:
            self.days.add(at.date())

    def stretches(self) -> Iterator[tuple[datetime, datetime]]:
        """The statistics to make again: the UTC days, and for how long their last readings hold."""
        days = sorted(self.days)
        for number, day in enumerate(days):
            if number == 0 or day - days[number - 1] > _TOGETHER:
                begin = day
            if number + 1 == len(days) or days[number + 1] - day > _TOGETHER:
                end = datetime.combine(day, datetime.min.time(), EARLIEST.tzinfo) + _DAY + LONGEST_HOLD
                yield datetime.combine(begin, datetime.min.time(), EARLIEST.tzinfo), end


class Intake:
    """The files of one kind, on their way into the table. `mapping` is None for our own exports."""

    def __init__(  # noqa: PLR0913 - all by keyword
        self,
        importing: Import,
        *,
        files: Sequence[Path],
        kind: FileKind,
        mapping: SeriesMapping | None,
        thermostats: Sequence[Thermostat],
        now: datetime,
    ) -> None:
        self._importing = importing
        self._files = files
        self._kind = kind
        self._thermostats = {one.module_id: one for one in thermostats}
        self._now = now
        self.left_out = LeftOut()
        self.outcome = Outcome()
        self._joining = None if mapping is None else Joining(mapping, self.left_out, now=now)
        self._mapping = mapping

    def run(self, *, dry: bool, told: Callable[[str], None]) -> None:
        """Take in what is new; a `dry` run only says what would be. `told` hears how far it is. Raises StoreError."""
        batch: list[Importing] = []
        with closing(ordered(self._told(self._entries(), told))) as entries:
            for fate, item in self._importing.fates(self._items(entries), stands_back=self._kind not in OWN):
                self.outcome.note(fate, item, self._now)
                if fate in {Fate.NEW, Fate.CORRECTED}:
                    batch.append(item)
                if len(batch) == WRITES_AT_ONCE:
                    self._store(batch, dry=dry)
                    batch = []
                    told(f"{'Comparing' if dry else 'Storing'}: {self.outcome.readings} readings")
        self._store(batch, dry=dry)

    def _store(self, batch: Sequence[Importing], *, dry: bool) -> None:
        if batch and not dry:
            self._importing.store(batch, sleep=time.sleep)

    def _told(
        self, entries: Iterable[tuple[str, str, str]], told: Callable[[str], None]
    ) -> Iterator[tuple[str, str, str]]:
        for number, entry in enumerate(entries):
            if number % 1000 == 0:
                told(f"Reading: {self.left_out.rows} rows")
            yield entry

    def _entries(self) -> Iterator[tuple[str, str, str]]:
        """All that the files hold, in any order."""
        if self._joining is None or self._mapping is None:
            yield from self._own_entries()
        else:
            yield from self._joining.entries(self._samples(self._mapping))

    def _samples(self, mapping: SeriesMapping) -> Iterator[Sample]:
        read = _SAMPLES[self._kind]
        return chain.from_iterable(read(path, mapping, self.left_out) for path in self._files)

    def _own_entries(self) -> Iterator[tuple[str, str, str]]:
        plants = {one.module_id: one.plant_id for one in self._thermostats.values()}
        for path in self._files:
            for each in exported(path, self._kind, plants, self.left_out):
                item = self._importing.own(
                    each.reading, received_at=each.received_at, source=each.source, digest=each.digest
                )
                yield each.reading.module_id, str(item["sk"]), json.dumps(encoded(item))

    def _items(self, entries: Iterable[tuple[str, str, str]]) -> Iterator[Importing]:
        """The same as items, by thermostat and time."""
        if self._joining is None:
            yield from (decoded(json.loads(text)) for _, _, text in entries)
        else:
            for reading in self._joining.readings(entries, self._thermostats):
                yield self._importing.foreign(reading, _SOURCES[self._kind])
