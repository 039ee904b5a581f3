"""The log of received calls: operation, status and time, nothing secret."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sandbox.legrand.account.answer import Answer


@dataclass(frozen=True, slots=True)
class Call:
    """One call; `status` 0 means that the connection was closed without an answer."""

    number: int
    operation: str
    status: int
    at: datetime


class CallLog:
    """All calls, in the order in which they were answered, numbered from 1."""

    def __init__(self) -> None:
        self._calls: list[Call] = []

    def add(self, operation: str, answer: Answer, at: datetime) -> None:
        """Note one call."""
        status = 0 if answer.dropped else answer.status
        self._calls.append(Call(len(self._calls) + 1, operation, status, at))

    def since(self, number: int = 0) -> list[Call]:
        """The calls after the one with `number`."""
        return self._calls[number:]

    def by_operation(self) -> dict[str, int]:
        """How often each operation was called."""
        return dict(sorted(Counter(call.operation for call in self._calls).items()))
