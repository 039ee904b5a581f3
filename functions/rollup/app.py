"""Makes statistics of hours and days from the readings: on a schedule, for a range, and when readings come late."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import botocore.session

from smarther.aws.botocore_client import create_client as client_of
from smarther.aws.botocore_client import reading_fast
from smarther.aws.timeouts import Timeouts
from smarther.domain.summaries.rollup_window import asked_for
from smarther.rollup import runs
from smarther.rollup.roll_up import Rollup
from smarther.rollup.settings import RollupSettings
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.table import Table

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

TIME_TO_STOP_MS = 60_000
"""A run stops, between two thermostats, when this much of the function's time is left."""

settings = RollupSettings.from_environment(os.environ)
timeouts = Timeouts(connect_seconds=2.0, read_seconds=10.0, attempts=3)  # within what is left when a run stops
client = reading_fast(client_of(botocore.session.get_session(), "dynamodb", timeouts))


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Make a scheduled run; or, with `{"from": …, "to": …}`, that range anew; or what records of the stream tell of.

    A scheduled run continues where the last one stopped. Where some statistics could not be made it raises
    `StatisticsMissingError` at its end, so that an alarm fires; Lambda's two retries and later runs try them again.

    Where the answer for a range has `continue_from`, time ran out: ask again with it as `from`. `failed` are the ids of
    the thermostats whose statistics could not all be made. Raises `RollupRequestError` for an invalid range.

    The answer for records of the stream names those that are to be delivered again.
    """
    now = datetime.now(UTC)
    table = Table(client, settings.table_name)
    follows = "Records" in event
    rollup = Rollup(
        table,
        zone=settings.timezone,
        now=now,
        out_of_time=lambda: context.get_remaining_time_in_millis() < TIME_TO_STOP_MS,
        retention=settings.retention,
        consistent=follows,
    )
    if follows:
        return runs.make_late(rollup, event["Records"])
    asked = asked_for(event, now=now, zone=settings.timezone)
    if asked is not None:
        return runs.make_range(rollup, asked)
    return runs.make_due(rollup, HoursAndDays(table), now)
