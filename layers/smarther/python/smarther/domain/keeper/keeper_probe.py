"""The keeper's probe of the webhook's own address: what came back, and after how long. It holds no secret."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

LONGEST = 50
"""Calls one after the other, at most."""
MOST_AT_ONCE = 5
"""Calls at the same time, at most: a new account of AWS has ten executions at once, and a genuine notification that
comes meanwhile needs one of them."""


class ProbeOrder(BaseModel):
    """How often the address is to be called, one call after the other and then up to so many at once."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    calls: int = Field(ge=0, le=LONGEST)
    at_once: int = Field(ge=0, le=MOST_AT_ONCE)


class Handshake(BaseModel):
    """One call: Event Grid's validation event, which stores nothing.

    `status` and `ms` (from the sending to the answer's head, the connection's making included) are None where no answer
    came. `proven` is an answer of 200 with the code under both keys; `new_container` one by a container that had never
    been called.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    status: int | None = None
    ms: int | None = None
    proven: bool = False
    new_container: bool = False


class Probe(BaseModel):
    """What a probe found. There is no secret to call with before the keeper's first run; then nothing was called.

    `complete` is False where the time ran out before every call was made. `stranger` came under an address that is
    nobody's.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    has_secret: bool
    complete: bool = True
    one_by_one: tuple[Handshake, ...] = ()
    at_once: tuple[Handshake, ...] = ()
    stranger: Handshake | None = None
