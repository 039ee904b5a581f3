"""The deployed stack is under the owner's own key, and all the other tests of this folder pass so.

The emulator names a resource's key but encrypts nothing, and forgets a new table's and a topic's. That these have it
too, and that the key's policy lets in whom it has to, is tested on the template (tests/template/test_key.py).
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.e2e.conftest import Home


@pytest.fixture
def physical(bare_home: Home) -> Mapping[str, str]:
    """The stack's resources as AWS calls them, by their logical ids."""
    client = bare_home.state.cloud.client("cloudformation")
    found = client.describe_stack_resources(StackName=bare_home.state.stack.name)["StackResources"]
    return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}


def log_groups(home: Home, physical: Mapping[str, str]) -> list[dict[str, Any]]:
    """The stack's log groups as CloudWatch describes them."""
    logs = home.state.cloud.client("logs")
    names = [physical[name] for name in physical if name.endswith("LogGroup")]
    found = [logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"] for name in names]
    return [
        group for groups, name in zip(found, names, strict=True) for group in groups if group["logGroupName"] == name
    ]


@pytest.mark.shows("all is encrypted")
def test_secrets_queues_and_logs_are_under_the_stacks_own_key(bare_home: Home, physical: Mapping[str, str]) -> None:
    client = bare_home.state.cloud.client
    key = client("kms").describe_key(KeyId=physical["Key"])["KeyMetadata"]
    keys: dict[str, str | None] = {}
    for name in physical:
        if name.endswith("Secret"):
            keys[name] = client("secretsmanager").describe_secret(SecretId=physical[name]).get("KmsKeyId")
        elif name.endswith("Queue"):
            asked = client("sqs").get_queue_attributes(QueueUrl=physical[name], AttributeNames=["All"])
            keys[name] = asked["Attributes"].get("KmsMasterKeyId")
    for group in log_groups(bare_home, physical):
        keys[group["logGroupName"]] = group.get("kmsKeyId")

    assert key["Enabled"]
    assert client("kms").get_key_rotation_status(KeyId=physical["Key"])["KeyRotationEnabled"]
    assert len(keys) == len([name for name in physical if name.endswith(("Secret", "Queue", "LogGroup"))])
    assert {name: arn for name, arn in keys.items() if arn != key["Arn"]} == {}


def test_the_logs_service_is_let_in_for_the_groups_there_are(bare_home: Home, physical: Mapping[str, str]) -> None:
    client = bare_home.state.cloud.client
    policy = json.loads(client("kms").get_key_policy(KeyId=physical["Key"], PolicyName="default")["Policy"])
    (logs,) = [each for each in policy["Statement"] if each["Sid"] == "LogsMayUseForOurGroups"]
    patterns = logs["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]

    groups = log_groups(bare_home, physical)

    assert groups
    assert all(pattern.endswith("/*") for pattern in patterns)
    places = tuple(pattern.removesuffix("*") for pattern in patterns)
    assert not [group["arn"] for group in groups if not group["arn"].startswith(places)]


@pytest.mark.shows("own key is closed")
def test_the_key_refuses_callers_without_a_service_and_without_permission(
    bare_home: Home, physical: Mapping[str, str]
) -> None:
    cloud, name = bare_home.state.cloud, "somebody-of-the-account"
    iam = cloud.client("iam")
    iam.create_user(UserName=name)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    somebody = replace(cloud, access_key_id=made["AccessKeyId"], secret_access_key=made["SecretAccessKey"])
    kms = somebody.client("kms")

    with pytest.raises(ClientError, match="AccessDenied"):
        kms.generate_data_key(KeyId=physical["Key"], KeySpec="AES_256")

    statement = {"Effect": "Allow", "Action": "kms:GenerateDataKey", "Resource": "*"}
    allowed = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=name, PolicyName="administrator", PolicyDocument=allowed)
    assert kms.generate_data_key(KeyId=physical["Key"], KeySpec="AES_256")["Plaintext"]
