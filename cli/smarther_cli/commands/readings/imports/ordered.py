"""What a file holds in no order, in order: on the disk, so that memory does not grow with the file."""

from __future__ import annotations

import sqlite3
from itertools import batched
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType
    from typing import Self

_AT_ONCE: Final = 10_000


class Ordered:
    """Texts by thermostat and key; equal keys stay in the order in which they came. To be used in a `with`."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="smarther-import-")
        self._database = sqlite3.connect(f"{self._folder.name}/ordered")
        self._database.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE;"
            f"PRAGMA temp_store_directory = '{self._folder.name}';"
            "CREATE TABLE entries (whose TEXT, sort TEXT, text TEXT)"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()
        self._folder.cleanup()

    def add(self, entries: Iterable[tuple[str, str, str]]) -> None:
        """Take in entries: whose, by which key, and the text."""
        for some in batched(entries, _AT_ONCE, strict=False):
            self._database.executemany("INSERT INTO entries VALUES (?, ?, ?)", some)
        self._database.commit()

    def __iter__(self) -> Iterator[tuple[str, str, str]]:
        return iter(self._database.execute("SELECT whose, sort, text FROM entries ORDER BY whose, sort, rowid"))
