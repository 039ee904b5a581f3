"""The local cloud's reading of DynamoDB streams for functions, by AWS's rules.

MiniStack's own takes a batch for done whatever the function reports, does not ask whether the function's role may read
the stream, and reads for all functions in one thread. Here what a function reports is delivered again, in order, until
it is taken or too old (`stream_batches`); the role is asked; and each mapping has a thread of its own, so that a slow
function holds up no queue. Works in the local cloud's own process.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ministack import app
from ministack.core import iam_evaluator
from ministack.core.responses import _request_account_id, _request_region
from ministack.services import dynamodb, lambda_svc

from sandbox.emulator import stream_batches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.emulator.stream_batches import Record

_READING: Final = ("dynamodb:DescribeStream", "dynamodb:GetShardIterator", "dynamodb:GetRecords")
"""What Lambda does with the role of the function: https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html"""

_PAUSE_SECONDS: Final = 0.5
"""Between two deliveries of what was not taken, and before the role is asked again."""


@dataclass
class _Delivery:
    """How far one mapping is: the records that it has read and the function has not taken yet."""

    batch: list[Record] = field(default_factory=list)
    behind: int = 0
    """The place in the stream behind the batch."""
    not_before: float = 0
    busy: bool = False


_deliveries: Final[dict[str, _Delivery]] = {}


def install() -> None:
    """Have the local cloud deliver streams so."""
    lambda_svc._poll_dynamodb_streams = poll  # noqa: SLF001 - MiniStack offers no other way


def poll() -> bool:
    """Start what can be delivered now; whether there was anything. MiniStack's own thread calls this all the time."""
    started = False
    for account, region, mapping in lambda_svc._iter_all_esms():  # noqa: SLF001 - the same
        if ":dynamodb:" not in mapping.get("EventSourceArn", "") or not mapping.get("Enabled", True):
            continue
        tokens = _request_account_id.set(account), _request_region.set(region)
        try:
            started |= _start(mapping)
        finally:
            _request_account_id.reset(tokens[0])
            _request_region.reset(tokens[1])
    return started


def _start(mapping: dict[str, Any]) -> bool:
    """Begin a delivery in a thread of its own, if there is something to deliver."""
    delivery = _deliveries.setdefault(mapping["UUID"], _Delivery())
    function, _ = lambda_svc._get_func_record_for_qualifier(mapping["FunctionName"], mapping.get("Qualifier"))  # noqa: SLF001
    if delivery.busy or time.time() < delivery.not_before or function is None:
        return False
    if refused := [each for each in _READING if not _may(function, each, mapping["EventSourceArn"])]:
        mapping["LastProcessingResult"] = f"PROBLEM: the function's role may not {', '.join(refused)}"
        delivery.not_before = time.time() + _PAUSE_SECONDS
        return False
    if not delivery.batch and not _read(mapping, delivery):
        return False
    delivery.busy = True
    lambda_svc.spawn_background(_deliver, mapping, function, delivery, thread_name="stream-delivery")
    return True


def _read(mapping: Mapping[str, Any], delivery: _Delivery) -> bool:
    """Read the next records into the delivery; those that the mapping's filter leaves out are done with."""
    key, table = mapping["UUID"], mapping["EventSourceArn"].split(":table/")[1].split("/")[0]
    positions = lambda_svc._dynamodb_stream_positions  # noqa: SLF001 - where MiniStack keeps them
    if (dynamodb._tables.get(table) or {}).get("LatestStreamArn") != mapping["EventSourceArn"]:  # noqa: SLF001
        return False
    begin = dynamodb.stream_start_position(table)
    at = max(begin, positions.get(key, begin))
    while records := dynamodb.stream_records_since(table, at, int(mapping.get("BatchSize") or 100)):
        at += len(records)
        if batch := lambda_svc._apply_filter_criteria(records, mapping):  # noqa: SLF001 - MiniStack's own filter
            delivery.batch, delivery.behind = batch, at
            return True
        positions[key] = at
    return False


def _deliver(mapping: dict[str, Any], function: Mapping[str, Any], delivery: _Delivery) -> None:
    """Call the function with the batch, and keep what it has not taken for the next time, unless that is too old."""
    try:
        answer = lambda_svc._execute_function(function, {"Records": delivery.batch})  # noqa: SLF001
        reports = "ReportBatchItemFailures" in (mapping.get("FunctionResponseTypes") or [])
        left = delivery.batch[stream_batches.taken(delivery.batch, answer, reports=reports) :]
        if left and stream_batches.is_too_old(left, mapping, now=time.time()):
            lambda_svc._send_ddb_stream_failure_record(  # noqa: SLF001 - MiniStack's own record of it
                mapping, function, left, mapping["EventSourceArn"], answer, "MaximumRecordAgeExceeded"
            )
            left = []
        mapping["LastProcessingResult"] = f"FAILED - {len(left)} records" if left else "OK"
        delivery.batch, delivery.not_before = left, time.time() + (_PAUSE_SECONDS if left else 0)
        if not left:
            lambda_svc._dynamodb_stream_positions[mapping["UUID"]] = delivery.behind  # noqa: SLF001
    finally:
        delivery.busy = False
        lambda_svc._esm_wake.set()  # noqa: SLF001 - the thread that polls looks again at once


def _may(function: Mapping[str, Any], action: str, resource: str) -> bool:
    """Whether the role of a function allows this to Lambda, which acts in its name."""
    if not app.AUTH:
        return True
    role = (function.get("config") or function)["Role"]
    account, name = role.split(":")[4], role.rpartition("/")[2]
    caller = f"arn:aws:sts::{account}:assumed-role/{name}/lambda"
    asked = iam_evaluator.EvalContext(caller, "AssumedRole", account, action, resource, resource.split(":")[3])
    decided = iam_evaluator.evaluate(asked, iam_evaluator._gather_role_policies(name, account))  # noqa: SLF001
    return bool(decided.decision == "Allow")
