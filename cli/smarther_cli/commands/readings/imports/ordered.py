"""What a file holds in no order, in order: on the disk, so that memory does not grow with the file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import batched
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

_AT_ONCE: Final = 10_000


def ordered(entries: Iterable[tuple[str, str, str]]) -> Generator[tuple[str, str, str]]:
    """The entries (whose, by which key, and a text) in order; those of equal keys stay in the order of their coming."""
    with (
        TemporaryDirectory(prefix="smarther-import-") as folder,
        closing(sqlite3.connect(f"{folder}/ordered")) as database,
    ):
        database.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE;"
            f"PRAGMA temp_store_directory = '{folder}';"
            "CREATE TABLE entries (whose TEXT, sort TEXT, text TEXT)"
        )
        for some in batched(entries, _AT_ONCE, strict=False):
            database.executemany("INSERT INTO entries VALUES (?, ?, ?)", some)
        database.commit()
        yield from database.execute("SELECT whose, sort, text FROM entries ORDER BY whose, sort, rowid")
