"""Makes hourly and daily statistics of the readings: on a schedule, or for a range that is asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3

from smarther.aws.botocore_client import reading_fast
from smarther.domain.rollup_window import RollupState, asked_for, due, still_whole
from smarther.rollup.roll_up import Rollup
from smarther.rollup.settings import RollupSettings
from smarther.store.history import History
from smarther.telemetry import log

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

TIME_TO_STOP_MS = 60_000
"""What is left of the function's time when a run stops between two days, instead of being stopped in one."""

settings = RollupSettings.from_environment()
client = reading_fast(boto3.client("dynamodb"))


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str | int]:
    """A scheduled run, or, with `{"from": …, "to": …}`, that range made anew; returns what was done.

    When `continue_from` is in the answer to a range, time ran out: ask again with it as `from`. A scheduled run that
    does not come to its end is continued by the next. Raises `RollupRequestError` for a range that makes no sense.
    """
    now = datetime.now(UTC)
    history = History(client, settings.table_name)
    asked = asked_for(event, now=now, zone=settings.timezone)
    stretch = asked or due(history.rollup_state(), now=now, zone=settings.timezone)
    report = Rollup(history, zone=settings.timezone).run(
        still_whole(stretch, now=now, retention=settings.retention),
        now=now,
        out_of_time=lambda: context.get_remaining_time_in_millis() < TIME_TO_STOP_MS,
    )
    if asked is None:
        history.store_rollup_state(RollupState(ran_at=now, complete_through=report.complete_through))
    log("statistics_made", **report.figures())
    return report.figures()
