"""Fills a sandbox with something to see: stores credentials, gives consent, and plays some days."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx

from sandbox.running import owner, stack
from sandbox.running.processes import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.running.state import State

_POLL_SECONDS = 0.2
_TIMEOUT_SECONDS = 200
"""Longer than the redriver's timeout."""


def prepare(state: State, *, report: Callable[[str], None]) -> None:
    """Store credentials, give consent, and check that plants are subscribed. Raises SandboxError.

    The keeper's first polls of thermostats fail on purpose: readings of the present would not fit to the past that is
    played afterwards.
    """
    count = sum(len(plant["modules"]) for plant in get(state, "plants")["plants"])
    if count:
        post(state, "faults", {"operation": "status", "status": 404, "times": count})
    report("putting the application's credentials in")
    owner.put_credentials(state)
    report("giving consent at the stand-in's login; the callback runs the keeper")
    page = owner.give_consent(state)
    if page.status_code != httpx.codes.OK:
        raise SandboxError(f"consent failed: the callback answered {page.status_code}:\n{page.text}")
    subscribed = [each for each in get(state, "summary")["subscriptions"] if each["ours"]]
    report(f"{len(subscribed)} plants subscribed")
    if not subscribed:
        raise SandboxError("the keeper subscribed no plant; its log is in the log group of the keeper function")


def live(
    state: State, length: timedelta, *, duplicate_percent: float = 0, progress: Callable[[Any], None] = lambda _: None
) -> None:
    """Play the time before now as fast as the stack answers, and make its statistics.

    `progress` is called with the stand-in's report of the play. Raises SandboxError if something stays in the spill
    queue.
    """
    start = datetime.now(UTC) - length
    order = {"start": start.isoformat(), "hours": length / timedelta(hours=1), "duplicate_percent": duplicate_percent}
    post(state, "play", order)
    while True:
        play = get(state, "play")
        progress(play)
        if play["done"]:
            break
        time.sleep(_POLL_SECONDS)
    settle(state)
    stack.invoke(state.cloud, state.stack.outputs["RollupFunctionName"], {})


def settle(state: State) -> None:
    """Wait until the spill queue is empty. Raises SandboxError if something stays there."""
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while left := stack.waiting(state.cloud, state.stack):
        if time.monotonic() > deadline:
            raise SandboxError(f"{left} notifications still wait in the spill queue; the redriver's log says why")
        time.sleep(_POLL_SECONDS)


def get(state: State, what: str) -> Any:
    """Read from the stand-in's control plane."""
    answer = httpx.get(f"{state.legrand_url}/_control/{what}", timeout=30)
    answer.raise_for_status()
    return answer.json()


def post(state: State, what: str, body: dict[str, Any] | None = None) -> None:
    """Order something at the stand-in's control plane."""
    httpx.post(f"{state.legrand_url}/_control/{what}", json=body or {}, timeout=30).raise_for_status()
