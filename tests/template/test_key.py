"""The customer managed key: everything stored is encrypted with it, and only those who need it may use it."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import pytest

from labs.translated import settled, translated
from tests.template.conftest import of_type
from tests.template.named_metrics import rendered

if TYPE_CHECKING:
    from tests.template.conftest import Resources

KEEPS = {
    "AWS::DynamoDB::Table": ("SSESpecification", "KMSMasterKeyId"),
    "AWS::Logs::LogGroup": ("KmsKeyId",),
    "AWS::SecretsManager::Secret": ("KmsKeyId",),
    "AWS::SNS::Topic": ("KmsMasterKeyId",),
    "AWS::SQS::Queue": ("KmsMasterKeyId",),
}
"""The resources that keep something of the home, and the property that names the key they keep it under."""

KEEPS_NOTHING = {
    "AWS::ApiGatewayV2::",
    "AWS::CloudWatch::",
    "AWS::CodeDeploy::",
    "AWS::IAM::",
    "AWS::KMS::",
    "AWS::Lambda::",  # code, which is public, and names; test_safety.py looks into the environments
    "AWS::Scheduler::",  # an empty event
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
}

USED_THROUGH = {"dynamodb", "secretsmanager", "sns", "sqs"}
"""The services that use the key in their caller's name (the pages on encryption at rest of each); logs and alarms
come in their own."""


def deployed(template: dict[str, Any], *, own_key: bool) -> Resources:
    found: Resources = settled(translated(template, CustomerManagedKey=json.dumps(own_key), GradualDeploys="true"))[
        "Resources"
    ]
    return found


@pytest.fixture(scope="module")
def with_key(template: dict[str, Any]) -> Resources:
    """What is deployed with the key."""
    return deployed(template, own_key=True)


@pytest.fixture(scope="module")
def policy(with_key: Resources) -> dict[str, dict[str, Any]]:
    """The statements of the key's policy by their names."""
    (key,) = of_type(with_key, "AWS::KMS::Key").values()
    return {each["Sid"]: each for each in rendered(key["Properties"]["KeyPolicy"]["Statement"], {})}


@pytest.mark.shows("all is encrypted")
def test_by_default_there_is_no_key_and_aws_encrypts_with_its_own(template: dict[str, Any]) -> None:
    assert template["Parameters"]["CustomerManagedKey"]["Default"] == "false"
    resources = deployed(template, own_key=False)

    assert not of_type(resources, "AWS::KMS::Key")
    assert resources["Table"]["Properties"]["SSESpecification"] == {"SSEEnabled": False}
    assert {
        queue["Properties"]["SqsManagedSseEnabled"] for queue in of_type(resources, "AWS::SQS::Queue").values()
    } == {True}
    assert "KmsKeyId" not in json.dumps(resources)
    assert "KmsMasterKeyId" not in json.dumps(resources)


@pytest.mark.shows("all is encrypted")
def test_with_it_everything_that_keeps_anything_is_under_it(with_key: Resources) -> None:
    for kind, path in KEEPS.items():
        assert of_type(with_key, kind), kind
        for name, resource in of_type(with_key, kind).items():
            value: Any = resource["Properties"]
            for step in path:
                value = value.get(step, {})
            assert value == {"Fn::GetAtt": ["Key", "Arn"]}, name
    assert with_key["Table"]["Properties"]["SSESpecification"]["SSEEnabled"] is True
    assert not [
        name
        for name, queue in of_type(with_key, "AWS::SQS::Queue").items()
        if queue["Properties"]["SqsManagedSseEnabled"]  # SQS takes one of both
    ]


def test_of_every_kind_of_resource_somebody_has_said_whether_it_keeps_anything(with_key: Resources) -> None:
    kinds = {each["Type"] for each in with_key.values()}

    assert not [kind for kind in kinds if kind not in KEEPS and not kind.startswith(tuple(KEEPS_NOTHING))]


def test_the_key_is_rotated_outlives_the_stack_and_cannot_be_deleted_in_haste(with_key: Resources) -> None:
    key = with_key["Key"]

    assert (key["DeletionPolicy"], key["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    assert key["Properties"]["EnableKeyRotation"] is True
    assert key["Properties"]["PendingWindowInDays"] == 30


@pytest.mark.shows("own key is closed")
def test_nobody_but_the_accounts_administrators_is_let_in_without_a_condition(
    policy: dict[str, dict[str, Any]],
) -> None:
    unconditional = [each for each in policy.values() if not each.get("Condition")]

    assert [each["Principal"] for each in unconditional] == [
        {"AWS": "arn:<AWS::Partition>:iam::<AWS::AccountId>:root"}  # in a key's policy this means: who IAM lets
    ]


@pytest.mark.shows("own key is closed")
def test_whoever_is_anybody_comes_from_this_account_and_through_a_service(policy: dict[str, dict[str, Any]]) -> None:
    anybody = [each for each in policy.values() if each["Principal"] == {"AWS": "*"}]

    assert len(anybody) == 2
    for statement in anybody:
        equals = statement["Condition"]["StringEquals"]
        assert equals["kms:CallerAccount"] == "<AWS::AccountId>"
        through = equals["kms:ViaService"] if isinstance(equals["kms:ViaService"], list) else [equals["kms:ViaService"]]
        assert {name.removesuffix(".<AWS::Region>.<AWS::URLSuffix>") for name in through} <= USED_THROUGH


def test_every_service_that_uses_the_key_in_its_callers_name_may(policy: dict[str, dict[str, Any]]) -> None:
    statement = policy["AccountMayUseThroughServices"]

    through = statement["Condition"]["StringEquals"]["kms:ViaService"]
    assert set(through) == {f"{service}.<AWS::Region>.<AWS::URLSuffix>" for service in USED_THROUGH}
    assert {"kms:Decrypt", "kms:GenerateDataKey*"} <= set(statement["Action"])


def test_the_table_may_take_its_grant_and_nobody_else_any(policy: dict[str, dict[str, Any]]) -> None:
    granting = [each for each in policy.values() if "kms:CreateGrant" in each["Action"]]

    assert granting == [policy["TableMayKeepUsing"]]
    condition = granting[0]["Condition"]
    assert condition["StringEquals"]["kms:ViaService"] == "dynamodb.<AWS::Region>.<AWS::URLSuffix>"
    assert condition["Bool"] == {"kms:GrantIsForAWSResource": "true"}


@pytest.mark.shows("own key is closed")
def test_the_logs_service_may_use_it_for_each_of_our_groups_and_no_other(
    policy: dict[str, dict[str, Any]], with_key: Resources
) -> None:
    statement = policy["LogsMayUseForOurGroups"]
    assert statement["Principal"] == {"Service": "logs.<AWS::Region>.<AWS::URLSuffix>"}
    patterns = statement["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    groups = [
        rendered(each["Properties"]["LogGroupName"], {}) for each in of_type(with_key, "AWS::Logs::LogGroup").values()
    ]

    prefix = "arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:"
    assert all(pattern.endswith("/smarther/<AWS::StackName>/*") for pattern in patterns)
    assert not [name for name in groups if not any(fnmatchcase(prefix + name, pattern) for pattern in patterns)]
    assert not [pattern for pattern in patterns if not any(fnmatchcase(prefix + name, pattern) for name in groups)]


@pytest.mark.shows("own key is closed")
def test_our_alarms_may_publish_to_the_topic_under_it(policy: dict[str, dict[str, Any]], with_key: Resources) -> None:
    statement = policy["OurAlarmsMayPublish"]
    (topic,) = of_type(with_key, "AWS::SNS::TopicPolicy").values()
    (publish,) = rendered(topic["Properties"]["PolicyDocument"]["Statement"], {})

    assert statement["Principal"] == publish["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert statement["Condition"] == publish["Condition"]
    assert set(statement["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey*"}
