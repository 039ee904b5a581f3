"""A call to an AWS service as the adapters make it, whichever client carries it, and how it fails."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class ServiceFailedError(Exception):
    """A service did not do what it was asked for.

    `kind` is the service's or the client's name for the failure. A message may quote what was sent, so it goes no
    further.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class ConnectionClosedError(ServiceFailedError):
    """The service closed the connection before it answered."""

    def __init__(self) -> None:
        super().__init__("ConnectionClosedError")


def call[Answer](operation: Callable[..., Answer], **parameters: Any) -> Answer:
    """Call an operation of a client; raises ServiceFailedError.

    Once more, at once, where the service had closed an idle connection: that is what a function meets that was frozen
    between two notifications, and it says nothing about the service.
    """
    try:
        return _call(operation, parameters)
    except ConnectionClosedError:
        return _call(operation, parameters)


def _call[Answer](operation: Callable[..., Answer], parameters: dict[str, Any]) -> Answer:
    try:
        return operation(**parameters)
    except Exception as error:
        failure = _botocore_failure(error)
        if failure is None:
            raise
        raise failure from error


def _botocore_failure(error: Exception) -> ServiceFailedError | None:
    """What an error of botocore's means; None for any other."""
    if (
        "botocore.exceptions" not in sys.modules
    ):  # never loaded, so it raised nothing; and loading it takes too long here
        return None
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see above
    from botocore.exceptions import ConnectionClosedError as HungUpError  # noqa: PLC0415 - see above

    match error:
        case HungUpError():
            return ConnectionClosedError()
        case ClientError():
            return ServiceFailedError(str(error.response.get("Error", {}).get("Code", "unknown")))
        case BotoCoreError():
            return ServiceFailedError(type(error).__name__)
        case _:
            return None
