"""A foothold in one function: what its role's own policy lets somebody do to the table who has its credentials."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.conftest import Home

    type Client = Any
    type Foothold = Callable[[str], Client]

READING = {"pk": {"S": "MODULE#foothold"}, "sk": {"S": "READING#2026-01-01T00:00:00.000000Z#0"}}
DIGESTS = {"pk": {"S": "WEBHOOK"}, "sk": {"S": "DIGESTS"}}
STATE = {"pk": {"S": "CONSENT"}, "sk": {"S": "foothold"}}


@pytest.fixture
def foothold(bare_home: Home) -> Iterator[Foothold]:
    """A client of the table for somebody who may do what a role may, and nothing else."""
    cloud = bare_home.state.cloud
    iam = cloud.client("iam")

    def of(role: str) -> Client:
        name = f"foothold-in-{role}"
        iam.create_user(UserName=name)
        physical = bare_home.physical(role)
        for policy in iam.list_role_policies(RoleName=physical)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=physical, PolicyName=policy)["PolicyDocument"]
            iam.put_user_policy(UserName=name, PolicyName=policy, PolicyDocument=json.dumps(document))
        made = iam.create_access_key(UserName=name)["AccessKey"]
        somebody = replace(cloud, access_key_id=made["AccessKeyId"], secret_access_key=made["SecretAccessKey"])
        return somebody.client("dynamodb")

    yield of
    table = bare_home.outputs["TableName"]
    for key in (READING, STATE):
        cloud.client("dynamodb").delete_item(TableName=table, Key=key)


def refused(call: Callable[..., Any], **parameters: Any) -> bool:
    """Whether IAM does not let this be done."""
    try:
        call(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"] == "AccessDeniedException"
    return False


@pytest.mark.shows("each role has its partitions")
def test_who_is_in_the_callback_reaches_consents_and_no_reading_or_digest(bare_home: Home, foothold: Foothold) -> None:
    table, client = bare_home.outputs["TableName"], foothold("CallbackRole")
    changed = {"UpdateExpression": "SET used_at = :x", "ExpressionAttributeValues": {":x": {"S": "now"}}}

    assert not refused(client.update_item, TableName=table, Key=STATE, **changed)
    assert refused(client.update_item, TableName=table, Key=READING, **changed)
    assert refused(client.update_item, TableName=table, Key=DIGESTS, **changed)


@pytest.mark.shows("each role has its partitions")
def test_who_is_in_the_receiver_makes_nobody_genuine(bare_home: Home, foothold: Foothold) -> None:
    table, client = bare_home.outputs["TableName"], foothold("ReceiverRole")

    assert not refused(client.get_item, TableName=table, Key=DIGESTS)
    assert not refused(client.put_item, TableName=table, Item=READING)
    assert refused(client.put_item, TableName=table, Item=DIGESTS | {"current": {"S": "0" * 64}})
    assert refused(client.get_item, TableName=table, Key={"pk": {"S": "KEEPER"}, "sk": {"S": "REPORT"}})
    assert refused(client.scan, TableName=table)


@pytest.mark.shows("each role has its partitions")
def test_an_attacker_in_rollup_or_widget_writes_no_digest_and_reads_no_quarantine(
    bare_home: Home, foothold: Foothold
) -> None:
    table, rollup, widget = bare_home.outputs["TableName"], foothold("RollupRole"), foothold("WidgetRole")

    def asked_for(partition: str) -> dict[str, Any]:
        return {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": partition}}}

    for client in (rollup, widget):
        assert not refused(client.query, TableName=table, **asked_for("DIRECTORY"))
        assert refused(client.query, TableName=table, **asked_for("QUARANTINE#0"))
    assert not refused(rollup.put_item, TableName=table, Item=READING)
    assert refused(rollup.put_item, TableName=table, Item=DIGESTS)
