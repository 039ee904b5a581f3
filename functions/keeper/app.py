"""Keeps tokens and subscriptions alive: every half hour, when the owner has consented, and when the owner asks."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from smarther import telemetry
from smarther.aws.secrets_manager import Secrets
from smarther.keeper.dependencies import Dependencies
from smarther.keeper.run import Keeper, RunRequest
from smarther.keeper.settings import KeeperSettings
from smarther.legrand.client import open_session
from smarther.store.records import Records
from smarther.store.table import Table
from smarther.telemetry import Metric

if TYPE_CHECKING:
    from smarther.domain.keeper_report import Report

settings = KeeperSettings.from_environment()
config = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 4, "mode": "standard"})
dynamodb = boto3.client("dynamodb", config=config)
keeper = Keeper(
    Dependencies(
        settings=settings,
        secrets=Secrets(boto3.client("secretsmanager", config=config), sleep=time.sleep),
        records=Records(dynamodb, settings.table_name),
        table=Table(dynamodb, settings.table_name, retention_days=settings.retention),
        session=open_session(),
        clock=lambda: datetime.now(UTC),
        sleep=time.sleep,
        entropy=os.urandom,
    )
)


def handler(event: Any, context: object) -> dict[str, Any]:
    """One run: `{}` or the schedule's event, `{"rotate_webhook": true}`, `{"consent": {"code": …}}`. Its report."""
    report = keeper.run(RunRequest.of(event))
    tell(report)
    return report.model_dump(mode="json", exclude_none=True)


def tell(report: Report) -> None:
    """One record for the run with its metrics, one more for each reason that needs a person."""
    if report.outcome == "busy":
        telemetry.log("keeper_busy")  # a run that did nothing has nothing to measure; the other one has
        return
    for person in report.person:
        telemetry.warn("person_needed", reason=person.reason, do=person.do)
    for trouble in report.troubles:
        telemetry.warn("keeper_trouble", trouble=trouble)
    telemetry.measure(
        "keeper_ran",
        {
            Metric.PERSON_NEEDED: report.reasons_now,
            Metric.SUBSCRIPTIONS_MISSING: report.subscriptions_missing,
            Metric.THERMOSTATS_SILENT: report.thermostats_silent,
            Metric.LEGRAND_CALLS_TODAY: report.calls_today,
            Metric.DAYS_TO_RENEWAL: report.days_to_renewal,
        },
        outcome=report.outcome,
        plants=len(report.plants),
        actions=len(report.actions),
        tokens_renewed=report.tokens is not None and report.tokens.refreshed,
    )
