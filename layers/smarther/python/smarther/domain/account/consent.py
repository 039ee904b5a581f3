"""Consent: the address to which the owner's browser goes, and the one-time state with which it comes back."""

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
"""So long what became of a consent is kept for whoever waits for it."""


class Scope(StrEnum):
    """What consent asks for, as the login takes it. A refresh names none, which keeps what was granted (RFC 6749, 6).

    The vendor's pages have one scope for each operation: `topology.read` for plants and what they list, `comfort.read`
    for status, programs and subscriptions, `comfort.write` for setting (*create-an-application*, the OpenAPI export).
    """

    READING = "comfort.read topology.read"
    CONTROL = "comfort.read comfort.write"
    """What openHAB's binding asks for, and reads plants with: also for a login that does not grant reading alone."""


_STATE = re.compile(r"[A-Za-z0-9_-]{43}")
_CODE = re.compile(r"[\x21-\x7e]{1,8192}")


def has_state_form(text: str) -> bool:
    """Whether a text could be a state of ours at all."""
    return _STATE.fullmatch(text) is not None


def has_code_form(text: str) -> bool:
    """Whether a text could be a code of the provider's: visible ASCII of a sane length."""
    return _CODE.fullmatch(text) is not None


def state_digest(state: str) -> str:
    """SHA-256 (hex) of a state: the key under which it waits to be used.

    A lookup by the digest of 256 random bits takes a time that tells nothing about the state itself.
    """
    return hashlib.sha256(state.encode()).hexdigest()


def authorisation_address(login_url: str, *, client_id: str, redirect_uri: str, state: str, scope: Scope) -> str:
    """Where the owner gives consent. `redirect_uri` must be the registered one to the letter."""
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
    """The owner allowed it: a code to exchange, and the state that must be ours."""

    code: str = field(repr=False)
    state: str = field(repr=False)


class NotGiven(StrEnum):
    """The browser came back without what is needed."""

    DECLINED = "declined"
    SCOPE_REFUSED = "scope_refused"
    FAILED = "failed"
    INCOMPLETE = "incomplete"


_ERRORS: Final = {"access_denied": NotGiven.DECLINED, "invalid_scope": NotGiven.SCOPE_REFUSED}
"""Those of RFC 6749 (4.1.2.1) that say more than that it failed."""


class ConsentProgress(StrEnum):
    """How far one consent has come. Only the last has an outcome: a `NotGiven`, or the keeper's report on it."""

    UNKNOWN = "unknown"
    WAITING = "waiting"
    BACK = "back"
    SETTLED = "settled"


def returned(query: Mapping[str, str]) -> Given | NotGiven:
    """What the browser brings back from the provider. Names and values are anybody's, so only known forms count.

    The provider was seen to send a state without a code; that is as incomplete as nothing at all.
    """
    if "error" in query:
        return _ERRORS.get(query["error"], NotGiven.FAILED)
    code, state = query.get("code", ""), query.get("state", "")
    if has_code_form(code) and has_state_form(state):
        return Given(code, state)
    return NotGiven.INCOMPLETE
