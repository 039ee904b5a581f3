"""The keeper as the schedule, the callback and the owner call it: a report, one record, its metrics, no secret."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import pytest
import responses
from moto import mock_aws
from pydantic import ValidationError

from tests.support import deployed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    import requests
    from mypy_boto3_dynamodb import DynamoDBClient

    from tests.functions.conftest import Load, Log

API, LOGIN = "https://api.example/smarther/v2.0", "https://login.example"
ENVIRONMENT = {
    "TABLE_NAME": deployed.TABLE,
    "WEBHOOK_BASE_URL": "https://ours.example",
    "LEGRAND_API_URL": API,
    "LEGRAND_LOGIN_URL": LOGIN,
    "PLANT_IDS": "",
    "STALE_AFTER_HOURS": "24",
    "WEBHOOK_ROTATION_DAYS": "0",
    "RETENTION_DAYS": "0",
    "TIMEZONE": "Europe/Rome",
    "LEGRAND_DAILY_CALLS": "500",
}
EVENTS = deployed.PROJECT / "events" / "keeper"


class Stack:
    """The function with a table and three secrets."""

    def __init__(self, app: ModuleType, arns: dict[str, str]) -> None:
        self.app = app
        self.arns = arns

    def run(self, event: Any) -> dict[str, Any]:
        report: dict[str, Any] = self.app.handler(event, None)
        return json.loads(json.dumps(report))  # type: ignore[no-any-return] # it must travel as JSON

    @property
    def dynamodb(self) -> DynamoDBClient:
        client: DynamoDBClient = boto3.client("dynamodb")
        return client

    def held(self, secret: str) -> str | None:
        manager = boto3.client("secretsmanager")
        try:
            held: str = manager.get_secret_value(SecretId=self.arns[secret])["SecretString"]
        except manager.exceptions.ResourceNotFoundException:
            return None
        return held

    def write(self, secret: str, **document: Any) -> None:
        boto3.client("secretsmanager").put_secret_value(SecretId=self.arns[secret], SecretString=json.dumps(document))


@pytest.fixture
def stack(load: Load, log: Log, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with mock_aws():
        deployed.create_table()
        manager = boto3.client("secretsmanager")
        arns = {name: manager.create_secret(Name=name)["ARN"] for name in ("CREDENTIALS", "TOKENS", "WEBHOOK")}
        for name, value in ENVIRONMENT.items():
            monkeypatch.setenv(name, value)
        for name, arn in arns.items():
            monkeypatch.setenv(f"{name}_SECRET_ARN", arn)
        yield Stack(load("keeper"), arns)


@pytest.fixture
def http(stack: Stack) -> Iterator[responses.RequestsMock]:
    """Legrand, after moto, which would take its requests for itself."""
    stack.write("CREDENTIALS", client_id="id", client_secret="hunter2-secret", subscription_key="hunter2-key")
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.post(f"{LOGIN}/token", json={"access_token": "hunter2-access", "refresh_token": "hunter2-refresh"})
        mock.get(f"{API}/subscription", status=204)
        mock.get(f"{API}/plants", json={"plants": [{"id": "p1", "name": "Casa"}]})
        mock.post(f"{API}/plants/p1/subscription", status=201, json={"subscriptionId": "1"})
        plant = {"id": "p1", "name": "Casa", "modules": [{"id": "m1", "name": "Cucina", "device": "chronothermostat"}]}
        mock.get(f"{API}/plants/p1/topology", json={"plant": plant})
        thermostat = "chronothermostat/thermoregulation/addressLocation/plants/p1/modules/parameter/id/value/m1"
        mock.get(f"{API}/{thermostat}", status=404)
        mock.get(f"{API}/{thermostat}/programlist", json={"chronothermostats": []})
        yield mock


def test_before_anything_was_given_the_report_tells_what_to_give(stack: Stack, log: Log) -> None:
    report = stack.run({})

    assert report["outcome"] == "needs_person"
    needed = [
        record for record in log.records if record["message" if "message" in record else "event"] == "person_needed"
    ]
    assert [record["reason"] for record in needed] == ["credentials_missing", "consent_missing"]
    assert all(record["level"] == "WARNING" and record["do"] for record in needed)


def test_a_consent_is_told_with_its_metrics_and_without_its_secrets(
    stack: Stack, http: responses.RequestsMock, log: Log
) -> None:
    report = stack.run({"consent": {"code": "hunter2-code"}})

    assert (report["consent"], report["outcome"]) == ("accepted", "healthy")
    assert report["plants"] == [{"plant_id": "p1", "name": "Casa", "subscription": "created"}]
    (record,) = log.records
    assert (record["event"], record["outcome"], record["tokens_renewed"]) == ("keeper_ran", "healthy", True)
    assert record["SubscriptionsMissing"] == [0.0]
    assert record["LegrandCallsToday"] == [6.0]
    assert "hunter2" not in log.text + json.dumps(report)
    assert "p1" not in log.text


@pytest.mark.parametrize("name", ["schedule", "rotate_webhook", "consent"])
def test_each_example_event_is_understood(stack: Stack, name: str) -> None:
    assert stack.run(json.loads((EVENTS / f"{name}.json").read_text()))["at"]


@pytest.mark.parametrize(
    "event", [None, [], "odd", {"version": "0", "detail-type": "Scheduled Event", "detail": {}, "time": "…"}]
)
def test_whatever_the_schedule_sends_is_an_ordinary_run(stack: Stack, event: Any) -> None:
    assert stack.run(event)["webhook"] == "steady"


@pytest.mark.parametrize("event", [{"consent": {"code": 5}}, {"consent": "hunter2"}, {"rotate_webhook": "hunter2"}])
def test_an_order_that_makes_no_sense_is_refused_without_being_quoted(stack: Stack, event: Any) -> None:
    with pytest.raises(ValidationError) as error:
        stack.run(event)
    assert "hunter2" not in str(error.value)


@pytest.mark.shows("probe tells no address")
def test_a_probe_calls_our_own_address_and_nothing_else_and_leaves_everything_as_it_was(
    stack: Stack, http: responses.RequestsMock, log: Log
) -> None:
    stack.run({})
    secret = json.loads(stack.held("WEBHOOK") or "")["current"]

    def receiver(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        if not (request.url or "").endswith(secret):
            return 404, {}, "{}"
        code = json.loads(request.body or b"")[0]["data"]["validationCode"]
        return 200, {}, json.dumps({"validationCode": code, "validationResponse": code, "new_container": True})

    before = deployed.items(stack.dynamodb, ""), stack.held("WEBHOOK"), stack.held("TOKENS")
    http.add_callback(responses.POST, re.compile("https://ours.example/notifications/.*"), callback=receiver)
    http.calls.reset()
    log.clear()

    found = stack.run(json.loads((EVENTS / "probe.json").read_text()))

    assert {urlsplit(call.request.url or "").hostname for call in http.calls} == {"ours.example"}
    assert [(each["status"], each["proven"]) for each in found["one_by_one"]] == [(200, True)] * 20
    assert [each["new_container"] for each in found["at_once"]] == [True] * 2
    assert (found["stranger"]["status"], found["stranger"]["proven"]) == (404, False)
    assert (deployed.items(stack.dynamodb, ""), stack.held("WEBHOOK"), stack.held("TOKENS")) == before
    (record,) = log.records
    assert (record["message"], record["calls"], record["proven"], record["new_containers"]) == (
        "webhook_probed",
        22,
        22,
        22,
    )
    assert secret not in log.text + json.dumps(found)
    assert "ours.example" not in log.text + json.dumps(found)


def test_a_probe_before_the_first_run_has_no_address_to_call(stack: Stack, log: Log) -> None:
    assert stack.run({"probe": {"calls": 20, "at_once": 4}})["has_secret"] is False
    assert deployed.items(stack.dynamodb, "") == []


@pytest.mark.shows("probe tells no address")
@pytest.mark.parametrize(
    "order", [{"calls": 51, "at_once": 0}, {"calls": 1, "at_once": 6}, {"calls": -1, "at_once": 0}, {"calls": 1}, "all"]
)
def test_a_probe_is_bounded(stack: Stack, order: Any) -> None:
    """More at once would take a new account's ten executions from a notification that comes meanwhile."""
    with pytest.raises(ValidationError):
        stack.run({"probe": order})


def test_a_trouble_is_one_record(stack: Stack, http: responses.RequestsMock, log: Log) -> None:
    http.replace(responses.POST, f"{API}/plants/p1/subscription", status=404)

    report = stack.run({"consent": {"code": "hunter2-code"}})

    assert report["plants"][0]["subscription"] == "missing"
    troubles = [record["trouble"] for record in log.records if record.get("message") == "keeper_trouble"]
    assert troubles == ["subscribe: not_found (404)"]
    assert log.records[-1]["SubscriptionsMissing"] == [1.0]


def test_a_busy_run_says_so_and_measures_nothing(stack: Stack, log: Log) -> None:
    boto3.client("dynamodb").put_item(
        TableName=deployed.TABLE,
        Item={"pk": {"S": "LEASE"}, "sk": {"S": "KEEPER"}, "owner": {"S": "x"}, "expires_at": {"N": "99999999999"}},
    )

    assert stack.run({})["outcome"] == "busy"
    (record,) = log.records
    assert record["message"] == "keeper_busy"


@pytest.mark.parametrize("missing", ["TABLE_NAME", "TOKENS_SECRET_ARN", "STALE_AFTER_HOURS"])
def test_a_missing_variable_is_named_at_the_start(
    stack: Stack, load: Load, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.delenv(missing)

    with pytest.raises(ValidationError, match=missing) as error:
        load("keeper")
    assert "testing" not in str(error.value)  # nothing of the rest of the environment, which holds credentials
    assert "input_value" not in str(error.value)
