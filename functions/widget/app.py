"""Draws the home on the CloudWatch dashboard; the console calls it to show and to refresh the widget."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import botocore.session

from smarther.aws.botocore_client import create_client, reading_fast
from smarther.aws.timeouts import Timeouts
from smarther.drawing.home_page import unanswered_page
from smarther.drawing.widget_request import words_asked_for
from smarther.receiver import deadlines
from smarther.store.table import Table, TableUnavailableError
from smarther.telemetry import log, warn
from smarther.widget.answer import Widget
from smarther.widget.settings import WidgetSettings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

settings = WidgetSettings.from_environment(os.environ)
timeouts = Timeouts(connect_seconds=1.0, read_seconds=2.0, attempts=2)
client = reading_fast(create_client(botocore.session.get_session(), "dynamodb", timeouts))


def handler(event: dict[str, Any], context: LambdaContext) -> str | dict[str, str]:
    """HTML for the console, or for `{"describe": true}` the widget's documentation as Markdown.

    If the table does not answer, the page says so, before the function's own timeout.
    """
    table = Table(client, settings.table_name)
    widget = Widget(table, home=settings.timezone, stale_after=settings.stale_after, keeper_every=settings.keeper_every)
    now, endpoint = datetime.now(UTC), context.invoked_function_arn
    try:
        page: str | dict[str, str] = deadlines.within(
            deadlines.DRAW_SECONDS, lambda: widget.answer(event, now=now, endpoint=endpoint)
        )
    except (TableUnavailableError, TimeoutError) as failure:
        warn("home_not_drawn", failure=type(failure).__name__, items_read=table.items_read)
        return unanswered_page(words_asked_for(event))
    for fault, count in widget.faults.items():
        warn("card_failed", error=fault.error, place=fault.place, count=count)
    log("home_drawn", items_read=table.items_read, items_left_out=table.items_left_out)
    return page
