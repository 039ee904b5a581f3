"""The keeper's environment in one process: moto for AWS, Legrand's stand-in, receivers, and a clock that tests move.

Every external effect of the keeper passes a gate, which can kill the run there. Most tests use the simulation's AWS,
which is very much quicker; tests/labs/test_cloud.py compares it with moto.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from random import Random
from socket import EAI_NONAME, gaierror
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import boto3
import requests
from botocore import UNSIGNED, xform_name
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError
from botocore.session import get_session
from botocore.validate import ParamValidator
from requests.adapters import BaseAdapter

from labs.simulation import cloud as simulated
from labs.simulation.effects import API, BASE, LOGIN, Effects, Killed, one_time
from sandbox.legrand import CLIENT_ID, CLIENT_SECRET, SUBSCRIPTION_KEY, Provider, Settings
from sandbox.legrand.account.clock import MovableClock
from sandbox.legrand.http.login_endpoints import LoginEndpoints
from sandbox.legrand.provider.gateway import Gateway
from sandbox.legrand.provider.gateway import Request as Call
from sandbox.legrand.variants import Variants
from smarther.aws.alarm_topic import AlarmTopic
from smarther.aws.secrets_manager import Secrets
from smarther.domain.account.subscription_plan import address, is_ours
from smarther.keeper.dependencies import Dependencies
from smarther.keeper.run import Keeper, RunRequest
from smarther.keeper.settings import KeeperSettings
from smarther.legrand.client import open_session
from smarther.receiver.authenticate import Authenticator
from smarther.receiver.deadlines import Deadlines
from smarther.receiver.receive import Receiver
from smarther.receiver.record import Recorder
from smarther.store.digests import Digests
from smarther.store.table import Table
from tests.support import deployed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from botocore.client import BaseClient
    from botocore.model import ServiceModel
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from sandbox.legrand.account.answer import Answer
    from sandbox.legrand.account.subscriptions import Subscription
    from smarther.domain.keeper.keeper_report import Report

START = datetime(2026, 1, 14, 6, 30, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
SECRETS = ("credentials", "tokens", "webhook")


class World:
    """One deployment with its provider and its owner. Needs moto's `mock_aws` around it, unless it is `in_memory`.

    If it is `in_memory` and `checked`, what the keeper sends is checked as botocore does, which doubles the time.
    """

    def __init__(
        self,
        *,
        plants: int = 2,
        modules: int = 3,
        seed: int = 1,
        in_memory: bool = False,
        checked: bool = False,
        **environment: str,
    ) -> None:
        self.clock = MovableClock()
        self.clock.hold(START)
        self.dice, theirs = Random(seed), Random(seed)  # noqa: S311 - dice that fall alike each time
        settings = Settings(seed=seed, plants=plants, modules=modules, variants=Variants(token_fields="mixed"))
        self.provider = Provider(settings, self.clock, theirs)
        self.gateway, self.desk = Gateway(self.provider), LoginEndpoints(self.provider)
        self.in_memory, self.checked = in_memory, checked
        self.secrets: Any
        self.dynamodb: Any
        if in_memory:
            self.secrets, self.dynamodb = simulated.SecretsManager(self.clock.now, *SECRETS), simulated.DynamoDB()
            self.credentials_arn, self.tokens_arn, self.webhook_arn = SECRETS
        else:
            self.secrets, self.dynamodb = _secrets_manager("the world's"), _dynamodb("the world's")
            deployed.create_table()
            arns = {name: self.secrets.create_secret(Name=name)["ARN"] for name in SECRETS}
            self.credentials_arn, self.tokens_arn, self.webhook_arn = arns.values()
        self.settings = KeeperSettings.model_validate(
            {
                "TABLE_NAME": deployed.TABLE,
                "CREDENTIALS_SECRET_ARN": self.credentials_arn,
                "TOKENS_SECRET_ARN": self.tokens_arn,
                "WEBHOOK_SECRET_ARN": self.webhook_arn,
                "WEBHOOK_BASE_URL": BASE,
                "LEGRAND_API_URL": API,
                "LEGRAND_LOGIN_URL": LOGIN,
                "PLANT_IDS": "",
                "STALE_AFTER_HOURS": "24",
                "WEBHOOK_ROTATION_DAYS": "0",
                "RETENTION_DAYS": "0",
                "ALARM_TOPIC_ARN": "arn:the-alarm-topic",
                "TIMEZONE": "Europe/Rome",
                "LEGRAND_DAILY_CALLS": "500",
                **environment,
            }
        )
        table: Any = simulated.Hand(self.dynamodb, lambda _, work: work()) if in_memory else self.dynamodb
        self.table = Table(table, deployed.TABLE)
        self.mailbox = simulated.Mailbox()
        self.receivers = [self.new_receiver()]
        self.effects = Effects()
        self.late_reads = False
        """Whether a run reads from Secrets Manager what was there before its own writes."""
        self.unresolved: set[str] = set()
        """Hosts whose names do not resolve."""
        self.unheard: set[str | None] = set()
        """Refresh tokens that the login issued in answers that were lost."""

    # ---- the owner

    def configure(self, **changed: str) -> None:
        """Store the owner's credentials in Secrets Manager."""
        document = {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "subscription_key": SUBSCRIPTION_KEY,
            "recorded_at": self.clock.now().date().isoformat(),
        }
        self.secrets.put_secret_value(
            SecretId=self.credentials_arn, SecretString=json.dumps(document | changed), ClientRequestToken=uuid4().hex
        )

    def code(self) -> str:
        """Give consent in the browser; returns the code."""
        return self.provider.login.consent(CLIENT_ID)

    def consent(self) -> Report:
        """Give consent, and run the keeper with the code."""
        return self.run(consent={"code": self.code()})

    # ---- the keeper

    def keeper(self, effects: Effects | None = None) -> Keeper:
        """A new keeper, whose effects pass the world's gate or the given one."""
        gate = effects or self.effects
        session = open_session()
        session.mount("https://", InProcessAdapter(self, gate))
        dynamodb: Any
        secrets: Any
        if self.in_memory:
            dynamodb = _in_memory(self.dynamodb, "dynamodb", gate, checked=self.checked)
            secrets = _in_memory(self.secrets, "secretsmanager", gate, checked=self.checked)
        else:
            dynamodb = _gated(_dynamodb("the keeper's"), gate)
            secrets = _gated(_secrets_manager("the keeper's"), gate, late=self.late_reads)
        return Keeper(
            Dependencies(
                settings=self.settings,
                secrets=Secrets(secrets, sleep=self.sleep),
                table=Table(dynamodb, deployed.TABLE),
                topic=AlarmTopic(lambda: cast("Any", self.mailbox), self.settings.alarm_topic_arn),
                session=session,
                clock=self.clock.now,
                sleep=self.sleep,
                one_time=one_time(self.dice),
            )
        )

    def run(self, **event: Any) -> Report:
        """Make one whole run."""
        return self.keeper().run(RunRequest.of(event))

    def run_and_die(self, kill_at: tuple[int, str], **event: Any) -> None:
        """Make a run that is killed at an effect; then let its lease end, and reset the gate."""
        self.effects = Effects()
        self.effects.kill_at = kill_at
        try:
            self.run(**event)
        except Killed:
            pass
        else:
            raise AssertionError(f"the run has no effect number {kill_at[0]}")
        self.effects = Effects()
        self.clock.advance(timedelta(minutes=3))

    def sleep(self, seconds: float) -> None:
        """Move the clock instead of waiting."""
        self.clock.advance(timedelta(seconds=seconds))

    def later(self, by: timedelta = HALF_HOUR) -> None:
        """Move the clock."""
        self.clock.advance(by)

    # ---- the state

    @property
    def ours(self) -> list[Subscription]:
        """Our subscriptions at the provider."""
        return [entry for entry in self.provider.subscriptions.all() if is_ours(entry.url, BASE)]

    @property
    def plant_ids(self) -> list[str]:
        """The account's plants."""
        return sorted(self.provider.homes.plants)

    def tokens(self, stage: str = "AWSCURRENT") -> dict[str, Any]:
        """The tokens in Secrets Manager."""
        held = self.secrets.get_secret_value(SecretId=self.tokens_arn, VersionStage=stage)
        return cast("dict[str, Any]", json.loads(held["SecretString"]))

    def called_today(self, calls: int) -> None:
        """Let the keeper have counted so many calls today."""
        item = {
            "calls": {"N": str(calls)},
            "expires_at": {"N": f"{(self.clock.now() + timedelta(days=9)).timestamp():.0f}"},
        }
        key = {"pk": {"S": "QUOTA"}, "sk": {"S": f"{self.clock.now():%Y-%m-%d}"}}
        self.dynamodb.put_item(TableName=deployed.TABLE, Item=key | item)

    def is_live(self, refresh_token: str) -> bool:
        """Whether the login would accept a refresh token."""
        grant = self.provider.login._refresh.get(refresh_token)
        return grant is not None and grant.live(self.clock.now())

    def webhook(self) -> dict[str, Any]:
        """The webhook's secrets in Secrets Manager."""
        held = self.secrets.get_secret_value(SecretId=self.webhook_arn, VersionStage="AWSCURRENT")
        return cast("dict[str, Any]", json.loads(held["SecretString"]))

    @property
    def webhook_url(self) -> str:
        """The webhook's current address."""
        return address(BASE, self.webhook()["current"])

    # ---- the receivers

    def new_receiver(self) -> Container:
        """A new receiver."""
        return Container(Table(self.dynamodb, deployed.TABLE), self.clock)

    def push(self, url: str, body: bytes, receiver: Container | None = None) -> tuple[int, bytes]:
        """Post a body to a receiver, by default any of them; returns its answer's status and body."""
        return (receiver or self.dice.choice(self.receivers)).answer(url.rpartition("/")[2], body)


class Container:
    """One container of the receiver, frozen between two events, so that its monotonic clock stands still."""

    def __init__(self, table: Table, clock: MovableClock) -> None:
        self._receiver = Receiver(
            recorder=Recorder.of(table),
            authenticator=Authenticator(Digests(table), clock.now),
            now=clock.now,
            deadlines=lambda: Deadlines(lambda: 0.0, lambda _, work: work()),
        )
        self._receiver.warm_up()

    def answer(self, secret: str, body: bytes) -> tuple[int, bytes]:
        """The status and body of its answer to a POST to the address with this secret."""
        event = {"pathParameters": {"secret": secret}, "body": body.decode(), "isBase64Encoded": False}
        answer = self._receiver.answer(event)
        return answer["statusCode"], answer["body"].encode()


class InProcessAdapter(BaseAdapter):
    """An adapter of `requests` that calls the stand-in or a receiver directly, without a socket."""

    def __init__(self, world: World, effects: Effects) -> None:
        super().__init__()
        self._world = world
        self._effects = effects

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Answer one request, if it passes the gate."""
        url = urlsplit(request.url or "")
        ours = url.hostname == urlsplit(BASE).hostname
        name = f"{request.method} {url.hostname}" + ("" if ours else f" {url.path.removeprefix('/smarther/v2.0')}")
        status, headers, body = self._effects.perform(name, lambda: self._answer(request))
        response = requests.Response()
        response.status_code, response._content = status, body
        response.headers.update(headers)
        response.request, response.url = request, request.url or ""
        return response

    def close(self) -> None:
        """Do nothing: nothing is open."""

    def _answer(self, request: requests.PreparedRequest) -> tuple[int, Mapping[str, str], bytes]:
        url = urlsplit(request.url or "")
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        assert isinstance(body, bytes)
        if url.hostname in self._world.unresolved:
            raise requests.ConnectionError(request=request) from gaierror(EAI_NONAME, "Name or service not known")
        if url.hostname == urlsplit(BASE).hostname:
            status, told = self._world.push(request.url or "", body)
            return status, {}, told
        headers = {name.lower(): value for name, value in request.headers.items()}
        answer = self._provider_answer(request.method or "", url.path, url.query, headers, body)
        if answer.dropped:
            raise requests.ConnectionError("dropped")
        return answer.status, answer.headers, answer.content

    def _provider_answer(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if path == "/token":
            answer = self._world.desk.token(body, headers.get("content-type", ""))
            if answer.dropped:
                self._world.unheard.add(self._world.provider.login.newest_refresh_token)
            return answer
        call = Call(method, path.removeprefix("/smarther/v2.0"), headers, dict(parse_qsl(query)), body)
        return self._world.gateway.answer(call)


# Making a client takes longer than a whole run of the keeper, so all worlds share one for each use. Nothing here checks
# signatures.
_QUICK = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})


@cache
def _dynamodb(hand: str) -> DynamoDBClient:
    assert hand
    client: DynamoDBClient = boto3.client("dynamodb", config=_QUICK)
    return client


@cache
def _secrets_manager(hand: str) -> SecretsManagerClient:
    assert hand
    client: SecretsManagerClient = boto3.client("secretsmanager", config=_QUICK)
    return client


@cache
def _model(service: str) -> ServiceModel:
    return get_session().get_service_model(service)


def _in_memory(service: Any, name: str, effects: Effects, *, checked: bool) -> simulated.Hand:
    """A client of a service in memory, with every call through the gate, under AWS's name of its operation."""
    names = _operations(name)
    return simulated.Hand(
        _Checked(service, name) if checked else service,
        lambda operation, work: effects.perform(names[operation], work),
    )


@cache
def _operations(service: str) -> dict[str, str]:
    """AWS's names of a service's operations, by the client's methods."""
    return {xform_name(operation): operation for operation in _model(service).operation_names}


class _Checked:
    """A service in memory that is sent nothing that botocore would refuse to send to the real one."""

    def __init__(self, service: Any, name: str) -> None:
        self._service = service
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        played = getattr(self._service, attribute)
        if attribute not in _operations(self._name):
            return played
        shape = _model(self._name).operation_model(_operations(self._name)[attribute]).input_shape
        assert shape is not None

        def call(**parameters: Any) -> Any:
            report = ParamValidator().validate(parameters, shape)
            if report.has_errors():
                raise ParamValidationError(report=report.generate_report())
            return played(**parameters)

        return call


def _gated[Client: BaseClient](client: Client, effects: Effects, *, late: bool = False) -> Client:
    """The client, with every call through the gate; of several gates for one client, the latest applies."""
    call = type(client)._make_api_call.__get__(client)  # type: ignore[attr-defined] # the stubs leave it out
    if late:
        call = _LateReads(call)

    def gated(operation: str, arguments: dict[str, Any]) -> Any:
        return effects.perform(operation, lambda: call(operation, arguments))

    vars(client)["_make_api_call"] = gated
    return client


class _LateReads:
    """Secrets Manager with eventually consistent reads: a secret that is written reads as it did before."""

    def __init__(self, call: Callable[[str, dict[str, Any]], Any]) -> None:
        self._call = call
        self._before: dict[tuple[str, str], Callable[[], Any]] = {}

    def __call__(self, operation: str, arguments: dict[str, Any]) -> Any:
        secret = arguments["SecretId"]
        if operation == "GetSecretValue":
            read = self._before.get((secret, arguments["VersionStage"]))
            return self._call(operation, arguments) if read is None else read()
        for stage in ("AWSCURRENT", "AWSPENDING"):
            if (secret, stage) not in self._before:
                self._before[secret, stage] = self._read(secret, stage)
        return self._call(operation, arguments)

    def _read(self, secret: str, stage: str) -> Callable[[], Any]:
        """A read that answers, whenever it is called, what is stored now."""
        try:
            answer = self._call("GetSecretValue", {"SecretId": secret, "VersionStage": stage})
        except ClientError as refusal:
            return partial(_raise, refusal)
        return lambda: answer


def _raise(error: Exception) -> Any:
    raise error
