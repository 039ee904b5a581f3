"""Another function, called and waited for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_lambda import LambdaClient


class FunctionFailedError(Exception):
    """A function ended with an error. The message is the error's kind: its words may hold anything."""


def invoke(client: LambdaClient, name: str, event: Mapping[str, Any]) -> bytes:
    """Call a function, by its name or ARN, and return what it answers: JSON.

    Raises FunctionFailedError if it fails, and botocore's own errors when it cannot be called or is waited for in
    vain.
    """
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event))
    told = answer["Payload"].read()
    if answer.get("FunctionError"):
        raise FunctionFailedError(_kind(told))
    return told


def _kind(told: bytes) -> str:
    try:
        return str(json.loads(told)["errorType"])
    except (ValueError, KeyError, TypeError):
        return "no kind given"
