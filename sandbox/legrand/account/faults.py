"""Faults on order: the next calls of an operation answer as a test wants them to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.legrand.account.answer import Answer

OPERATIONS = (
    "authorize",
    "token",
    "plants",
    "topology",
    "status",
    "set_status",
    "measures",
    "programlist",
    "subscribe",
    "delete",
    "list",
)
EVERY_OPERATION = "*"
RETRY_AFTER: Mapping[int, Mapping[str, str]] = {403: {"Retry-After": "12656"}, 429: {"Retry-After": "60"}}
"""What goes with the default words of a fault, unless it brings headers of its own."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One ordered fault.

    `status` with `body` (text goes out as it is, anything else as JSON; without one, the documented words) and
    `headers` is the answer; without `status` the true answer is given, only late. `drop` ends the connection with no
    answer at all. `after_effect` does the work first, so that only the answer is lost. `times` None means for ever.
    """

    operation: str
    status: int | None = None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_ms: int = 0
    times: int | None = 1
    after_effect: bool = False
    drop: bool = False

    def __post_init__(self) -> None:
        if self.operation not in (*OPERATIONS, EVERY_OPERATION):
            raise ValueError(f"no operation {self.operation!r}; there are {', '.join(OPERATIONS)} and *")
        if self.status is None and not self.drop and not self.delay_ms:
            raise ValueError("a fault needs a status, a delay_ms or drop")
        if self.times is not None and self.times < 1:
            raise ValueError("times is at least 1, or null for ever")

    @property
    def answer(self) -> Answer:
        """The answer in place of the true one."""
        if self.status is None:
            return Answer(0, delay_ms=self.delay_ms, dropped=True)
        headers = {**RETRY_AFTER.get(self.status, {}), **self.headers}
        return replace(self._content(self.status, headers), delay_ms=self.delay_ms, dropped=self.drop)

    def _content(self, status: int, headers: Mapping[str, str]) -> Answer:
        if isinstance(self.body, str):
            return Answer(status, self.body.encode(), "text/html; charset=utf-8", headers)
        if self.body is not None:
            return Answer.of(status, self.body, headers)
        return Answer.words(status, None, headers)


class FaultBook:
    """The faults still to come, first ordered first served."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Put `fault` after those already ordered."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Forget them all."""
        self._faults.clear()

    def pending(self) -> list[Fault]:
        """Those not yet used up."""
        return list(self._faults)

    def answer(self, operation: str, work: Callable[[], Answer]) -> Answer:
        """The answer to one call of `operation`: the true one, or what a fault makes of it."""
        fault = self._take(operation)
        if fault is None:
            return work()
        if fault.status is None and not fault.drop:
            return replace(work(), delay_ms=fault.delay_ms)
        if fault.after_effect:
            work()
        return fault.answer

    def _take(self, operation: str) -> Fault | None:
        for index, fault in enumerate(self._faults):
            if fault.operation in (operation, EVERY_OPERATION):
                if fault.times == 1:
                    del self._faults[index]
                elif fault.times is not None:
                    self._faults[index] = replace(fault, times=fault.times - 1)
                return fault
        return None
