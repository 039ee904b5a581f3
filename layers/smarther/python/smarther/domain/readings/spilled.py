"""A spilled notification: a body that could not be stored on arrival, with all that is needed to store it later."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from datetime import datetime
from typing import Any, NamedTuple, Self

from smarther.domain.readings.json_fields import MAX_BODY_BYTES
from smarther.domain.readings.reading import instant_text

_LONGEST_BODY = 16 * MAX_BODY_BYTES  # more than any request can hold; bounds what a compressed message unpacks to


class MalformedError(ValueError):
    """It is not a spilled notification that this recorder wrote. The message quotes nothing of it."""


class Spilled(NamedTuple):
    """A `body` as it was received at `received_at`, from a caller whose secret has the digest `presented`.

    Where `verified` is false, the digest must be checked before the body is stored.
    """

    body: bytes
    received_at: datetime
    presented: str
    verified: bool

    def fields(self) -> dict[str, str | bool]:
        """The plain values, with `body` in base64.

        Base64 is a third longer, so a body of up to 780 KB fits into a message of the queue (1 MiB); a longer one goes
        to the log. A usual notification has 1 KB.
        """
        return {
            "body": base64.b64encode(self.body).decode(),
            "encoding": "base64",
            "received_at": instant_text(self.received_at),
            "presented": self.presented,
            "verified": self.verified,
        }

    def message(self) -> str:
        """The message for the queue: a JSON object of the fields."""
        return json.dumps(self.fields(), separators=(",", ":"))

    @classmethod
    def from_message(cls, text: str) -> Self:
        """Undo `message`; raises MalformedError."""
        try:
            fields = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise MalformedError("a message that is not JSON") from error
        return cls.from_fields(fields)

    @classmethod
    def from_fields(cls, fields: Any) -> Self:
        """Undo `fields`; raises MalformedError."""
        try:
            received_at = datetime.fromisoformat(fields["received_at"])
            body = _unpacked(fields["body"], fields["encoding"])
            presented, verified = fields["presented"], fields["verified"]
        except (ValueError, TypeError, LookupError, zlib.error) as error:
            raise MalformedError(f"not a spilled notification: {type(error).__name__}") from error
        if received_at.tzinfo is None or not isinstance(presented, str) or not isinstance(verified, bool):
            raise MalformedError("a spilled notification with a field in a wrong form")
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
