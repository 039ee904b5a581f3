"""A spilled notification: a body that could not be stored when it arrived, with all that storing it later needs."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from smarther.domain.readings.json_fields import MAX_BODY_BYTES
from smarther.domain.readings.reading import instant_text

_LONGEST_BODY = 16 * MAX_BODY_BYTES  # beyond what any request can carry; stops a message that unpacks without end


class MalformedError(ValueError):
    """Not a message that this recorder wrote. The error never quotes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spilled:
    """`body` as it was received at `received_at`, from a caller who presented the secret with this digest.

    While not `verified`, nobody knows yet whether that caller may notify: check before storing.
    """

    body: bytes
    received_at: datetime
    presented: str
    verified: bool

    def fields(self) -> dict[str, str | bool]:
        """The plain values: `body` in base64.

        It grows by a third, so a body up to 780 KB fits into a message of the queue (1 MiB), and a longer one goes to
        the log. Notifications have one KB.
        """
        return {
            "body": base64.b64encode(self.body).decode(),
            "encoding": "base64",
            "received_at": instant_text(self.received_at),
            "presented": self.presented,
            "verified": self.verified,
        }

    def message(self) -> str:
        """As one message: a JSON object of the fields."""
        return json.dumps(self.fields(), separators=(",", ":"))

    @classmethod
    def from_message(cls, text: str) -> Self:
        """Read a message again; raises MalformedError."""
        try:
            fields = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise MalformedError("a message that is not JSON") from error
        return cls.from_fields(fields)

    @classmethod
    def from_fields(cls, fields: Any) -> Self:
        """Read the plain values again; raises MalformedError."""
        try:
            received_at = datetime.fromisoformat(fields["received_at"])
            body = _unpacked(fields["body"], fields["encoding"])
            presented, verified = fields["presented"], fields["verified"]
        except (ValueError, TypeError, LookupError, zlib.error) as error:
            raise MalformedError(f"not a notification put aside: {type(error).__name__}") from error
        if received_at.tzinfo is None or not isinstance(presented, str) or not isinstance(verified, bool):
            raise MalformedError("a notification put aside with a field in a wrong form")
        return cls(body=body, received_at=received_at, presented=presented, verified=verified)


def _unpacked(text: str, encoding: str) -> bytes:
    packed = base64.b64decode(text, validate=True)
    match encoding:
        case "base64":
            return packed
        case "zlib+base64":  # long bodies, from when a message had 256 KB; some may wait still
            unpacking = zlib.decompressobj()
            body = unpacking.decompress(packed, _LONGEST_BODY)
            if not unpacking.eof:
                raise binascii.Error("cut off, or longer than any body")
            return body
        case _:
            raise ValueError("an encoding that nobody wrote")
