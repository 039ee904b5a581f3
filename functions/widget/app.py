"""Draws the home for the CloudWatch dashboard, whose console calls it when it shows and when it refreshes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3

from smarther.adapters.clients import reading_fast
from smarther.adapters.history import History
from smarther.settings import WidgetSettings
from smarther.telemetry import log, warn
from smarther.widget import Widget

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

settings = WidgetSettings.from_environment()
client = reading_fast(boto3.client("dynamodb"))


def handler(event: dict[str, Any], context: LambdaContext) -> str | dict[str, str]:
    """HTML for the console to show, or the widget's documentation as Markdown when it asks to `describe`."""
    history = History(client, settings.table_name)
    widget = Widget(history, home=settings.timezone, stale_after=settings.stale_after)
    answer = widget.answer(event, now=datetime.now(UTC), endpoint=context.invoked_function_arn)
    for fault, count in widget.faults.items():
        warn("card_failed", error=fault.error, place=fault.place, count=count)
    log("home_drawn", items_read=history.items_read, items_left_out=history.items_left_out)
    return answer
