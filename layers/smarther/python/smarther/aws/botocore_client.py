"""botocore's clients with timeouts that the caller chooses.

Every function makes its clients here. botocore's own timeouts are longer than most functions run (60 seconds to
connect, 60 to read, five attempts), so that a function would be ended before it learns of a failure.
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
    """Make a client return the items of queries and scans without parsing them, which is faster; returns the client.

    The items are the same as without it (by name, the type and the text of a value), except for binary values, which
    the table has none of. botocore looks in each value for each of the ten types, which takes most of the time of a
    page that reads thousands of items.
    """
    for operation in ("Query", "Scan"):
        client.meta.events.register(f"before-parse.dynamodb.{operation}", _take_items)
    return client


def _take_items(
    response_dict: MutableMapping[str, Any], customized_response_dict: MutableMapping[str, Any], **_: object
) -> None:
    """Take the items out of an answer before botocore parses it; it adds them, as they are, to the parsed answer."""
    try:
        answer = json.loads(response_dict["body"])
    except ValueError:
        return  # not from DynamoDB; botocore says so
    if isinstance(answer, dict) and "Items" in answer:
        customized_response_dict["Items"] = answer.pop("Items")
        response_dict["body"] = json.dumps(answer).encode()
