"""One odd thing in a notification, into the table and out of it: stored once, and held by every reader."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smarther.domain.readings.notification import parse
from smarther.receiver.record import Recorder
from smarther.store.past.history import History
from smarther.store.past.rows import Rows, TimeRange
from smarther.store.readings import stored
from smarther.store.table import Table
from smarther_cli.formats.lines import COLUMNS, Format, lines
from tests.support import deployed
from tests.support.mutated import ENVELOPE, STATUS, changed
from tests.support.odd_places import EVERYWHERE
from tests.support.oddities import ODD, Odd, odd_texts

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ARRIVAL = datetime(2026, 1, 14, 6, 30, 6, tzinfo=UTC)


def held_by_every_reader(dynamodb: DynamoDBClient, *module_ids: str) -> list[dict[str, Any]]:
    """All readings as rows of an export, once everybody who reads the table has read these thermostats."""
    for module_id in module_ids:
        assert History(Table(dynamodb, deployed.TABLE)).newest(module_id, limit=40)
    rows = [row for page in Rows(Table(dynamodb, deployed.TABLE)).pages(TimeRange()) for row in page.rows]
    assert lines(rows, Format.JSONL).count(b"\n") == len(rows)
    assert lines(rows, Format.PARQUET)
    table = list(csv.reader(io.StringIO(lines(rows, Format.CSV).decode())))
    assert [len(cells) for cells in table] == [len(COLUMNS)] * len(rows)
    return rows


def empty(dynamodb: DynamoDBClient) -> None:
    for item in deployed.items(dynamodb, ""):
        dynamodb.delete_item(TableName=deployed.TABLE, Key={name: item[name] for name in ("pk", "sk")})


@pytest.mark.shows("unreadable field")
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from([steps for steps in EVERYWHERE if steps[-1] != "firmware"]), odd_texts)
def test_a_notification_with_one_odd_thing_is_stored_once_and_held_by_every_reader(
    dynamodb: DynamoDBClient, steps: tuple[str | int, ...], text: str
) -> None:
    empty(dynamodb)
    body = Odd(steps, text, beside=False).put([ENVELOPE])
    read = parse(body)
    table = Table(dynamodb, deployed.TABLE)

    first, second = (Recorder.of(table).record(read, body, received_at=ARRIVAL) for _ in range(2))

    assert (first.failed, first.stored, first.quarantined) == (0, len(read.readings), len(read.rejects))
    assert (second.failed, second.stored, second.duplicates) == (0, 0, len(read.readings))
    for reading in read.readings:
        said = dict(stored(reading, received_at=ARRIVAL, source="push", retention_days=None))
        del said["pk"]
        said["digest"] = str(said.pop("sk")).rpartition("#")[2]
        assert said in held_by_every_reader(dynamodb, reading.module_id)


NUMBERS = ("setPoint.value", "thermometer.measures.0.value", "hygrometer.measures.0.value", "programs.0.number")


def test_whatever_stands_for_a_number_is_held_by_every_reader(dynamodb: DynamoDBClient) -> None:
    table = Table(dynamodb, deployed.TABLE)
    bodies = [
        Odd(tuple(int(step) if step.isdigit() else step for step in path.split(".")), text, beside=False).put(
            changed(STATUS, "sender.plant.module.id", f"{path} {number}")
        )
        for path in NUMBERS
        for number, text in enumerate(ODD)
    ]

    stored_once = [Recorder.of(table).record(parse(body), body, received_at=ARRIVAL).stored for body in bodies]

    assert stored_once == [1] * len(bodies)
    modules = [reading.module_id for body in bodies for reading in parse(body).readings]
    assert len(held_by_every_reader(dynamodb, *modules)) == len(bodies)
