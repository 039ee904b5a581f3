"""The partition keys that a request to DynamoDB names, for IAM's condition `dynamodb:LeadingKeys`.

MiniStack's IAM does not know that condition, and would allow every key if a policy says `ForAllValues`. Works in the
local cloud's own process.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from ministack.core import iam_actions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONDITION: Final = "dynamodb:LeadingKeys"
_PARTITION: Final = "pk"
"""The name of the table's partition key, in the template."""


def install() -> None:
    """Give the local cloud's IAM the partition keys of each request."""
    context = iam_actions.dynamodb_service_context

    def with_keys(body: bytes) -> dict[str, Any]:
        found: dict[str, Any] = context(body)
        keys = leading_keys(body)
        return {**found, CONDITION: keys} if keys else found

    iam_actions.dynamodb_service_context = with_keys


def leading_keys(body: bytes) -> list[str]:
    """The partition keys that a request names, each once; empty for a scan, which names none."""
    try:
        request = json.loads(body or b"{}")
        return sorted({each[_PARTITION]["S"] for each in _keyed(request)})
    except (ValueError, LookupError, TypeError, AttributeError):
        return []  # not a request to our table


def _keyed(request: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """All parts that hold a partition key: items, keys, and the value in a query's condition."""
    for name in ("Item", "Key"):
        if name in request:
            yield request[name]
    condition, _, _ = request.get("KeyConditionExpression", "").partition(" AND ")
    name, _, placeholder = condition.partition(" = ")
    if name == _PARTITION:
        yield {_PARTITION: request["ExpressionAttributeValues"][placeholder]}
    for asked in request.get("RequestItems", {}).values():
        for each in asked if isinstance(asked, list) else asked["Keys"]:
            yield (
                each["PutRequest"]["Item"] if "PutRequest" in each else each.get("DeleteRequest", {"Key": each})["Key"]
            )
