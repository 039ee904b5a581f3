"""What the archiver is given and gives: a table that a recorder fills, and a bucket that may refuse."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

import pyarrow
from botocore.exceptions import ClientError
from pyarrow import parquet

from addons.archive.functions.archiver.archive import Archive
from addons.archive.functions.archiver.folders import Folders
from smarther.domain.readings.reading import Reading
from smarther.domain.summaries.rollup_window import HourRange
from smarther.domain.summaries.statistics import hour_of
from smarther.rollup.roll_up import Rollup
from smarther.store import keys
from smarther.store.items import encoded
from smarther.store.readings import stored
from smarther.store.table import Table
from tests.support.memory_table import MemoryTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mypy_boto3_dynamodb import DynamoDBClient

    from addons.archive.functions.archiver.archive import Archived

ROME = ZoneInfo("Europe/Rome")
BEGIN = datetime(2026, 1, 14, 6, tzinfo=UTC)
DAY = BEGIN.date()


def item(module_id: str, hours: float, *, plant: str = "villa", **said: Any) -> dict[str, Any]:
    """A stored reading, so many hours after the beginning."""
    time = BEGIN + timedelta(hours=hours)
    values = {"temperature_c": Decimal("20.5"), "mode": "AUTOMATIC", "load_state": "INACTIVE", **said}
    reading = Reading(plant_id=plant, module_id=module_id, time=time, **values)
    return encoded(stored(reading, received_at=time + timedelta(seconds=1), source="push", retention_days=None))


@dataclass
class MemoryBucket:
    """Objects by their keys, listed in pages of three. `refuses` is asked for each that is written or read.

    `meanwhile` is called before one is written.
    """

    refuses: Callable[[str], bool] = lambda _: False
    meanwhile: Callable[[str], None] = lambda _: None
    objects: dict[str, bytes] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)

    def list_objects_v2(self, *, Bucket: str, Prefix: str, ContinuationToken: str = "") -> dict[str, Any]:  # noqa: N803
        assert Bucket == "bucket"
        found = sorted(key for key in self.objects if key.startswith(Prefix) and key > ContinuationToken)
        page = {"Contents": [{"Key": key, "ETag": _etag(self.objects[key])} for key in found[:3]]} if found else {}
        return {**page, "IsTruncated": len(found) > 3, "NextContinuationToken": (found[:3] or [""])[-1]}

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert Bucket == "bucket"
        self._ask(Key)
        return {"Body": io.BytesIO(self.objects[Key])}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert Bucket == "bucket"
        self.meanwhile(Key)
        self._ask(Key)
        self.objects[Key] = Body
        self.written.append(Key)
        return {"ETag": _etag(Body)}

    def _ask(self, key: str) -> None:
        if self.refuses(key):
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "PutObject")


def _etag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()}"'


@dataclass
class Recorder:
    """A table that a recorder fills and makes statistics of, a bucket, and a clock."""

    table: MemoryTable = field(default_factory=MemoryTable)
    bucket: MemoryBucket = field(default_factory=MemoryBucket)
    now: datetime = BEGIN + timedelta(days=1)
    zone: ZoneInfo = ROME
    aside: list[tuple[str, date, int]] = field(default_factory=list)
    table_read_by_a_run: Callable[[str], None] = lambda _: None
    """Called before a run of the archiver reads from the table."""

    def lists(self, module_id: str, *, plant: str = "villa", name: str | None = None) -> None:
        """A plant lists a thermostat."""
        said = {"plant_id": plant, "module_id": module_id, "name": name, "device": "chronothermostat"}
        self.table.put_item(Item=encoded({**keys.listing_key(plant, module_id), **said}))

    def no_longer_lists(self, module_id: str, *, plant: str = "villa") -> None:
        key = keys.listing_key(plant, module_id)
        self.table.forget(key["pk"], key["sk"])

    def stores(self, *items: dict[str, Any]) -> None:
        """Readings are stored, and the stream has the statistics follow, as those of what is late."""
        for each in items:
            self.table.put_item(Item=each)
            self.follows(each["module_id"]["S"], datetime.fromisoformat(each["time"]["S"]))

    def follows(self, module_id: str, time: datetime) -> None:
        """The statistics follow a late reading, if its thermostat is listed."""
        rollup = Rollup(self.core, zone=self.zone, now=self.now, out_of_time=lambda: False)
        if module_id in rollup.thermostats():
            assert rollup.remake(module_id, [time])

    def makes_statistics(self) -> None:
        """The core makes the statistics of three days, as its schedule does."""
        rollup = Rollup(self.core, zone=self.zone, now=self.now, out_of_time=lambda: False)
        rollup.make(rollup.thermostats(), HourRange(hour_of(self.now - timedelta(days=3)), hour_of(self.now)))

    @property
    def core(self) -> Table:
        return Table(cast("DynamoDBClient", self.table), "core")

    def archive(self, *, out_of_time: Callable[[], bool] = lambda: False) -> Archived:
        """A run of the archiver."""
        return Archive(
            Table(cast("DynamoDBClient", _Watched(self)), "core"),
            Folders(self.bucket, "bucket"),
            zone=self.zone,
            now=self.now,
            out_of_time=out_of_time,
            set_aside=lambda *told: self.aside.append(told),
        ).run()

    def files(self) -> dict[str, Any]:
        """What is in each file, as columns, by plant and day."""
        found = {}
        for key in sorted(self.bucket.objects):
            if key.endswith(".parquet"):
                _, plant, month, name = key.split("/")
                assert name.startswith(month.removeprefix("month="))
                plant_and_day = f"{plant.removeprefix('plant=')} {name.removesuffix('.parquet')}"
                found[plant_and_day] = parquet.read_table(pyarrow.BufferReader(self.bucket.objects[key]))
        return found

    def archived(self) -> dict[str, list[str]]:
        """The keys of all readings in the files, by plant and day."""
        return {name: list(_keys(table.to_pylist())) for name, table in self.files().items()}


class _Watched:
    """The table as a run of the archiver sees it."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def query(self, **request: Any) -> dict[str, Any]:
        self._recorder.table_read_by_a_run(request["ExpressionAttributeValues"][":partition"]["S"])
        return self._recorder.table.query(**request)


def _keys(rows: Iterable[dict[str, Any]]) -> Iterable[str]:
    for row in rows:
        yield f"{row['module_id']} {(row['time'] - BEGIN) / timedelta(hours=1):g}"
