"""Draws the home for the CloudWatch dashboard, whose console calls it when it shows and when it refreshes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3

from smarther.adapters.history import History
from smarther.domain.home import standing
from smarther.domain.overview import DESCRIPTION, NEWEST_SNAPSHOTS, Card, home_page, refusal_page
from smarther.domain.widget_call import WidgetCallError, wants_description, widget_call
from smarther.settings import WidgetSettings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

settings = WidgetSettings.from_environment()
history = History(boto3.client("dynamodb"), settings.table_name)


def handler(event: dict[str, Any], context: LambdaContext) -> str | dict[str, str]:
    """HTML for the console to show, or the widget's documentation as Markdown when it asks to `describe`."""
    if wants_description(event):
        return {"markdown": DESCRIPTION}
    now = datetime.now(UTC)
    try:
        call = widget_call(event, now=now)
    except WidgetCallError as refused:
        return refusal_page(str(refused))
    cards = [
        Card(thermostat, standing(history.newest(thermostat.module_id, limit=NEWEST_SNAPSHOTS)))
        for thermostat in history.thermostats()
    ]
    return home_page(cards, call, now=now, stale_after=settings.stale_after)
