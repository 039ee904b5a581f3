"""The template's table, created in moto, so that tests use the schema that is deployed."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from samtranslator.yaml_helper import yaml_parse

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PROJECT = Path(__file__).parents[2]
TABLE = "readings"
REGION = "eu-south-1"


def create_table() -> DynamoDBClient:
    """Create the template's `Table`; needs moto's `mock_aws` around it."""
    client: DynamoDBClient = boto3.client("dynamodb", region_name=REGION)
    client.create_table(TableName=TABLE, **_schema())
    return client


@cache
def template() -> dict[str, Any]:
    """The template as written."""
    parsed: dict[str, Any] = yaml_parse((PROJECT / "template.yaml").read_text())
    return parsed


def _schema() -> dict[str, Any]:
    table = template()["Resources"]["Table"]["Properties"]
    return {name: table[name] for name in ("KeySchema", "AttributeDefinitions", "BillingMode")}


def items(client: DynamoDBClient, partition: str) -> list[dict[str, Any]]:
    """All items whose partition key begins with this text, in DynamoDB's JSON, by sort key."""
    found = [item for page in client.get_paginator("scan").paginate(TableName=TABLE) for item in page["Items"]]
    ours = [dict(item) for item in found if item["pk"]["S"].startswith(partition)]
    return sorted(ours, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))
