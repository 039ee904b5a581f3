"""The time from an event's arrival in the receiver to its answer, shared out in one place.

The provider waits for 750 ms, and its network, API Gateway and a cold start want their part of that; so the answer
leaves within half a second of the event, whatever fails:

    0 ms ── table ── 280 ms ── spill queue ── 470 ms ── log, answer ── 500 ms

Each place has until its deadline and not longer. A deadline is held from outside (`within`), because a client's own
timeouts leave gaps: resolving a name has none, a host with several addresses takes its connect timeout for each, and a
read timeout begins anew with every byte. The clients' timeouts are there to end what nobody waits for any more.
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
"""After this no further write begins: what a long batch has left goes to the queue in one piece."""
SPILL_UNTIL_SECONDS = 0.47

CONNECT_TIMEOUT_SECONDS = 0.10
READ_TIMEOUT_SECONDS = 0.25

REDRIVE_SECONDS = 40.0
"""For the redriver nobody waits, but a run that is cut off at its timeout (60 s) tells nothing of what it has done, and
all of its messages come back. So nothing new begins after this; a write may take 15 s until it is given up."""

DRAW_SECONDS = 8.0
"""For the widget's page: its function is ended after 10 s, and whoever looks shall be told that the table is slow."""

# Room for what hangs beside what works: work that missed its deadline ends by its client's timeouts, soon after.
_workers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="within")


def within[Result](seconds: float, work: Callable[[], Result]) -> Result:
    """The result of the work, or TimeoutError when it is not done so soon; what the work raises passes through.

    Work that misses its deadline is not stopped. So it must be harmless when it is done later, or done twice.
    """
    if seconds <= 0:
        raise TimeoutError
    return _workers.submit(work).result(timeout=seconds)


class Deadlines:
    """The deadlines of one event, from its arrival on: make one for each event.

    `seconds` is a monotonic clock, which serves within one invocation and never from one to the next (it may stand
    still between them). `within` holds a deadline as the function above does.
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
        """The result of work with the table, or TimeoutError when the table's time is over."""
        return self._until(TABLE_UNTIL_SECONDS, work)

    def for_spill[Result](self, work: Callable[[], Result]) -> Result:
        """The result of work with the spill queue, or TimeoutError when the queue's time is over."""
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
