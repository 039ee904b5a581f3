"""The keeper's probe of the webhook's own address: what it answers, and how fast. It holds no secret."""

from __future__ import annotations

from pydantic import Field

from smarther.domain.keeper.frozen_model import FrozenModel

LONGEST = 50
"""The most calls one after the other."""
MOST_AT_ONCE = 5
"""The most calls at the same time. A new AWS account may run ten functions at once, and a genuine notification that
arrives meanwhile needs one of them."""


class ProbeOrder(FrozenModel):
    """How often the address is to be called: `calls` one after the other, then `at_once` at the same time."""

    calls: int = Field(ge=0, le=LONGEST)
    at_once: int = Field(ge=0, le=MOST_AT_ONCE)


class Handshake(FrozenModel):
    """One call with Event Grid's validation event, which stores nothing.

    `ms` is the milliseconds from the beginning of the connection to the head of the answer. It and `status` are None
    where no answer came. `proven` means that the answer was 200 with the code under both keys, `new_container` that a
    container answered that had never been called before.
    """

    status: int | None = None
    ms: int | None = None
    proven: bool = False
    new_container: bool = False


class Probe(FrozenModel):
    """What a probe found. Before the keeper's first run there is no secret to call with, and no call is made.

    `complete` is False if the time ran out before every call was made. `stranger` is a call with a wrong secret.
    """

    has_secret: bool
    complete: bool = True
    one_by_one: tuple[Handshake, ...] = ()
    at_once: tuple[Handshake, ...] = ()
    stranger: Handshake | None = None
