"""A scheduled run that fails each time is left where an alarm looks, by Lambda and with the function's own role."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.conftest import Home

NO_RANGE = {"from": "nonsense"}


@pytest.mark.shows("schedule fails three times")
@pytest.mark.parametrize("output", ["RollupFunctionName"])
def test_a_rollup_that_fails_three_times_lies_in_the_dead_letter_queue(home: Home, output: str) -> None:
    client = home.state.cloud.client
    queue = home.physical("DeadLetterQueue")
    client("lambda").invoke(
        FunctionName=home.outputs[output], InvocationType="Event", Payload=json.dumps(NO_RANGE).encode()
    )

    (message,) = client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]

    assert "nonsense" in message["Body"]
    client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
