"""Stored readings published again, for `smarther republish`: those of one thermostat, by its own clock.

Only that they were recorded is told, marked as `republished`. Imported readings are left out, as in the stream.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from smarther.store import items, keys

from . import readings
from .bus import Parcel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from smarther.store.items import Item
    from smarther.store.table import Table

    from .bus import Bus

_PAGE: Final = 250


class RepublishError(Exception):
    """The request makes no sense, or the bus does not take what is published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepublishRequest:
    """One thermostat's readings from `since` up to but not including `until`, those behind the key `behind`."""

    module_id: str
    between: tuple[str, str]
    behind: str | None

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> RepublishRequest:
        """Read `{"module_id": …, "since": …, "until": …}`, and `behind` of an earlier answer. Raises RepublishError."""
        module_id, since, until = (str(event.get(name, "")) for name in ("module_id", "since", "until"))
        first, last = items.instant_of(since), items.instant_of(until)
        if not module_id or first is None or last is None:
            raise RepublishError("module_id, and since and until as instants with a zone, are asked for")
        behind = event.get("behind")
        return cls(
            module_id=module_id,
            between=keys.reading_range(first, last),
            behind=None if behind is None else str(behind),
        )


def republish(
    table: Table, bus: Bus, request: RepublishRequest, *, out_of_time: Callable[[], bool]
) -> dict[str, object]:
    """Publish them; returns how many, how many could not be read, and behind which key to go on (None: it is done).

    Raises RepublishError if the bus refuses, TableUnavailableError if the table does not answer.
    """
    partition = keys.module_partition(request.module_id)
    start = None if request.behind is None else {"pk": {"S": partition}, "sk": {"S": request.behind}}
    left_out, reached = 0, request.behind
    for page, following in table.pages(partition, request.between, behind=start, page_size=_PAGE):
        parcels = [_parcel(item) for item in page if not readings.is_imported(item)]
        left = bus.publish([each for each in parcels if each is not None], out_of_time=out_of_time)
        if left and not out_of_time():
            raise RepublishError("the bus does not take it")
        read = [item["sk"]["S"] for item in page]
        done = read[: read.index(left[0].number)] if left else read
        reached = done[-1] if done else reached
        left_out += parcels.count(None)
        if left or (following is not None and out_of_time()):
            return {"published": bus.published, "left_out": left_out, "behind": reached}
    return {"published": bus.published, "left_out": left_out, "behind": None}


def _parcel(item: Item) -> Parcel | None:
    """A reading's parcel, numbered by its sort key; None if it cannot be read."""
    pk, sk = item["pk"]["S"], item["sk"]["S"]
    try:
        return Parcel(pk, sk, (pk, sk), (readings.recorded(item, republished=True),))
    except readings.UnreadableError:
        return None
