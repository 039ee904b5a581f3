"""Stores spilled notifications from the spill queue (an SQS event source with partial batch responses)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import botocore.session

from smarther.aws.botocore_client import create_client
from smarther.aws.timeouts import Timeouts
from smarther.receiver.record import Recorder
from smarther.receiver.redrive import Redriver
from smarther.receiver.settings import RedriverSettings
from smarther.store.digests import Digests
from smarther.store.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

settings = RedriverSettings.from_environment(os.environ)
# Longer than the receiver's: no caller waits, and what cannot be stored stays in the queue.
timeouts = Timeouts(connect_seconds=1.0, read_seconds=3.0, attempts=3)
client = create_client(botocore.session.get_session(), "dynamodb", timeouts)
table = Table(client, settings.table_name)
redriver = Redriver(Recorder.of(table, retention_days=settings.retention_days), Digests(table))


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Store the messages; returns those to deliver again."""
    return redriver.redrive(event)
