"""moto made quick answers as moto does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support import deployed
from tests.support.quick_moto import slow_down, speed_up

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ITEM: dict[str, Any] = {
    "pk": {"S": "A"},
    "sk": {"S": "1"},
    "empty": {"S": ""},
    "text": {"S": 'è "\U0001f600"'},
    "number": {"N": "-1.50"},
    "yes": {"BOOL": True},
    "no": {"BOOL": False},
    "nothing": {"NULL": True},
    "bytes": {"B": b"\x00\xff"},
    "list": {"L": [{"S": "x"}, {"N": "1"}, {"L": []}, {"M": {"S": {"S": "named as a type"}}}]},
    "map": {"M": {"N": {"N": "2"}, "inner": {"M": {}}}},
    "texts": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2"]},
}


def answers(client: DynamoDBClient) -> list[Any]:
    """All that moto answers with items in it, and its refusal."""
    name, key = deployed.TABLE, {"pk": ITEM["pk"], "sk": ITEM["sk"]}
    values: dict[str, Any] = {":pk": ITEM["pk"]}
    with pytest.raises(client.exceptions.ConditionalCheckFailedException) as refusal:
        client.put_item(
            TableName=name,
            Item=key,
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    found: list[Any] = [
        client.get_item(TableName=name, Key=key)["Item"],
        client.query(TableName=name, KeyConditionExpression="pk = :pk", ExpressionAttributeValues=values, Limit=1),
        client.scan(TableName=name, Limit=1),
        client.update_item(
            TableName=name,
            Key=key,
            UpdateExpression="SET pv = :pk",
            ExpressionAttributeValues=values,
            ReturnValues="ALL_NEW",
        ),
        client.batch_get_item(RequestItems={name: {"Keys": [key]}})["Responses"],
        client.put_item(TableName=name, Item=ITEM, ReturnValues="ALL_OLD")["Attributes"],
    ]
    for each in found:
        each.pop("ResponseMetadata", None)
    return [*found, refusal.value.response.get("Item")]


def test_whatever_an_item_holds_it_is_answered_as_by_moto_itself(
    dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        dynamodb.put_item(TableName=deployed.TABLE, Item={**ITEM, "sk": {"S": str(number)}})
    speed_up(monkeypatch)
    quickly = answers(dynamodb)
    slow_down(monkeypatch)
    assert answers(dynamodb) == quickly
    assert quickly[0] == ITEM
