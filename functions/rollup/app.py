"""Makes statistics of hours and days from the readings: on a schedule, or for a requested range."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import botocore.session

from smarther.aws.botocore_client import create_client as client_of
from smarther.aws.botocore_client import reading_fast
from smarther.aws.timeouts import Timeouts
from smarther.domain.summaries.rollup_window import RollupState, asked_for, due, owed, still_whole
from smarther.rollup.roll_up import Rollup, StatisticsMissingError
from smarther.rollup.settings import RollupSettings
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.table import Table
from smarther.telemetry import log, warn

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

TIME_TO_STOP_MS = 60_000
"""A run stops, between two thermostats, when this much of the function's time is left."""

settings = RollupSettings.from_environment(os.environ)
timeouts = Timeouts(connect_seconds=2.0, read_seconds=10.0, attempts=3)  # within what is left when a run stops
client = reading_fast(client_of(botocore.session.get_session(), "dynamodb", timeouts))


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Make a scheduled run, or, with `{"from": …, "to": …}`, make that range anew; returns what was done.

    Where the answer for a range has `continue_from`, time ran out: ask again with it as `from`. `failed` are the ids of
    the thermostats whose statistics could not all be made. Raises `RollupRequestError` for an invalid range.

    A scheduled run continues where the last one stopped. Where some statistics could not be made it raises
    `StatisticsMissingError` at its end, so that an alarm fires; Lambda's two retries and later runs try them again.
    """
    now = datetime.now(UTC)
    table = Table(client, settings.table_name)
    statistics = HoursAndDays(table)
    asked = asked_for(event, now=now, zone=settings.timezone)
    state = None if asked else statistics.rollup_state()
    stretch = asked or due(state, now=now, zone=settings.timezone)
    report = Rollup(
        table,
        zone=settings.timezone,
        now=now,
        out_of_time=lambda: context.get_remaining_time_in_millis() < TIME_TO_STOP_MS,
    ).run(
        still_whole(stretch, now=now, retention=settings.retention),
        owed={
            module_id: still_whole(part, now=now, retention=settings.retention)
            for module_id, part in owed(state, stretch).items()
        },
    )
    if asked is None:
        statistics.store_rollup_state(
            RollupState(ran_at=now, complete_through=report.complete_through, behind=report.behind)
        )
    for fault, count in report.faults.items():
        warn("statistics_failed", error=fault.error, place=fault.place, count=count)
    log("statistics_made", **report.figures())
    if asked is None and report.failed:
        raise StatisticsMissingError(f"{len(report.failed)} thermostats' statistics could not be made")
    return report.figures() | {"failed": sorted(report.failed)}
