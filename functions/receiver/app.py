"""Receives what Legrand pushes: `POST /notifications/{secret}`, and the schedule's touch that keeps it warm."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from smarther.adapters.table import Table, table_client
from smarther.authentication import Authenticator
from smarther.receiver import Receiver
from smarther.receiver_settings import ReceiverSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

settings = ReceiverSettings.from_environment(os.environ)
table = Table(table_client(), settings.table_name, retention_days=settings.retention_days)
authenticator = Authenticator(table, time.monotonic)
receiver = Receiver(table=table, authenticator=authenticator, now=lambda: datetime.now(UTC), seconds=time.monotonic)

# While the function initialises it has a full processor: the connection is opened and the digests are read here, and
# not in the first caller's 750 ms. Where the table does not answer, the first notification is kept to be checked later.
authenticator.look()


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """200 with counts to a genuine caller, 404 to anybody else."""
    return receiver.answer(event)
