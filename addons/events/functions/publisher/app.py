"""Publishes what the table's stream brings, and publishes stored readings again when it is asked to."""

from __future__ import annotations

import json
import logging
import os
from typing import TYPE_CHECKING, Any

import botocore.session

from smarther.aws.botocore_client import create_client
from smarther.aws.service_call import call
from smarther.aws.timeouts import Timeouts
from smarther.store.table import Table

from .bus import Bus
from .publish import Publisher
from .republish import RepublishRequest, republish
from .settings import PublisherSettings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from .bus import Parcel, Unfit

TIME_TO_STOP_MS = 30_000
"""No further request is begun when so much of the function's time is left: one may take most of it."""

settings = PublisherSettings.from_environment(os.environ)
session = botocore.session.get_session()
timeouts = Timeouts(connect_seconds=2.0, read_seconds=5.0, attempts=2)
dynamodb, events, sqs = (create_client(session, name, timeouts) for name in ("dynamodb", "events", "sqs"))
table = Table(dynamodb, settings.table_name)
logger = logging.getLogger("publisher")
logger.setLevel(logging.INFO)


def set_aside(parcel: Parcel, unfit: Unfit) -> None:
    """Send the key of what can never be on the bus to the dead-letter queue; what it holds stays in the table."""
    pk, sk = parcel.key
    body = json.dumps({"why": unfit.why, "pk": pk, "sk": sk, "sequence_number": parcel.number})
    call(sqs.send_message, QueueUrl=settings.dead_letter_queue_url, MessageBody=body)
    logger.warning("set_aside", extra={"why": unfit.why, "pk": pk, "sk": sk})


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Publish the records of a batch; returns those that the stream is to give again.

    With `{"republish": {…}}` stored readings are published again (`RepublishRequest`); returns what was done.
    """

    def out_of_time() -> bool:
        return context.get_remaining_time_in_millis() < TIME_TO_STOP_MS

    bus = Bus(events, settings.bus_name, set_aside)
    if "republish" in event:
        done = republish(table, bus, RepublishRequest.of(event["republish"]), out_of_time=out_of_time)
        logger.info("republished", extra={"events": bus.published})
        return done
    records = event["Records"]
    left = Publisher(table, Table(dynamodb, settings.told_table_name), bus).publish(records, out_of_time=out_of_time)
    logger.info("published", extra={"records": len(records), "events": bus.published, "again": len(left)})
    return {"batchItemFailures": [{"itemIdentifier": number} for number in left]}
