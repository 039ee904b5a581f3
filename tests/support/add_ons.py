"""An add-on's function as Lambda starts it, beside the core's table, and the messages that its queues have."""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
from moto import mock_aws

from tests.support import deployed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

    import pytest
    from mypy_boto3_dynamodb import DynamoDBClient


@contextmanager
def beside_the_core(monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDBClient]:
    """moto in the place of AWS, with the core's table; the client is of its service."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", deployed.REGION)
    with mock_aws():
        yield deployed.create_table()


def started(
    monkeypatch: pytest.MonkeyPatch, add_on: str, function: Mapping[str, Any], given: Mapping[str, str]
) -> ModuleType:
    """A cold start of a function (the properties of its resource), with the variables that its template names.

    The core's table and a queue for dead letters are there; `given` are the values of all other variables.
    """
    queue = boto3.client("sqs").create_queue(QueueName="aside")["QueueUrl"]
    values = {"TABLE_NAME": deployed.TABLE, "DEAD_LETTER_QUEUE_URL": queue, **given}
    for name in function["Environment"]["Variables"]:
        monkeypatch.setenv(name, values[name])
    handler = function["Handler"].rpartition(".")[0]
    return importlib.reload(importlib.import_module(f"addons.{add_on}.functions.{handler}"))


def taken(sqs: Any, queue_url: str) -> list[str]:
    """The bodies of the messages that have come; they are taken out of the queue."""
    bodies: list[str] = []
    while messages := sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages", []):
        for each in messages:
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=each["ReceiptHandle"])
            bodies.append(each["Body"])
    return bodies
