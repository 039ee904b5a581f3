"""What happens to a batch of a DynamoDB stream after a function had it, by AWS's rules.

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
    """How many records, from the first, the function has handled. Lambda delivers the others again.

    `answer` is the emulator's result of the invocation: `error` if the function failed, and the `body` it returned. A
    function that `reports` names the records that failed; the first of them decides. A name that is not in the batch
    means that all of it failed.
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
    """Whether a failed batch is dropped: its first record is older than the mapping allows (-1: never)."""
    most = int(mapping.get("MaximumRecordAgeInSeconds") or -1)
    return 0 <= most < now - float(batch[0]["dynamodb"]["ApproximateCreationDateTime"])
