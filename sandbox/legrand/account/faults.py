"""Ordered faults: the next calls of an operation are answered as a test wants."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.legrand.account.answer import Answer, document

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
"""Headers that go with a fault's default words; the fault's own headers replace them."""


type JsonPath = tuple[str | int, ...]
"""A path in a JSON document: names and positions, from the root; () is the whole document."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One ordered fault.

    - `status`, with `body` (text as it is, anything else as JSON; the documented words by default) and `headers`, is
      the answer. Without it the answer is the true one, with these headers, or only late.
    - `place`: the true answer, with `value` at that place, or with nothing there if it is `missing`.
    - `drop`: the connection is closed without an answer.
    - `after_effect`: the work is done first, so that only the answer is lost.
    - `about`: only calls about the plant or thermostat with this id. `times` None means for ever.
    """

    operation: str
    status: int | None = None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_ms: int = 0
    times: int | None = 1
    after_effect: bool = False
    drop: bool = False
    about: str | None = None
    place: JsonPath | None = None
    value: Any = None
    missing: bool = False

    def __post_init__(self) -> None:
        if self.operation not in (*OPERATIONS, EVERY_OPERATION):
            raise ValueError(f"no operation {self.operation!r}; there are {', '.join(OPERATIONS)} and *")
        if self.status is None and not (self.drop or self.delay_ms or self.headers) and self.place is None:
            raise ValueError("a fault needs a status, a place, headers, a delay_ms or drop")
        if self.place is not None and (self.drop or self.body is not None):
            raise ValueError("a place is one in the true answer, and goes with neither drop nor body")
        if self.missing and not self.place:
            raise ValueError("what is missing needs a place, and that is not the whole answer")
        if self.times is not None and self.times < 1:
            raise ValueError("times is at least 1, or null for ever")

    def answer(self, work: Callable[[], Answer]) -> Answer:
        """The answer to a call; `work` gives the true one."""
        if self.drop or (self.status is not None and self.place is None):
            if self.after_effect:
                work()
            return replace(self._false_answer(), delay_ms=self.delay_ms, dropped=self.drop)
        true = work()
        return replace(
            true if self.place is None else self._odd(true, self.place),
            status=true.status if self.status is None else self.status,
            headers={**true.headers, **self.headers},
            delay_ms=self.delay_ms,
        )

    def _false_answer(self) -> Answer:
        if self.status is None:
            return Answer(0)
        if isinstance(self.body, str):
            content = self.body.encode("utf-8", "surrogatepass")
            return Answer(self.status, content, "text/html; charset=utf-8", self.headers)
        if self.body is not None:
            return Answer.of(self.status, self.body, self.headers)
        return Answer.words(self.status, None, {**RETRY_AFTER.get(self.status, {}), **self.headers})

    def _odd(self, true: Answer, place: JsonPath) -> Answer:
        """The true answer, odd in one place; unchanged if it has no such place."""
        if not true.content:
            return true
        root = [true.value]
        holder, last = _holder(root, (0, *place))
        if holder is None:
            return true
        if self.missing:
            del holder[last]
        else:
            holder[last] = self.value
        return replace(true, content=document(root[0]))


def _holder(root: Any, place: JsonPath) -> tuple[Any, Any]:
    """The container of a place, and its last step; None if the document has no such place."""
    *way, last = place
    for step in way:
        if not _has(root, step):
            return None, last
        root = root[step]
    return (root if _has(root, last) else None), last


def _has(holder: Any, step: str | int) -> bool:
    if isinstance(holder, dict):
        return step in holder
    return isinstance(holder, list) and isinstance(step, int) and 0 <= step < len(holder)


_INVALID_KEY = (
    "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription."
)
KNOWN: Mapping[str, Fault] = {
    "gone": Fault(EVERY_OPERATION, 410, times=None),
    "base_not_found": Fault(EVERY_OPERATION, 404, times=None),
    "moved": Fault(EVERY_OPERATION, 301, "", {"Location": "https://elsewhere.example/smarther/v3.0"}, times=None),
    "announced": Fault(
        EVERY_OPERATION,
        headers={"Deprecation": "@1767225600", "Sunset": "Wed, 30 Jun 2027 23:59:59 GMT"},
        times=None,
    ),
    "announced_as_drafts_had_it": Fault(EVERY_OPERATION, headers={"Deprecation": "true"}, times=None),
    "key_suspended": Fault("list", 401, {"statusCode": 401, "message": _INVALID_KEY}, times=None),
    "other_form": Fault(EVERY_OPERATION, 200, {"data": {"items": [{"attributes": {"id": "1"}}]}}, times=None),
    "page_for_people": Fault(EVERY_OPERATION, 200, "<html><title>Legrand</title></html>", times=None),
}
"""How the provider may change or end, by name, for every operation until it is cleared. The key is the API's alone; the
call with which a run begins shows it.

410: RFC 9110, 15.5.11. `Deprecation`: RFC 9745, and its drafts. `Sunset`: RFC 8594. The words of the key are Azure API
Management's, which has one sentence for a key that is wrong, suspended or cancelled. For a host whose name does not
resolve, an address that cannot exist is used.
"""


class FaultBook:
    """The ordered faults, first ordered first served."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Order a fault, after those already ordered."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Remove all faults."""
        self._faults.clear()

    def pending(self) -> list[Fault]:
        """The faults that are not used up."""
        return list(self._faults)

    def answer(self, operation: str, work: Callable[[], Answer], about: Collection[str] = ()) -> Answer:
        """The answer to one call of `operation` about these ids: the true one, or that of a fault."""
        fault = self._take(operation, about)
        return work() if fault is None else fault.answer(work)

    def _take(self, operation: str, about: Collection[str]) -> Fault | None:
        for index, fault in enumerate(self._faults):
            if fault.operation in (operation, EVERY_OPERATION) and (fault.about is None or fault.about in about):
                if fault.times == 1:
                    del self._faults[index]
                elif fault.times is not None:
                    self._faults[index] = replace(fault, times=fault.times - 1)
                return fault
        return None
