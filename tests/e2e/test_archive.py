"""The add-on `archive` beside the deployed core: its files have what the table has of the days that are over."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pyarrow
import pytest
from pyarrow import parquet

from smarther.domain.summaries.statistics import hours_of_day, local_day
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.listings import Listings
from smarther.store.table import Table
from smarther_cli.deploy import add_on
from smarther_cli.deployment import Deployment, add_on_stack, place_of
from tests.support.add_ons import taken
from tests.support.envelopes import envelope, status
from tests.support.waiting import wait_for

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from tests.e2e.conftest import Home

ROME = ZoneInfo("Europe/Rome")


class Archived:
    """The deployed add-on, and what its bucket has."""

    def __init__(self, home: Home, core: Deployment, outputs: dict[str, str]) -> None:
        self.home = home
        self.outputs = outputs
        self.stack = add_on_stack(home.state.stack.name, "archive")
        self.table = Table(home.state.cloud.client("dynamodb"), home.outputs["TableName"])
        self._core = core
        self._bucket = home.state.cloud.client("s3")
        directory = Listings(self.table).directory()
        self.module_id, self.plant_id = next((each.module_id, each.plant_id) for each in directory.modules.values())
        self.listed = set(directory.modules)
        self.day = local_day(datetime.now(UTC), ROME) - timedelta(days=3)

    def makes(self) -> dict[str, Any]:
        """A run of the archiver; what it did."""
        done: dict[str, Any] = json.loads(self._core.invoke_add_on("archive", "ArchiverFunctionName", {}))
        return done

    def arrives(self, minutes: int, celsius: str) -> str:
        """A reading of the listed thermostat arrives days late, and its day's statistics have followed; its time."""
        versions = self._version()
        at = (hours_of_day(self.day, ROME)[0] + timedelta(hours=9, minutes=minutes)).isoformat()
        measured = {"measures": [{"timeStamp": at, "value": celsius, "unit": "C"}]}
        sender = {"plant": {"id": self.plant_id, "module": {"id": self.module_id}}}
        said = status(self.module_id, time=at, thermometer=measured, sender=sender)
        assert self.home.notify([envelope(said)]).is_success
        wait_for(lambda: self._version() != versions, "the statistics do not follow")
        return at

    def rows(self) -> list[dict[str, Any]]:
        """All readings in all files."""
        name = self.outputs["BucketName"]
        listed = self._bucket.list_objects_v2(Bucket=name, Prefix="readings/")["Contents"]
        keys = [each["Key"] for each in listed if each["Key"].endswith(".parquet")]
        files = [self._bucket.get_object(Bucket=name, Key=key)["Body"].read() for key in keys]
        return [row for file in files for row in parquet.read_table(pyarrow.BufferReader(file)).to_pylist()]

    def celsius(self) -> list[float]:
        """The temperatures of the listed thermostat on the day that is three days ago, in order."""
        mine = [row for row in self.rows() if row["module_id"] == self.module_id and row["day"] == self.day]
        return [row["temperature_c"] for row in mine]

    def stored(self) -> list[dict[str, Any]]:
        """The readings that the table has of days that are over, of the listed thermostats."""
        found = [item for module_id in self.listed for item in self.home.readings(module_id)]
        today, _ = hours_of_day(local_day(datetime.now(UTC), ROME), ROME)
        return [each for each in found if datetime.fromisoformat(each["time"]) < today]

    def is_scheduled(self) -> None:
        """A run of the archiver as the schedule asks for it: nobody waits for it."""
        function = self.outputs["ArchiverFunctionName"]
        self.home.state.cloud.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=b"{}")

    def aside(self) -> str:
        """The dead letters that have come; they are taken."""
        return "\n".join(taken(self.home.state.cloud.client("sqs"), self.outputs["DeadLetterQueueUrl"]))

    def refused(self) -> AbstractContextManager[None]:
        """While inside, the archiver may write nothing."""
        return self.home.forbidden("ArchiverRole", "s3:PutObject", stack=self.stack)

    def _version(self) -> Any:
        versions = HoursAndDays(self.table).day_versions(self.module_id, first=self.day, last=self.day)
        return versions.get(self.day)


@pytest.fixture(scope="module")
def archived(home: Home) -> Archived:
    """The add-on; it stays until the end of the run, whose last tests look at its role."""
    core = Deployment(place_of(sandbox=True))
    return Archived(home, core, add_on.deploy(core, "archive", report=lambda _: None))


def test_a_reading_that_comes_days_late_is_in_the_file_of_its_day(archived: Archived) -> None:
    archived.arrives(1, "19.5")

    assert archived.makes()["plants_failed"] == 0

    assert archived.celsius() == [19.5]


def test_counts_and_sums_are_the_tables(archived: Archived) -> None:
    archived.makes()
    rows, items = archived.rows(), archived.stored()

    assert {(row["module_id"], row["digest"]) for row in rows} == {
        (item["module_id"], item["sk"].rpartition("#")[2]) for item in items
    }
    assert len(rows) == len(items) > 0
    for name in ("temperature_c", "humidity_percent", "setpoint_c"):
        values = [[each[name] for each in found if each.get(name) is not None] for found in (rows, items)]
        assert math.fsum(values[0]) == pytest.approx(float(sum(values[1])))


def test_a_bucket_that_refuses_is_told_of_and_gets_the_file_anew_later(archived: Archived) -> None:
    with archived.refused():
        archived.arrives(0, "20.5")
        archived.is_scheduled()
        wait_for(lambda: "could not be made" in archived.aside(), "it is not told of")
    assert archived.celsius() == [19.5]

    archived.makes()

    assert archived.celsius() == [20.5, 19.5]
