"""What becomes of a batch of a DynamoDB stream that a function was given, by AWS's rules.

https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html and
https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html. Records are a stream's, in its order.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    type Record = Mapping[str, Any]


def taken(batch: Sequence[Record], answer: Mapping[str, Any], *, reports: bool) -> int:
    """How many records, from the first, the function has taken. Lambda delivers those behind them again.

    `answer` is the emulator's account of the invocation: `error` where the function failed, and the `body` it returned.
    A function that `reports` names what it has not taken: the first of these decides. A report of what is no record
    of the batch is a failure of all of it.
    """
    if answer.get("error"):
        return 0
    if not reports:
        return len(batch)
    body = answer.get("body")
    if isinstance(body, str):
        body = json.loads(body)
    failures = (body or {}).get("batchItemFailures") or []
    places = {each["dynamodb"]["SequenceNumber"]: place for place, each in enumerate(batch)}
    return min((places.get(each["itemIdentifier"], 0) for each in failures), default=len(batch))


def is_too_old(batch: Sequence[Record], mapping: Mapping[str, Any], *, now: float) -> bool:
    """Whether a batch that failed is given up: its first record is older than the mapping allows (-1: never)."""
    most = int(mapping.get("MaximumRecordAgeInSeconds") or -1)
    return 0 <= most < now - float(batch[0]["dynamodb"]["ApproximateCreationDateTime"])
