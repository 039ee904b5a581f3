"""AWS's own clients, as patient as they are told to be: the caller decides what a failure is worth.

Every function makes its clients here, because botocore's own timeouts are longer than most functions run: it connects
for 60 seconds and reads for 60, five times over, and the function is ended before it hears of any failure.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.config import Config

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from botocore.session import Session
    from mypy_boto3_dynamodb import DynamoDBClient

    from smarther.aws.timeouts import Timeouts


def create_client(session: Session, service: str, timeouts: Timeouts) -> Any:
    """A low-level client; region, credentials and endpoint come from the environment, as everywhere."""
    unchecked = Config(parameter_validation=False)  # they are ours; checking them costs as much as building them
    return session.create_client(service, config=config_of(timeouts).merge(unchecked))


def config_of(timeouts: Timeouts) -> Config:
    """The same patience, for clients that are made elsewhere."""
    return Config(
        connect_timeout=timeouts.connect_seconds,
        read_timeout=timeouts.read_seconds,
        retries={"total_max_attempts": timeouts.attempts, "mode": "standard"},
    )


def reading_fast(client: DynamoDBClient) -> DynamoDBClient:
    """The same client, which gives the items of queries and scans as they were sent: for each name, type and text.

    That is what it gives anyway, unless a value is binary, which nothing here is. But botocore looks in each value for
    each of the ten types, and that takes most of the time of a page that reads thousands.
    """
    for operation in ("Query", "Scan"):
        client.meta.events.register(f"before-parse.dynamodb.{operation}", _take_items)
    return client


def _take_items(
    response_dict: MutableMapping[str, Any], customized_response_dict: MutableMapping[str, Any], **_: object
) -> None:
    """Botocore's hook before it parses an answer: what is taken out here is given beside what it makes of the rest."""
    try:
        answer = json.loads(response_dict["body"])
    except ValueError:
        return  # not from DynamoDB; botocore says so
    if isinstance(answer, dict) and "Items" in answer:
        customized_response_dict["Items"] = answer.pop("Items")
        response_dict["body"] = json.dumps(answer).encode()
