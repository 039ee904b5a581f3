"""Is the deployed stack what it should be? Its resources stand in moto; for each question a fault is planted there."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError

from smarther.domain.keeper.keeper_probe import Handshake, Probe
from smarther.domain.readings.notification import Reject
from smarther.domain.summaries.rollup_window import RollupState
from smarther.store.keeper_items import KeeperNotes
from smarther.store.quarantine import Quarantine
from smarther_cli.doctor import ring
from smarther_cli.doctor.examination import CHECKS
from tests.cli.conftest import NOW, REGION, STACK, Home, report
from tests.support.owner_permissions import documented

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Run

FUNCTIONS = ("Receiver", "Redriver", "Keeper", "Rollup", "Widget")
SCHEDULES = {
    "ReceiverFunctionKeepWarm": "keep-warm",
    "KeeperFunctionSchedule": "keeper",
    "RollupFunctionSchedule": "rollup",
}
ALARMS = {"PersonNeededAlarm": "person-needed", "RenewalDueAlarm": "renewal-due", "AnswersSlowAlarm": "answers-slow"}
GROUPS = {"KeeperLogGroup": "keeper", "ApiLogGroup": "api"}
QUEUES = ("SpillQueue", "SpillDeadLetterQueue", "DeadLetterQueue")
ROUTE = "POST /notifications/{secret}"
LIMITS = {"ThrottlingRateLimit": 1000.0, "ThrottlingBurstLimit": 2000}
STRANGER = Handshake(status=404, ms=8)


@dataclass
class Calls:
    """Every call to AWS: which were made, those that are refused (by code and message), those answered by hand."""

    made: set[str] = field(default_factory=set)
    refused: dict[str, tuple[str, str]] = field(default_factory=dict)
    unreachable: set[str] = field(default_factory=set)
    by_hand: dict[str, Callable[[dict[str, Any]], Any]] = field(default_factory=dict)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    found = Calls()
    make = BaseClient._make_api_call  # type: ignore[attr-defined] # the stubs leave it out

    def call(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        found.made.add(f"{client.meta.service_model.endpoint_prefix}:{operation}")
        if operation in found.refused:
            code, message = found.refused[operation]
            raise ClientError({"Error": {"Code": code, "Message": message}}, operation)
        if operation in found.unreachable:
            raise EndpointConnectionError(endpoint_url="https://somewhere.example")
        if operation in found.by_hand:
            return found.by_hand[operation](arguments)
        return make(client, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    return found


def elf(machine: int) -> bytes:
    """A layer with one file of native code, for a processor by its number."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("python/package/native.so", b"\x7fELF".ljust(18, b"\0") + machine.to_bytes(2, "little"))
        archive.writestr("python/package/__init__.py", "")
    return content.getvalue()


ARM64, X86_64 = elf(0xB7), elf(0x3E)


@dataclass
class Deployed:
    """The stack with all that the doctor looks at; each client is moto's."""

    home: Home
    probe: Probe
    functions: Any
    topic: str
    clients: dict[str, Any] = field(default_factory=dict)
    stage: dict[str, Any] = field(
        default_factory=lambda: {"RouteSettings": {ROUTE: LIMITS}, "DefaultRouteSettings": {}}
    )

    def has(self, logical_id: str, kind: str, physical_id: str) -> None:
        self.home.stack.resources[logical_id] = (kind, physical_id)

    def name_of(self, logical_id: str) -> str:
        return self.home.stack.resources[logical_id][1]

    def client(self, service: str) -> Any:
        """One for each service."""
        if service not in self.clients:
            self.clients[service] = boto3.client(service)
        return self.clients[service]

    def warm(self, **changes: Any) -> None:
        self.probe = self.probe.model_copy(update=changes)

    def metric(self, namespace: str, name: str, value: float, **dimensions: str) -> None:
        self.client("cloudwatch").put_metric_data(
            Namespace=namespace,
            MetricData=[
                {
                    "MetricName": name,
                    "Dimensions": [{"Name": key, "Value": each} for key, each in dimensions.items()],
                    "Timestamp": NOW - timedelta(hours=2),
                    "Value": value,
                }
            ],
        )


@pytest.fixture
def stack(home: Home, calls: Calls) -> Deployed:
    """A stack at which nothing is wrong, after consent, on a day on which everything ran."""
    functions = boto3.client("lambda", endpoint_url=f"https://lambda.{REGION}.amazonaws.com")
    topic = boto3.client("sns").create_topic(Name="alarms")["TopicArn"]
    warm = Handshake(status=200, ms=21, proven=True)
    new = Handshake(status=200, ms=330, proven=True, new_container=True)
    made = Deployed(
        home, Probe(has_secret=True, one_by_one=(warm,) * 20, at_once=(warm, new), stranger=STRANGER), functions, topic
    )
    home.stack.parameters |= {
        "Architecture": "arm64",
        "KeepWarm": "true",
        "LogRetentionDays": "30",
        "AlarmEmail": "owner@example.org",
    }
    home.keeper_answers(lambda _: made.probe.model_dump(mode="json", exclude_none=True))
    home.cloud.layer = ARM64
    KeeperNotes(home.table).keep_report(report())
    _make_functions(made)
    _make_what_runs_and_is_kept(made)
    _make_what_tells(made)
    _make_limits_and_metrics(made, calls)
    home.dynamodb.update_time_to_live(
        TableName=home.table_name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"}
    )
    home.dynamodb.update_continuous_backups(
        TableName=home.table_name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    home.dynamodb.update_table(TableName=home.table_name, DeletionProtectionEnabled=True)
    calls.made.clear()
    return made


def _make_functions(stack: Deployed) -> None:
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}
    role = boto3.client("iam").create_role(RoleName="any", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    layer = stack.functions.publish_layer_version(
        LayerName="DependenciesLayer",
        Content={"ZipFile": ARM64},
        CompatibleArchitectures=["arm64"],
        CompatibleRuntimes=["python3.13"],
    )["LayerVersionArn"]
    for each in FUNCTIONS:
        name = f"{STACK}-{each.lower()}"
        stack.functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role,
            Handler="app.handler",
            Code={"ZipFile": ARM64},
            Architectures=["arm64"],
            Layers=[layer],
        )
        stack.has(f"{each}Function", "AWS::Lambda::Function", name)
    stack.functions.publish_version(FunctionName=stack.name_of("ReceiverFunction"))
    stack.functions.create_alias(FunctionName=stack.name_of("ReceiverFunction"), Name="live", FunctionVersion="1")


def _make_what_runs_and_is_kept(stack: Deployed) -> None:
    scheduler, sqs, logs = (stack.client(service) for service in ("scheduler", "sqs", "logs"))
    for logical_id, name in SCHEDULES.items():
        scheduler.create_schedule(Name=f"{STACK}-{name}", **schedule("ENABLED"))
        stack.has(logical_id, "AWS::Scheduler::Schedule", f"{STACK}-{name}")
    stack.home.dynamodb.put_item(
        TableName=stack.home.table_name,
        Item=rolled_up(RollupState(ran_at=NOW - timedelta(minutes=25), complete_through=NOW)),
    )
    for each in QUEUES:
        stack.has(each, "AWS::SQS::Queue", sqs.create_queue(QueueName=each)["QueueUrl"])
    # Not the spill queue, from which moto would have the redriver take what is put there.
    quiet = sqs.create_queue(QueueName="quiet")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=quiet, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    mapping = stack.functions.create_event_source_mapping(
        EventSourceArn=arn, FunctionName=stack.name_of("RedriverFunction")
    )
    stack.has("RedriverFunctionSpilled", "AWS::Lambda::EventSourceMapping", mapping["UUID"])
    for logical_id, name in GROUPS.items():
        logs.create_log_group(logGroupName=f"/smarther/{STACK}/{name}")
        logs.put_retention_policy(logGroupName=f"/smarther/{STACK}/{name}", retentionInDays=30)
        stack.has(logical_id, "AWS::Logs::LogGroup", f"/smarther/{STACK}/{name}")


def _make_what_tells(stack: Deployed) -> None:
    watch, sns = stack.client("cloudwatch"), stack.client("sns")
    for logical_id, name in ALARMS.items():
        watch.put_metric_alarm(AlarmName=f"{STACK}-{name}", **alarm(stack.topic))
        stack.has(logical_id, "AWS::CloudWatch::Alarm", f"{STACK}-{name}")
    stack.has("AlarmTopic", "AWS::SNS::Topic", stack.topic)
    sns.subscribe(TopicArn=stack.topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:123456789012:alarms")
    stack.has("Dashboard", "AWS::CloudWatch::Dashboard", STACK)
    draw(stack, REGION)


def _make_limits_and_metrics(stack: Deployed, calls: Calls) -> None:
    """Moto's API Gateway needs a package that nothing else needs, so its answers about a stage are written here."""
    stack.has("HttpApi", "AWS::ApiGatewayV2::Api", "a1b2c3")
    stack.has("HttpApiApiGatewayDefaultStage", "AWS::ApiGatewayV2::Stage", "$default")
    calls.by_hand["GetStage"] = lambda _: stack.stage
    stack.metric("AWS/Lambda", "Invocations", 300, FunctionName=stack.name_of("ReceiverFunction"))
    stack.metric("AWS/ApiGateway", "Count", 290, ApiId="a1b2c3")
    stack.metric(f"SmartherRecorder/{STACK}", "LegrandCallsToday", 12, service="recorder")


def schedule(state: str) -> dict[str, Any]:
    return {
        "ScheduleExpression": "rate(5 minutes)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {
            "Arn": f"arn:aws:lambda:{REGION}:123456789012:function:any",
            "RoleArn": "arn:aws:iam::123456789012:role/any",
        },
        "State": state,
    }


def alarm(*actions: str, enabled: bool = True) -> dict[str, Any]:
    return {
        "MetricName": "any",
        "Namespace": "any",
        "Statistic": "Sum",
        "Period": 300,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "AlarmActions": list(actions),
        "ActionsEnabled": enabled,
    }


def draw(stack: Deployed, region: str) -> None:
    widget = {"endpoint": f"arn:aws:lambda:{region}:123456789012:function:{stack.name_of('WidgetFunction')}"}
    body = {"widgets": [{"type": "custom", "properties": widget}, {"type": "text", "properties": {"markdown": "x"}}]}
    stack.client("cloudwatch").put_dashboard(DashboardName=STACK, DashboardBody=json.dumps(body))


def rolled_up(state: RollupState) -> dict[str, Any]:
    return {
        "pk": {"S": "ROLLUP"},
        "sk": {"S": "STATE"},
        "ran_at": {"S": state.ran_at.isoformat()},
        "complete_through": {"S": state.complete_through.isoformat()},
    }


def told(run: Run, *arguments: str, status: int = 0) -> dict[str, dict[str, str]]:
    """What each check said, by its name."""
    result = run("doctor", "--json", *arguments)
    assert result.exit_code == status, result.output
    document = json.loads(result.stdout)
    assert document["stack"] == STACK
    return {each["check"]: each for each in document["checks"]}


def marks(found: dict[str, dict[str, str]]) -> dict[str, str]:
    """Every mark that is not good."""
    return {name: each["mark"] for name, each in found.items() if each["mark"] != "good"}


def test_a_stack_at_which_nothing_is_wrong_is_all_good(stack: Deployed, run: Run) -> None:
    found = told(run)

    assert list(found) == [each.name for each in CHECKS]
    assert marks(found) == {}
    assert stack.home.cloud.invoked == [(f"{STACK}-keeper", {"probe": {"calls": 20, "at_once": 4}})]


# ---- a fault in each place that is looked at


def _new_version(stack: Deployed) -> None:
    stack.functions.update_function_configuration(FunctionName=stack.name_of("ReceiverFunction"), Description="newer")
    stack.functions.publish_version(FunctionName=stack.name_of("ReceiverFunction"))


def _gradually(stack: Deployed) -> None:
    _new_version(stack)
    stack.functions.update_alias(
        FunctionName=stack.name_of("ReceiverFunction"),
        Name="live",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}},
    )


def _put(stack: Deployed, queue: str) -> None:
    stack.client("sqs").send_message(QueueUrl=stack.name_of(queue), MessageBody="a notification")


def _in_hand(stack: Deployed) -> None:
    _put(stack, "SpillQueue")
    assert stack.client("sqs").receive_message(QueueUrl=stack.name_of("SpillQueue"))["Messages"]


def _nobody(stack: Deployed, mail: str = "owner@example.org") -> None:
    _parameter(stack, "AlarmEmail", mail)
    sns = stack.client("sns")
    for each in sns.list_subscriptions_by_topic(TopicArn=stack.topic)["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=each["SubscriptionArn"])


def _alarm(stack: Deployed, **changes: Any) -> None:
    stack.client("cloudwatch").put_metric_alarm(AlarmName=f"{STACK}-answers-slow", **(alarm(stack.topic) | changes))


def _ran(stack: Deployed, **ago: float) -> None:
    KeeperNotes(stack.home.table).keep_report(report(NOW - timedelta(**ago)))


def _throttle(stack: Deployed, route: dict[str, Any]) -> None:
    stack.stage = {**stack.stage, "RouteSettings": {ROUTE: route}}


def _parameter(stack: Deployed, name: str, value: str) -> None:
    stack.home.stack.parameters[name] = value


def _layer(stack: Deployed, content: bytes) -> None:
    stack.home.cloud.layer = content


def _concurrency(stack: Deployed, unreserved: int) -> None:
    stack.home.cloud.unreserved = unreserved


def _state(stack: Deployed, state: str) -> None:
    stack.home.stack.state = state


def _delete_alarms(stack: Deployed) -> None:
    for each in ALARMS:
        del stack.home.stack.resources[each]
    del stack.home.stack.resources["AlarmTopic"]


def slow(ms: int, *, new: bool = False) -> Handshake:
    return Handshake(status=200, ms=ms, proven=True, new_container=new)


type Fault = tuple[str, Callable[[Deployed], object], dict[str, str], str]
"""What is planted, the planting, every mark that is not good then, and words of the first of them."""

FAULTS: list[Fault] = [
    ("a failed deploy", lambda s: _state(s, "UPDATE_ROLLBACK_FAILED"), {"deploy": "bad"}, "UPDATE_ROLLBACK_FAILED"),
    (
        "a function that is gone",
        lambda s: s.functions.delete_function(FunctionName=s.name_of("RollupFunction")),
        {"functions": "bad"},
        "rollup is gone",
    ),
    ("an alias on an old version", _new_version, {"live version": "bad"}, "version 1, and the newest is 2"),
    ("an alias in the midst of a deploy", _gradually, {"live version": "look"}, "from version 1 to 2"),
    ("layers for the other processor", lambda s: _layer(s, X86_64), {"processor": "bad"}, "built for x86_64"),
    (
        "functions for the other processor",
        lambda s: _parameter(s, "Architecture", "x86_64"),
        {"processor": "bad"},
        "runs on arm64",
    ),
    (
        "a receiver that is slow",
        lambda s: s.warm(one_by_one=(slow(20), slow(900))),
        {"answer time": "bad"},
        "900 ms",
    ),
    (
        "a receiver that answers wrong",
        lambda s: s.warm(one_by_one=(slow(20), Handshake(status=404, ms=8))),
        {"genuine calls": "bad"},
        "1 of 4 were not",
    ),
    (
        "no secret yet",
        lambda s: s.warm(has_secret=False, one_by_one=(), at_once=(), stranger=None),
        dict.fromkeys(("genuine calls", "answer time", "cold start", "strangers"), "not_told"),
        "keeper's first run",
    ),
    (
        "a receiver that lets anybody in",
        lambda s: s.warm(stranger=slow(20)),
        {"strangers": "bad"},
        "got 200",
    ),
    (
        "a schedule off",
        lambda s: s.client("scheduler").update_schedule(Name=f"{STACK}-keeper", **schedule("DISABLED")),
        {"schedules": "bad"},
        f"{STACK}-keeper is off",
    ),
    (
        "a schedule that is gone",
        lambda s: s.client("scheduler").delete_schedule(Name=f"{STACK}-rollup"),
        {"schedules": "bad"},
        f"{STACK}-rollup is gone",
    ),
    (
        "a schedule on that was chosen to be off",
        lambda s: _parameter(s, "KeepWarm", "false"),
        {"schedules": "bad"},
        f"{STACK}-keep-warm is on",
    ),
    ("a keeper that has not run for hours", lambda s: _ran(s, hours=5), {"keeper's last run": "bad"}, "5 h ago"),
    (
        "a rollup that has not run for days",
        lambda s: s.home.dynamodb.put_item(
            TableName=s.home.table_name,
            Item=rolled_up(RollupState(ran_at=NOW - timedelta(days=3), complete_through=NOW)),
        ),
        {"last statistics": "bad"},
        "3 days ago",
    ),
    (
        "a redriver that is turned off",
        lambda s: s.functions.update_event_source_mapping(UUID=s.name_of("RedriverFunctionSpilled"), Enabled=False),
        {"redriver": "bad"},
        "takes nothing",
    ),
    (
        "a table that anybody can delete",
        lambda s: s.home.dynamodb.update_table(TableName=s.home.table_name, DeletionProtectionEnabled=False),
        {"table": "bad"},
        "deletion protection is off",
    ),
    (
        "TTL off",
        lambda s: s.home.dynamodb.update_time_to_live(
            TableName=s.home.table_name, TimeToLiveSpecification={"Enabled": False, "AttributeName": "expires_at"}
        ),
        {"expiry": "bad"},
        "disabled",
    ),
    (
        "recovery off",
        lambda s: s.home.dynamodb.update_continuous_backups(
            TableName=s.home.table_name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
        ),
        {"recovery": "bad"},
        "recovery is off",
    ),
    ("something spilled", lambda s: _put(s, "SpillQueue"), {"spill queue": "look"}, "1 notification waits"),
    ("something spilled and in hand", _in_hand, {"spill queue": "look"}, "1 notification waits"),
    ("something given up", lambda s: _put(s, "SpillDeadLetterQueue"), {"given up": "bad"}, "1 notification waits"),
    ("a run that failed", lambda s: _put(s, "DeadLetterQueue"), {"failed runs": "bad"}, "1 scheduled run"),
    (
        "a queue that is gone",
        lambda s: s.client("sqs").delete_queue(QueueUrl=s.name_of("SpillDeadLetterQueue")),
        {"given up": "bad"},
        "it is gone",
    ),
    (
        "a log group without retention",
        lambda s: s.client("logs").delete_retention_policy(logGroupName=f"/smarther/{STACK}/api"),
        {"logs": "bad"},
        f"/smarther/{STACK}/api keeps everything for ever",
    ),
    (
        "a log group that is gone, beside one whose name begins so",
        lambda s: (
            s.client("logs").delete_log_group(logGroupName=f"/smarther/{STACK}/api"),
            s.client("logs").create_log_group(logGroupName=f"/smarther/{STACK}/api-of-others"),
        ),
        {"logs": "bad"},
        f"/smarther/{STACK}/api is gone",
    ),
    (
        "an alarm missing",
        lambda s: s.client("cloudwatch").delete_alarms(AlarmNames=[f"{STACK}-answers-slow"]),
        {"alarms": "bad"},
        f"{STACK}-answers-slow is gone",
    ),
    ("an alarm that tells nobody", lambda s: _alarm(s, AlarmActions=[]), {"alarms": "bad"}, "tells nobody"),
    ("an alarm that is muted", lambda s: _alarm(s, ActionsEnabled=False), {"alarms": "bad"}, "tells nobody"),
    (
        "an alarm that rings",
        lambda s: s.client("cloudwatch").set_alarm_state(
            AlarmName=f"{STACK}-answers-slow", StateValue="ALARM", StateReason="any"
        ),
        {"ringing": "bad"},
        f"{STACK}-answers-slow",
    ),
    ("no alarms", _delete_alarms, {"alarms": "look", "ringing": "not_told", "subscriber": "not_told"}, "turned off"),
    ("no subscriber", _nobody, {"subscriber": "bad"}, "though AlarmEmail"),
    (
        "no subscriber, as chosen",
        lambda s: _nobody(s, mail=""),
        {"subscriber": "look"},
        "nobody hears",
    ),
    (
        "a dashboard that is gone",
        lambda s: s.client("cloudwatch").delete_dashboards(DashboardNames=[STACK]),
        {"dashboard": "bad"},
        "it is gone",
    ),
    ("another region's dashboard", lambda s: draw(s, "eu-west-1"), {"dashboard": "bad"}, "another stack's"),
    (
        "a dashboard that somebody wrote anew",
        lambda s: s.client("cloudwatch").put_dashboard(DashboardName=STACK, DashboardBody='{"widgets": [{}]}'),
        {"dashboard": "bad"},
        "does not show",
    ),
    ("tiny concurrency", lambda s: _concurrency(s, 4), {"concurrency": "bad"}, "only 4"),
    (
        "concurrency reserved for the receiver",
        lambda s: s.functions.put_function_concurrency(
            FunctionName=s.name_of("ReceiverFunction"), ReservedConcurrentExecutions=1
        ),
        {"receiver's share": "bad"},
        "only 1",
    ),
    (
        "a throttle that thermostats would meet",
        lambda s: _throttle(s, {"ThrottlingRateLimit": 5.0, "ThrottlingBurstLimit": 10}),
        {"throttle": "bad"},
        "only 5",
    ),
    ("a cloud that keeps no throttle", lambda s: _throttle(s, {}), {"throttle": "not_told"}, "does not tell"),
    (
        "calls that were turned away",
        lambda s: s.metric("AWS/Lambda", "Throttles", 3, FunctionName=s.name_of("ReceiverFunction")),
        {"turned away": "bad"},
        "3 calls",
    ),
    (
        "answers that failed",
        lambda s: s.metric("AWS/ApiGateway", "5xx", 2, ApiId=s.name_of("HttpApi")),
        {"failed answers": "bad"},
        "2 answers",
    ),
    (
        "a body that nobody could read",
        lambda s: Quarantine(s.home.table).keep(b"odd", [Reject("body", "odd")], received_at=NOW),
        {"quarantine": "bad"},
        "1 body in quarantine",
    ),
    (
        "notifications that were spilled",
        lambda s: s.metric(f"SmartherRecorder/{STACK}", "NotificationsSpilled", 4, service="recorder"),
        {"spilled": "look"},
        "4 notifications",
    ),
]


def places(fault: Fault) -> set[Any]:
    """The questions by which a fault is seen."""
    return {check.question for check in CHECKS if check.name in fault[2]}


def waves() -> list[list[Fault]]:
    """All faults, together as far as each is seen by questions of its own: a stack takes long to make."""
    found: list[list[Fault]] = []
    for fault in FAULTS:
        fitting = (wave for wave in found if not any(places(fault) & places(other) for other in wave))
        wave = next(fitting, None)
        if wave is None:
            found.append(wave := [])
        wave.append(fault)
    return found


@pytest.mark.parametrize("wave", waves(), ids=lambda wave: f"{wave[0][0]} and {len(wave) - 1} more")
def test_planted_faults_are_named_and_nothing_else_is(stack: Deployed, run: Run, wave: list[Fault]) -> None:
    for _, plant, _, _ in wave:
        plant(stack)

    found = told(run, status=int(any("bad" in expected.values() for _, _, expected, _ in wave)))

    assert marks(found) == {name: mark for _, _, expected, _ in wave for name, mark in expected.items()}
    for _, _, expected, says in wave:
        assert says in found[next(iter(expected))]["says"]


def test_in_each_place_that_is_looked_at_a_fault_was_planted() -> None:
    """Those that moto cannot have are planted by hand, below."""
    planted = {name for _, _, expected, _ in FAULTS for name, mark in expected.items() if mark in {"bad", "look"}}

    assert {each.name for each in CHECKS} - planted == {
        "cold start",
        "credentials",
        "subscriptions",
        "thermostats",
    }


def test_a_subscriber_that_has_not_confirmed_waits_for_the_owner(stack: Deployed, run: Run, calls: Calls) -> None:
    """Moto confirms every subscription."""
    pending = {"SubscriptionArn": "PendingConfirmation", "Protocol": "email", "Endpoint": "owner@example.org"}
    calls.by_hand["ListSubscriptionsByTopic"] = lambda _: {"Subscriptions": [pending]}

    found = told(run, status=3)

    assert marks(found) == {"subscriber": "bad"}
    assert "not confirmed" in found["subscriber"]["says"]


def test_the_tenth_version_is_newer_than_the_ninth(stack: Deployed, run: Run, calls: Calls) -> None:
    versions = [{"Version": each} for each in ("$LATEST", "8", "9", "10")]
    calls.by_hand["ListVersionsByFunction"] = lambda _: {"Versions": versions}
    calls.by_hand["GetAlias"] = lambda _: {"FunctionVersion": "10"}

    assert "newest version, 10" in told(run)["live version"]["says"]


def test_a_new_stack_waits_for_its_owner(stack: Deployed, run: Run) -> None:
    stack.home.dynamodb.delete_item(TableName=stack.home.table_name, Key={"pk": {"S": "KEEPER"}, "sk": {"S": "REPORT"}})
    assert KeeperNotes(stack.home.table).report() is None

    found = told(run, status=1)

    assert found["keeper's last run"]["mark"] == "bad"  # the stack of these tests is a month old
    assert found["credentials"]["says"] == "credentials missing"
    stack.home.configured()
    assert told(run, status=1)["credentials"]["says"] == "consent missing"


# ---- questions that come to nothing


def test_a_permission_that_is_lacking_is_named_and_the_others_go_on(stack: Deployed, run: Run, calls: Calls) -> None:
    calls.refused["GetAlias"] = (
        "AccessDeniedException",
        "User: arn:aws:iam::123456789012:user/me is not authorized to perform: lambda:GetAlias on resource: any",
    )
    calls.refused["ListSubscriptionsByTopic"] = (
        "AuthorizationError",
        "User is not authorized to perform: SNS:ListSubscriptionsByTopic on any",
    )
    calls.refused["GetQueueAttributes"] = ("AccessDenied", "Access to the resource is denied.")

    found = told(run, status=1)

    assert marks(found) == dict.fromkeys(
        ("live version", "subscriber", "spill queue", "given up", "failed runs"), "not_told"
    )
    assert found["live version"]["says"] == "you may not ask: it needs lambda:GetAlias"
    assert found["subscriber"]["says"] == "you may not ask: it needs SNS:ListSubscriptionsByTopic"
    assert found["given up"]["says"] == "you may not ask: it needs GetQueueAttributes"
    assert "permission" in found["given up"]["do"]


def test_who_may_not_even_list_the_resources_is_told_so_at_each_check(stack: Deployed, run: Run, calls: Calls) -> None:
    calls.refused["ListStackResources"] = (
        "AccessDenied",
        "not authorized to perform: cloudformation:ListStackResources",
    )

    found = told(run, status=1)

    assert found["table"]["mark"] == "good"
    assert "cloudformation:ListStackResources" in found["alarms"]["says"]


@pytest.mark.parametrize(
    "refusal",
    [("InvalidAction", "no such action"), ("UnknownOperationException", ""), ("NotImplemented", "x"), ("400", "")],
)
def test_what_a_cloud_does_not_know_is_neither_good_nor_a_fault(
    stack: Deployed, run: Run, calls: Calls, refusal: tuple[str, str]
) -> None:
    calls.refused["DescribeContinuousBackups"] = calls.refused["GetAccountSettings"] = refusal

    found = told(run, status=0)

    assert marks(found) == {"recovery": "not_told", "concurrency": "not_told"}
    assert found["recovery"]["says"] == "this cloud does not tell (DescribeContinuousBackups)"


def test_whatever_else_goes_wrong_with_a_question_is_told_and_counts(stack: Deployed, run: Run, calls: Calls) -> None:
    calls.refused["DescribeAlarms"] = ("Throttling", "Rate exceeded")
    calls.unreachable.add("GetSchedule")
    calls.refused["GetItem"] = ("InternalServerError", "x")  # the adapters of the package have errors of their own
    stack.home.cloud.layer = b"no archive"

    found = told(run, status=1)

    assert "AWS answered Throttling to DescribeAlarms" in found["alarms"]["says"]
    assert "could not be asked" in found["schedules"]["says"]
    assert "AWS answered InternalServerError to GetItem" in found["credentials"]["says"]
    assert "no archive" in found["processor"]["says"]
    assert {mark for name, mark in marks(found).items()} == {"not_told"}


def test_a_layer_that_does_not_come_is_told(stack: Deployed, run: Run, calls: Calls) -> None:
    calls.by_hand["GetLayerVersionByArn"] = lambda _: {"Content": {"Location": "http://127.0.0.1:9/layer"}}
    assert "does not come" in told(run, status=1)["processor"]["says"]

    calls.by_hand["GetLayerVersionByArn"] = lambda _: {"Content": {"Location": f"{stack.home.cloud.url}/nothing"}}
    assert "does not come (" in told(run, status=1)["processor"]["says"]


def test_a_keeper_that_fails_is_named_by_its_kind(stack: Deployed, run: Run) -> None:
    stack.home.cloud.function_errors[f"{STACK}-keeper"] = "Runtime.ImportModuleError"

    found = told(run, status=1)

    assert found["genuine calls"]["mark"] == "bad"
    assert "Runtime.ImportModuleError" in found["genuine calls"]["says"]
    assert "aws logs tail" in found["genuine calls"]["do"]
    assert len(stack.home.cloud.invoked) == 1


def test_a_keeper_of_another_version_is_named(stack: Deployed, run: Run) -> None:
    stack.home.keeper_answers(report())

    assert "not of this version" in told(run, status=1)["genuine calls"]["says"]


def test_a_stack_of_another_version_is_named_where_it_lacks_something(stack: Deployed, run: Run) -> None:
    del stack.home.stack.resources["RedriverFunctionSpilled"]

    found = told(run, status=1)

    assert marks(found) == {"redriver": "bad"}
    assert "has no RedriverFunctionSpilled" in found["redriver"]["says"]


def test_no_such_stack_is_said_once(stack: Deployed, run: Run) -> None:
    result = run("doctor", "--stack", "other")

    assert (result.exit_code, result.stdout) == (4, "")


# ---- the drill


@pytest.fixture
def history(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the alarm's history says of its actions, newest first; moto keeps none."""
    monkeypatch.setattr(ring, "PAUSE_SECONDS", 0)
    said: list[str] = ["Successfully executed action arn:aws:sns:eu-south-1:123456789012:alarms"]
    calls.by_hand["DescribeAlarmHistory"] = lambda _: {"AlarmHistoryItems": [{"HistorySummary": each} for each in said]}
    return said


def rings(calls: Calls, history: list[str], summary: str | None = None) -> list[tuple[str, str]]:
    """Have a change of state noted, and what the history says then."""
    seen: list[tuple[str, str]] = []

    def note(arguments: dict[str, Any]) -> dict[str, Any]:
        seen.append((arguments["AlarmName"], arguments["StateValue"]))
        if summary is not None:
            history.insert(0, summary)
        return {}

    calls.by_hand["SetAlarmState"] = note
    return seen


def test_a_drill_sets_one_alarm_off_and_on_again(stack: Deployed, run: Run, calls: Calls, history: list[str]) -> None:
    seen = rings(calls, history, "Successfully executed action arn:aws:sns:eu-south-1:123456789012:alarms")

    found = told(run, "--drill")

    assert marks(found) == {}
    assert seen == [(f"{STACK}-person-needed", "ALARM"), (f"{STACK}-person-needed", "OK")]
    assert "two mails" in found["drill"]["says"]
    assert list(found).index("drill") == list(found).index("dashboard") + 1


def test_what_an_alarm_could_not_tell_before_the_drill_is_no_matter(
    stack: Deployed, run: Run, calls: Calls, history: list[str]
) -> None:
    history[:] = ["Failed to execute action any"] * 3
    rings(calls, history, "Successfully executed action any")

    assert marks(told(run, "--drill")) == {}


def test_without_a_drill_no_alarm_is_touched(stack: Deployed, run: Run, calls: Calls) -> None:
    seen = rings(calls, [])

    assert "drill" not in told(run)
    assert seen == []


def test_an_alarm_that_could_not_tell_its_topic_is_named(
    stack: Deployed, run: Run, calls: Calls, history: list[str]
) -> None:
    rings(calls, history, "Failed to execute action arn:aws:sns:eu-south-1:123456789012:alarms. Received error: …")

    assert marks(told(run, "--drill", status=1)) == {"drill": "bad"}


def test_a_history_that_says_nothing_is_waited_for_and_not_for_ever(
    stack: Deployed, run: Run, calls: Calls, history: list[str]
) -> None:
    rings(calls, history)

    assert marks(told(run, "--drill")) == {"drill": "not_told"}


def test_a_drill_that_nobody_hears_is_told(stack: Deployed, run: Run, calls: Calls, history: list[str]) -> None:
    rings(calls, history, "Successfully executed action any")
    _nobody(stack, mail="")

    assert marks(told(run, "--drill")) == {"subscriber": "look", "drill": "look"}


def test_an_alarm_that_rings_by_itself_is_left_alone(
    stack: Deployed, run: Run, calls: Calls, history: list[str]
) -> None:
    watch = stack.client("cloudwatch")
    watch.set_alarm_state(AlarmName=f"{STACK}-person-needed", StateValue="ALARM", StateReason="any")
    seen = rings(calls, history, "Successfully executed action any")

    assert "renewal-due" in told(run, "--drill", status=1)["drill"]["says"]
    assert {name for name, _ in seen} == {f"{STACK}-renewal-due"}


def test_where_all_that_may_be_tried_ring_nothing_is_set_off(
    stack: Deployed, run: Run, calls: Calls, history: list[str]
) -> None:
    watch = stack.client("cloudwatch")
    for name in ("person-needed", "renewal-due"):
        watch.set_alarm_state(AlarmName=f"{STACK}-{name}", StateValue="ALARM", StateReason="any")
    seen = rings(calls, history)

    assert told(run, "--drill", status=1)["drill"]["mark"] == "not_told"
    assert seen == []


# ---- what a person sees


def test_each_line_fits_into_eighty_columns_with_its_mark_and_what_helps_stands_at_the_end(
    stack: Deployed, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    stack.home.stack.state = "UPDATE_ROLLBACK_COMPLETE"
    _put(stack, "DeadLetterQueue")
    _nobody(stack)

    result = run("doctor")

    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == f"{STACK} in {REGION}"
    assert any(
        re.fullmatch(r"  bad       failed runs        1 scheduled run failed for good in the last day", line)
        for line in lines
    )
    assert lines[-1] == f"Not all is well: {len(CHECKS) - 3} good, 1 look, 2 bad."
    helped = lines[lines.index("What to do") :]
    assert [line.strip() for line in helped if re.match("  [a-z]", line)] == [
        "failed runs",
        "subscriber",
        "deploy",
    ]


def test_when_all_is_well_nothing_is_to_be_done(stack: Deployed, run: Run) -> None:
    result = run("doctor")

    assert result.exit_code == 0
    assert "What to do" not in result.stdout
    assert result.stdout.splitlines()[-1] == f"All is well: {len(CHECKS)} good."


def test_what_several_checks_have_in_common_is_said_once(stack: Deployed, run: Run) -> None:
    stack.home.dynamodb.update_table(TableName=stack.home.table_name, DeletionProtectionEnabled=False)
    stack.client("cloudwatch").delete_dashboards(DashboardNames=[STACK])

    assert "  table, dashboard\n    It was changed by hand," in run("doctor").stdout


def test_names_of_plants_are_plain_text(stack: Deployed, run: Run) -> None:
    known = report()
    (plant,) = known.plants
    named = plant.model_copy(update={"name": "[red]\x1b[2JHome", "subscription": "missing"})
    KeeperNotes(stack.home.table).keep_report(known.model_copy(update={"plants": (named,)}))

    assert "[red]�[2JHome" in run("doctor").stdout


# ---- permissions

IAM = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "lambda:GetLayerVersionByArn": "lambda:GetLayerVersion",
    "apigateway:GetStage": "apigateway:GET",
}
"""Actions that IAM calls otherwise than the API does."""


def test_the_permissions_that_the_page_lists_are_those_that_are_used(
    stack: Deployed, run: Run, calls: Calls, history: list[str]
) -> None:
    rings(calls, history, "Successfully executed action any")
    found = told(run)
    looked = set(calls.made)
    calls.made.clear()
    told(run, "--drill")
    drilled = calls.made - looked
    stack.home.dynamodb.delete_item(TableName=stack.home.table_name, Key={"pk": {"S": "KEEPER"}, "sk": {"S": "REPORT"}})
    calls.made.clear()
    told(run, status=1)  # until the keeper has run once, whether there are credentials is asked of their secret

    assert marks(found) == {}
    assert actions(looked | calls.made) - {"dynamodb:DeleteItem"} == documented("all", "doctor")
    assert actions(drilled) == documented("doctor --drill")


def actions(made: set[str]) -> set[str]:
    """The calls as IAM names them."""
    return {IAM.get(each, each) for each in (call.replace("monitoring:", "cloudwatch:") for call in made)}
