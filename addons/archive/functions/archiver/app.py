"""Makes the files of days that are over, once a day, and whenever it is called."""

from __future__ import annotations

import json
import logging
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import botocore.session

from smarther.aws.botocore_client import create_client, reading_fast
from smarther.aws.service_call import call
from smarther.aws.timeouts import Timeouts
from smarther.store.table import Table

from .archive import Archive
from .folders import Folders
from .settings import ArchiverSettings

if TYPE_CHECKING:
    from datetime import date

    from aws_lambda_powertools.utilities.typing import LambdaContext

TIME_TO_STOP_MS: Final = 120_000
"""No further file is begun when so much of the function's time is left."""


class NotArchivedError(Exception):
    """Files of some plants could not be made; all others were. Lambda calls again."""


settings = ArchiverSettings.from_environment(os.environ)
session = botocore.session.get_session()
timeouts = Timeouts(connect_seconds=2.0, read_seconds=10.0, attempts=3)
dynamodb, s3, sqs = (create_client(session, name, timeouts) for name in ("dynamodb", "s3", "sqs"))
table = Table(reading_fast(dynamodb), settings.table_name)
logger = logging.getLogger("archiver")
logger.setLevel(logging.INFO)


def set_aside(module_id: str, day: date, readings: int) -> None:
    """Send to the dead-letter queue whose readings cannot be in a file; what they hold stays in the table."""
    told = {
        "why": "readings that nobody can read",
        "module_id": module_id,
        "day": day.isoformat(),
        "readings": readings,
    }
    call(sqs.send_message, QueueUrl=settings.dead_letter_queue_url, MessageBody=json.dumps(told))
    logger.warning("set_aside", extra=told)


def handler(_: object, context: LambdaContext) -> dict[str, Any]:
    """Make what is due; returns what was done. Raises NotArchivedError at its end."""
    done = Archive(
        table,
        Folders(s3, settings.bucket),
        zone=settings.zone,
        now=datetime.now(UTC),
        out_of_time=lambda: context.get_remaining_time_in_millis() < TIME_TO_STOP_MS,
        set_aside=set_aside,
    ).run()
    logger.info("archived", extra=done.figures())
    for fault, count in done.faults.items():
        logger.error("not_archived", extra={**fault._asdict(), "count": count})
    if done.failed:
        raise NotArchivedError(f"files of {len(done.failed)} plants could not be made")
    return done.figures()
