"""Bare: the smallest handler that does the task, without checks, logs or guarantees."""

import json
import os
from decimal import Decimal
from typing import Any

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Store the status as sent."""
    status = json.loads(event["body"], parse_float=Decimal)[0]["data"]["chronothermostats"][0]
    module_id = status["sender"]["plant"]["module"]["id"]
    table.put_item(Item={"pk": f"MODULE#{module_id}", "sk": f"READING#{status['time']}", **status})
    return {"statusCode": 200, "body": "{}"}
