"""One way to call an AWS service, with botocore's client or the tiny client, and one exception for all failures."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class ServiceFailedError(Exception):
    """A call to a service failed.

    `kind` is the service's or the client's name for the failure. The service's message is dropped, since it may quote
    what was sent.
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

    Where the service had closed an idle connection, the call is repeated once, at once. This happens after Lambda has
    frozen the function between two notifications, and is no failure of the service.
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
    """The failure that an error of botocore stands for; None for any other error."""
    if (
        "botocore.exceptions" not in sys.modules
    ):  # botocore is not loaded, so the error is not from it; loading it here takes too long
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
