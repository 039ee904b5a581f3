"""The deployed stack: its place, its resources, and the clients to call them."""

from __future__ import annotations

import json
import os
import re
import time
from collections import ChainMap
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import boto3
from botocore.exceptions import ClientError

from smarther.aws.botocore_client import config_of, reading_fast
from smarther.aws.function_call import FunctionFailedError, invoke
from smarther.aws.secrets_manager import Secrets
from smarther.aws.timeouts import Timeouts
from smarther.store.quarantine import Quarantine
from smarther.store.table import Table
from smarther_cli import answers
from smarther_cli.errors import Failure, NotFound, WrongUse
from smarther_cli.place import DEFAULT_STACK, Place
from smarther_cli.verdict import Backlog

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from botocore.config import Config
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackTypeDef
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType


_STACK: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}|arn:[!-~]+")
"""A stack's name, or its ARN, by which CloudFormation also knows deleted stacks."""
_PROJECT: Final = Path(__file__).resolve().parents[2]
PATIENT: Final = config_of(Timeouts(connect_seconds=5, read_seconds=20, attempts=3))
_INVOKING: Final = config_of(Timeouts(connect_seconds=5, read_seconds=315))
"""The rollup may take 300 s, the keeper 120; a second attempt would be a second run."""


def place_of(
    *, stack: str | None = None, profile: str | None = None, region: str | None = None, sandbox: bool = False
) -> Place:
    """Where the stack is: by the options, else by the answers file of this folder, else the defaults.

    Another profile than the file's is another account, for which the file's region does not count. Raises WrongUse
    where the answers file is broken, or the name cannot be a stack's.
    """
    if stack and _STACK.fullmatch(stack) is None:
        raise WrongUse(
            f"{stack!r} cannot be the name of a stack.",
            "A name begins with a letter and has only letters, digits and hyphens, such as smarther-recorder.",
        )
    last = None if sandbox else answers.read()
    if last is None:
        return Place(stack=stack or DEFAULT_STACK, profile=profile, region=region, sandbox=sandbox)
    same_account = profile in {None, last.profile}
    return Place(
        stack=stack or last.stack,
        profile=profile or last.profile,
        region=region or (last.region if same_account else None),
    )


def session_at(place: Place) -> boto3.Session:
    """A session with the owner's credentials in the place's region, else in `AWS_REGION`, else in boto3's own."""
    return boto3.Session(profile_name=place.profile, region_name=place.region or os.environ.get("AWS_REGION"))


class Deployment:
    """One deployed stack, read from AWS when first needed. Errors of AWS are raised as boto3's own."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._endpoint: str | None = None
        self.environment: Mapping[str, str] = {}
        """The variables that lead another tool to the sandbox; none for AWS, where it finds its own way."""
        self._clients: dict[str, Any] = {}
        if place.sandbox:
            self._enter_sandbox()
        else:
            self._session = session_at(place)
            self.place = replace(place, region=self._session.region_name)

    @property
    def status(self) -> str:
        """CloudFormation's status of the stack."""
        return self._stack["StackStatus"]

    @property
    def created_at(self) -> datetime:
        """When the stack was created."""
        return self._stack["CreationTime"]

    def resource(self, logical_id: str) -> str:
        """The physical id of a resource of the template. Raises Failure if the stack has no such resource."""
        return self._named(ChainMap(*self._resources.values()), logical_id)

    def resources_of(self, kind: str) -> Mapping[str, str]:
        """The physical ids of the stack's resources of a type, by their logical ids."""
        return self._resources.get(kind, {})

    def client(self, service: str) -> Any:
        """A client of a service, made once."""
        if service not in self._clients:
            self._clients[service] = self._client(service, PATIENT)
        return self._clients[service]

    @property
    def build_folder(self) -> Path:
        """Where what is deployed there is built."""
        return _sandbox_folder() if self.place.sandbox else _PROJECT / ".aws-sam"

    @property
    def outputs(self) -> Mapping[str, str]:
        """The stack's outputs."""
        return self._described[0]

    @property
    def parameters(self) -> Mapping[str, str]:
        """The stack's parameters, defaults included."""
        return self._described[1]

    def parameter(self, name: str) -> str:
        """A parameter of the stack, as text. Raises Failure if it has no such parameter."""
        return self._named(self.parameters, name, "parameter ")

    @property
    def table_name(self) -> str:
        """The one table."""
        return self._output("TableName")

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """A client of the table's service."""
        return reading_fast(self._client("dynamodb", PATIENT))

    @cached_property
    def table(self) -> Table:
        """The one table, for the classes of the store."""
        return Table(self.dynamodb, self.table_name)

    @cached_property
    def secrets(self) -> Secrets:
        """The secrets."""
        return Secrets(self._client("secretsmanager", PATIENT), sleep=time.sleep)

    @property
    def retention_days(self) -> int | None:
        """Days after which a reading expires; None if it never does."""
        return int(self.parameter("RetentionDays")) or None

    @cached_property
    def sqs(self) -> SQSClient:
        """A client of the queues' service."""
        client: SQSClient = self._client("sqs", PATIENT)
        return client

    @cached_property
    def logs(self) -> CloudWatchLogsClient:
        """A client of the logs' service."""
        client: CloudWatchLogsClient = self._client("logs", PATIENT)
        return client

    @property
    def dead_letters_url(self) -> str:
        """The URL of the queue of dead letters: spilled notifications that could not be stored for hours."""
        return self._output("SpillDeadLetterQueueUrl")

    @property
    def waiting(self) -> Backlog:
        """The notifications that wait outside the table now."""
        dead_letters = self.messages_in(self.dead_letters_url)
        return Backlog(quarantine=Quarantine(self.table).size(), dead_letters=dead_letters)

    def messages_in(self, queue_url: str) -> int:
        """How many messages a queue has, those in flight included."""
        names: list[QueueAttributeNameType] = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = self.sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)["Attributes"]
        return sum(int(told[name]) for name in names)

    @property
    def receivers_log(self) -> str:
        """The receiver's log group."""
        return self._log_group(self._output("ReceiverFunctionName"))

    @property
    def zone(self) -> ZoneInfo:
        """The home's time zone."""
        return ZoneInfo(self.parameter("Timezone"))

    @property
    def credentials_arn(self) -> str:
        """The secret that holds the credentials."""
        return self._output("CredentialsSecretArn")

    @property
    def redirect_uri(self) -> str:
        """The redirect address to register at Legrand."""
        return self._output("RedirectUri")

    @property
    def login_url(self) -> str:
        """The address of Legrand's login."""
        return self.parameter("LegrandLoginUrl")

    @property
    def keeper_minutes(self) -> int:
        """Minutes between two runs of the keeper."""
        return int(self.parameter("KeeperRateMinutes"))

    @property
    def is_on_this_machine(self) -> bool:
        """Whether the stack is in a cloud on this machine, such as the sandbox's."""
        return urlsplit(self.client("lambda").meta.endpoint_url).hostname in {"localhost", "127.0.0.1", "::1"}

    def invoke_keeper(self, event: Mapping[str, object]) -> bytes:
        """Run the keeper now and return its answer. Raises Failure if it fails."""
        return self._invoke(self._output("KeeperFunctionName"), event)

    def invoke_rollup(self, event: Mapping[str, object]) -> bytes:
        """Run the rollup now and return its answer. Raises Failure if it fails."""
        return self._invoke(self._output("RollupFunctionName"), event)

    def beside(self, name: str) -> StackTypeDef | None:
        """The stack of that name for an add-on beside this one; None if there is none."""
        try:
            return self._formation.describe_stacks(StackName=add_on_stack(self.place.stack, name))["Stacks"][0]
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
            return None

    def add_on_outputs(self, name: str) -> Mapping[str, str]:
        """The outputs of the stack of an add-on beside this one. Raises NotFound if there is none."""
        stack = self.beside(name)
        if stack is None:
            raise NotFound(
                f"There is no add-on {name!r} beside {self.place.stack}.",
                f"`make addon NAME={name}` deploys it (docs/developer/addons.md).",
            )
        return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}

    def invoke_add_on(self, name: str, output: str, event: Mapping[str, object]) -> bytes:
        """Call the function that an output of an add-on's stack names. Raises Failure if it fails."""
        function = self._named(self.add_on_outputs(name), output, "output ")
        called = output.removesuffix("FunctionName").lower()
        return self._invoke(function, event, log_group=f"/smarther/{add_on_stack(self.place.stack, name)}/{called}")

    def _invoke(self, function_name: str, event: Mapping[str, object], log_group: str | None = None) -> bytes:
        client: LambdaClient = self._client("lambda", _INVOKING)
        try:
            return invoke(client, function_name, event)
        except FunctionFailedError as failure:
            raise Failure(
                f"{function_name} failed ({failure}).",
                f"Its log says more: aws logs tail {log_group or self._log_group(function_name)} --since 15m",
            ) from failure

    def _log_group(self, function_name: str) -> str:
        return f"/smarther/{self.place.stack}/{function_name.removeprefix(f'{self.place.stack}-')}"

    @cached_property
    def _formation(self) -> CloudFormationClient:
        client: CloudFormationClient = self._client("cloudformation", PATIENT)
        return client

    @cached_property
    def _stack(self) -> StackTypeDef:
        return self._formation.describe_stacks(StackName=self.place.stack)["Stacks"][0]

    @cached_property
    def _resources(self) -> Mapping[str, dict[str, str]]:
        """The stack's resources: by type, the physical id of each logical id."""
        found: dict[str, dict[str, str]] = {}
        for page in self._formation.get_paginator("list_stack_resources").paginate(StackName=self.place.stack):
            for each in page["StackResourceSummaries"]:
                of_kind = found.setdefault(each["ResourceType"], {})
                of_kind[each["LogicalResourceId"]] = each["PhysicalResourceId"]
        return found

    @cached_property
    def _described(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        stack = self._stack
        outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
        parameters = {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", [])}
        if not outputs:
            raise Failure(
                f"The stack {self.place.stack!r} has no outputs; its state is {stack['StackStatus']}.",
                "Wait until its deployment has ended. If it has failed, deploy it again with `make deploy`.",
            )
        return outputs, parameters

    def _output(self, name: str) -> str:
        return self._named(self.outputs, name, "output ")

    def _named(self, values: Mapping[str, str], name: str, kind: str = "") -> str:
        try:
            return values[name]
        except KeyError:
            raise Failure(
                f"The stack {self.place.stack!r} has no {kind}{name}, so it is not this version of the recorder.",
                "Name the right stack with --stack, or deploy this version with `make deploy`.",
            ) from None

    def _client(self, service: str, config: Config) -> Any:
        return self._session.client(service, endpoint_url=self._endpoint, config=config)

    def _enter_sandbox(self) -> None:
        """Use the endpoint, keys and stack of the running sandbox instead of the user's own AWS settings."""
        path = _sandbox_folder() / "state.json"
        try:
            told = json.loads(path.read_text())
            aws = told["aws"]
            self.place = Place(stack=told["stack"]["name"], region=aws["region"], sandbox=True)
            self._endpoint = aws["endpoint_url"]
            self._session = boto3.Session(
                aws_access_key_id=aws["access_key_id"],
                aws_secret_access_key=aws["secret_access_key"],
                region_name=aws["region"],
            )
            self.environment = {
                "AWS_ENDPOINT_URL": aws["endpoint_url"],
                "AWS_ACCESS_KEY_ID": aws["access_key_id"],
                "AWS_SECRET_ACCESS_KEY": aws["secret_access_key"],
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            }
        except FileNotFoundError:
            raise Failure("No sandbox is running.", "Start one with `make sandbox`.") from None
        except (ValueError, KeyError, TypeError):
            raise Failure(f"{path} cannot be read.", "Run `make sandbox-stop`, then `make sandbox`.") from None


def add_on_stack(core: str, name: str) -> str:
    """The name of an add-on's stack. An add-on's name is one of Python's, a stack's has hyphens."""
    return f"{core}-{name.replace('_', '-')}"


def _sandbox_folder() -> Path:
    return _PROJECT / os.environ.get("SANDBOX_FOLDER", ".sandbox")
