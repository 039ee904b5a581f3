"""The quarantine: whole bodies that could not be read completely.

The receiver pays for each import of this module.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from smarther.domain.readings.reading import instant_text
from smarther.store import keys
from smarther.store.items import number, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from smarther.domain.readings.notification import Reject
    from smarther.store.items import Item
    from smarther.store.table import Table

_PART_BYTES = 300_000  # an item may have 400 KB, key and reason included
_PART_CHARACTERS = _PART_BYTES // 4  # UTF-8 takes at most four bytes each
_MAX_REASON = 1_000

_SHOWN_NAMES = ("sk", "reason", "received_at", "parts", "rejected")
_FIRST_PARTS = {"part": 1}


class Quarantined:
    """A body in quarantine, without its content.

    Its SHA-256, the reason, when it was received, the number of its parts, and how many of its statuses were rejected.
    """

    def __init__(self, first_part: Item) -> None:
        rejected = number(first_part, "rejected")
        self.digest = keys.digest_in(first_part["sk"]["S"])
        self.reason = first_part["reason"]["S"]
        self.received_at = first_part["received_at"]["S"]
        self.parts = int(number(first_part, "parts") or 1)
        self.rejected = None if rejected is None else int(rejected)


class Quarantine:
    """Bodies by their SHA-256. Every method raises StoreError."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def rehearsing(self) -> Quarantine:
        """The same quarantine for a rehearsal: writes are sent, change nothing, and count as duplicates."""
        return Quarantine(self._table.rehearsing())

    def keep(self, body: bytes, rejects: Sequence[Reject], *, received_at: datetime) -> bool:
        """Store a whole body, verbatim; False if it was there already. `rejects` give the reason."""
        digest = hashlib.sha256(body).hexdigest()
        encoding, parts = _in_parts(body)
        new = [
            self._table.add(
                {
                    **keys.body_key(digest, part),
                    "reason": _joined(rejects),
                    "rejected": len(rejects),
                    "body": content,
                    "encoding": encoding,
                    "part": part,
                    "parts": len(parts),
                    "received_at": instant_text(received_at),
                }
            )
            for part, content in enumerate(parts, start=1)
        ]
        return any(new)

    def bodies(self, digest_prefix: str = "") -> Iterator[Quarantined]:
        """The bodies whose SHA-256 begins with `digest_prefix`, read page by page, without their content."""
        return map(Quarantined, self._first_parts(digest_prefix))

    def size(self) -> int:
        """How many bodies there are, even if their items are damaged."""
        return sum(1 for _ in self._first_parts())

    def body(self, digest: str) -> bytes:
        """The whole body with this SHA-256, as received. Raises ValueError if a part is missing or altered."""
        parts = list(self._table.query(keys.quarantine_partition(digest), keys.body_range(digest)))
        content = "".join(text(part, "body") or "" for part in parts)
        encoded = any(text(part, "encoding") == "base64" for part in parts)
        body = base64.b64decode(content) if encoded else content.encode()
        if hashlib.sha256(body).hexdigest() != digest:
            raise ValueError("the parts in the table do not make up the body that was received")
        return body

    def forget(self, body: Quarantined) -> None:
        """Remove a body: all of its parts in one transaction."""
        self._table.delete_together(keys.body_key(body.digest, part) for part in range(1, body.parts + 1))

    def _first_parts(self, digest_prefix: str = "") -> Iterator[Item]:
        for digit in digest_prefix[:1] or keys.QUARANTINE_PARTITIONS:
            yield from self._table.query(
                keys.quarantine_partition(digit), keys.body_range(digest_prefix), names=_SHOWN_NAMES, only=_FIRST_PARTS
            )


def _in_parts(body: bytes) -> tuple[str, list[str]]:
    """The encoding and the parts of a body: text where it is UTF-8, else base64, cut to the size of an item."""
    try:
        encoding, content, step = "text", body.decode(), _PART_CHARACTERS
    except UnicodeDecodeError:
        encoding, content, step = "base64", base64.b64encode(body).decode(), _PART_BYTES
    return encoding, [content[start : start + step] for start in range(0, len(content), step)] or [""]


def _joined(rejects: Sequence[Reject]) -> str:
    reasons = "; ".join(f"{reject.path}: {reject.reason}" for reject in rejects[:_MAX_REASON])
    return reasons if len(reasons) <= _MAX_REASON else f"{reasons[: _MAX_REASON - 1]}…"
