"""The deadlines of the receiver: how the time from an event to its answer is divided.

The provider waits 750 ms, of which the network, API Gateway and a cold start take a part. So the answer leaves within
half a second of the event, whatever fails:

    0 ms ── table ── 280 ms ── spill queue ── 470 ms ── log, answer ── 500 ms

A thread enforces each deadline (`within`), because a client's own timeouts are not enough: resolving a name has none, a
host with several addresses takes its connect timeout for each of them, and a read timeout begins again with every byte.
The clients' timeouts only end the calls that no event waits for any more.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

ANSWER_SECONDS = 0.50
TABLE_UNTIL_SECONDS = 0.28
TABLE_LAST_CALL_SECONDS = 0.18
"""After this no further write begins. If readings of a long batch are left, the whole body goes to the queue."""
SPILL_UNTIL_SECONDS = 0.47

CONNECT_TIMEOUT_SECONDS = 0.10
READ_TIMEOUT_SECONDS = 0.25

REDRIVE_SECONDS = 150.0
"""After this the redriver begins nothing new: long enough for the largest body, since one that is left in part begins
again in the next run. A run that is ended by its timeout (180 s) reports nothing that it has stored, and all of its
messages come back; a write may take 15 s until it fails."""

DRAW_SECONDS = 8.0
"""How long the widget may take to draw a page. Its function is ended after 10 s; before that, the page must say that
the table is slow."""

# More workers than calls at a time: work that missed its deadline occupies one until its client's timeouts end it.
_workers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="within")


def within[Result](seconds: float, work: Callable[[], Result]) -> Result:
    """The result of the work; raises TimeoutError if it takes longer than `seconds`, and whatever the work raises.

    Work that misses its deadline is not stopped, so it must be harmless when it ends later, or is done twice.
    """
    if seconds <= 0:
        raise TimeoutError
    return _workers.submit(work).result(timeout=seconds)


class Deadlines:
    """The deadlines of one event, counted from the moment at which this object is made.

    `seconds` is a monotonic clock. It is used within one invocation only, since it may stop between two. `within`
    enforces a deadline, as the function above does.
    """

    def __init__(
        self,
        seconds: Callable[[], float] = time.monotonic,
        within: Callable[[float, Callable[[], Any]], Any] = within,
    ) -> None:
        self._seconds = seconds
        self._within = within
        self._began = seconds()

    def for_table[Result](self, work: Callable[[], Result]) -> Result:
        """The result of work with the table; raises TimeoutError if the table's time is over."""
        return self._until(TABLE_UNTIL_SECONDS, work)

    def for_spill[Result](self, work: Callable[[], Result]) -> Result:
        """The result of work with the spill queue; raises TimeoutError if the queue's time is over."""
        return self._until(SPILL_UNTIL_SECONDS, work)

    def may_write(self) -> bool:
        """Whether another write to the table may still begin."""
        return self._elapsed() < TABLE_LAST_CALL_SECONDS

    def elapsed_ms(self) -> int:
        """Milliseconds since the event arrived."""
        return round(self._elapsed() * 1000)

    def _until[Result](self, deadline: float, work: Callable[[], Result]) -> Result:
        result: Result = self._within(deadline - self._elapsed(), work)
        return result

    def _elapsed(self) -> float:
        return self._seconds() - self._began
