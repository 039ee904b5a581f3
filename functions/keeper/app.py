"""Keeps tokens and subscriptions alive: every half hour, after consent, and when the owner starts it."""

from __future__ import annotations

import os
import secrets
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import botocore.session

from smarther import telemetry
from smarther.aws.alarm_topic import AlarmTopic
from smarther.aws.botocore_client import create_client
from smarther.aws.secrets_manager import Secrets
from smarther.aws.timeouts import Timeouts
from smarther.keeper.dependencies import Dependencies
from smarther.keeper.run import Keeper, RunRequest
from smarther.keeper.settings import KeeperSettings
from smarther.legrand.client import open_session
from smarther.store.table import Table

if TYPE_CHECKING:
    from smarther.domain.keeper.keeper_probe import Probe
    from smarther.domain.keeper.keeper_report import Report

settings = KeeperSettings.from_environment(os.environ)
timeouts = Timeouts(connect_seconds=3.0, read_seconds=10.0, attempts=4)
session = botocore.session.get_session()
keeper = Keeper(
    Dependencies(
        settings=settings,
        secrets=Secrets(create_client(session, "secretsmanager", timeouts), sleep=time.sleep),
        table=Table(create_client(session, "dynamodb", timeouts), settings.table_name),
        topic=AlarmTopic(lambda: create_client(session, "sns", timeouts), settings.alarm_topic_arn),
        session=open_session(),
        clock=lambda: datetime.now(UTC),
        sleep=time.sleep,
        one_time=secrets.token_urlsafe,
    )
)


def handler(event: Any, context: object) -> dict[str, Any]:
    """Make one run and return its report, or probe the webhook's address and return the calls made.

    Events of a run: `{}`, the schedule's `{"scheduled": true}`, `{"rotate_webhook": true}` or
    `{"consent": {"code": …}}`; of a probe: `{"probe": {"calls": …, "at_once": …}}`.
    """
    request = RunRequest.of(event)
    if request.probe is not None:
        probe = keeper.probe(request.probe)
        log_probe(probe)
        return probe.model_dump(mode="json", exclude_none=True)
    report = keeper.run(request)
    log_run(report)
    return report.model_dump(mode="json", exclude_none=True)


def log_probe(probe: Probe) -> None:
    """Log one record of a probe, in counts."""
    calls = [*probe.one_by_one, *probe.at_once]
    telemetry.log(
        "webhook_probed",
        calls=len(calls),
        proven=sum(each.proven for each in calls),
        new_containers=sum(each.new_container for each in calls),
        slowest_ms=max((each.ms for each in calls if each.ms is not None), default=None),
    )


def log_run(report: Report) -> None:
    """Log one record of the run with its metrics, and one for each trouble and each reason that needs a person."""
    if report.outcome == "busy":
        telemetry.log("keeper_busy")  # the run that holds the lease sends the metrics
        return
    for person in report.person:
        telemetry.warn("person_needed", reason=person.reason, do=person.do)
    for trouble in report.troubles:
        telemetry.warn("keeper_trouble", trouble=trouble)
    telemetry.measure(
        "keeper_ran",
        telemetry.metrics_of(report),
        outcome=report.outcome,
        rested=report.rested,
        plants=len(report.plants),
        actions=len(report.actions),
        clocks_wrong=len(report.clocks),
        tokens_renewed=report.tokens is not None and report.tokens.refreshed,
    )
