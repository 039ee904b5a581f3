"""AWS clients that fail fast and never by themselves a second time: the caller decides what a failure is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait for a service, and how often to ask it."""

    connect_seconds: float
    read_seconds: float
    attempts: int = 1


def client(session: Session, service: str, patience: Patience) -> Any:
    """A low-level client; region, credentials and endpoint come from the environment, as everywhere."""
    config = Config(
        connect_timeout=patience.connect_seconds,
        read_timeout=patience.read_seconds,
        retries={"total_max_attempts": patience.attempts, "mode": "standard"},
        parameter_validation=False,  # the parameters are ours, and checking them costs as much as building them
    )
    return session.create_client(service, config=config)


def call[Answer](operation: Callable[..., Answer], **parameters: Any) -> Answer:
    """Call an operation; once more, at once, where the service had closed an idle connection.

    That is what a function meets that was frozen between two notifications; it says nothing about the service.
    """
    try:
        return operation(**parameters)
    except ConnectionClosedError:
        return operation(**parameters)


def kind(error: BotoCoreError | ClientError) -> str:
    """What sort of failure it was. A vendor's message may quote what was sent, so it goes no further."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "unknown"))
    return type(error).__name__
