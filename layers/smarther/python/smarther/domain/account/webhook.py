"""The webhook's secret and the accepted digests."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import NamedTuple

SECRET_BYTES = 32
"""The random bytes of a secret, which stand in the address as URL-safe base64 without padding: 43 characters."""
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


class AcceptedDigests(NamedTuple):
    """SHA-256 digests (hex) of the webhook secrets that are accepted now; None if there is no such secret.

    `pending` is of the next secret, accepted while plants are being subscribed at its address. `previous` is of the
    last secret, accepted until nobody is subscribed at its address.
    """

    current: str | None = None
    pending: str | None = None
    previous: str | None = None

    def accept(self, presented: str) -> bool:
        """Whether a presented digest is one of them, in a time that does not depend on how much of it matches."""
        matches = [hmac.compare_digest(known.encode(), presented.encode()) for known in self.known()]
        return any(matches)

    def known(self) -> list[str]:
        """The digests that are not None; empty before the keeper's first run."""
        return [digest for digest in (self.current, self.pending, self.previous) if digest is not None]


def has_secret_form(text: str) -> bool:
    """Whether a text has the form of a webhook secret of ours."""
    return _SECRET.fullmatch(text) is not None


def secret_digest(secret: str) -> str:
    """SHA-256 (hex) of a secret, which is stored and compared instead of it. Defined for any text."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
