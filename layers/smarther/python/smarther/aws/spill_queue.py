"""The spill queue: where a notification waits when the table does not take it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smarther.aws.service_call import ServiceFailedError, call

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from smarther.aws.tiny_client import TinyClient
    from smarther.domain.readings.spilled import Spilled


class SpillUnavailableError(Exception):
    """The queue did not take a notification."""


class SpillQueue:
    """The spill queue, for writing."""

    def __init__(self, client: SQSClient | TinyClient, url: str) -> None:
        self._client = client
        self._url = url

    def put(self, spilled: Spilled) -> None:
        """Put a notification into the queue, where a duplicate is harmless. Raises SpillUnavailableError."""
        try:
            call(self._client.send_message, QueueUrl=self._url, MessageBody=spilled.message())
        except ServiceFailedError as error:
            raise SpillUnavailableError(error.kind) from error
