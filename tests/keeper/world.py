"""The keeper's whole world in one process: AWS by moto, Legrand by its stand-in, receivers, and a clock that only moves
when told. Every external effect of the keeper goes through one gate, which can kill it there."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, urlsplit

import boto3
import requests
from requests.adapters import BaseAdapter
from samtranslator.yaml_helper import yaml_parse

from sandbox.legrand import CLIENT_ID, CLIENT_SECRET, SUBSCRIPTION_KEY, Provider, Settings
from sandbox.legrand.clock import MovableClock
from sandbox.legrand.gateway import Gateway
from sandbox.legrand.gateway import Request as Call
from sandbox.legrand.login_desk import LoginDesk
from smarther.adapters.records import Records
from smarther.adapters.table import Table
from smarther.adapters.vault import Vault
from smarther.authentication import Authenticator
from smarther.domain.webhook import address, is_ours
from smarther.keeper.run import Keeper, Request
from smarther.keeper.tools import Tools
from smarther.receiver import Receiver
from smarther.settings import KeeperSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from sandbox.legrand.answer import Answer
    from sandbox.legrand.subscriptions import Subscription
    from smarther.domain.report import Report

TABLE = "readings"
LOGIN = "https://login.example"
API = "https://api.example/smarther/v2.0"
BASE = "https://ours.example"
START = datetime(2026, 1, 14, 6, 30, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
PROJECT = Path(__file__).resolve().parents[2]


class Killed(BaseException):
    """The process ends here: nothing of ours may catch it."""


class Effects:
    """The gate through which each of the keeper's external effects goes.

    `kill_at` is the number of an effect and whether the process ends before it happens or after. `meanwhile` is called
    before each effect: what others do at the same time.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.kill_at: tuple[int, str] | None = None
        self.meanwhile: Callable[[str], None] | None = None
        self.dead = False

    def perform[Result](self, name: str, work: Callable[[], Result]) -> Result:
        """Do one effect, or die at it; the dead do nothing more."""
        if self.dead:
            raise Killed
        number = len(self.names)
        self.names.append(name)
        if self.meanwhile is not None:
            self.meanwhile(name)
        if self.kill_at == (number, "before"):
            self._die()
        result = work()
        if self.kill_at == (number, "after"):
            self._die()
        return result

    def _die(self) -> None:
        self.dead = True
        raise Killed


class World:
    """One deployment with its provider and its owner. Needs moto's `mock_aws` around it."""

    def __init__(self, *, plants: int = 2, modules: int = 3, seed: int = 1, **environment: str) -> None:
        self.clock = MovableClock()
        self.clock.hold(START)
        self.dice = Random(seed)
        self.provider = Provider(Settings(seed=seed, plants=plants, modules=modules), self.clock, Random(seed))
        self.gateway, self.desk = Gateway(self.provider), LoginDesk(self.provider)
        self.secrets: SecretsManagerClient = boto3.client("secretsmanager")
        self.dynamodb: DynamoDBClient = boto3.client("dynamodb")
        self._create_table()
        arns = {name: self.secrets.create_secret(Name=name)["ARN"] for name in ("credentials", "tokens", "webhook")}
        self.credentials_arn, self.tokens_arn, self.webhook_arn = arns.values()
        self.settings = KeeperSettings.model_validate(
            {
                "TABLE_NAME": TABLE,
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
                **environment,
            }
        )
        self.records = Records(self.dynamodb, TABLE)
        self.receivers = [self.new_receiver()]
        self.effects = Effects()

    # ---- the owner

    def configure(self, **changed: str) -> None:
        """The owner's credentials, in the vault."""
        document = {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "subscription_key": SUBSCRIPTION_KEY,
            "recorded_at": self.clock.now().date().isoformat(),
        }
        self.secrets.put_secret_value(SecretId=self.credentials_arn, SecretString=json.dumps(document | changed))

    def consent(self) -> Report:
        """The owner consents, and the keeper is given the code."""
        return self.run(consent={"code": self.provider.login.consent(CLIENT_ID)})

    # ---- the keeper

    def keeper(self, effects: Effects | None = None) -> Keeper:
        """A keeper that has just started; its effects go through the world's gate, or one of its own."""
        gate = effects or self.effects
        session = requests.Session()
        session.mount("https://", Line(self, gate))
        dynamodb = _gated(boto3.client("dynamodb"), gate)
        return Keeper(
            Tools(
                settings=self.settings,
                vault=Vault(_gated(boto3.client("secretsmanager"), gate), sleep=self.sleep),
                records=Records(dynamodb, TABLE),
                table=Table(dynamodb, TABLE),
                session=session,
                clock=self.clock.now,
                sleep=self.sleep,
                entropy=self.dice.randbytes,
            )
        )

    def run(self, **event: Any) -> Report:
        """One run, from start to end."""
        return self.keeper().run(Request.of(event))

    def run_and_die(self, kill_at: tuple[int, str], **event: Any) -> None:
        """One run that is killed at an effect; then enough time for its lease to end. The gate is as new."""
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
        """Waiting is moving the clock."""
        self.clock.advance(timedelta(seconds=seconds))

    def later(self, by: timedelta = HALF_HOUR) -> None:
        """Some time goes by."""
        self.clock.advance(by)

    # ---- what is so

    @property
    def ours(self) -> list[Subscription]:
        """Our subscriptions at the provider."""
        return [entry for entry in self.provider.subscriptions.all() if is_ours(entry.url, BASE)]

    @property
    def plant_ids(self) -> list[str]:
        """The account's plants."""
        return sorted(self.provider.world.plants)

    def tokens(self, stage: str = "AWSCURRENT") -> dict[str, Any]:
        """The tokens in the vault."""
        held = self.secrets.get_secret_value(SecretId=self.tokens_arn, VersionStage=stage)
        return cast("dict[str, Any]", json.loads(held["SecretString"]))

    def webhook(self) -> dict[str, Any]:
        """The webhook's secrets in the vault."""
        held = self.secrets.get_secret_value(SecretId=self.webhook_arn)
        return cast("dict[str, Any]", json.loads(held["SecretString"]))

    @property
    def webhook_url(self) -> str:
        """The address that is current now."""
        return address(BASE, self.webhook()["current"])

    # ---- the receivers

    def new_receiver(self) -> Receiver:
        """A receiver that has just started: it reads the digests, as the function does."""
        table = Table(self.dynamodb, TABLE)
        authenticator = Authenticator(table, lambda: self.clock.now().timestamp())
        authenticator.look()
        return Receiver(
            table=table, authenticator=authenticator, now=self.clock.now, seconds=lambda: self.clock.now().timestamp()
        )

    def push(self, url: str, body: bytes, receiver: Receiver | None = None) -> dict[str, Any]:
        """What a receiver, or any of them, answers to a POST."""
        event = {"pathParameters": {"secret": url.rpartition("/")[2]}, "body": body.decode(), "isBase64Encoded": False}
        return (receiver or self.dice.choice(self.receivers)).answer(event)

    def _create_table(self) -> None:
        schema = yaml_parse((PROJECT / "template.yaml").read_text())["Resources"]["Table"]["Properties"]
        names = ("KeySchema", "AttributeDefinitions", "BillingMode")
        self.dynamodb.create_table(TableName=TABLE, **{name: schema[name] for name in names})


class Line(BaseAdapter):
    """What `requests` sends goes straight to the stand-in, or to a receiver; no socket is opened."""

    def __init__(self, world: World, effects: Effects) -> None:
        super().__init__()
        self._world = world
        self._effects = effects

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:  # type: ignore[override] # the library's own parameters are of no use here
        """Answer one request, through the gate."""
        url = urlsplit(request.url or "")
        name = f"{request.method} {url.hostname} {url.path.removeprefix('/smarther/v2.0')}"
        status, headers, body = self._effects.perform(name, lambda: self._answer(request))
        response = requests.Response()
        response.status_code, response._content = status, body
        response.headers.update(headers)
        response.request, response.url = request, request.url or ""
        return response

    def close(self) -> None:
        """Nothing is open."""

    def _answer(self, request: requests.PreparedRequest) -> tuple[int, Mapping[str, str], bytes]:
        url = urlsplit(request.url or "")
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        assert isinstance(body, bytes)
        if url.hostname == urlsplit(BASE).hostname:
            pushed = self._world.push(request.url or "", body)
            return pushed["statusCode"], pushed["headers"], pushed["body"].encode()
        headers = {name.lower(): value for name, value in request.headers.items()}
        answer = self._provider_answer(request.method or "", url.path, url.query, headers, body)
        if answer.dropped:
            raise requests.ConnectionError("dropped")
        return answer.status, answer.headers, answer.content

    def _provider_answer(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        if path == "/token":
            return self._world.desk.token(body, headers.get("content-type", ""))
        call = Call(method, path.removeprefix("/smarther/v2.0"), headers, dict(parse_qsl(query)), body)
        return self._world.gateway.answer(call)


def _gated[Client](client: Client, effects: Effects) -> Client:
    """The client, its every call through the gate."""
    call = client._make_api_call  # type: ignore[attr-defined] # botocore makes its clients at run time

    def gated(operation: str, arguments: dict[str, Any]) -> Any:
        return effects.perform(operation, lambda: call(operation, arguments))

    client._make_api_call = gated  # type: ignore[attr-defined] # as above
    return client
