"""The archiver as Lambda starts it, with what its template gives it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import boto3
import pytest

from addons.archive.tests.homes import BEGIN, item
from labs.translated import as_written
from smarther.domain.summaries.statistics import Statistics
from smarther.store import keys
from smarther.store.hours_and_days import statistics_item
from smarther.store.items import encoded
from smarther.store.table import TableUnavailableError
from tests.support import deployed
from tests.support.add_ons import beside_the_core, started, taken

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ARCHIVER = as_written(deployed.PROJECT / "addons" / "archive" / "template.yaml")["Resources"]["ArchiverFunction"][
    "Properties"
]
FILE = "readings/plant=villa/month=2026-01/2026-01-14.parquet"
IN_TIME = Mock(get_remaining_time_in_millis=Mock(return_value=900_000))
OUT_OF_TIME = Mock(get_remaining_time_in_millis=Mock(return_value=100_000))


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A cold start, beside the core's table with one thermostat, its reading and its day, a bucket, and a queue."""
    with beside_the_core(monkeypatch) as dynamodb:
        listing = {"plant_id": "villa", "module_id": "kitchen", "name": "Cucina", "device": "chronothermostat"}
        day = statistics_item("kitchen", keys.day_key(BEGIN.date()), Statistics(count=1), version=1)
        for each in (
            item("kitchen", 0),
            encoded(day),
            encoded({**keys.listing_key("villa", "kitchen"), **listing}),
        ):
            dynamodb.put_item(TableName=deployed.TABLE, Item=each)
        boto3.client("s3").create_bucket(
            Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": deployed.REGION}
        )
        yield started(monkeypatch, "archive", ARCHIVER, {"TIMEZONE": "Europe/Rome", "BUCKET": "bucket"})


def in_bucket(app: ModuleType) -> list[str]:
    """The keys of all objects."""
    return [each["Key"] for each in app.s3.list_objects_v2(Bucket="bucket").get("Contents", [])]


def test_a_day_that_is_over_becomes_a_file_once(app: ModuleType) -> None:
    assert app.handler({}, IN_TIME)["files"] == 1
    assert in_bucket(app) == ["readings/plant=villa/_made.json", FILE]

    assert app.handler({}, IN_TIME)["files"] == 0


def test_without_time_nothing_is_begun(app: ModuleType) -> None:
    done = app.handler({}, OUT_OF_TIME)

    assert (done["files"], done["left"]) == (0, 8)  # the day, and those of the last week
    assert FILE not in in_bucket(app)


def test_a_file_that_cannot_be_made_fails_the_run_which_names_no_thermostat(
    app: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    app.s3.put_object(Bucket="bucket", Key=FILE, Body=b"no Parquet")

    with pytest.raises(app.NotArchivedError, match="1 plants"):
        app.handler({}, IN_TIME)

    (told,) = [each for each in caplog.records if each.message == "not_archived"]
    assert told.error == "InvalidInputException"  # type: ignore[attr-defined]
    assert "kitchen" not in caplog.text


def test_a_table_that_does_not_answer_fails_the_run(app: ModuleType) -> None:
    app.dynamodb.delete_table(TableName=deployed.TABLE)

    with pytest.raises(TableUnavailableError):
        app.handler({}, IN_TIME)


def test_a_reading_that_can_be_in_no_file_is_a_dead_letter(app: ModuleType) -> None:
    odd = item("kitchen", 1)
    del odd["plant_id"]
    app.dynamodb.put_item(TableName=deployed.TABLE, Item=odd)

    app.handler({}, IN_TIME)

    (letter,) = taken(app.sqs, app.settings.dead_letter_queue_url)
    assert json.loads(letter) == {
        "why": "readings that nobody can read",
        "module_id": "kitchen",
        "day": "2026-01-14",
        "readings": 1,
    }


def test_the_schedule_is_by_the_homes_clock_and_after_the_run_that_makes_the_day() -> None:
    schedule = ARCHIVER["Events"]["Schedule"]["Properties"]
    rollup = deployed.template()["Resources"]["RollupFunction"]["Properties"]["Events"]["Schedule"]["Properties"]
    (minute, hour), of_rollup = (minute_and_hour(each) for each in (schedule, rollup))

    assert schedule["ScheduleExpressionTimezone"] == {"Ref": "Timezone"}
    assert minute > of_rollup[0]
    assert 0 < hour < 6


def minute_and_hour(schedule: dict[str, Any]) -> tuple[int, int]:
    """Of a schedule's expression; every hour is 0."""
    minute, hour = schedule["ScheduleExpression"].removeprefix("cron(").split()[:2]
    return int(minute), 0 if hour == "*" else int(hour)
