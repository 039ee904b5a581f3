"""One sandbox for all deployed tests: the real template, deployed by the real `sam`, IAM enforced, driven over HTTP."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from boto3.dynamodb.types import TypeDeserializer

from sandbox import lifecycle, owner, stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.state import State

_DECODE = TypeDeserializer().deserialize


class Home:
    """A deployed recorder with its owner's and its provider's hands on it."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.outputs = state.stack.outputs

    # --- the provider's side ---

    def notify(self, body: Any, **headers: str) -> httpx.Response:
        """Post a body to the webhook, as the provider would: JSON of anything, or bytes as they are."""
        content = {"content": body} if isinstance(body, bytes) else {"json": body}
        return httpx.post(self.webhook_url(), timeout=30, headers=headers, **content)

    def webhook_url(self) -> str:
        """The address with the secret that is current now."""
        return lifecycle.webhook_url(self.state.cloud, self.state.stack)

    def control(self, what: str, order: Any = None, *, method: str | None = None) -> Any:
        """Give the stand-in an order, or ask it."""
        chosen = method or ("GET" if order is None else "POST")
        answer = httpx.request(chosen, f"{self.state.legrand_url}/_control/{what}", json=order, timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    # --- the owner's side ---

    def run_keeper(self, **event: Any) -> dict[str, Any]:
        """Run the keeper now and return its report."""
        report: dict[str, Any] = stack.invoke(self.state.cloud, self.outputs["KeeperFunctionName"], event)
        return report

    def widget(self, **event: Any) -> Any:
        """Call the dashboard's widget as CloudWatch does."""
        return stack.invoke(self.state.cloud, self.outputs["WidgetFunctionName"], event)

    # --- what is stored ---

    def readings(self, module_id: str) -> list[dict[str, Any]]:
        """Every reading of a thermostat, oldest first."""
        return self._query(f"MODULE#{module_id}", "READING#")

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
        return [{name: _DECODE(value) for name, value in item.items()} for page in pages for item in page["Items"]]


def pytest_itemcollected(item: pytest.Item) -> None:
    """They share one sandbox, so `make test`, which uses all processors, leaves them to one of its workers."""
    item.add_marker(pytest.mark.xdist_group(item.path.parent.name))


@pytest.fixture(scope="session")
def state() -> Iterator[State]:
    """The sandbox, fresh, ended when the last test is over; everything in it under a key of the owner's own.

    Without that key, as it is by default, the demo is the test.
    """
    state = lifecycle.up(report=lambda _: None, parameters={"CustomerManagedKey": "true"})
    yield state
    lifecycle.down()


@pytest.fixture(scope="session")
def bare_home(state: State) -> Home:
    """Just deployed: a webhook secret, and nothing that the owner has to give."""
    return Home(state)


@pytest.fixture(scope="session")
def home(bare_home: Home) -> Home:
    """Credentials in, consent given, plants subscribed."""
    owner.put_credentials(bare_home.state)
    page = owner.give_consent(bare_home.state)
    assert page.status_code == httpx.codes.OK, page.text
    return bare_home


@pytest.fixture
def module_id() -> str:
    """A thermostat that no other test uses."""
    return str(uuid.uuid4())
