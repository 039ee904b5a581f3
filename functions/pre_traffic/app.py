"""CodeDeploy's hook before a new version of the receiver gets traffic: tests it, and reports whether it may go live."""

from __future__ import annotations

import json
import os
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import botocore.session

from smarther.aws.botocore_client import create_client
from smarther.aws.timeouts import Timeouts
from smarther.receiver import rehearse
from smarther.receiver.rehearsal_settings import PreTrafficSettings
from smarther.receiver.version import TIMEOUTS, call_version
from smarther.telemetry import log, warn

if TYPE_CHECKING:
    from collections.abc import Mapping

settings = PreTrafficSettings.from_environment(os.environ)
session = botocore.session.get_session()
functions = create_client(session, "lambda", TIMEOUTS)
deployments = create_client(session, "codedeploy", Timeouts(connect_seconds=3.0, read_seconds=10.0, attempts=3))
recorded = json.loads(Path(__file__).with_name("notification.json").read_text())


def handler(event: Mapping[str, str], context: object) -> dict[str, str | None]:
    """Always report `Succeeded` or `Failed`: CodeDeploy waits an hour for a hook that reports nothing."""
    try:
        fault = rehearse.fault(partial(call_version, functions, settings.receiver_version), recorded, sleep=time.sleep)
    except Exception as error:  # an incomplete check counts as failed
        fault = f"not checked: {type(error).__name__}"
    if fault is None:
        log("version_good", version=settings.receiver_version)
    else:
        warn("version_faulty", version=settings.receiver_version, fault=fault)
    deployments.put_lifecycle_event_hook_execution_status(
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status="Succeeded" if fault is None else "Failed",
    )
    return {"fault": fault}
