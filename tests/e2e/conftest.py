"""One sandbox for all deployed tests: the real template, deployed by the real `sam`, IAM enforced, driven over HTTP.

Tests marked `judges_the_run` look back at all that the others made it do, and so come last.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sandbox.running import lifecycle, owner, paths, stack
from sandbox.running.lived import settle
from smarther.store.items import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.running.state import State


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put those of this folder's tests that are marked `judges_the_run` behind its others; no other test moves."""
    places = [place for place, item in enumerate(items) if Path(__file__).parent in item.path.parents]
    ordered = sorted((items[place] for place in places), key=_judges_the_run)
    for place, item in zip(places, ordered, strict=True):
        items[place] = item


def _judges_the_run(item: pytest.Item) -> bool:
    return item.get_closest_marker("judges_the_run") is not None


class Home:
    """A deployed recorder with its owner's and its provider's hands on it."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.outputs = state.stack.outputs
        self.answers: set[bytes] = set()
        """Everything that the deployed functions and the API have answered to anybody in this run."""

    # --- the provider's side ---

    def notify(self, body: Any, **headers: str) -> httpx.Response:
        """Post a body to the webhook, as the provider would: JSON of anything, or bytes as they are."""
        content = {"content": body} if isinstance(body, bytes) else {"json": body}
        return httpx.post(self.webhook_url(), timeout=30, headers=headers, **content)

    def recorded(self, body: Any, **headers: str) -> dict[str, int]:
        """Post a body, and return how many of its readings were stored, duplicates, or quarantined.

        Where the machine is too slow for the receiver's deadlines, the body goes by way of the queue, and the redriver
        counts.
        """
        began = int(time.time() * 1000)
        answer: dict[str, int] = self.notify(body, **headers).raise_for_status().json()
        if not answer.get("deferred"):
            return answer
        settle(self.state)
        events = self.state.cloud.client("logs").filter_log_events(
            logGroupName=f"/smarther/{self.state.stack.name}/redriver", startTime=began
        )["events"]
        (record,) = [json.loads(each["message"]) for each in events if "notification_redriven" in each["message"]]
        return {
            "stored": record.get("ReadingsStored", [0])[0],
            "duplicates": record.get("ReadingsDuplicate", [0])[0],
            "quarantined": record.get("BodiesQuarantined", [0])[0],
        }

    def webhook_url(self) -> str:
        """The address with the secret that is current now."""
        return lifecycle.webhook_url(self.state.cloud, self.state.stack)

    def webhook_path(self) -> str:
        """Its path below the API's address."""
        return self.webhook_url().removeprefix(self.outputs["WebhookBaseUrl"])

    def control(self, what: str, order: Any = None, *, method: str | None = None) -> Any:
        """Give the stand-in an order, which may hold half an emoji, or ask it."""
        chosen = method or ("GET" if order is None else "POST")
        content = None if order is None else json.dumps(order)
        answer = httpx.request(chosen, f"{self.state.legrand_url}/_control/{what}", content=content, timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    # --- the owner's side ---

    def run_keeper(self, **event: Any) -> dict[str, Any]:
        """Run the keeper now and return its report."""
        report: dict[str, Any] = self._invoke("KeeperFunctionName", event)
        return report

    def widget(self, **event: Any) -> Any:
        """Call the dashboard's widget as CloudWatch does."""
        return self._invoke("WidgetFunctionName", event)

    def roll_up(self, **event: Any) -> dict[str, Any]:
        """Make the statistics now: as scheduled, or of the range that the event asks for; what was done."""
        done: dict[str, Any] = self._invoke("RollupFunctionName", event)
        return done

    def _invoke(self, output: str, event: dict[str, Any]) -> Any:
        answer = stack.invoke(self.state.cloud, self.outputs[output], event)
        self.answers.add(json.dumps(answer, ensure_ascii=False).encode())
        return answer

    # --- what is taken away ---

    @contextmanager
    def forbidden(self, logical_id: str, *actions: str, stack: str | None = None) -> Iterator[None]:
        """While inside, the role of this name in the template, the core's or that of `stack`, may not do this."""
        iam = self.state.cloud.client("iam")
        role = self.physical(logical_id, stack)
        denial = {"Effect": "Deny", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [denial]})
        iam.put_role_policy(RoleName=role, PolicyName="a-fault", PolicyDocument=document)
        try:
            yield
        finally:
            iam.delete_role_policy(RoleName=role, PolicyName="a-fault")

    def physical(self, logical_id: str, stack: str | None = None) -> str:
        """What a resource of the template, the core's or that of `stack`, is called in the cloud."""
        resource = self.state.cloud.client("cloudformation").describe_stack_resource(
            StackName=stack or self.state.stack.name, LogicalResourceId=logical_id
        )
        name: str = resource["StackResourceDetail"]["PhysicalResourceId"]
        return name

    # --- what is stored ---

    def readings(self, module_id: str) -> list[dict[str, Any]]:
        """Every reading of a thermostat, oldest first."""
        return self._query(f"MODULE#{module_id}", "READING#")

    def hours(self, module_id: str) -> list[dict[str, Any]]:
        """The hourly statistics of a thermostat, oldest first."""
        return self._query(f"MODULE#{module_id}", "HOUR#")

    def quarantined(self) -> list[dict[str, Any]]:
        """Every quarantined body."""
        return [body for shard in "0123456789abcdef" for body in self._query(f"QUARANTINE#{shard}", "BODY#")]

    def secret(self, output: str) -> str | None:
        """What a secret of the stack holds now; None when it holds nothing yet."""
        manager = self.state.cloud.client("secretsmanager")
        try:
            held: str = manager.get_secret_value(SecretId=self.outputs[output])["SecretString"]
        except manager.exceptions.ResourceNotFoundException:
            return None
        return held

    def logs(self) -> str:
        """Everything that any function and the API have logged, in one text."""
        client = self.state.cloud.client("logs")
        groups = [group["logGroupName"] for group in client.describe_log_groups()["logGroups"]]
        pages = [
            page for group in groups for page in client.get_paginator("filter_log_events").paginate(logGroupName=group)
        ]
        return "\n".join(event["message"] for page in pages for event in page["events"])

    def items(self) -> list[dict[str, Any]]:
        """Everything in the table."""
        pages = self.state.cloud.client("dynamodb").get_paginator("scan").paginate(TableName=self.outputs["TableName"])
        return [_plain(item) for page in pages for item in page["Items"]]

    def _query(self, partition: str, prefix: str) -> list[dict[str, Any]]:
        pages = (
            self.state.cloud.client("dynamodb")
            .get_paginator("query")
            .paginate(
                TableName=self.outputs["TableName"],
                KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
                ExpressionAttributeValues={":pk": {"S": partition}, ":prefix": {"S": prefix}},
            )
        )
        return [_plain(item) for page in pages for item in page["Items"]]


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in item.items()}


@pytest.fixture(scope="session")
def state() -> Iterator[State]:
    """The sandbox, fresh, ended when the last test is over; everything in it under a key of the owner's own.

    Without that key, as it is by default, the demo is the test.
    """
    assert paths.PROJECT / os.environ["SANDBOX_FOLDER"] == paths.SANDBOX, "another test's sandbox is still in place"
    state = lifecycle.up(report=lambda _: None, parameters={"CustomerManagedKey": "true"})
    yield state
    lifecycle.down()


@pytest.fixture(scope="session")
def bare_home(state: State) -> Iterator[Home]:
    """Just deployed: a webhook secret, and nothing that the owner has to give."""
    home = Home(state)
    send = httpx.Client.send

    def send_and_keep(client: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        answer = send(client, request, **options)
        if str(request.url).startswith(home.outputs["WebhookBaseUrl"]):
            home.answers.add(b"\n".join([*(b"%b: %b" % header for header in answer.headers.raw), answer.content]))
        return answer

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(httpx.Client, "send", send_and_keep)
        yield home


@pytest.fixture(scope="session")
def home(bare_home: Home) -> Home:
    """Credentials in, consent given, plants subscribed."""
    owner.put_credentials(bare_home.state)
    page = owner.give_consent(bare_home.state)
    assert page.status_code == httpx.codes.OK, f"{page.text}\n{bare_home.logs()}"
    return bare_home


@pytest.fixture
def module_id() -> str:
    """A thermostat that no other test uses."""
    return str(uuid.uuid4())
