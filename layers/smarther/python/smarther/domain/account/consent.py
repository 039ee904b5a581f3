"""Consent: the address that the owner's browser opens, and the one-time state with which it comes back."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

STATE_BYTES: Final = 32
"""The random bytes of a state, which is URL-safe base64 without padding: 43 characters."""
STATE_LIFE: Final = timedelta(minutes=10)
OUTCOME_LIFE: Final = timedelta(hours=1)
"""How long the outcome of a consent is kept for `smarther authorize`, which waits for it."""


class Scope(StrEnum):
    """What consent asks for, as the login takes it. A refresh names none, which keeps what was granted (RFC 6749, 6).

    The vendor's pages have one scope for each operation: `topology.read` for plants and what they list, `comfort.read`
    for status, programs and subscriptions, `comfort.write` for setting (*create-an-application*, the OpenAPI export).
    """

    READING = "comfort.read topology.read"
    CONTROL = "comfort.read comfort.write"
    """What openHAB's binding requests, and reads plants with; for a login that does not grant reading alone."""


_STATE = re.compile(r"[A-Za-z0-9_-]{43}")
_CODE = re.compile(r"[\x21-\x7e]{1,8192}")


def has_state_form(text: str) -> bool:
    """Whether a text has the form of our states."""
    return _STATE.fullmatch(text) is not None


def has_code_form(text: str) -> bool:
    """Whether a text may be a code of the provider's: visible ASCII of a sane length."""
    return _CODE.fullmatch(text) is not None


def state_digest(state: str) -> str:
    """SHA-256 (hex) of a state: the key of its item.

    The time of a lookup by the digest of 256 random bits tells nothing about the state.
    """
    return hashlib.sha256(state.encode()).hexdigest()


def authorisation_address(login_url: str, *, client_id: str, redirect_uri: str, state: str, scope: Scope) -> str:
    """The address at which the owner gives consent. `redirect_uri` must be exactly the registered one."""
    query = {
        "client_id": client_id,
        "response_type": "code",
        "redirect_uri": redirect_uri,
        "state": state,
        "scope": scope.value,
    }
    return f"{login_url.rstrip('/')}/authorize?{urlencode(query)}"


@dataclass(frozen=True, slots=True)
class Given:
    """The owner consented: a code to exchange, and a state, which may be a stranger's."""

    code: str = field(repr=False)
    state: str = field(repr=False)


class NotGiven(StrEnum):
    """Why the browser came back without a code and a state."""

    DECLINED = "declined"
    SCOPE_REFUSED = "scope_refused"
    FAILED = "failed"
    INCOMPLETE = "incomplete"


_ERRORS: Final = {"access_denied": NotGiven.DECLINED, "invalid_scope": NotGiven.SCOPE_REFUSED}
"""The errors of RFC 6749 (4.1.2.1) that tell the owner what to do."""


class ConsentProgress(StrEnum):
    """The progress of one consent. Only the last has an outcome: a `NotGiven`, or the keeper's report."""

    UNKNOWN = "unknown"
    WAITING = "waiting"
    BACK = "back"
    SETTLED = "settled"


def returned(query: Mapping[str, str]) -> Given | NotGiven:
    """Read the query that the browser brings back. Anybody can send one, so only known forms are accepted.

    A state without a code, which the provider has been seen to send, is incomplete.
    """
    if "error" in query:
        return _ERRORS.get(query["error"], NotGiven.FAILED)
    code, state = query.get("code", ""), query.get("state", "")
    if has_code_form(code) and has_state_form(state):
        return Given(code, state)
    return NotGiven.INCOMPLETE
