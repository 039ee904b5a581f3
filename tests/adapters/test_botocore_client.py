"""A client that reads fast gives what any client gives, and works for it once a page and not once a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import botocore.parsers
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from smarther.aws.botocore_client import reading_fast
from tests.support import deployed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

ITEM: dict[str, Any] = {
    "pk": {"S": "MODULE#m"},
    "text": {"S": "è\n"},
    "number": {"N": "20.25"},
    "flag": {"BOOL": False},
    "nothing": {"NULL": True},
    "list": {"L": [{"S": "a"}, {"M": {"b": {"N": "1"}}}]},
    "set": {"SS": ["x"]},
}


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[DynamoDBClient, DynamoDBClient]]:
    """One as it comes, and one that reads fast; of the same table."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        usual = deployed.create_table()
        yield usual, reading_fast(boto3.client("dynamodb", region_name=deployed.REGION))


def query(client: DynamoDBClient, **more: Any) -> dict[str, Any]:
    answer: Any = client.query(
        **{
            "TableName": deployed.TABLE,
            "KeyConditionExpression": "pk = :partition",
            "ExpressionAttributeValues": {":partition": {"S": "MODULE#m"}},
            **more,
        }
    )
    return {name: part for name, part in answer.items() if name != "ResponseMetadata"}


def fill(client: DynamoDBClient, count: int) -> None:
    for number in range(count):
        client.put_item(TableName=deployed.TABLE, Item=ITEM | {"sk": {"S": f"{number:03}"}})


@pytest.mark.parametrize("more", [{}, {"Limit": 2}, {"Select": "COUNT"}, {"ScanIndexForward": False}])
def test_it_answers_as_any_client(clients: tuple[DynamoDBClient, DynamoDBClient], more: dict[str, Any]) -> None:
    usual, fast = clients
    fill(usual, 5)

    assert query(fast, **more) == query(usual, **more)


def test_it_scans_as_any_client(clients: tuple[DynamoDBClient, DynamoDBClient]) -> None:
    fill(clients[0], 5)

    scanned = [client.scan(TableName=deployed.TABLE, Limit=3) for client in clients]

    assert [page["Items"] for page in scanned] == [query(clients[0], Limit=3)["Items"]] * 2
    assert scanned[0]["LastEvaluatedKey"] == scanned[1]["LastEvaluatedKey"]


def test_it_does_not_look_into_items(
    clients: tuple[DynamoDBClient, DynamoDBClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, fast = clients
    fill(usual, 30)
    looked: list[object] = []
    whole = botocore.parsers.ResponseParser._parse_shape  # type: ignore[attr-defined]

    def parse(*arguments: object) -> Any:
        looked.append(arguments)
        return whole(*arguments)

    monkeypatch.setattr(botocore.parsers.ResponseParser, "_parse_shape", parse)

    def looks(client: DynamoDBClient) -> int:
        looked.clear()
        assert len(query(client)["Items"]) == 30
        return len(looked)

    assert looks(usual) > 30 * len(ITEM)
    assert looks(fast) < 10


def test_it_fails_as_any_client(clients: tuple[DynamoDBClient, DynamoDBClient]) -> None:
    for client in clients:
        with pytest.raises(ClientError) as refused:
            query(client, TableName="another")
        assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_what_is_no_json_is_left_to_botocore(clients: tuple[DynamoDBClient, DynamoDBClient]) -> None:
    def elsewhere(response_dict: dict[str, Any], **_: object) -> None:
        response_dict["body"] = b"<html>"

    for client in clients:
        client.meta.events.register_first("before-parse.dynamodb.Query", elsewhere)

    assert query(clients[1]) == query(clients[0])
