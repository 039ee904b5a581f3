"""Starts and ends the sandbox."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

from sandbox.running import cloud, local_invoke, owner, paths, processes, stack
from sandbox.running.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


def up(
    *,
    report: Callable[[str], None],
    legrand_url: str | None = None,
    parameters: Mapping[str, str] | None = None,
    project: Path = paths.PROJECT,
    emulator: str = "sandbox.emulator",
) -> State:
    """Start the local cloud and Legrand's stand-in, deploy the stack, and return when everything answers.

    A running sandbox is ended first. The keeper is run once, so that the webhook has its secret. Raises SandboxError,
    after ending what it started, if anything fails.

    - `legrand_url`: use this address for Legrand's login and API, and start no stand-in.
    - `parameters`: the template's parameters that shall not have their defaults.
    - `project`: the folder of another release to deploy.
    - `emulator`: the module that emulates AWS.
    """
    down()
    try:
        report("starting the local cloud")
        running_cloud = cloud.start(emulator)
        own_stand_in = legrand_url is None
        if legrand_url is None:
            report("starting the stand-in for Legrand's cloud")
            legrand_url = start_legrand()
        deployed = stack.deploy(
            running_cloud, legrand_url.rstrip("/"), report=report, parameters=parameters, project=project
        )
        report("running the keeper for the first time")
        stack.invoke(running_cloud, deployed.outputs["KeeperFunctionName"], {})
        state = State(running_cloud, legrand_url.rstrip("/"), deployed, webhook_url(running_cloud, deployed))
        if own_stand_in:
            owner.register_redirect(state)
        state.save()
        local_invoke.write_settings(state)
    except BaseException:
        down()
        raise
    return state


def down(*, own_only: bool = False) -> list[str]:
    """End the sandbox's processes and delete its state and temporary files; returns the names of what was running.

    With `own_only` a sandbox that another process has started in this folder meanwhile is left running.
    """
    if own_only and processes.running() and not processes.started_here():
        return []
    paths.STATE.unlink(missing_ok=True)
    ended = processes.stop_all(own_only=own_only)
    shutil.rmtree(paths.TEMPORARY, ignore_errors=True)
    return ended


def start_legrand() -> str:
    """Start the stand-in for Legrand's cloud on a free port and return its address.

    `SANDBOX_WORLD` names its world, by default the usual one (docs/developer/provider.md); `SANDBOX_SEASON` is summer
    or winter, by default the calendar's season.
    """
    port = processes.free_port()
    world, season = os.environ.get("SANDBOX_WORLD", "usual"), os.environ.get("SANDBOX_SEASON", "now")
    url = f"http://127.0.0.1:{port}"
    python = str(paths.DEV_ENVIRONMENT / "bin" / "python")
    processes.start(
        "legrand",
        [python, "-m", "sandbox.legrand", "--port", str(port), "--world", world, "--season", season],
        {"PATH": os.environ.get("PATH", os.defpath), "PYTHONUNBUFFERED": "1"},
        ready=lambda: processes.answers(f"{url}/_control/summary"),
    )
    return url


def webhook_url(running_cloud: cloud.Cloud, deployed: stack.Stack) -> str:
    """The full address of the webhook, with its secret."""
    held = running_cloud.client("secretsmanager").get_secret_value(SecretId=deployed.outputs["WebhookSecretArn"])
    secret = json.loads(held["SecretString"])["current"]
    return f"{deployed.outputs['WebhookBaseUrl']}/notifications/{secret}"
