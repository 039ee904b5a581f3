"""A file that is being written for long: whole under its own name or not there, and taken up again where it stopped.

Until it is finished it is called `<name>.part`, and `<name>.resume` notes up to where it is good. The note is written
after the lines it speaks of are on the disk, so whatever comes in between, a line is neither lost nor written twice.
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
    """Where an export is: at which thermostat of those asked for, and behind which key of it."""

    module: int = 0
    key: Key | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportProgress:
    """How far a file is good: what it holds, its length in bytes, and where to go on."""

    time_range: TimeRange
    count: int = 0
    size: int = 0
    cursor: Cursor = Cursor()


class Unfinished:
    """One file on its way. To be used in a `with`; what is not finished by its end can be taken up again."""

    def __init__(self, output: Path, *, asked: Mapping[str, Any], time_range: TimeRange) -> None:
        """`asked` are the words of the command; `span` is what they mean now. Raises WrongUse for other words."""
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
        """Write these lines of so many readings, behind which it goes on at that place."""
        if self._file is None:
            raise RuntimeError("the file is not open")
        self._file.write(data)
        self._file.flush()
        os.fsync(self._file.fileno())
        progress = self.progress
        self.progress = replace(progress, count=progress.count + count, size=progress.size + len(data), cursor=cursor)
        self._take_note()

    def finish(self, make: Callable[[Path, Path], None] | None = None) -> None:
        """Give the file its own name; with `make`, to what that makes of it."""
        if make is None:
            self._part.replace(self._output)
        else:
            made = self._output.with_name(self._output.name + ".new")
            make(self._part, made)
            made.replace(self._output)
            self._part.unlink()
        self._note.unlink()

    def discard(self) -> None:
        """Leave nothing behind."""
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
        """The progress of an export before this one; None when there was none, or it has ended."""
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
                f"Ask in those words to finish it, or remove it and {self._note.name} to begin anew.",
            )
        return progress


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
