"""Draws the home for the CloudWatch dashboard, whose console calls it when it shows and when it refreshes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3

from smarther.aws.botocore_client import reading_fast
from smarther.store.history import History
from smarther.telemetry import log
from smarther.widget.answer import Widget
from smarther.widget.settings import WidgetSettings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

settings = WidgetSettings.from_environment()
client = reading_fast(boto3.client("dynamodb"))


def handler(event: dict[str, Any], context: LambdaContext) -> str | dict[str, str]:
    """HTML for the console to show, or the widget's documentation as Markdown when it asks to `describe`."""
    history = History(client, settings.table_name)
    widget = Widget(history, home=settings.timezone, stale_after=settings.stale_after)
    answer = widget.answer(event, now=datetime.now(UTC), endpoint=context.invoked_function_arn)
    log("home_drawn", items_read=history.items_read)
    return answer
