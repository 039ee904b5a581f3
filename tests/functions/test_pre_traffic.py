"""The check before traffic reaches a new version, with the receiver itself in the version's place, on moto's table."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from smarther.domain.account import webhook
from smarther.receiver import rehearse
from tests.support import deployed
from tests.support import faulty_service as faults
from tests.support.aws_over_http import aws_over_http

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.functions.conftest import Load, Log
    from tests.support.aws_over_http import Aws

ARN = "arn:aws:lambda:eu-south-1:123456789012:function:home-receiver:7"
ASKED: dict[str, str] = json.loads((deployed.PROJECT / "events" / "pre_traffic" / "before_traffic.json").read_text())


class Lambda:
    """In the place of the Lambda service: runs the function it is given, as the runtime does, or fails."""

    def __init__(self, run: Callable[[dict[str, Any]], Any]) -> None:
        self.run = run
        self.failure: Exception | None = None
        self.payload: bytes | None = None

    def invoke(self, *, FunctionName: str, Payload: str) -> dict[str, Any]:  # noqa: N803 - the service's own names
        assert FunctionName == ARN
        if self.failure is not None:
            raise self.failure
        if self.payload is not None:
            return {"Payload": io.BytesIO(self.payload)}
        try:
            return {"Payload": io.BytesIO(json.dumps(self.run(json.loads(Payload))).encode())}
        except Exception as error:
            told = {"errorType": type(error).__name__, "errorMessage": "a body, perhaps"}
            return {"Payload": io.BytesIO(json.dumps(told).encode()), "FunctionError": "Unhandled"}


class Deployment:
    """The hook, and the deployment that asks it."""

    def __init__(self, load: Load, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
        self.aws = aws
        self.dynamodb = deployed.create_table()
        digests = {"pk": "WEBHOOK", "sk": "DIGESTS", "current": webhook.secret_digest("the keeper's")}
        self.dynamodb.put_item(TableName=deployed.TABLE, Item={name: {"S": value} for name, value in digests.items()})
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", aws.url)
        self.receiver = load("receiver")
        self.app = load("pre_traffic")
        self.service = Lambda(lambda event: self.receiver.handler(event, None))
        monkeypatch.setattr(self.app, "functions", self.service)

    def check(self) -> str | None:
        """Run the hook as CodeDeploy does; the fault it found. CodeDeploy is told of it, once and in its own form."""
        told: list[dict[str, str]] = []

        def note(params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
            told.append(json.loads(params["body"]))
            return SimpleNamespace(status_code=200), {}

        self.app.deployments.meta.events.register("before-call.codedeploy.PutLifecycleEventHookExecutionStatus", note)
        fault: str | None = self.app.handler(ASKED, None)["fault"]
        assert told == [
            {
                "deploymentId": ASKED["DeploymentId"],
                "lifecycleEventHookExecutionId": ASKED["LifecycleEventHookExecutionId"],
                "status": "Failed" if fault else "Succeeded",
            }
        ]
        return fault


@pytest.fixture
def deployment(load: Load, log: Log, unhurried: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    monkeypatch.setattr(rehearse, "PAUSE_SECONDS", 0)
    with mock_aws(), aws_over_http() as aws:
        environment = {"TABLE_NAME": deployed.TABLE, "RETENTION_DAYS": "0", "RECEIVER_VERSION_ARN": ARN}
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield Deployment(load, aws, monkeypatch)


def test_the_recorded_notification_is_the_observed_one_to_an_address_that_is_nobodys() -> None:
    shipped, observed = (
        json.loads((deployed.PROJECT / folder).read_text())
        for folder in ("functions/pre_traffic/notification.json", "events/receiver/observed.json")
    )
    assert shipped == observed
    assert not webhook.has_secret_form(shipped["pathParameters"]["secret"])


def test_a_good_version_may_go_live_and_nothing_is_left_of_the_check(deployment: Deployment, log: Log) -> None:
    before = deployed.items(deployment.dynamodb, "")
    deployment.aws.calls.clear()
    assert deployment.check() is None
    assert deployment.aws.calls == ["GetItem", "PutItem"]
    assert deployed.items(deployment.dynamodb, "") == before
    assert [record["message"] for record in log.records] == ["notification_refused", "version_good"]


@pytest.mark.shows("new version cannot store", "receiver is rehearsed")
@pytest.mark.parametrize("operation", ["GetItem", "PutItem"])
@pytest.mark.parametrize("answer", [faults.DENIED, faults.NO_TABLE], ids=["denied", "no table"])
def test_a_version_that_cannot_use_the_table_may_not(deployment: Deployment, operation: str, answer: Any) -> None:
    deployment.aws.fault = lambda asked: answer if asked == operation else None
    assert deployment.check() is not None


def test_a_version_that_cannot_be_loaded_may_not(deployment: Deployment, log: Log) -> None:
    def broken(_: Any) -> Any:
        raise ImportError("a body, perhaps")

    deployment.service.run = broken
    assert deployment.check() == "touched: it failed with ImportError"
    assert "a body" not in log.text


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "Invoke"), "ResourceNotFoundException"),
        (ReadTimeoutError(endpoint_url="x"), "ReadTimeoutError"),
    ],
)
def test_a_version_that_cannot_be_called_may_not(deployment: Deployment, failure: Exception, told: str) -> None:
    deployment.service.failure = failure
    assert deployment.check() == f"touched: {told}"


def test_a_version_that_answers_nonsense_may_not(deployment: Deployment) -> None:
    deployment.service.payload = b"<html>"
    assert deployment.check() == "touched: JSONDecodeError"


def test_a_version_that_knows_no_rehearsal_may_not(deployment: Deployment) -> None:
    run = deployment.service.run
    deployment.service.run = lambda event: run(event.get("rehearsal", event))
    assert (deployment.check() or "").startswith("rehearsed: answered {'statusCode': 404")


def test_a_check_that_fails_itself_is_told_as_failed(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise KeyError("a fault of ours")

    monkeypatch.setattr(rehearse, "fault", broken)
    assert deployment.check() == "not checked: KeyError"
