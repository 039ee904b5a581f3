"""AWS's own clients, as patient as they are told to be: the caller decides what a failure is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.config import Config

if TYPE_CHECKING:
    from botocore.session import Session

    from smarther.adapters.service import Patience


def client(session: Session, service: str, patience: Patience) -> Any:
    """A low-level client; region, credentials and endpoint come from the environment, as everywhere."""
    config = Config(
        connect_timeout=patience.connect_seconds,
        read_timeout=patience.read_seconds,
        retries={"total_max_attempts": patience.attempts, "mode": "standard"},
        parameter_validation=False,  # the parameters are ours, and checking them costs as much as building them
    )
    return session.create_client(service, config=config)
