"""Receives Legrand's notifications at `POST /notifications/{secret}`, and the schedule's event to stay warm."""

from __future__ import annotations

import gc

gc.disable()  # nothing that a cold start makes is garbage, and looking for it takes a twentieth of the start

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from smarther.aws.spill_queue import SpillQueue
from smarther.aws.timeouts import Timeouts
from smarther.aws.tiny_client import client
from smarther.receiver import deadlines
from smarther.receiver.authenticate import Authenticator
from smarther.receiver.receive import Receiver
from smarther.receiver.record import Recorder
from smarther.receiver.settings import ReceiverSettings
from smarther.store.digests import Digests
from smarther.store.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

settings = ReceiverSettings.from_environment(os.environ)
timeouts = Timeouts(connect_seconds=deadlines.CONNECT_TIMEOUT_SECONDS, read_seconds=deadlines.READ_TIMEOUT_SECONDS)
table = Table(client("dynamodb", timeouts, os.environ), settings.table_name)
queue_url = settings.spill_queue_url


def now() -> datetime:
    """The wall clock: it goes on while the container is frozen between two events."""
    return datetime.now(UTC)


receiver = Receiver(
    recorder=Recorder.of(table, retention_days=settings.retention_days),
    spill=SpillQueue(client("sqs", timeouts, os.environ), queue_url) if queue_url else None,
    authenticator=Authenticator(Digests(table), now),
    now=now,
)

# Initialisation has a full processor and is not part of the first caller's 750 ms, so the connection is opened and the
# digests are read here. If the table does not answer, the first notification may be spilled unverified.
receiver.warm_up()
gc.freeze()  # what is loaded stays; no later collection looks through it
gc.enable()


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answer an authentic caller with 200 and counts, anybody else with 404."""
    return receiver.answer(event)
