"""The publisher as Lambda starts it, with what its template gives it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import boto3
import pytest
from botocore.exceptions import ClientError

from addons.events.tests.stream import item, records, report
from labs.translated import as_written
from smarther.store import keys
from smarther.store.table import TableUnavailableError
from tests.support import deployed
from tests.support.add_ons import beside_the_core, started, taken

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

RESOURCES = as_written(deployed.PROJECT / "addons" / "events" / "template.yaml")["Resources"]
PUBLISHER = RESOURCES["PublisherFunction"]
CONTEXT = Mock(**{"get_remaining_time_in_millis.return_value": 60_000})


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A cold start, beside the core's table, the add-on's own, a bus and a queue."""
    with beside_the_core(monkeypatch) as dynamodb:
        dynamodb.create_table(TableName="told", **RESOURCES["ToldTable"]["Properties"])
        boto3.client("events").create_event_bus(Name="bus")
        given = {"TOLD_TABLE_NAME": "told", "BUS_NAME": "bus"}
        yield started(monkeypatch, "events", PUBLISHER["Properties"], given)


def test_a_batch_is_told_and_what_can_never_be_is_set_aside(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    put = Mock(wraps=app.events.put_events)
    monkeypatch.setattr(app.events, "put_events", put)
    odd = item("kitchen", 1)
    del odd["received_at"]
    said = report(silent=[{"plant_id": "plant", "module_id": "bath", "since": "2026-01-13T06:00:00Z"}])

    answer = app.handler({"Records": records([item("kitchen", 0), odd, item("kitchen", 2), said])}, CONTEXT)

    assert answer == {"batchItemFailures": []}
    told = [entry["DetailType"] for request in put.call_args_list for entry in request.kwargs["Entries"]]
    assert sorted(told) == ["ReadingRecorded", "ReadingRecorded", "ThermostatSilent"]
    (letter,) = map(json.loads, taken(app.sqs, app.settings.dead_letter_queue_url))
    assert (letter["pk"], letter["sk"]) == (odd["pk"]["S"], odd["sk"]["S"])
    assert "bath" in json.dumps(app.dynamodb.scan(TableName="told")["Items"])


def test_a_run_fails_while_the_table_does_not_answer_and_lambda_gives_all_again(app: ModuleType) -> None:
    app.dynamodb.delete_table(TableName=deployed.TABLE)

    with pytest.raises(TableUnavailableError):
        app.handler({"Records": records([item("kitchen", 0)])}, CONTEXT)


def test_what_the_bus_does_not_take_is_given_again(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = ClientError({"Error": {"Code": "AccessDeniedException"}}, "PutEvents")
    monkeypatch.setattr(app.events, "put_events", Mock(side_effect=refusal))

    answer = app.handler({"Records": records([item("kitchen", 0)])}, CONTEXT)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}


def test_stored_readings_are_told_again_when_it_is_asked_to(app: ModuleType) -> None:
    app.dynamodb.put_item(TableName=deployed.TABLE, Item=item("kitchen", 0))
    asked = {"module_id": "kitchen", "since": "2026-01-14T05:00:00Z", "until": "2026-01-14T07:00:00Z"}

    assert app.handler({"republish": asked}, CONTEXT) == {"published": 1, "left_out": 0, "behind": None}


# ---- What the stream is asked for ----


def passes(record: dict[str, Any]) -> bool:
    """Whether a record is let through by one of the filters, as far as Lambda's rules are used there.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax
    """
    filters = PUBLISHER["Properties"]["Events"]["Stored"]["Properties"]["FilterCriteria"]["Filters"]
    return any(_fits(json.loads(each["Pattern"]), record) for each in filters)


def _fits(pattern: Any, value: Any) -> bool:
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            name in value and _fits(each, value[name]) for name, each in pattern.items()
        )
    return any(value.startswith(each["prefix"]) if isinstance(each, dict) else value == each for each in pattern)


def written(key: dict[str, str], *, event: str) -> dict[str, Any]:
    """A record of a write under a key."""
    return {"eventName": event, "dynamodb": {"Keys": {name: {"S": value} for name, value in key.items()}}}


@pytest.mark.parametrize(
    ("key", "event", "wanted"),
    [
        ({"pk": keys.module_partition("kitchen"), "sk": keys.reading_range(None, None)[0]}, "INSERT", True),
        ({"pk": keys.module_partition("kitchen"), "sk": keys.reading_range(None, None)[0]}, "REMOVE", False),
        (dict(keys.REPORT), "INSERT", True),
        (dict(keys.REPORT), "MODIFY", True),
        ({**keys.REPORT, "sk": "LEASE"}, "MODIFY", False),
        ({"pk": keys.module_partition("kitchen"), "sk": "HOUR#2026-01-14T06Z"}, "INSERT", False),
    ],
    ids=str,
)
def test_the_filters_let_through_new_readings_and_the_keepers_reports(
    key: dict[str, str], event: str, *, wanted: bool
) -> None:
    assert passes(written(key, event=event)) == wanted


def test_a_stored_reading_passes() -> None:
    (record,) = records([item("kitchen", 0)])
    assert passes(record)
