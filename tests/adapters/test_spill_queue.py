"""What is put into the spill queue comes out of it as it was."""

from __future__ import annotations

from datetime import UTC, datetime

import boto3
from moto import mock_aws

from smarther.aws.spill_queue import SpillQueue
from smarther.domain.readings.spilled import Spilled

SPILLED = Spilled(
    body=b'[{"mode":"\xff"}]',
    received_at=datetime(2026, 1, 14, 6, 30, 6, 7, tzinfo=UTC),
    presented="0f" * 32,
    verified=True,
)


@mock_aws
def test_a_notification_put_into_the_queue_comes_out_as_it_was() -> None:
    client = boto3.client("sqs")
    url = client.create_queue(QueueName="spill")["QueueUrl"]
    SpillQueue(client, url).put(SPILLED)
    (message,) = client.receive_message(QueueUrl=url)["Messages"]
    assert Spilled.from_message(message["Body"]) == SPILLED
