"""One run: makes the file of each plant's day that is over and whose file is not made of what the table has now.

The core makes the statistics of a day when it is over, and again whenever a reading of it is stored late, whatever way
that came. So the versions of a day's statistics say whether its file has all readings (decision 129). They are read
before the readings: what is stored between the two is another version later, and the next run makes the file again.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from smarther.domain.keeper.fault import Fault, fault_of
from smarther.domain.summaries.rollup_window import EARLIEST
from smarther.domain.summaries.statistics import hours_of_day, local_day
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.listings import Listings
from smarther.store.past.rows import Rows, TimeRange

from .day_file import day_file
from .folders import Folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date, datetime, tzinfo

    from smarther.store.items import Storable
    from smarther.store.past.rows import Row
    from smarther.store.table import Table

    from .folders import Folders

_DAY: Final = timedelta(days=1)
_LOOKED_BACK: Final = 7
"""So many days are made even without statistics: the core makes none of a thermostat that has left its plant."""


@dataclass
class Archived:
    """What a run did. `left` are the days that it had no time for; `failed` are plants of which it could not make all.

    `unreadable` readings are in no file. `faults` counts errors by type and place.
    """

    files: int = 0
    readings: int = 0
    unreadable: int = 0
    left: int = 0
    failed: set[str] = field(default_factory=set)
    faults: Counter[Fault] = field(default_factory=Counter)

    def figures(self) -> dict[str, int]:
        """The counts as keys of a log record."""
        return {
            "files": self.files,
            "readings": self.readings,
            "unreadable": self.unreadable,
            "left": self.left,
            "plants_failed": len(self.failed),
        }


class Archive:
    """A run at the instant `now`. Plants are independent, and so are their days.

    `set_aside` is told the thermostat, the day and the number of its readings of which no row can be made.
    """

    def __init__(  # noqa: PLR0913 - all but two by keyword
        self,
        table: Table,
        folders: Folders,
        *,
        zone: tzinfo,
        now: datetime,
        out_of_time: Callable[[], bool],
        set_aside: Callable[[str, date, int], None],
    ) -> None:
        self._directory = Listings(table)
        self._statistics = HoursAndDays(table)
        self._rows = Rows(table, zone=zone, consistent=True)
        self._folders = folders
        self._zone = zone
        self._out_of_time = out_of_time
        self._set_aside = set_aside
        self._last = _last_day_over(now, zone)
        self._versions: dict[str, Mapping[date, Storable]] = {}
        self._done = Archived()

    def run(self) -> Archived:
        """Make what is due, the newest days first. Raises TableUnavailableError and ServiceFailedError at its start."""
        directory = self._directory.directory()
        folders = self._folders.all()
        for plant_id in {plant_id for plant_id, _ in directory.listed}:
            folders.setdefault(plant_id, Folder(plant_id)).admit(set(directory.of_plant(plant_id)))
        due: list[tuple[date, str, str]] = []
        for folder in list(folders.values()):
            with self._independent(folder):
                due += self._due(folder)
        names = directory.names
        for at, (day, plant_id, of) in enumerate(sorted(due, reverse=True)):
            if self._out_of_time():
                self._done.left = len(due) - at
                break
            with self._independent(folders[plant_id]):
                self._make(folders, plant_id, day, of, names=names)
        for folder in folders.values():
            with self._independent(folder):
                self._folders.note(folder)
        return self._done

    def _due(self, folder: Folder) -> list[tuple[date, str, str]]:
        """The days of a plant whose files are not made of what the table has now, each with what that is."""
        for module_id in folder.members - self._versions.keys():
            self._versions[module_id] = self._statistics.day_versions(module_id, first=EARLIEST.date(), last=self._last)
        days = {day for module_id in folder.members for day in self._versions[module_id]}
        days |= {self._last - number * _DAY for number in range(_LOOKED_BACK)}
        return [(day, folder.plant_id, of) for day in days if not folder.has(day, of := self._of(folder, day))]

    def _of(self, folder: Folder, day: date) -> str:
        """A digest of the versions of the statistics of a plant's day."""
        versions = [
            (each, str(self._versions[each][day])) for each in sorted(folder.members) if day in self._versions[each]
        ]
        return hashlib.sha256(json.dumps(versions).encode()).hexdigest()[:16]

    def _make(self, folders: dict[str, Folder], plant_id: str, day: date, of: str, *, names: Mapping[str, str]) -> None:
        folder = folders[plant_id]
        rows = list(self._readings(folders, folder, day))
        content = day_file(day, rows, names=names, earlier=self._folders.read(folder, day))
        self._folders.write(folder, day, content, of=of)
        self._done.files += content is not None
        self._done.readings += len(rows)

    def _readings(self, folders: dict[str, Folder], folder: Folder, day: date) -> Iterator[Row]:
        """The readings of a plant's day, thermostat by thermostat.

        A reading belongs to the plant that it names. Its thermostat becomes a member there, if it is none.
        """
        first, after = hours_of_day(day, self._zone)
        for module_id in sorted(folder.members):
            left_out = self._rows.left_out
            unreadable = 0
            for page in self._rows.pages(TimeRange(since=first, until=after), module_id=module_id):
                for row in page.rows:
                    if "plant_id" not in row:
                        unreadable += 1
                    elif row["plant_id"] == folder.plant_id:
                        yield row
                    else:
                        folders.setdefault(row["plant_id"], Folder(row["plant_id"])).admit({module_id})
            unreadable += self._rows.left_out - left_out
            if unreadable:
                self._set_aside(module_id, day, unreadable)
                self._done.unreadable += unreadable

    @contextmanager
    def _independent(self, folder: Folder) -> Iterator[None]:
        """Note an error of a plant's; the run reports it at its end, and goes on."""
        try:
            yield
        except Exception as error:  # whatever it is, it concerns this plant, or this day of it
            self._done.failed.add(folder.plant_id)
            self._done.faults[fault_of(error)] += 1


def _last_day_over(now: datetime, zone: tzinfo) -> date:
    day = local_day(now, zone) - _DAY
    return day if hours_of_day(day, zone)[1] <= now else day - _DAY
