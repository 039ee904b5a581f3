"""The real template, built and deployed by the real `sam` into a local cloud."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.running import paths
from sandbox.running.processes import SandboxError
from smarther_cli.deploy.machine import own_processor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sandbox.running.cloud import Cloud

_LOG_TAIL_CHARACTERS = 6000
_NOBODYS_ADDRESS = "owner@example.org"
"""The address for alarms. The local cloud sends no mail, and counts the address as confirmed."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployed stack: its name and its outputs."""

    name: str
    outputs: Mapping[str, str]


def deploy(
    cloud: Cloud,
    legrand_url: str,
    *,
    report: Callable[[str], None],
    parameters: Mapping[str, str] | None = None,
    project: Path = paths.PROJECT,
) -> Stack:
    """Build the project, deploy it into the cloud, and return the stack with its routes in place.

    `legrand_url` is the address of Legrand's login and API, or of the stand-in's; `parameters` are other parameters of
    the template that shall not have their defaults; `project` is the folder of another release to deploy. Raises
    SandboxError with `sam`'s output if it fails.
    """
    settings = tomllib.loads((project / "samconfig.toml").read_text())["sandbox"]
    name = settings["global"]["parameters"]["stack_name"]
    api_id = settings["deploy"]["parameters"]["tags"].removeprefix("ms-custom-id=")
    chosen = {
        "Architecture": host_architecture(),
        "LegrandApiUrl": f"{legrand_url}/smarther/v2.0",
        "LegrandLoginUrl": legrand_url,
        "AlarmEmail": _NOBODYS_ADDRESS,
        "PublicBaseUrl": f"{cloud.endpoint_url}/_aws/execute-api/{api_id}",
        **(parameters or {}),
    }
    overrides = [f"{key}={value}" for key, value in chosen.items()]
    report("building the functions and their layers (sam build)")
    _sam("build", cloud, overrides, project)
    report("deploying the stack (sam deploy)")
    _sam("deploy", cloud, overrides, project)
    add_routes(cloud, name)
    return Stack(name, _outputs(cloud, name))


def host_architecture() -> str:
    """The processor of this machine as Lambda calls it: `arm64` or `x86_64`."""
    return own_processor()


def add_routes(cloud: Cloud, stack_name: str) -> None:
    """Give the deployed HTTP API the routes of its description.

    The emulator does not import the OpenAPI body that SAM writes for an HTTP API, so after a deploy the API has no
    routes. They are read from the processed template and created one by one; an existing one is updated.
    """
    formation, gateway = cloud.client("cloudformation"), cloud.client("apigatewayv2")
    template = formation.get_template(StackName=stack_name, TemplateStage="Processed")["TemplateBody"]
    resources = (template if isinstance(template, dict) else json.loads(template))["Resources"]
    physical = {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in formation.describe_stack_resources(StackName=stack_name)["StackResources"]
    }
    for logical_id, resource in resources.items():
        if resource["Type"] != "AWS::ApiGatewayV2::Api":
            continue
        api_id = physical[logical_id]
        present = {route["RouteKey"]: route["Target"] for route in gateway.get_routes(ApiId=api_id)["Items"]}
        for route_key, called in _described_routes(resource["Properties"]["Body"]):
            uri = _lambda_arn(cloud, physical[called])
            if route_key in present:
                integration_id = present[route_key].removeprefix("integrations/")
                gateway.update_integration(ApiId=api_id, IntegrationId=integration_id, IntegrationUri=uri)
                continue
            integration = gateway.create_integration(
                ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=uri, PayloadFormatVersion="2.0"
            )
            gateway.create_route(
                ApiId=api_id, RouteKey=route_key, Target=f"integrations/{integration['IntegrationId']}"
            )


def invoke(cloud: Cloud, function_name: str, event: Mapping[str, Any]) -> Any:
    """Call a deployed function and return its answer. Raises SandboxError with its message if it fails."""
    answer = cloud.client("lambda").invoke(FunctionName=function_name, Payload=json.dumps(event), LogType="Tail")
    payload = answer["Payload"].read().decode()
    if "FunctionError" in answer:
        log = base64.b64decode(answer.get("LogResult", "")).decode(errors="replace")
        raise SandboxError(f"{function_name} failed: {payload}\n{log}")
    return json.loads(payload)


def waiting(cloud: Cloud, deployed: Stack) -> int:
    """How many notifications are in the spill queue, or being stored from it."""
    counts = cloud.client("sqs").get_queue_attributes(
        QueueUrl=deployed.outputs["SpillQueueUrl"],
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )["Attributes"]
    return sum(int(count) for count in counts.values())


def _described_routes(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The pairs of route key and logical id of the function or alias, from an OpenAPI description as SAM writes it."""
    routes = []
    for path, methods in body["paths"].items():
        for method, operation in methods.items():
            uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
            (called,) = re.findall(r"/functions/\$\{(\w+)(?:\.Arn)?\}/invocations", uri)
            routes.append((f"{method.upper()} {path}", called))
    return routes


def _lambda_arn(cloud: Cloud, physical_id: str) -> str:
    """The ARN of a function or alias: an alias's physical id is its ARN, a function's is its name."""
    if physical_id.startswith("arn:"):
        return physical_id
    arn: str = cloud.client("lambda").get_function(FunctionName=physical_id)["Configuration"]["FunctionArn"]
    return arn


def _outputs(cloud: Cloud, name: str) -> Mapping[str, str]:
    stack = cloud.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _sam(command: str, cloud: Cloud, overrides: list[str], project: Path) -> None:
    environment = {
        **os.environ,
        **cloud.environment(),
        "PATH": f"{paths.SAM_ENVIRONMENT / 'bin'}:{os.environ.get('PATH', os.defpath)}",
        "SAM_CLI_TELEMETRY": "0",
        "ARCHITECTURE": host_architecture(),
    }
    ran = subprocess.run(  # noqa: S603 - the command is our own
        [
            str(paths.SAM_ENVIRONMENT / "bin" / "sam"),
            command,
            "--config-env",
            "sandbox",
            "--parameter-overrides",
            *overrides,
        ],
        env=environment,
        cwd=project,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    paths.LOGS.mkdir(parents=True, exist_ok=True)
    printed = ran.stdout + ran.stderr
    (paths.LOGS / f"sam-{command}.log").write_text(printed)
    if ran.returncode != 0:
        raise SandboxError(f"sam {command} failed (exit status {ran.returncode}):\n{printed[-_LOG_TAIL_CHARACTERS:]}")
