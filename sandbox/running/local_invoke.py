"""Settings for `sam local invoke` to run one function on this machine against a running sandbox."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sandbox.running import paths
from sandbox.running.processes import SandboxError
from sandbox.running.stack import host_architecture

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.running.state import State

_REACHED_BY_FUNCTIONS = {"AWS_ENDPOINT_URL", "LEGRAND_API_URL", "LEGRAND_LOGIN_URL", "SPILL_QUEUE_URL"}
_HOST_IN_A_CONTAINER = "host.docker.internal"
_SECRET_PLACE = "{secret}"  # noqa: S105 - a place to put one


def write_settings(state: State) -> None:
    """Write `.sandbox/samconfig.toml` and the environment file it names.

    Locally, sam does not know the names of deployed resources, so each function gets its environment variables from the
    deployed stack, and the local cloud's address.
    """
    paths.LOCAL_INVOKE_ENVIRONMENT.write_text(json.dumps(_environments(state), indent=2))
    endpoint = _from_a_container(state.cloud.endpoint_url)
    overrides = f"Architecture={host_architecture()} AwsEndpointUrl={endpoint}"
    paths.LOCAL_INVOKE_SETTINGS.write_text(
        "# Written by the sandbox for: sam local invoke --config-file .sandbox/samconfig.toml …\n"
        "version = 0.1\n"
        "[default.local_invoke.parameters]\n"
        f'template_file = "{paths.PROJECT / ".sandbox" / "build" / "template.yaml"}"\n'
        f'env_vars = "{paths.LOCAL_INVOKE_ENVIRONMENT}"\n'
        f'parameter_overrides = "{overrides}"\n'
        f'add_host = ["{_HOST_IN_A_CONTAINER}:host-gateway"]\n'
        f'region = "{state.cloud.region}"\n'
    )


def event(state: State, file: Path) -> str:
    """An example event as text, with the sandbox's webhook secret where the example has `{secret}`."""
    if not file.is_file():
        raise SandboxError(f"there is no event file {file}; the examples lie under events/")
    return file.read_text().replace(_SECRET_PLACE, state.webhook_url.rpartition("/")[2])


def _environments(state: State) -> dict[str, dict[str, str]]:
    functions = state.cloud.client("lambda")
    resources = state.cloud.client("cloudformation").describe_stack_resources(StackName=state.stack.name)
    found = {}
    for each in resources["StackResources"]:
        if each["ResourceType"] == "AWS::Lambda::Function":
            configured = functions.get_function_configuration(FunctionName=each["PhysicalResourceId"])
            variables = configured["Environment"]["Variables"] | {"AWS_ENDPOINT_URL": state.cloud.endpoint_url}
            reached = {name: _from_a_container(variables[name]) for name in _REACHED_BY_FUNCTIONS & variables.keys()}
            found[each["LogicalResourceId"]] = variables | reached
    return found


def _from_a_container(url: str) -> str:
    """The address as a container reaches it. The webhook's address is not changed: the keeper compares it as text."""
    return url.replace("127.0.0.1", _HOST_IN_A_CONTAINER)
