"""The bus: events in order for each thermostat, whatever fails.

A request may fail as a whole or in single entries, and EventBridge keeps no order among its entries. So no request
holds two events of one thermostat, and what follows an event waits until that one is on the bus.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from smarther.aws.service_call import ServiceFailedError, call

from .event import MOST_BYTES, Event, size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    type Entry = dict[str, str]
    type Step = tuple[Parcel, Event | Unfit]

_MOST_ENTRIES: Final = 10
_PAUSES: Final = (0.2, 0.8)
"""Seconds, one before each further attempt with what a request left: what is throttled passes a moment later."""

_NEVER: Final = frozenset({"InvalidArgument", "MalformedDetail"})
"""The error codes of an entry that will not be taken later either."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """What can never be on the bus, and why: the dead-letter queue is its place."""

    why: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one record gives, in order. `line` is whose it is: the parcels of a line are taken one after the other.

    `number` is the record's sequence number, `key` its key in the table.
    """

    line: str
    number: str
    key: tuple[str, str]
    steps: tuple[Event | Unfit, ...]


class Bus:
    """One event bus. What can never be on it is given to `set_aside`, and the next of its line follows."""

    def __init__(self, client: Any, name: str, set_aside: Callable[[Parcel, Unfit], None]) -> None:
        """`set_aside` raises ServiceFailedError if it cannot."""
        self._client = client
        self._name = name
        self._set_aside = set_aside
        self.published = 0

    def publish(self, parcels: Iterable[Parcel], *, out_of_time: Callable[[], bool]) -> list[Parcel]:
        """Publish parcels; returns those that are not published, whole or in part. Each line stops at its first."""
        lines: defaultdict[str, deque[Step]] = defaultdict(deque)
        for parcel in parcels:
            lines[parcel.line].extend((parcel, step) for step in parcel.steps)
        left: list[Parcel] = []
        while lines := defaultdict(deque, {name: line for name, line in lines.items() if line}):
            taken = set() if out_of_time() else self._taken([line[0] for line in lines.values()])
            for name, line in lines.items():
                if name in taken:
                    line.popleft()
                else:
                    left += {parcel.number: parcel for parcel, _ in line}.values()
                    line.clear()
        return left

    def _taken(self, steps: Iterable[Step]) -> set[str]:
        """Do one step of each line, as far as it can be done; returns the names of the lines whose step is done."""
        taken: set[str] = set()
        entries: list[tuple[Parcel, Entry]] = []
        for parcel, step in steps:
            entry = step.entry(self._name) if isinstance(step, Event) else None
            if entry is not None and size(entry) <= MOST_BYTES:
                entries.append((parcel, entry))
            elif self._is_aside(parcel, step if isinstance(step, Unfit) else Unfit("an event that is too large")):
                taken.add(parcel.line)
        for request in _requests(entries):
            taken |= self._put(request)
        return taken

    def _put(self, request: Sequence[tuple[Parcel, Entry]]) -> set[str]:
        """Make one request, and once more for what it leaves; returns the lines whose entry is done."""
        taken: set[str] = set()
        for pause in (0.0, *_PAUSES):
            time.sleep(pause)
            try:
                answer = call(self._client.put_events, Entries=[entry for _, entry in request])
            except ServiceFailedError:
                return taken
            told = [
                (parcel, entry, answer.get("ErrorCode"))
                for (parcel, entry), answer in zip(request, answer["Entries"], strict=True)
            ]
            for parcel, _, code in told:
                if code is None:
                    self.published += 1
                if code is None or (code in _NEVER and self._is_aside(parcel, Unfit(code))):
                    taken.add(parcel.line)
            request = [(parcel, entry) for parcel, entry, code in told if code is not None and code not in _NEVER]
            if not request:
                break
        return taken

    def _is_aside(self, parcel: Parcel, unfit: Unfit) -> bool:
        try:
            self._set_aside(parcel, unfit)
        except ServiceFailedError:
            return False
        return True


def _requests(entries: Iterable[tuple[Parcel, Entry]]) -> Iterator[list[tuple[Parcel, Entry]]]:
    """Entries in requests, none of them too large."""
    request: list[tuple[Parcel, Entry]] = []
    held = 0
    for parcel, entry in entries:
        if request and (len(request) == _MOST_ENTRIES or held + size(entry) > MOST_BYTES):
            yield request
            request, held = [], 0
        request.append((parcel, entry))
        held += size(entry)
    if request:
        yield request
