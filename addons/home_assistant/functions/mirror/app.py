"""Shows on the broker what the table has now: for events that come by the queue, and when Home Assistant starts."""

from __future__ import annotations

import base64
import json
import logging
import os
import time
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any, Final

import botocore.session

from smarther.aws.botocore_client import create_client
from smarther.aws.service_call import ServiceFailedError, call
from smarther.aws.timeouts import Timeouts
from smarther.store.table import Table

from .messages import Message, has_topic
from .mirror import Mirror
from .settings import MirrorSettings

BORN: Final = b"online"
"""What Home Assistant says when it has started: https://www.home-assistant.io/integrations/mqtt/#birth-and-last-will-messages"""

SUBSCRIBING_SECONDS: Final = 5
"""How long Home Assistant may take to subscribe to what it has discovered."""


class AnnounceError(Exception):
    """Not all could be published; Lambda calls again."""


settings = MirrorSettings.from_environment(os.environ)
session = botocore.session.get_session()
timeouts = Timeouts(connect_seconds=2.0, read_seconds=5.0, attempts=2)
dynamodb, iot, sqs = (create_client(session, name, timeouts) for name in ("dynamodb", "iot-data", "sqs"))
logger = logging.getLogger("mirror")
logger.setLevel(logging.INFO)


def publish(message: Message) -> None:
    """Have the broker retain a message. Raises ServiceFailedError."""
    call(iot.publish, topic=message.topic, qos=1, retain=True, payload=message.payload.encode())


mirror = Mirror(Table(dynamodb, settings.table_name), settings, publish, lambda: datetime.now(UTC))


def handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """Show the thermostats that a batch of the queue is about; returns the messages that the queue is to give again.

    With `{"status": …}`, a message of Home Assistant's in base64, all thermostats are announced if it has started.
    """
    if "status" in event:
        return announce() if base64.b64decode(event["status"]) == BORN else {}
    messages: defaultdict[str, list[str]] = defaultdict(list)
    left = []
    for record in event["Records"]:
        module_id = module_in(record["body"])
        if module_id is not None:
            messages[module_id].append(record["messageId"])
        elif not is_aside(record):
            left.append(record["messageId"])
    for module_id in mirror.show(messages):
        left += messages[module_id]
    logger.info("shown", extra={"thermostats": len(messages), "again": len(left)})
    return {"batchItemFailures": [{"itemIdentifier": each} for each in left]}


def announce() -> dict[str, Any]:
    """Announce all thermostats. Raises AnnounceError."""
    failed = mirror.announce(pause=lambda: time.sleep(SUBSCRIBING_SECONDS))
    logger.info("announced", extra={"failed": len(failed)})
    if failed:
        raise AnnounceError(f"{len(failed)} thermostats could not be published")
    return {}


def module_in(body: str) -> str | None:
    """The thermostat that an event of the bus is about; None if it is about none that can have a topic."""
    try:
        module_id = json.loads(body)["detail"]["module_id"]
    except (ValueError, LookupError, TypeError):
        return None
    return module_id if has_topic(module_id) else None


def is_aside(record: dict[str, Any]) -> bool:
    """Whether a message of which nothing can be made is in the dead-letter queue; the queue gives it again if not."""
    try:
        call(sqs.send_message, QueueUrl=settings.dead_letter_queue_url, MessageBody=record["body"])
    except ServiceFailedError:
        return False
    logger.warning("set_aside", extra={"message_id": record["messageId"]})
    return True
