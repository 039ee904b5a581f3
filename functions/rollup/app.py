"""Makes statistics of hours and days from readings: on a schedule, for a requested range, and after late readings."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import botocore.session

from smarther.aws.botocore_client import create_client, reading_fast
from smarther.aws.timeouts import Timeouts
from smarther.domain.summaries.rollup_window import requested_hours
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
timeouts = Timeouts(connect_seconds=2.0, read_seconds=10.0, attempts=3)  # less than TIME_TO_STOP_MS altogether
client = reading_fast(create_client(botocore.session.get_session(), "dynamodb", timeouts))


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Make a scheduled run; or the range of `{"from": …, "to": …}`; or the hours affected by the stream's `Records`.

    A scheduled run continues where the last one stopped. If some statistics could not be made, it raises
    `StatisticsMissingError` at its end, so that an alarm fires; Lambda's two retries and later runs try them again.

    If the answer for a range has `continue_from`, time ran out: call again with it as `from`. `failed` has the ids of
    the thermostats whose statistics could not all be made. Raises `RollupRequestError` for an invalid range.

    The answer for records of the stream names those to deliver again.
    """
    now = datetime.now(UTC)
    table = Table(client, settings.table_name)
    from_stream = "Records" in event
    rollup = Rollup(
        table,
        zone=settings.timezone,
        now=now,
        out_of_time=lambda: context.get_remaining_time_in_millis() < TIME_TO_STOP_MS,
        retention=settings.retention,
        consistent=from_stream,
    )
    if from_stream:
        return runs.remake_late(rollup, event["Records"])
    requested = requested_hours(event, now=now, zone=settings.timezone)
    if requested is not None:
        return runs.make_range(rollup, requested)
    return runs.make_scheduled(rollup, HoursAndDays(table), now)
