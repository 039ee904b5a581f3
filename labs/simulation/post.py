"""The pushes of a year: some late, some twice, some held back and then sent all at once, some odd, some unreadable.

The stand-in's own timeline has one outage and ends with everything delivered. A year has many outages.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from sandbox.legrand.account.oddities import KNOWN
from sandbox.legrand.provider.provider import USER_OID
from sandbox.legrand.pushes import wire
from sandbox.legrand.pushes.ledger import Kind, Push
from sandbox.legrand.pushes.timeline import COPY_WITHIN, LATE, first_push, sent_late
from sandbox.legrand.variants import USUAL

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from sandbox.legrand.account.oddities import Oddity
    from sandbox.legrand.home.snapshot import Snapshot
    from sandbox.legrand.variants import Variants

LATE_SHARE = 0.03
THINNED_SHARE = 0.5
"""What was lost in December 2025 (bticino_x8000_component issue 66)."""
TWICE_SHARE = 0.05
BROKEN_SHARE = 0.005
ODD_SHARE = 0.02
SYSTEM_EVENT_SHARE = 0.001

UNREAD = {
    "humidity_dashes": "humidity_percent",
    "humidity_of_255": "humidity_percent",
    "blank_temperature": "temperature_c",
    "blank_set_point": "setpoint_c",
    "unknown_unit": "temperature_c",
    "naive_measure_time": "temperature_time",
    "sensor_just_switched_on": "temperature_c",
    "set_point_marker": "setpoint_c",
    "largest_float": "temperature_c",
    "number_of_40_digits": "humidity_percent",
    "no_number": "temperature_c",
    "program_of_twenty_digits": "program",
    "activation_object": "activation_time",
    "activation_in_9999": None,
    "blank_activation": None,
    "online_as_text": "online",
    "mode_twice": "mode",
    "half_emoji": "extra",
    "deep": "extra",
    "odd_envelope": "event_time",
}
"""The attribute of a reading that cannot be read, by the oddity in its notification."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a content holds: how many readings, which attribute is unread, the body's digest if it is quarantined."""

    readings: int
    body_digest: str | None = None
    unread: str | None = None


class Post:
    """Turns changes into pushes, and says when each is due.

    `contents` says what each content holds. `made` says when the change in an envelope happened, by the right clock.
    """

    def __init__(self, dice: Random, variants: Variants = USUAL) -> None:
        self._dice = dice
        self._variants = variants
        self.held_until: datetime | None = None
        self.thinned_until: datetime | None = None
        self.late_until: datetime | None = None
        self.contents: dict[str, Sent] = {}
        self.made: dict[str, datetime] = {}
        self._late: list[Push] = []

    def loses(self, now: datetime) -> bool:
        """Whether a change that happens now is never pushed: half of them are not while pushes are thinned."""
        return self.thinned_until is not None and now < self.thinned_until and self._dice.random() < THINNED_SHARE

    def replay(self) -> list[Push]:
        """Everything that came late while pushes were late, once more."""
        again, self._late = self._late, []
        return [replace(push, kind=Kind.DUPLICATE) for push in again]

    def pushes(self, snapshot: Snapshot) -> list[tuple[datetime, Push]]:
        """The notification of one change and its copies, each with the instant at which it is due."""
        made_at = due = snapshot.at
        slow = self.late_until is not None and made_at < self.late_until
        if slow or self._dice.random() < LATE_SHARE:
            due += LATE[0] + (LATE[1] - LATE[0]) * self._dice.random()
            snapshot = sent_late(snapshot, due, self._variants)
        push = self._push(snapshot)
        broken = self._dice.random() < BROKEN_SHARE
        odd = None
        if broken:
            push = self._broken(push)
        elif self._dice.random() < SYSTEM_EVENT_SHARE:
            return [(made_at, self._system_event(push))]
        else:
            odd = self._dice.choice(sorted(KNOWN)) if self._dice.random() < ODD_SHARE else None
            push = _odd(push, KNOWN[odd]) if odd else push
            self.contents[push.content] = Sent(readings=1, unread=UNREAD[odd] if odd else None)
        posted = [(due, push)]
        while self._dice.random() < TWICE_SHARE:
            copy = replace(push, kind=Kind.DUPLICATE)
            if not broken and self._dice.random() < 0.5:
                copy = replace(self._push(snapshot), kind=Kind.DUPLICATE)
                copy = _odd(copy, KNOWN[odd]) if odd else copy
            posted.append((due + COPY_WITHIN * self._dice.random() ** 3, copy))
        if slow:
            self._late.append(push)
        self.made |= {str(each.envelope_id): made_at for _, each in posted}
        return posted

    def _push(self, snapshot: Snapshot) -> Push:
        return first_push(snapshot, self._dice, [USER_OID], self._variants)

    def _broken(self, push: Push) -> Push:
        """A body that is cut off, is no text, has no time, or has a second envelope that holds nothing."""
        envelopes = json.loads(push.body)
        readings = 0
        match self._dice.randrange(4):
            case 0:
                body = push.body[: self._dice.randrange(1, len(push.body))]
            case 1:
                body = push.body[:1] + b"\xff\xfe" + push.body[1:]
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

    def _system_event(self, push: Push) -> Push:
        """A message of the event bus that our subscription was deleted. It is not true, and nothing depends on it."""
        envelope_id = str(uuid.UUID(int=self._dice.getrandbits(128), version=4))
        event_type = "Microsoft.EventGrid.SubscriptionDeletedEvent"
        body = wire.encoded([{"id": envelope_id, "eventType": event_type, "data": {"eventSubscriptionId": "/x"}}])
        content = sha256(body).hexdigest()
        self.contents[content] = Sent(readings=0)
        return replace(push, body=body, content=content, kind=Kind.ARBITRARY, envelope_id=envelope_id)


def _odd(push: Push, oddity: Oddity) -> Push:
    """The push with an oddity in it. Its content changes, in the same way for a copy under another envelope id."""
    body = oddity.put(push.body)
    return replace(push, body=body, content=wire.content_of(json.loads(body)))
