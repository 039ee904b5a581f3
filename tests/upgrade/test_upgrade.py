"""From the latest release to this one, deployed: no notification is lost, and nothing that lasts is replaced.

Nor is one lost when the hosts of Legrand's API and login move by parameter.

Then the stack is deleted, and what its owner had is still there and can be put under a new one.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from labs import release
from sandbox.running import lifecycle, owner, paths, stack
from sandbox.running.lived import settle
from tests.e2e.conftest import Home
from tests.support.envelopes import envelope, status
from tests.support.other_address import other_address
from tests.support.sandboxes import sandbox_of_its_own
from tests.upgrade.lasting import FORGOTTEN, LASTING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BEGIN = datetime(2026, 1, 14, 6, tzinfo=UTC)
THERMOSTAT = "before-the-upgrade"
UNREADABLE = b"nobody can read this"
KEPT_TABLE = paths.PROJECT / "docs" / "owner" / "kept-table.yaml"
BETWEEN_SECONDS = 0.1
"""Many a second, and time for the deploy itself."""


@dataclass
class Flow:
    """Pushes, one after the other, until told to stop, each of a thermostat of its own."""

    url: str
    named: str = "meanwhile"
    sent: list[str] = field(default_factory=list)
    refused: list[tuple[str, int]] = field(default_factory=list)

    def until(self, stop: Event) -> None:
        with httpx.Client(timeout=60) as client:
            while not stop.is_set():
                module_id = f"{self.named}-{len(self.sent)}"
                answer = client.post(self.url, json=[reading(module_id, len(self.sent))])
                self.sent.append(module_id)
                if answer.status_code != httpx.codes.OK:
                    self.refused.append((module_id, answer.status_code))
                stop.wait(BETWEEN_SECONDS)


@dataclass
class Before:
    """What the old release left: its items, its secrets, its resources that last, by the names that AWS gave them."""

    items: list[dict[str, Any]]
    secrets: Mapping[str, str | None]
    lasting: Mapping[str, str]
    bodies: list[Any]


@dataclass
class Upgraded:
    """A home that was recorded by the latest release and is by this one, and what was pushed meanwhile."""

    home: Home
    before: Before
    flow: Flow
    report: dict[str, Any]


@contextmanager
def pushing(flow: Flow) -> Iterator[None]:
    """While inside, notifications come."""
    stop = Event()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(flow.until, stop)
        try:
            yield
        finally:
            stop.set()
        running.result()


def reading(module_id: str, minutes: float) -> dict[str, Any]:
    return envelope(status(module_id, time=(BEGIN + timedelta(minutes=minutes)).isoformat()))


def items(home: Home, *partitions: str) -> list[dict[str, Any]]:
    """Everything in the table under partition keys that begin so."""
    pages = home.state.cloud.client("dynamodb").get_paginator("scan").paginate(TableName=home.outputs["TableName"])
    found = [item for page in pages for item in page["Items"] if item["pk"]["S"].startswith(partitions)]
    return sorted(found, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))


def history(home: Home) -> list[dict[str, Any]]:
    """What the owner would miss: readings, and what could not be read."""
    return items(home, "MODULE#", "QUARANTINE#")


def lasting(home: Home) -> dict[str, str]:
    """The physical ids of what an upgrade may not replace."""
    formation = home.state.cloud.client("cloudformation")
    found = formation.describe_stack_resources(StackName=home.state.stack.name)["StackResources"]
    return {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in found
        if each["ResourceType"] in LASTING and each["LogicalResourceId"] not in FORGOTTEN
    }


@pytest.fixture(scope="module")
def _a_sandbox_of_its_own() -> Iterator[None]:
    """Beside the one of the other deployed tests, which may be running."""
    with sandbox_of_its_own("upgrade"):
        yield


@pytest.fixture(scope="module")
def upgraded(_a_sandbox_of_its_own: None) -> Iterator[Upgraded]:
    """The latest release, deployed and used; then this one over it, while notifications come."""
    released = release.unpacked(paths.SANDBOX)
    state = lifecycle.up(report=lambda _: None, project=released)
    try:
        home = Home(state)
        owner.put_credentials(state)
        assert owner.give_consent(state).status_code == httpx.codes.OK
        bodies: list[Any] = [[reading(THERMOSTAT, minute)] for minute in range(20)]
        for body in [*bodies, UNREADABLE]:
            assert home.notify(body).status_code == httpx.codes.OK
        secrets = ("CredentialsSecretArn", "WebhookSecretArn", "TokensSecretArn")
        before = Before(history(home), {name: home.secret(name) for name in secrets}, lasting(home), bodies)

        flow = Flow(home.webhook_url())
        with pushing(flow):
            stack.deploy(state.cloud, state.legrand_url, report=lambda _: None)
            report = home.run_keeper()
        settle(state)
        yield Upgraded(home, before, flow, report)
    finally:
        lifecycle.down()


@pytest.mark.shows("upgrade loses nothing")
def test_what_is_pushed_meanwhile_is_answered_and_stored_once(upgraded: Upgraded) -> None:
    assert_all_stored_once(upgraded.home, upgraded.flow)


def assert_all_stored_once(home: Home, flow: Flow) -> None:
    assert len(flow.sent) > 20
    assert flow.refused == []
    stored = [item["module_id"]["S"] for item in items(home, f"MODULE#{flow.named}-") if "received_at" in item]
    assert sorted(stored) == sorted(flow.sent)


def test_nothing_that_lasts_is_replaced(upgraded: Upgraded) -> None:
    now = lasting(upgraded.home)
    assert {name: now.get(name) for name in upgraded.before.lasting} == upgraded.before.lasting


def test_everything_that_was_stored_is_there_as_it_was(upgraded: Upgraded) -> None:
    now = history(upgraded.home)
    assert len(upgraded.before.items) == len(upgraded.before.bodies) + 1
    assert [item for item in upgraded.before.items if item not in now] == []


def test_what_comes_again_is_known_still(upgraded: Upgraded) -> None:
    answers = [upgraded.home.notify(body).json() for body in upgraded.before.bodies]
    assert {(answer["stored"], answer["duplicates"]) for answer in answers} == {(0, 1)}


def test_secrets_consent_and_subscriptions_outlast_it(upgraded: Upgraded) -> None:
    home, before = upgraded.home, upgraded.before.secrets
    assert home.secret("CredentialsSecretArn") == before["CredentialsSecretArn"]
    assert home.secret("WebhookSecretArn") == before["WebhookSecretArn"]
    assert (
        json.loads(home.secret("TokensSecretArn") or "{}").keys() >= json.loads(before["TokensSecretArn"] or "").keys()
    )
    assert upgraded.report["outcome"] == "healthy"
    ours = [each for each in home.control("summary")["subscriptions"] if each["ours"]]
    assert len(ours) == len(home.control("plants")["plants"])


def test_what_is_live_is_what_was_deployed(upgraded: Upgraded) -> None:
    functions, name = upgraded.home.state.cloud.client("lambda"), upgraded.home.outputs["ReceiverFunctionName"]
    live, latest = (
        functions.get_function_configuration(FunctionName=name, Qualifier=qualifier)
        for qualifier in ("live", "$LATEST")
    )
    for what in ("CodeSha256", "Layers", "Environment", "MemorySize"):
        assert live[what] == latest[what], what


def test_what_has_another_name_is_there_once(upgraded: Upgraded) -> None:
    cloud, name = upgraded.home.state.cloud, upgraded.home.state.stack.name
    groups = [each["logGroupName"] for each in cloud.client("logs").describe_log_groups()["logGroups"]]
    dashboards = cloud.client("cloudwatch").list_dashboards()["DashboardEntries"]
    assert [group for group in groups if group.endswith("/api")] == [f"/aws/vendedlogs/smarther/{name}/api"]
    assert [each["DashboardName"] for each in dashboards] == [f"{name}-{cloud.region}"]
    (described,) = cloud.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in described["Outputs"]}
    assert outputs["DashboardUrl"].endswith(f"/{name}-{cloud.region}")


def test_the_version_that_was_live_before_can_be_called_still(upgraded: Upgraded) -> None:
    functions, name = upgraded.home.state.cloud.client("lambda"), upgraded.home.outputs["ReceiverFunctionName"]
    kept = {each["Version"] for each in functions.list_versions_by_function(FunctionName=name)["Versions"]}
    live = functions.get_alias(FunctionName=name, Name="live")["FunctionVersion"]
    assert kept - {"$LATEST", live}


@pytest.mark.shows("hosts move")
def test_hosts_that_move_by_parameter_cost_nothing_that_is_pushed_meanwhile(upgraded: Upgraded) -> None:
    home = upgraded.home
    subscribed = home.control("summary")["subscriptions"]
    home.control("revoke", {"access": True})  # so that the login is needed as well
    flow = Flow(home.webhook_url(), named="moving")

    with other_address(home.state.legrand_url) as (url, asked):
        with pushing(flow):
            stack.deploy(home.state.cloud, url, report=lambda _: None)
            report = home.run_keeper()
        next_report = home.run_keeper()

    settle(home.state)
    assert {"provider_moved", "tokens_renewed"} <= set(report["actions"])
    assert (report["outcome"], next_report["outcome"]) == ("healthy", "healthy")
    assert "provider_moved" not in next_report["actions"]
    assert asked.count("GET /smarther/v2.0/subscription") == 3  # refused once, for the tokens that were revoked
    assert [each for each in asked if each.startswith("POST ") and each.endswith("/token")] == [asked[1]]
    assert home.control("summary")["subscriptions"] == subscribed
    assert home.webhook_url() == flow.url
    assert_all_stored_once(home, flow)


def test_after_the_stack_is_deleted_what_its_owner_had_is_there(upgraded: Upgraded) -> None:
    home = upgraded.home
    cloud, before = home.state.cloud, history(home)
    formation = cloud.client("cloudformation")
    formation.delete_stack(StackName=home.state.stack.name)
    formation.get_waiter("stack_delete_complete").wait(
        StackName=home.state.stack.name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )

    assert history(home) == before
    for output in ("SpillQueueUrl", "SpillDeadLetterQueueUrl"):
        assert cloud.client("sqs").get_queue_attributes(QueueUrl=home.outputs[output], AttributeNames=["QueueArn"])
    assert {home.secret(name) for name in upgraded.before.secrets} == {None}


def test_the_table_that_was_left_can_be_put_under_a_new_stack(upgraded: Upgraded) -> None:
    """As docs/owner/the-whole-way.md says: import it under its logical id, then deploy."""
    home = upgraded.home
    formation, before = home.state.cloud.client("cloudformation"), history(home)
    name, table = home.state.stack.name, home.outputs["TableName"]
    identifier = {"LogicalResourceId": "Table", "ResourceIdentifier": {"TableName": table}}
    formation.create_change_set(
        StackName=name,
        ChangeSetName="import",
        ChangeSetType="IMPORT",
        TemplateBody=KEPT_TABLE.read_text(),
        ResourcesToImport=[{"ResourceType": "AWS::DynamoDB::Table", **identifier}],
    )
    formation.get_waiter("change_set_create_complete").wait(
        StackName=name, ChangeSetName="import", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    formation.execute_change_set(StackName=name, ChangeSetName="import")
    formation.get_waiter("stack_import_complete").wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    deployed = stack.deploy(home.state.cloud, home.state.legrand_url, report=lambda _: None)

    again = Home(replace(home.state, stack=deployed))
    again.run_keeper()

    assert again.outputs["TableName"] == table
    assert history(again) == before
    assert again.notify(upgraded.before.bodies[0]).json()["duplicates"] == 1
