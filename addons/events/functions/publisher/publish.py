"""Records of the table's stream to events on the bus: each stored reading at least once, in order.

A record of which nothing can be made goes to the dead-letter queue and delays nobody. One that could not be published
now is reported, and Lambda gives it again, with all behind it.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

from smarther.store.keys import REPORT
from smarther.store.table import StoreError

from . import readings, report
from .before import before
from .bus import Parcel, Unfit
from .told import keep_told, read_told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from smarther.store.items import Item
    from smarther.store.table import Table

    from .bus import Bus
    from .event import Event
    from .report import Told

    type Reports = list[tuple[str, Told]]
    """By sequence number of a report: what is told once its events are published."""


class Publisher:
    """Publishes records of the stream. `table` is the core's, `own` is the add-on's."""

    def __init__(self, table: Table, own: Table, bus: Bus) -> None:
        self._table = table
        self._own = own
        self._bus = bus

    def publish(self, records: Iterable[Mapping[str, Any]], *, out_of_time: Callable[[], bool]) -> list[str]:
        """Publish records in their order; returns the sequence numbers of those that are to be given again.

        Raises StoreError if a table does not answer: then all of them are to be given again.
        """
        reports: Reports = []
        parcels = [self._parcel(record["dynamodb"], reports) for record in records]
        left = [parcel.number for parcel in self._bus.publish(parcels, out_of_time=out_of_time)]
        published = list(takewhile(lambda each: each[0] not in left, reports))
        if published:
            keep_told(self._own, published[-1][1])
        return left

    def _parcel(self, change: Mapping[str, Any], reports: Reports) -> Parcel:
        pk, sk = change["Keys"]["pk"]["S"], change["Keys"]["sk"]["S"]
        steps: Sequence[Event | Unfit]
        try:
            item = change["NewImage"]
            if {"pk": pk, "sk": sk} == REPORT:
                last = reports[-1][1] if reports else read_told(self._own)
                steps, told = report.changes(last, item)
                reports.append((change["SequenceNumber"], told))
            else:
                steps = self._of_reading(item)
        except StoreError:
            raise
        except readings.UnreadableError as unreadable:
            steps = [Unfit(str(unreadable))]
        except Exception as error:  # an item may hold anything, and one that is odd costs its neighbours nothing
            steps = [Unfit(type(error).__name__)]
        return Parcel(pk, change["SequenceNumber"], (pk, sk), tuple(steps))

    def _of_reading(self, item: Item) -> list[Event]:
        if readings.is_imported(item):
            return []
        recorded, earlier = readings.recorded(item), before(self._table, item)
        changed = None if earlier is None else readings.changed(earlier, item)
        return [recorded] if changed is None else [recorded, changed]
