"""The table in memory answers as DynamoDB does, so that what is found on it is true of the table that is deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from hypothesis import HealthCheck, Phase, find, settings

from smarther.aws.botocore_client import reading_fast
from tests.support import deployed
from tests.support.memory_table import MemoryTable
from tests.support.odd_home import odd_homes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

MODULE = "MODULE#module-1"
BETWEEN = {":partition": {"S": MODULE}, ":first": {"S": "A"}, ":last": {"S": "Z"}}


def pages(ask: Callable[..., Any], request: dict[str, Any]) -> list[Any]:
    found = [ask(**request)]
    while "LastEvaluatedKey" in found[-1]:
        found.append(ask(**request, ExclusiveStartKey=found[-1]["LastEvaluatedKey"]))
    return [page["Items"] for page in found]


def versions(table: Any) -> Iterator[tuple[bool, str]]:
    """Whether writes are taken, each under a condition on what was written before."""
    for number, seen, condition in (
        (1, None, "attribute_not_exists(version)"),
        (2, None, "attribute_not_exists(version)"),
        (2, "2", "version = :seen"),
        (2, "1", "version = :seen"),
    ):
        item = {"pk": {"S": "P"}, "sk": {"S": "S"}, "version": {"N": str(number)}}
        values = {} if seen is None else {"ExpressionAttributeValues": {":seen": {"N": seen}}}
        try:
            table.put_item(TableName=deployed.TABLE, Item=item, ConditionExpression=condition, **values)
        except ClientError as error:
            yield False, error.response["Error"]["Code"]
        else:
            yield True, ""


def test_it_answers_as_dynamodb_does(dynamodb: DynamoDBClient) -> None:
    quick = settings(database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    home = find(odd_homes(), lambda home: sum(MODULE in str(item) for item in home.items) > 6, settings=quick)
    memory = MemoryTable.of(home.items)
    reading_fast(dynamodb)
    for item in home.items:
        dynamodb.put_item(TableName=deployed.TABLE, Item=item)
    query = {
        "TableName": deployed.TABLE,
        "KeyConditionExpression": "pk = :partition AND sk BETWEEN :first AND :last",
        "ExpressionAttributeValues": BETWEEN,
    }
    for more in (
        {},
        {"ScanIndexForward": False, "Limit": 2},
        {"ProjectionExpression": "#a, #b", "ExpressionAttributeNames": {"#a": "time", "#b": "sk"}},
        {"FilterExpression": "attribute_not_exists(#time)", "ExpressionAttributeNames": {"#time": "time"}, "Limit": 3},
    ):
        expected = pages(dynamodb.query, query | more)
        assert expected != [[]]
        assert [page for page in pages(memory.query, query | more) if page] == [page for page in expected if page]
    assert list(versions(memory)) == list(versions(dynamodb))
    scan = {
        "TableName": deployed.TABLE,
        "FilterExpression": "begins_with(pk, :partition) AND sk BETWEEN :first AND :last",
        "ExpressionAttributeValues": BETWEEN | {":partition": {"S": "MODULE#"}},
    }
    found = [item for page in pages(memory.scan, scan) for item in page]
    expected = [item for page in pages(dynamodb.scan, scan) for item in page]
    assert sorted(found, key=str) == sorted(expected, key=str)
    assert len(found) > 6
