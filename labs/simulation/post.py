"""The provider's post through a year: late, twice, held back and then all at once; and bodies that nobody can read.

The stand-in's own journey knows one outage in a stretch of time and ends with everything delivered. A year has many.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from sandbox.legrand.provider.provider import USER_OID
from sandbox.legrand.pushes import wire
from sandbox.legrand.pushes.journey import COPY_WITHIN, LATE, first_push
from sandbox.legrand.pushes.ledger import Kind, Push

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from sandbox.legrand.home.snapshot import Snapshot

LATE_SHARE = 0.03
TWICE_SHARE = 0.05
BROKEN_SHARE = 0.005


@dataclass(frozen=True, slots=True)
class Sent:
    """What a content holds: how many statuses can be read, and the body's digest where some cannot."""

    readings: int
    body_digest: str | None = None


class Post:
    """Makes pushes of changes, and says when each is due. `contents` tells what each content holds."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self.held_until: datetime | None = None
        self.contents: dict[str, Sent] = {}

    def pushes(self, snapshot: Snapshot) -> list[tuple[datetime, Push]]:
        """The notification of one change, with its copies, each with the instant at which it is due."""
        push = first_push(snapshot, self._dice, [USER_OID])
        broken = self._dice.random() < BROKEN_SHARE
        if broken:
            push = self._broken(push)
        else:
            self.contents[push.content] = Sent(readings=1)
        due = snapshot.at
        if self._dice.random() < LATE_SHARE:
            due += LATE[0] + (LATE[1] - LATE[0]) * self._dice.random()
        posted = [(due, push)]
        while self._dice.random() < TWICE_SHARE:
            copy = replace(push, kind=Kind.DUPLICATE)
            if not broken and self._dice.random() < 0.5:
                copy = replace(first_push(snapshot, self._dice, [USER_OID]), kind=Kind.DUPLICATE)
            posted.append((due + COPY_WITHIN * self._dice.random() ** 3, copy))
        return posted

    def _broken(self, push: Push) -> Push:
        """A body cut off, one that is no text, one without a time, or one whose second envelope is good for nothing."""
        envelopes = json.loads(push.body)
        readings = 0
        match self._dice.randrange(4):
            case 0:
                body = push.body[: self._dice.randrange(1, len(push.body))]
            case 1:
                body = push.body[:40] + b"\xff\xfe" + push.body[40:]
            case 2:
                del envelopes[0]["data"]["chronothermostats"][0]["time"]
                body = wire.encoded(envelopes)
            case _:
                readings = 1
                number = str(uuid.UUID(int=self._dice.getrandbits(128), version=4))
                envelopes.append({**envelopes[0], "id": number, "data": {"chronothermostats": [{"mode": "BOOST"}]}})
                body = wire.encoded(envelopes)
        digest = sha256(body).hexdigest()
        self.contents[digest] = Sent(readings=readings, body_digest=digest)
        return replace(push, body=body, content=digest, kind=Kind.ARBITRARY)
