"""A file that is written over a long time: it has its name only when complete, and an interrupted one is continued.

Until it is complete it is named `<name>.part`, and `<name>.resume` notes how far it is valid. The note is written after
its lines are on the disk, so that an interruption at any point loses no line and writes none twice.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any

from smarther.store.past.rows import TimeRange
from smarther_cli.errors import WrongUse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from smarther.store.table import Key


@dataclass(frozen=True, slots=True)
class Cursor:
    """The position of an export: the index of the thermostat, and the key behind which to continue."""

    module: int = 0
    key: Key | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportProgress:
    """How far a file is valid: its time range, the rows in it, its length in bytes, and where to continue."""

    time_range: TimeRange
    count: int = 0
    size: int = 0
    cursor: Cursor = Cursor()


class Unfinished:
    """One unfinished file, for use in a `with` block. If it is not finished there, a later run can continue it."""

    def __init__(self, output: Path, *, asked: Mapping[str, Any], time_range: TimeRange) -> None:
        """`asked` are the command's options, `time_range` is what they mean now.

        Raises WrongUse if there is an unfinished file of other options.
        """
        self._output = output
        self._part = output.with_name(output.name + ".part")
        self._note = output.with_name(output.name + ".resume")
        self._asked = dict(asked)
        self.progress = self._noted() or ExportProgress(time_range=time_range)
        self._file: IO[bytes] | None = None

    @property
    def resumed(self) -> bool:
        """Whether a part of the file is there already."""
        return self.progress.size > 0

    def __enter__(self) -> Self:
        self._file = self._part.open("r+b" if self.resumed else "w+b")
        self._file.truncate(self.progress.size)
        self._file.seek(self.progress.size)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, data: bytes, *, count: int, cursor: Cursor) -> None:
        """Write the lines of `count` rows; the export continues at `cursor`."""
        if self._file is None:
            raise RuntimeError("the file is not open")
        self._file.write(data)
        self._file.flush()
        os.fsync(self._file.fileno())
        progress = self.progress
        self.progress = replace(progress, count=progress.count + count, size=progress.size + len(data), cursor=cursor)
        self._take_note()

    def finish(self, make: Callable[[Path, Path], None] | None = None) -> None:
        """Give the file its name; with `make`, give the name to what `make` makes of it."""
        if make is None:
            self._part.replace(self._output)
        else:
            made = self._output.with_name(self._output.name + ".new")
            make(self._part, made)
            made.replace(self._output)
            self._part.unlink()
        self._note.unlink()

    def discard(self) -> None:
        """Delete the unfinished file and its note."""
        self._part.unlink()
        self._note.unlink()

    def _take_note(self) -> None:
        time_range = self.progress.time_range
        note = {
            "asked": self._asked,
            "since": None if time_range.since is None else time_range.since.isoformat(),
            "until": None if time_range.until is None else time_range.until.isoformat(),
            "count": self.progress.count,
            "size": self.progress.size,
            "place": asdict(self.progress.cursor),
        }
        new = self._note.with_name(self._note.name + ".new")
        new.write_text(json.dumps(note))
        new.replace(self._note)

    def _noted(self) -> ExportProgress | None:
        """The progress of an interrupted export; None if there is none."""
        if not (self._note.exists() and self._part.exists()):
            return None
        try:
            note = json.loads(self._note.read_text())
            progress = ExportProgress(
                time_range=TimeRange(since=_instant(note["since"]), until=_instant(note["until"])),
                count=note["count"],
                size=note["size"],
                cursor=Cursor(**note["place"]),
            )
            same = note["asked"] == self._asked and self._part.stat().st_size >= progress.size
        except (ValueError, TypeError, KeyError):
            same = False
        if not same:
            raise WrongUse(
                f"{self._part} is of an export that was asked for in other words.",
                f"Ask in those words to finish it, or remove it and {self._note.name} to begin again.",
            )
        return progress


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
