"""The webhook: its secret, the accepted digests, and its address."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

SECRET_BYTES = 32
"""The random bytes of a secret, which stand in the address as URL-safe base64 without padding: 43 characters."""
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_PATH = "/notifications/"
_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedDigests:
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


def address(base_url: str, secret: str) -> str:
    """The address that plants are subscribed at: `<base_url>/notifications/<secret>`."""
    return f"{base_url.removesuffix('/')}{_PATH}{secret}"


def is_ours(url: str, base_url: str) -> bool:
    """Whether an address is one of this deployment's webhooks, whatever the secret in it.

    It has the same scheme, host and port, and our path with exactly one segment after it. False in doubt: the
    provider's list also holds the subscriptions of other applications.
    """
    try:
        theirs, ours = urlsplit(url), urlsplit(base_url)
        same_origin = _origin(theirs.scheme, theirs.hostname, theirs.port) == _origin(
            ours.scheme, ours.hostname, ours.port
        )
    except ValueError:  # a port that is not a number, a bracket that is not closed: we made no such address
        return False
    prefix = ours.path.rstrip("/") + _PATH
    segment = theirs.path.removeprefix(prefix)
    return (
        same_origin
        and theirs.username is None
        and not theirs.query
        and not theirs.fragment
        and theirs.path.startswith(prefix)
        and segment not in {"", ".", ".."}
        and "/" not in segment
    )


def _origin(scheme: str, host: str | None, port: int | None) -> tuple[str, str | None, int | None]:
    return scheme, host, port or _DEFAULT_PORTS.get(scheme)
