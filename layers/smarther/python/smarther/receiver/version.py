"""A version of the receiver, called directly by the pre-traffic check."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from smarther.aws.function_call import FunctionFailedError, invoke
from smarther.aws.timeouts import Timeouts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_lambda import LambdaClient

TIMEOUTS: Final = Timeouts(connect_seconds=3.0, read_seconds=10.0)
"""The receiver's own timeout is 5 s, and a cold start is added to it."""


class VersionFailedError(Exception):
    """The version could not be called, or failed."""


def call_version(client: LambdaClient, arn: str, event: Mapping[str, Any]) -> Any:
    """The answer of the version with this ARN; raises VersionFailedError."""
    try:
        return json.loads(invoke(client, arn, event))
    except FunctionFailedError as failure:
        raise VersionFailedError(f"it failed with {failure}") from failure
    except ClientError as failure:
        raise VersionFailedError(failure.response["Error"]["Code"]) from failure
    except (BotoCoreError, ValueError) as failure:
        raise VersionFailedError(type(failure).__name__) from failure
