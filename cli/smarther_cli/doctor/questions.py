"""The questions to AWS; each returns a fact, and changes nothing.

Errors of AWS are raised as boto3's own; `examination` turns them into findings. Names of resources are those that
CloudFormation lists for the stack.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import cached_property, partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final
from zipfile import BadZipFile, ZipFile

import requests
from botocore.exceptions import ClientError
from pydantic import ValidationError

from smarther.domain.keeper.keeper_probe import Probe
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.keeper_items import KeeperNotes
from smarther.store.quarantine import Quarantine
from smarther_cli.doctor import facts
from smarther_cli.errors import GONE, Failure
from smarther_cli.standing import is_configured, person_since

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from smarther_cli.deployment import Deployment

CALLS: Final = 20
AT_ONCE: Final = 4
MAY_BE_OFF: Final = "ReceiverFunctionKeepWarm"
"""The only schedule that a parameter can turn off."""

_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
_LAYER_SECONDS: Final = (5, 30)
_ELF: Final = b"\x7fELF"
_MACHINES: Final = {0x3E: "x86_64", 0xB7: "arm64"}
"""`e_machine` in the head of a file of native code: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html"""


class LayerUnreadableError(Exception):
    """A layer's content could not be downloaded, or cannot be read."""


class Questions:
    """The questions to one deployed stack, at one instant."""

    def __init__(self, deployment: Deployment, at: datetime) -> None:
        self._deployment = deployment
        self._at = at

    # ---- the stack

    def stack(self) -> str:
        """The stack's status."""
        return self._deployment.status

    def functions(self) -> Sequence[facts.Function]:
        """Every function of the stack."""
        return self._functions

    def live_version(self) -> facts.Alias:
        """The version of the receiver that the API calls."""
        client, name = self._client("lambda"), self._deployment.resource("ReceiverFunction")
        alias = client.get_alias(FunctionName=name, Name="live")
        pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=name)
        versions = [each["Version"] for page in pages for each in page["Versions"] if each["Version"] != "$LATEST"]
        weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        return facts.Alias(
            version=alias["FunctionVersion"],
            sharing=next(iter(weights), None),
            newest=max(versions, key=int, default=None),
        )

    def processors(self) -> facts.Processors:
        """The processors of functions and layers."""
        layers = sorted({arn for function in self._functions for arn in function.layers})
        return facts.Processors(
            chosen=self._deployment.parameter("Architecture"),
            functions=tuple(self._functions),
            layers=tuple(self._layer(arn) for arn in layers),
        )

    # ---- answers through the real address

    def answers(self) -> facts.AddressAnswers:
        """What the keeper finds when it calls the webhook's address."""
        try:
            told = self._deployment.invoke_keeper({"probe": {"calls": CALLS, "at_once": AT_ONCE}})
        except Failure as failure:
            return facts.AddressAnswers(probe=None, failure=f"nobody could ask: {failure}", remedy=failure.remedy)
        try:
            probe = Probe.model_validate_json(told)
        except ValidationError:
            return facts.AddressAnswers(
                probe=None,
                failure="nobody could ask: the keeper is not of this version",
                remedy="Deploy the version that belongs to this command line: `make deploy`.",
            )
        return facts.AddressAnswers(probe=probe, on_this_machine=self._deployment.is_on_this_machine)

    # ---- what runs by itself

    def schedules(self) -> Sequence[facts.Schedule]:
        """Every schedule of the stack."""
        client = self._client("scheduler")
        return [
            facts.Schedule(
                name=name,
                state=_unless_gone(partial(_state_of, client, name)),
                wanted=logical_id != MAY_BE_OFF or self._deployment.parameter("KeepWarm") == "true",
            )
            for logical_id, name in self._deployment.resources_of("AWS::Scheduler::Schedule").items()
        ]

    def redriver(self) -> str:
        """The state of the redriver's event source."""
        mapping = self._deployment.resource("RedriverFunctionSpilled")
        state: str = self._client("lambda").get_event_source_mapping(UUID=mapping)["State"]
        return state

    def keepers_last_run(self) -> facts.LastRun:
        """When a run of the keeper last ended, by its report in the table."""
        report = KeeperNotes(self._deployment.table).report()
        return self._last_run(
            None if report is None else self._at - datetime.fromisoformat(report.at),
            timedelta(minutes=self._deployment.keeper_minutes),
        )

    def rollups_last_run(self) -> facts.LastRun:
        """When the rollup last ran, by its state in the table."""
        state = HoursAndDays(self._deployment.table).rollup_state()
        return self._last_run(None if state is None else self._at - state.ran_at, _HOUR)

    def standing(self) -> facts.LastReport:
        """The keeper's last report, with what has changed since."""
        report = KeeperNotes(self._deployment.table).report()
        if report is None:
            return facts.LastReport(report=None, configured=is_configured(self._deployment))
        person = person_since(self._deployment, report)
        return facts.LastReport(report=report.model_copy(update={"person": person}))

    # ---- what is kept

    def table(self) -> facts.TableSettings:
        """The table."""
        told = self._deployment.dynamodb.describe_table(TableName=self._deployment.table_name)["Table"]
        return facts.TableSettings(status=told["TableStatus"], protected=told.get("DeletionProtectionEnabled", False))

    def expiry(self) -> facts.Expiry:
        """The table's time to live."""
        answer = self._deployment.dynamodb.describe_time_to_live(TableName=self._deployment.table_name)
        told = answer["TimeToLiveDescription"]
        return facts.Expiry(status=told["TimeToLiveStatus"], attribute=told.get("AttributeName"))

    def recovery(self) -> str:
        """The state of the table's point-in-time recovery."""
        answer = self._deployment.dynamodb.describe_continuous_backups(TableName=self._deployment.table_name)
        told = answer["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
        return told.get("PointInTimeRecoveryStatus", "DISABLED")

    def spilled(self) -> int:
        """How many messages are in the spill queue."""
        return self._deployment.messages_in(self._deployment.resource("SpillQueue"))

    def given_up(self) -> int:
        """How many dead letters the spill queue has."""
        return self._deployment.messages_in(self._deployment.resource("SpillDeadLetterQueue"))

    def quarantined(self) -> int:
        """How many bodies are in quarantine."""
        return Quarantine(self._deployment.table).size()

    def failed_runs(self) -> int:
        """How many scheduled runs failed at every try, or could not be started."""
        return self._deployment.messages_in(self._deployment.resource("DeadLetterQueue"))

    def logs(self) -> facts.Logs:
        """Every log group of the stack."""
        names = self._deployment.resources_of("AWS::Logs::LogGroup").values()
        chosen_days = int(self._deployment.parameter("LogRetentionDays"))
        return facts.Logs(groups=tuple(self._log_group(name) for name in names), chosen_days=chosen_days)

    # ---- who is told

    def alarms(self) -> Sequence[facts.Alarm]:
        """Every alarm of the stack."""
        names = list(self._deployment.resources_of("AWS::CloudWatch::Alarm").values())
        if not names:
            return []
        topic = self._deployment.resource("AlarmTopic")
        pages = self._client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmNames=names)
        found = {each["AlarmName"]: each for page in pages for each in page["MetricAlarms"]}
        return [_alarm(name, found.get(name), topic) for name in names]

    def subscribers(self) -> facts.Topic | None:
        """The subscribers of the alarms' topic; None if there are no alarms."""
        topics = list(self._deployment.resources_of("AWS::SNS::Topic").values())
        if not topics:
            return None
        pages = self._client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topics[0])
        found = [each for page in pages for each in page["Subscriptions"]]
        pending = [each for each in found if each["SubscriptionArn"] == "PendingConfirmation"]
        return facts.Topic(
            confirmed=tuple(each["Protocol"] for each in found if each["SubscriptionArn"].startswith("arn:")),
            pending=len(pending),
            mail_chosen=self._deployment.parameter("AlarmEmail") != "",
        )

    def dashboard(self) -> facts.Dashboard:
        """What the dashboard shows."""
        name = self._deployment.resource("Dashboard")
        body = self._client("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"]
        return facts.Dashboard(
            calls=tuple(_called_by(body)),
            region=self._deployment.place.region or "",
            widget=self._deployment.resource("WidgetFunction"),
        )

    # ---- the account, and the last day

    def concurrency(self) -> int:
        """The account's concurrency in this region, without what functions have reserved."""
        unreserved: int = self._client("lambda").get_account_settings()["AccountLimit"][
            "UnreservedConcurrentExecutions"
        ]
        return unreserved

    def throttle(self) -> facts.Throttle | None:
        """The API's limits for the webhook; None if the cloud has none."""
        stage = self._client("apigatewayv2").get_stage(
            ApiId=self._deployment.resource("HttpApi"),
            StageName=self._deployment.resource("HttpApiApiGatewayDefaultStage"),
        )
        routes = [settings for route, settings in stage.get("RouteSettings", {}).items() if "/notifications/" in route]
        for settings in [*routes, stage.get("DefaultRouteSettings", {})]:
            if "ThrottlingRateLimit" in settings and "ThrottlingBurstLimit" in settings:
                return facts.Throttle(rate=settings["ThrottlingRateLimit"], burst=settings["ThrottlingBurstLimit"])
        return None

    def day(self) -> facts.Day:
        """Sums of the last day's metrics."""
        wanted = metrics(
            self._deployment.place.stack,
            receiver=self._deployment.resource("ReceiverFunction"),
            api=self._deployment.resource("HttpApi"),
        )
        answer = self._client("cloudwatch").get_metric_data(
            StartTime=self._at - _DAY,
            EndTime=self._at,
            MetricDataQueries=[_sum_of(name, *metric) for name, metric in wanted.items()],
        )
        points = {each["Id"]: each["Values"] for each in answer["MetricDataResults"]}
        return facts.Day(**{name: sum(points[name]) if points.get(name) else None for name in wanted})

    # ---- how to ask

    def _client(self, service: str) -> Any:
        return self._deployment.client(service)

    @cached_property
    def _functions(self) -> Sequence[facts.Function]:
        named = self._deployment.resources_of("AWS::Lambda::Function").items()
        return [self._function(logical_id, name) for logical_id, name in named]

    def _function(self, logical_id: str, name: str) -> facts.Function:
        known = logical_id.removesuffix("Function").lower()
        told = _unless_gone(lambda: self._client("lambda").get_function(FunctionName=name))
        if told is None:
            return facts.Function(name=known, state=None)
        configuration = told["Configuration"]
        return facts.Function(
            name=known,
            state=configuration.get("State", "Active"),
            update=configuration.get("LastUpdateStatus"),
            processor=next(iter(configuration.get("Architectures", [])), None),
            reserved=told.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
            layers=tuple(layer["Arn"] for layer in configuration.get("Layers", [])),
        )

    def _layer(self, arn: str) -> facts.Layer:
        """A layer with the processors of its native code: what it declares is only what the template says."""
        told = self._client("lambda").get_layer_version_by_arn(Arn=arn)
        return facts.Layer(
            name=arn.split(":")[6],
            declared=frozenset(told.get("CompatibleArchitectures", [])),
            built=frozenset(_processors_in(_content(told["Content"]["Location"]))),
        )

    def _log_group(self, name: str) -> facts.LogGroup:
        groups = self._deployment.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        found = next((each for each in groups if each["logGroupName"] == name), None)
        days = None if found is None else found.get("retentionInDays")
        return facts.LogGroup(name=name, exists=found is not None, days=days)

    def _last_run(self, ago: timedelta | None, every: timedelta) -> facts.LastRun:
        return facts.LastRun(ago=ago, every=every, stack_age=self._at - self._deployment.created_at)


def _state_of(scheduler: Any, name: str) -> str:
    state: str = scheduler.get_schedule(Name=name)["State"]
    return state


def _unless_gone[Answer](ask: Callable[[], Answer]) -> Answer | None:
    """The answer; None if AWS says that the resource does not exist."""
    try:
        return ask()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in GONE:
            return None
        raise


def _alarm(name: str, told: dict[str, Any] | None, topic: str) -> facts.Alarm:
    if told is None:
        return facts.Alarm(name=name, state=None)
    tells = told.get("ActionsEnabled", False) and topic in told.get("AlarmActions", [])
    return facts.Alarm(name=name, state=told["StateValue"], tells=tells)


def metrics(stack: str, *, receiver: str, api: str) -> dict[str, tuple[str, str, dict[str, str]]]:
    """Each metric of the day: namespace, name, dimensions."""
    ours, recorder = f"SmartherRecorder/{stack}", {"service": "recorder"}
    return {
        "invocations": ("AWS/Lambda", "Invocations", {"FunctionName": receiver}),
        "throttled": ("AWS/Lambda", "Throttles", {"FunctionName": receiver}),
        "requests": ("AWS/ApiGateway", "Count", {"ApiId": api}),
        "failed": ("AWS/ApiGateway", "5xx", {"ApiId": api}),
        "keeper_runs": (ours, "LegrandCallsToday", recorder),
        "spilled": (ours, "NotificationsSpilled", recorder),
    }


def _called_by(dashboard: str) -> Iterator[str]:
    """The ARNs of the functions that a dashboard's widgets call; none where its body cannot be read."""
    try:
        widgets = json.loads(dashboard)["widgets"]
        yield from [str(each["properties"]["endpoint"]) for each in widgets if each["type"] == "custom"]
    except (ValueError, KeyError, TypeError):
        return


def _sum_of(name: str, namespace: str, metric: str, dimensions: dict[str, str]) -> dict[str, Any]:
    named = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {"Namespace": namespace, "MetricName": metric, "Dimensions": named},
            "Period": _HOUR // timedelta(seconds=1),
            "Stat": "Sum",
        },
    }


def _content(location: str) -> bytes:
    """Download a presigned address. It gives access for some minutes, so no error may quote it."""
    try:
        answer = requests.get(location, timeout=_LAYER_SECONDS)
    except requests.RequestException:
        raise LayerUnreadableError("the layer's content does not come") from None
    if answer.status_code != requests.codes.ok:
        raise LayerUnreadableError(f"the layer's content does not come ({answer.status_code})")
    return answer.content


def _processors_in(content: bytes) -> Iterator[str]:
    try:
        archive = ZipFile(BytesIO(content))
    except BadZipFile:
        raise LayerUnreadableError("the layer's content is no archive") from None
    for name in archive.namelist():
        with archive.open(name) as file:
            head = file.read(20)
        if head.startswith(_ELF):
            machine = int.from_bytes(head[18:20], "little")
            yield _MACHINES.get(machine, f"an unknown processor ({machine:#x})")
