"""The table as those see it who look back: the home's directory, what its thermostats said, and the statistics of it.

Statistics live beside the readings they were made from, and stay when those expire:

    pk MODULE#<module_id>  sk HOUR#<YYYY-MM-DDTHH>Z   an hour of UTC
    pk MODULE#<module_id>  sk DAY#<YYYY-MM-DD>        a local day of the home
    pk ROLLUP              sk STATE                   how far the rollup came

Reads that an answer to a person waits for take a `limit`, so that it costs the same however long the history is. The
directory is read whole: who is missing there is drawn by nobody and has no statistics.

What is no thermostat, reading or statistics of this form is left out and counted. A value that cannot be what its name
says is as if it were not there.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import batched, islice
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from smarther.domain.arrival import is_ahead, noted
from smarther.domain.directory import newest_listings
from smarther.domain.home import Snapshot, Thermostat, load_of
from smarther.domain.latest import SAID, Word
from smarther.domain.names import printable
from smarther.domain.reading import bounded
from smarther.domain.rollup_window import RollupState
from smarther.domain.series import LOOKED_THROUGH, Shown
from smarther.domain.statistics import HOUR, Measure, Statistics
from smarther.store import keys
from smarther.store.items import fields, instant, measured, number, text, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, QueryInputTypeDef, WriteRequestTypeDef

    from smarther.store.items import Item

WRITES_AT_ONCE = 25  # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html

_SNAPSHOT_NAMES = ("time", "received_at", "temperature_c", "humidity_percent", "setpoint_c", "load_state", "function")
_SHOWN_NAMES = (
    *("sk", "temperature_mean", "temperature_min", "temperature_max", "temperature_minutes"),
    *("humidity_mean", "setpoint_mean", "heating_minutes", "cooling_minutes"),
)
_MEASURES = {"temperature": "temperature_c", "humidity": "humidity_percent", "setpoint": "setpoint_c"}
"""What is measured, and the attribute of a reading whose bounds it has."""
_MEASURE_PARTS = {"mean": "mean", "minimum": "min", "maximum": "max", "minutes": "minutes"}
_WORDS = {"function", "mode", "load_state"}  # of what a reading says; the rest are numbers
_MINUTE = timedelta(minutes=1)
_LONGEST_DAY = timedelta(hours=25)  # when the clocks go back
_MOST_SNAPSHOTS = 1_000_000  # of an hour or a day; one that counts more was not counted


class HistoryUnavailableError(Exception):
    """The table could not be read or written just now."""


class History:
    """Reads and writes of one table.

    `items_read` counts what all reads so far returned, `items_left_out` those of them that are not what they stand for.
    """

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table_name = table_name
        self.items_read = 0
        self.items_left_out = 0

    def thermostats(self) -> list[Thermostat]:
        """All thermostats of the directory by plant and name, each once: in the plant in which it was met last.

        Names are printable; one that has none goes by its id.
        """
        items = list(self._query(keys.DIRECTORY, keys.LISTINGS_AND_PLANTS, limit=None))
        plants = {text(item, "plant_id"): _name(item) for item in items if "module_id" not in item}
        listings = (
            (
                plant_id,
                module_id,
                instant(item, "known_since"),
                Thermostat(
                    module_id=module_id,
                    name=_name(item) or module_id,
                    plant_id=plant_id,
                    plant_name=plants.get(plant_id) or plant_id,
                    known_since=instant(item, "known_since"),
                ),
            )
            for item in items
            if (module_id := text(item, "module_id")) and (plant_id := text(item, "plant_id"))
        )
        found = newest_listings(listings)
        return sorted(found, key=lambda one: (one.plant_name.casefold(), one.name.casefold(), one.module_id))

    def words(
        self, module_id: str, *, since: datetime | None = None, until: datetime | None = None, limit: int
    ) -> list[Word]:
        """The newest words by the thermostat's own clock, newest first, from `since` up to, not including, `until`."""
        between = keys.reading_range(since, until)
        items = self._query(keys.module_partition(module_id), between, limit=limit, newest_first=True)
        return list(self._made(map(_word, items)))

    def word(self, module_id: str, key: str) -> Word | None:
        """The word under this key, if it is still there."""
        return next(self._made(map(_word, self._query(keys.module_partition(module_id), (key, key), limit=1))), None)

    def unusual_arrivals(self) -> dict[str, list[str]]:
        """For thermostats some of whose readings came late or misdated, the keys of the last such ones."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for item in self._query(keys.ARRIVALS, keys.ALL_ARRIVALS, limit=None):
            module_id, arrival = text(item, "module_id"), text(item, "arrival")
            if module_id is None or arrival is None:
                self.items_left_out += 1
            else:
                found[module_id].append(noted(arrival))
        return dict(found)

    def snapshots(self, module_id: str, *, start: datetime, end: datetime, limit: int | None = None) -> list[Snapshot]:
        """What was measured, told and done from `start` up to but not including `end`, oldest first.

        With a `limit`, the newest ones. Mode, program and activation time are not read. What arrived before it can have
        been so, because the thermostat's clock was ahead, tells nothing of that time and is left out.
        """
        items = self._query(
            keys.module_partition(module_id),
            keys.reading_range(start, end),
            limit=None if limit is None else limit + LOOKED_THROUGH,
            page_size=limit,
            newest_first=True,
            names=_SNAPSHOT_NAMES,
        )
        possible = (item for item in items if not _came_before_its_time(item))
        return list(islice(self._made(map(_snapshot, possible)), limit))[::-1]

    def hours(
        self, module_id: str, *, start: datetime, end: datetime, limit: int | None = None
    ) -> dict[datetime, Statistics]:
        """The stored hours from `start` up to but not including `end`, both full hours; with a `limit`, the newest."""
        items = self._query(
            keys.module_partition(module_id),
            (keys.hour_key(start), keys.hour_key(end - HOUR)),
            limit=limit,
            newest_first=True,
        )
        return dict(self._made(map(hour_made, items)))

    def days(self, module_id: str, *, first: date, last: date, limit: int | None = None) -> dict[date, Statistics]:
        """The stored local days from `first` to `last`, both included; with a `limit`, the newest."""
        items = self._query(
            keys.module_partition(module_id), (keys.day_key(first), keys.day_key(last)), limit=limit, newest_first=True
        )
        return dict(self._made(map(day_made, items)))

    def shown_hours(
        self, module_id: str, *, start: datetime, end: datetime, limit: int | None = None
    ) -> dict[datetime, Shown]:
        """What a chart shows of the hours that `hours` returns; little is sent, so many are read soon."""
        between = (keys.hour_key(start), keys.hour_key(end - HOUR))
        items = self._query(
            keys.module_partition(module_id), between, limit=limit, newest_first=True, names=_SHOWN_NAMES
        )
        return self._keyed(items, keys.hour_in, lambda item: _shown(item, HOUR))

    def shown_days(self, module_id: str, *, first: date, last: date, limit: int | None = None) -> dict[date, Shown]:
        """What a chart shows of the local days that `days` returns."""
        between = (keys.day_key(first), keys.day_key(last))
        items = self._query(
            keys.module_partition(module_id), between, limit=limit, newest_first=True, names=_SHOWN_NAMES
        )
        return self._keyed(items, keys.day_in, lambda item: _shown(item, _LONGEST_DAY))

    def store_statistics(
        self, module_id: str, hours: Mapping[datetime, Statistics], days: Mapping[date, Statistics]
    ) -> None:
        """Write these hours and days over what was stored of them. They never expire."""
        keyed = {keys.hour_key(hour): made for hour, made in hours.items()} | {
            keys.day_key(day): made for day, made in days.items()
        }
        self._put(
            {
                "pk": {"S": keys.module_partition(module_id)},
                "sk": {"S": key},
                "module_id": {"S": module_id},
                **_attributes(made),
            }
            for key, made in keyed.items()
        )

    def rollup_state(self) -> RollupState | None:
        """How far the rollup came, or `None` before its first run, and when what it noted cannot be read."""
        states = map(_rollup_state, self._query(keys.ROLLUP_STATE["pk"], (keys.ROLLUP_STATE["sk"],) * 2, limit=1))
        return next(self._made(states), None)

    def store_rollup_state(self, state: RollupState) -> None:
        """Remember how far the rollup came."""
        self._put(
            [
                {
                    **{name: {"S": value} for name, value in keys.ROLLUP_STATE.items()},
                    "ran_at": {"S": state.ran_at.isoformat()},
                    "complete_through": {"S": state.complete_through.isoformat()},
                    "behind": {"M": {each: {"S": since.isoformat()} for each, since in state.behind.items()}},
                }
            ]
        )

    def _made[Made](self, found: Iterable[Made | None]) -> Iterator[Made]:
        """What could be made of items; what could not is counted."""
        for each in found:
            if each is None:
                self.items_left_out += 1
            else:
                yield each

    def _keyed[Key, Made](
        self, items: Iterable[Item], key: Callable[[str], Key | None], made: Callable[[Item], Made]
    ) -> dict[Key, Made]:
        """Statistics by the hour or day that their keys name."""
        named = ((key(item["sk"]["S"]), item) for item in items)
        return {name: made(item) for name, item in self._made(_named(*each) for each in named)}

    def _query(  # noqa: PLR0913 - all but the first two by keyword; each is a bound of its own
        self,
        partition: str,
        between: tuple[str, str],
        *,
        limit: int | None,
        page_size: int | None = None,
        newest_first: bool = False,
        names: tuple[str, ...] = (),
    ) -> Iterator[Item]:
        """The items of a partition whose sort keys lie between the two, both included; `names` is all that is sent.

        A page is read when an item of it is asked for.
        """
        first, last = between
        if first > last:
            return
        request: QueryInputTypeDef = {
            "TableName": self._table_name,
            "KeyConditionExpression": "pk = :partition AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": {
                ":partition": {"S": partition},
                ":first": {"S": first},
                ":last": {"S": last},
            },
            "ScanIndexForward": not newest_first,
        }
        if names:
            request["ProjectionExpression"] = ", ".join(f"#{name}" for name in names)
            request["ExpressionAttributeNames"] = {f"#{name}": name for name in names}
        left = limit
        while left is None or left > 0:
            if left is not None:
                request["Limit"] = min(left, page_size or left)
            with _vendor_errors():
                page = self._client.query(**request)
            self.items_read += len(page["Items"])
            yield from page["Items"]
            if left is not None:
                left -= len(page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _put(self, items: Iterable[dict[str, AttributeValueTypeDef]]) -> None:
        for batch in batched(items, WRITES_AT_ONCE, strict=False):
            requests: list[WriteRequestTypeDef] = [{"PutRequest": {"Item": item}} for item in batch]
            with _vendor_errors():
                kept_back = self._client.batch_write_item(RequestItems={self._table_name: requests})
                if kept_back["UnprocessedItems"]:
                    kept_back = self._client.batch_write_item(RequestItems=kept_back["UnprocessedItems"])
            if kept_back["UnprocessedItems"]:
                raise HistoryUnavailableError("the table did not take all that was written")


@contextmanager
def _vendor_errors() -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as unavailable:
        raise HistoryUnavailableError("the table cannot be reached") from unavailable


def _named[Key](key: Key | None, item: Item) -> tuple[Key, Item] | None:
    return None if key is None else (key, item)


def _snapshot(item: Item) -> Snapshot | None:
    time = instant(item, "time")
    if time is None:
        return None
    return Snapshot(
        time=time,
        temperature=measured(item, "temperature_c"),
        humidity=measured(item, "humidity_percent"),
        setpoint=measured(item, "setpoint_c"),
        load=load_of(text(item, "load_state"), text(item, "function")),
        mode=text(item, "mode"),
        program=whole(item, "program"),
        activation_time=text(item, "activation_time") or None,  # version 0.1.0 stored a blank one
    )


def _came_before_its_time(item: Item) -> bool:
    """Whether a reading arrived before it can have been so: the thermostat's clock was ahead."""
    time, received_at = instant(item, "time"), instant(item, "received_at")
    return time is not None and received_at is not None and is_ahead(time, received_at)


def _word(item: Item) -> Word | None:
    snapshot, received_at = _snapshot(item), instant(item, "received_at")
    if snapshot is None or received_at is None:
        return None
    return Word(
        key=item["sk"]["S"],
        received_at=received_at,
        pushed=text(item, "source") == "push",
        snapshot=snapshot,
        said=tuple(text(item, name) if name in _WORDS else measured(item, name) for name in SAID),
    )


def _rollup_state(item: Item) -> RollupState | None:
    ran_at, complete_through = instant(item, "ran_at"), instant(item, "complete_through")
    if ran_at is None or complete_through is None:
        return None
    noted = fields(item, "behind") or {}
    behind = {module_id: since for module_id in noted if (since := instant(noted, module_id)) is not None}
    return RollupState(ran_at=ran_at, complete_through=complete_through, behind=behind)


def hour_made(item: Item) -> tuple[datetime, Statistics] | None:
    """The hour that an item is, and its statistics; None where its key names none."""
    hour = keys.hour_in(item["sk"]["S"])
    return None if hour is None else (hour, _statistics(item, HOUR))


def day_made(item: Item) -> tuple[date, Statistics] | None:
    """The local day that an item is, and its statistics; None where its key names none."""
    day = keys.day_in(item["sk"]["S"])
    return None if day is None else (day, _statistics(item, _LONGEST_DAY))


def _statistics(item: Item, length: timedelta) -> Statistics:
    """Of a stretch that is no longer than `length`."""
    count = number(item, "count")
    return Statistics(
        count=int(count) if count is not None and 0 <= count <= _MOST_SNAPSHOTS else 0,
        temperature=_measure(item, "temperature", length),
        humidity=_measure(item, "humidity", length),
        setpoint=_measure(item, "setpoint", length),
        load_minutes=_minutes(item, "load_minutes", length) or Decimal(0),
        heating_minutes=_minutes(item, "heating_minutes", length) or Decimal(0),
        cooling_minutes=_minutes(item, "cooling_minutes", length) or Decimal(0),
    )


def _shown(item: Item, length: timedelta) -> Shown:
    heating = _minutes(item, "heating_minutes", length)
    return Shown(
        temperature=_part(item, "temperature", "mean"),
        low=_part(item, "temperature", "min"),
        high=_part(item, "temperature", "max"),
        minutes=_minutes(item, "temperature_minutes", length) or Decimal(0),
        humidity=_part(item, "humidity", "mean"),
        setpoint=_part(item, "setpoint", "mean"),
        heating=heating,
        cooling=None if heating is None else _minutes(item, "cooling_minutes", length) or Decimal(0),
    )


def _measure(item: Item, name: str, length: timedelta) -> Measure | None:
    mean, minimum, maximum = (_part(item, name, part) for part in ("mean", "min", "max"))
    minutes = _minutes(item, f"{name}_minutes", length)
    if mean is None or minimum is None or maximum is None or not minutes:
        return None
    return Measure(mean=mean, minimum=minimum, maximum=maximum, minutes=minutes)


def _part(item: Item, name: str, part: str) -> Decimal | None:
    """A mean or an extreme, within the bounds of what it was made of."""
    return bounded(_MEASURES[name], number(item, f"{name}_{part}"))


def _minutes(item: Item, name: str, length: timedelta) -> Decimal | None:
    found = number(item, name)
    return found if found is not None and 0 <= found <= length // _MINUTE else None


def _attributes(made: Statistics) -> dict[str, AttributeValueTypeDef]:
    attributes: dict[str, AttributeValueTypeDef] = {"count": {"N": str(made.count)}}
    for name in _MEASURES:
        measure: Measure | None = getattr(made, name)
        if measure is not None:
            for part, suffix in _MEASURE_PARTS.items():
                attributes[f"{name}_{suffix}"] = {"N": f"{getattr(measure, part):f}"}
    if made.load_minutes:
        attributes["load_minutes"] = {"N": f"{made.load_minutes:f}"}
        attributes["heating_minutes"] = {"N": f"{made.heating_minutes:f}"}
        if made.cooling_minutes:
            attributes["cooling_minutes"] = {"N": f"{made.cooling_minutes:f}"}
    return attributes


def _name(item: Item) -> str:
    """A name as it is shown; an earlier version stored names as they came."""
    return printable(text(item, "name") or "")
