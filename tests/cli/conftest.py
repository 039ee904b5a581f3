"""A deployed stack for the command line: moto behind table and secrets, and the loopback for the rest."""

from __future__ import annotations

import json
import os
import time
import webbrowser
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from botocore.loaders import create_loader
from moto import mock_aws
from requests.adapters import BaseAdapter
from samtranslator.yaml_helper import yaml_parse
from typer.testing import CliRunner

from sandbox.legrand import Provider
from sandbox.legrand.account.login import Application
from sandbox.legrand.http.login_endpoints import LoginEndpoints
from sandbox.legrand.provider.gateway import Gateway, Request
from smarther.domain.account.legrand_answers import Reason
from smarther.domain.keeper.keeper_report import PersonNeeded, PlantState, Report, TokenState
from smarther.domain.readings.reading import Reading, instant_text
from smarther.store.listings import Listings, Module, Plant
from smarther.store.readings import Readings
from smarther.store.table import Table
from smarther_cli.app import app
from smarther_cli.commands.account import at_legrand
from tests.cli.cloud import Cloud, Stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from typer.testing import Result

PROJECT = Path(__file__).resolve().parents[2]
STACK = "smarther-recorder"
REGION = "eu-south-1"
NOW = datetime(2026, 1, 31, 12, 30, tzinfo=UTC)
"""When everything happens in these tests."""

CLIENT_ID = "0f9d8c7b-6a5e-4d3c-8b2a-1f0e9d8c7b6a"
CLIENT_SECRET = "s3cret'with\"marks [bold] ü"
SUBSCRIPTION_KEY = "0123456789abcdef0123456789ABCDEF"

CONSENT_MISSING = PersonNeeded(reason=Reason.CONSENT_MISSING.value, do=Reason.CONSENT_MISSING.remedy)

type Run = Callable[..., Result]


@dataclass
class Home:
    """The stack under test, and how to put things into it."""

    cloud: Cloud
    dynamodb: DynamoDBClient
    secrets: SecretsManagerClient
    table_name: str
    credentials_arn: str

    @property
    def table(self) -> Table:
        return Table(self.dynamodb, self.table_name)

    @property
    def stack(self) -> Stack:
        return self.cloud.stacks[STACK]

    @property
    def credentials(self) -> dict[str, str]:
        """What the credentials secret holds."""
        found: dict[str, str] = json.loads(self.secrets.get_secret_value(SecretId=self.credentials_arn)["SecretString"])
        return found

    def configured(self, **changes: str) -> None:
        """Have credentials in the secret."""
        values = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "subscription_key": SUBSCRIPTION_KEY}
        self.secrets.put_secret_value(SecretId=self.credentials_arn, SecretString=json.dumps(values | changes))

    def thermostat(
        self,
        module_id: str,
        name: str,
        *,
        plant_id: str = "plant-1",
        plant: str = "Home",
        programs: Mapping[int, str] | None = None,
    ) -> None:
        """Have a thermostat in the directory."""
        Listings(self.table).keep_plant(Plant(plant_id, plant))
        Listings(self.table).keep_module(Module(plant_id, module_id, name, "chronothermostat", programs=programs or {}))

    def keeper_answers(self, report: Report | Callable[[Any], Any]) -> None:
        """Have the keeper answer with a report, or with whatever a function of the event gives."""
        self.cloud.functions[f"{STACK}-keeper"] = (
            report if callable(report) else lambda _: report.model_dump(mode="json", exclude_none=True)
        )


@pytest.fixture
def in_rome(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This machine stands in Rome."""
    monkeypatch.setenv("TZ", "Europe/Rome")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(scope="session", autouse=True)
def service_models_read_once() -> Iterator[None]:
    """Every boto3 session reads the models of its services again, which would take most of the time of a test here."""
    loader = create_loader()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", lambda _=None: loader)
        yield


@pytest.fixture(autouse=True)
def no_user_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of this machine's own AWS settings, terminal or sandbox plays a part."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "SMARTHER_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("SANDBOX_FOLDER", str(tmp_path / "sandbox"))
    monkeypatch.setattr("smarther_cli.answers.FILE", tmp_path / ".smarther.toml")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr("smarther_cli.app.clock", lambda: NOW)


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that would have been opened in a browser; none ever is."""
    addresses: list[str] = []

    def note(address: str) -> bool:
        addresses.append(address)
        return True

    monkeypatch.setattr(webbrowser, "open", note)
    return addresses


class AtLegrand(BaseAdapter):
    """Legrand's login and API, by their stand-in, for calls from this machine; no socket is opened.

    Where it is `silent`, nobody answers.
    """

    def __init__(self) -> None:
        super().__init__()
        self.provider = Provider()
        self.silent = False
        self._gateway, self._desk = Gateway(self.provider), LoginEndpoints(self.provider)

    def knows(self, client_id: str, client_secret: str, subscription_key: str, **told: Any) -> None:
        """Have an application registered."""
        values: dict[str, Any] = {
            "redirect_uris": (),
            "name": "Home",
            "secret_created_at": self.provider.clock.now(),
        }
        self.provider.login.register(Application(client_id, client_secret, subscription_key, **(values | told)))

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        if self.silent:
            raise requests.ConnectionError
        url = urlsplit(request.url or "")
        if url.path == "/token":
            answer = self._desk.token(str(request.body).encode(), request.headers["content-type"])
        else:
            headers = {name.lower(): value for name, value in request.headers.items()}
            path = url.path.removeprefix("/smarther/v2.0")
            answer = self._gateway.answer(Request(request.method or "", path, headers, {}, b""))
        response = requests.Response()
        response.status_code, response._content = answer.status, answer.content
        response.headers.update(answer.headers)
        response.request, response.url = request, request.url or ""
        return response

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture(autouse=True)
def legrand(monkeypatch: pytest.MonkeyPatch) -> AtLegrand:
    """Legrand's cloud, which knows the application of these tests; the real one is never called."""
    found = AtLegrand()
    found.knows(CLIENT_ID, CLIENT_SECRET, SUBSCRIPTION_KEY)

    def session() -> requests.Session:
        opened = requests.Session()
        opened.mount("https://", found)
        return opened

    monkeypatch.setattr(at_legrand, "open_session", session)
    return found


@pytest.fixture
def run() -> Run:
    """Run a command, with nobody at a terminal."""
    runner = CliRunner()

    def runs(*arguments: str, stdin: str | None = None) -> Result:
        return runner.invoke(app, arguments, input=stdin)

    return runs


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """An AWS account with credentials that are good, and nothing in it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws(), Cloud().serving() as cloud:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", cloud.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", cloud.url)
        yield cloud


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    """The template as written."""
    parsed: dict[str, Any] = yaml_parse((PROJECT / "template.yaml").read_text())
    return parsed


@pytest.fixture
def home(aws: Cloud, template: dict[str, Any]) -> Home:
    """The stack as it is right after its deployment: the template's table, secrets without a value."""
    table = template["Resources"]["Table"]["Properties"]
    dynamodb: DynamoDBClient = boto3.client("dynamodb")
    dynamodb.create_table(
        TableName="table",
        **{name: table[name] for name in ("BillingMode", "AttributeDefinitions", "KeySchema")},
    )
    secrets: SecretsManagerClient = boto3.client("secretsmanager")
    arns = {name: secrets.create_secret(Name=name)["ARN"] for name in ("credentials", "tokens", "webhook")}
    aws.stacks[STACK] = Stack(
        outputs={
            "WebhookBaseUrl": "https://abc.execute-api.eu-south-1.amazonaws.com",
            "RedirectUri": "https://abc.execute-api.eu-south-1.amazonaws.com/callback",
            "TableName": "table",
            "TableStreamArn": "arn:aws:dynamodb:eu-south-1:123456789012:table/table/stream/2026-01-01T00:00:00.000",
            "CredentialsSecretArn": arns["credentials"],
            "TokensSecretArn": arns["tokens"],
            "WebhookSecretArn": arns["webhook"],
            "KeeperFunctionName": f"{STACK}-keeper",
            "ReceiverFunctionName": f"{STACK}-receiver",
            "RollupFunctionName": f"{STACK}-rollup",
            "SpillDeadLetterQueueUrl": boto3.client("sqs").create_queue(QueueName="dead-letters")["QueueUrl"],
            "DashboardUrl": "https://eu-south-1.console.aws.amazon.com/cloudwatch/home",
        },
        parameters={
            "LegrandLoginUrl": template["Parameters"]["LegrandLoginUrl"]["Default"],
            "LegrandApiUrl": template["Parameters"]["LegrandApiUrl"]["Default"],
            "KeeperRateMinutes": "30",
            "StaleAfterHours": "24",
            "RetentionDays": "0",
            "Timezone": "Europe/Rome",
        },
    )
    found = Home(aws, dynamodb, secrets, "table", arns["credentials"])
    found.keeper_answers(report(outcome="needs_person", tokens=None, plants=(), person=(CONSENT_MISSING,)))
    return found


def report(now: datetime = NOW, **changes: Any) -> Report:
    """A report of a run in which all was well."""
    values: dict[str, Any] = {
        "at": instant_text(now),
        "outcome": "healthy",
        "plants": (PlantState(plant_id="plant-1", name="Home", subscription="healthy"),),
        "tokens": TokenState(
            expires_at=int((now + timedelta(minutes=59)).timestamp()),
            refresh_expires_at=int((now + timedelta(days=90)).timestamp()),
        ),
        "calls_today": 12,
        "calls_quota": 500,
    }
    return Report(**(values | changes))


SPOKE = Reading(
    plant_id="plant-1",
    module_id="module-1",
    time=NOW - timedelta(minutes=12),
    function="HEATING",
    mode="AUTOMATIC",
    load_state="ACTIVE",
    temperature_c=Decimal("20.5"),
    humidity_percent=Decimal("48.2"),
    setpoint_c=Decimal(21),
    program=Decimal(3),
)


def said(home: Home, reading: Reading, *, arrived: datetime | None = None) -> None:
    Readings(home.table).store(reading, received_at=arrived or reading.time, source="push")
