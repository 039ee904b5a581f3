"""Is the stack of this run what it should be, asked from outside; and with faults planted in it, which are put back."""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from smarther.domain.account.webhook import has_secret_form
from smarther_cli.app import app
from smarther_cli.doctor import ring
from tests.support.owner_permissions import documented

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Home

THIS_MACHINES = {"answer time", "cold start"}
"""How fast a busy machine answers is no finding of a test."""
OTHERS = {"quarantine"}
"""What other tests of this run have sent on purpose that nobody can read."""
CALLED_HERE = {
    "lambda:GetAlias": "lambda:ListAliases",
    "lambda:GetEventSourceMapping": "lambda:ListEventSourceMappings",
    "lambda:GetLayerVersion": "lambda:ListLayers",
}
"""What the local cloud asks for where AWS asks for the first
(https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html)."""
NOT_IN_THIS_CLOUD = dict.fromkeys(("throttle", "turned away", "failed answers", "spilled"), "not_told")


@pytest.fixture(scope="module")
def well(home: Home) -> Home:
    """With everything done that the schedules do by themselves, and no more."""
    home.roll_up()
    assert home.run_keeper()["outcome"] == "healthy"
    return home


def asked(*words: str) -> tuple[int, dict[str, dict[str, str]]]:
    """The exit status, and what each check said."""
    result = CliRunner().invoke(app, ["doctor", "--json", *words])
    assert result.stdout, result.output
    return result.exit_code, {each["check"]: each for each in json.loads(result.stdout)["checks"]}


def marks(found: dict[str, dict[str, str]]) -> dict[str, str]:
    """Every mark that is not good, but for those that this machine's speed or another test decides."""
    decided = THIS_MACHINES | OTHERS
    return {name: each["mark"] for name, each in found.items() if each["mark"] != "good" and name not in decided}


def test_after_consent_all_is_well(well: Home) -> None:
    _, found = asked("--sandbox")

    assert marks(found) == NOT_IN_THIS_CLOUD, found


@pytest.mark.shows("probe tells no address")
def test_a_probe_of_the_real_address_stores_nothing(well: Home) -> None:
    before = kept(well)

    found = well.run_keeper(probe={"calls": 20, "at_once": 4})

    assert [each["proven"] for each in found["one_by_one"]] == [True] * 20
    assert {each["proven"] for each in found["at_once"]} == {True}
    assert found["stranger"]["status"] == 404
    assert kept(well) == before
    secret = well.webhook_url().rpartition("/")[2]
    assert has_secret_form(secret)
    assert secret not in json.dumps(found)


def kept(home: Home) -> list[str]:
    """What is stored of notifications, and what waits to be."""
    items = [item for item in home.items() if item["pk"].startswith(("MODULE#", "QUARANTINE"))]
    queues = home.state.cloud.client("sqs")
    waiting = [
        queues.get_queue_attributes(QueueUrl=home.physical(name), AttributeNames=["ApproximateNumberOfMessages"])
        for name in ("SpillQueue", "SpillDeadLetterQueue", "DeadLetterQueue")
    ]
    return sorted(json.dumps(item, default=str, sort_keys=True) for item in items) + [
        each["Attributes"]["ApproximateNumberOfMessages"] for each in waiting
    ]


@contextmanager
def older_version_live(home: Home) -> Iterator[None]:
    functions, name = home.state.cloud.client("lambda"), home.physical("ReceiverFunction")
    description = functions.get_function_configuration(FunctionName=name)["Description"]
    functions.update_function_configuration(FunctionName=name, Description="of a test")  # what is alike is no version
    newest = functions.publish_version(FunctionName=name)["Version"]
    yield
    functions.update_function_configuration(FunctionName=name, Description=description)
    functions.delete_function(FunctionName=name, Qualifier=newest)


@contextmanager
def schedule_off(home: Home) -> Iterator[None]:
    scheduler, name = home.state.cloud.client("scheduler"), home.physical("RollupFunctionSchedule")
    told = scheduler.get_schedule(Name=name)
    kept = {key: told[key] for key in ("Name", "ScheduleExpression", "Target", "FlexibleTimeWindow", "Description")}
    scheduler.update_schedule(**kept, State="DISABLED")
    yield
    scheduler.update_schedule(**kept, State="ENABLED")


@contextmanager
def table_unprotected(home: Home) -> Iterator[None]:
    dynamodb, name = home.state.cloud.client("dynamodb"), home.outputs["TableName"]

    def set_to(enabled: bool) -> None:  # noqa: FBT001 - it is what is set
        dynamodb.update_table(TableName=name, DeletionProtectionEnabled=enabled)
        dynamodb.update_time_to_live(
            TableName=name, TimeToLiveSpecification={"Enabled": enabled, "AttributeName": "expires_at"}
        )
        dynamodb.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": enabled}
        )

    set_to(False)
    yield
    set_to(True)


@contextmanager
def dead_letter(home: Home) -> Iterator[None]:
    queues, url = home.state.cloud.client("sqs"), home.physical("SpillDeadLetterQueue")
    queues.send_message(QueueUrl=url, MessageBody="{}")
    yield
    (message,) = queues.receive_message(QueueUrl=url)["Messages"]
    queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


@contextmanager
def log_that_never_forgets(home: Home) -> Iterator[None]:
    logs, name = home.state.cloud.client("logs"), home.physical("KeeperLogGroup")
    days = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]["retentionInDays"]
    logs.delete_retention_policy(logGroupName=name)
    yield
    logs.put_retention_policy(logGroupName=name, retentionInDays=days)


@contextmanager
def alarm_muted_and_another_ringing(home: Home) -> Iterator[None]:
    watch = home.state.cloud.client("cloudwatch")
    muted, ringing = home.physical("ThermostatSilentAlarm"), home.physical("AnswersSlowAlarm")
    watch.disable_alarm_actions(AlarmNames=[muted])
    watch.set_alarm_state(AlarmName=ringing, StateValue="ALARM", StateReason="of a test")
    yield
    watch.set_alarm_state(AlarmName=ringing, StateValue="OK", StateReason="of a test")
    watch.enable_alarm_actions(AlarmNames=[muted])


@contextmanager
def no_subscriber(home: Home) -> Iterator[None]:
    """The local cloud takes every mail address for confirmed."""
    sns, topic = home.state.cloud.client("sns"), home.outputs["AlarmTopicArn"]
    (subscribed,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    sns.unsubscribe(SubscriptionArn=subscribed["SubscriptionArn"])
    yield
    sns.subscribe(TopicArn=topic, Protocol=subscribed["Protocol"], Endpoint=subscribed["Endpoint"])


@contextmanager
def dashboard_of_another_region(home: Home) -> Iterator[None]:
    watch, name = home.state.cloud.client("cloudwatch"), home.physical("Dashboard")
    body = watch.get_dashboard(DashboardName=name)["DashboardBody"]
    watch.put_dashboard(DashboardName=name, DashboardBody=body.replace(home.state.cloud.region, "eu-west-1"))
    yield
    watch.put_dashboard(DashboardName=name, DashboardBody=body)


@contextmanager
def receiver_of_others(home: Home) -> Iterator[None]:
    """The address leads to what does not know the secret."""
    functions, name = home.state.cloud.client("lambda"), home.outputs["KeeperFunctionName"]
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    elsewhere = {**variables, "WEBHOOK_BASE_URL": f"{variables['WEBHOOK_BASE_URL']}/elsewhere"}
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": elsewhere})
    yield
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


@contextmanager
def few_at_once(home: Home) -> Iterator[None]:
    functions = home.state.cloud.client("lambda")
    receiver, other = home.physical("ReceiverFunction"), home.physical("PreTrafficFunction")
    limit = functions.get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    functions.put_function_concurrency(FunctionName=receiver, ReservedConcurrentExecutions=1)
    functions.put_function_concurrency(FunctionName=other, ReservedConcurrentExecutions=limit - 5)
    yield
    for name in (receiver, other):
        functions.delete_function_concurrency(FunctionName=name)


FAULTS: dict[Any, dict[str, str]] = {
    older_version_live: {"live version": "bad"},
    schedule_off: {"schedules": "bad"},
    table_unprotected: {"table": "bad", "expiry": "bad", "recovery": "bad"},
    dead_letter: {"given up": "bad"},
    log_that_never_forgets: {"logs": "bad"},
    alarm_muted_and_another_ringing: {"alarms": "bad", "ringing": "bad"},
    no_subscriber: {"subscriber": "bad"},
    dashboard_of_another_region: {"dashboard": "bad"},
    receiver_of_others: {"genuine calls": "bad"},
    few_at_once: {"concurrency": "bad", "receiver's share": "bad"},
}


def test_planted_faults_are_named(well: Home) -> None:
    with ExitStack() as planted:
        for fault in FAULTS:
            planted.enter_context(fault(well))
        status, found = asked("--sandbox")
    expected = {name: mark for marks_of_one in FAULTS.values() for name, mark in marks_of_one.items()}

    assert (status, marks(found)) == (1, NOT_IN_THIS_CLOUD | expected)
    status, found = asked("--sandbox")
    assert marks(found) == NOT_IN_THIS_CLOUD


def test_a_drill_sets_one_alarm_off_and_on_again(well: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring, "PAUSE_SECONDS", 0)
    watch, name = well.state.cloud.client("cloudwatch"), well.physical("PersonNeededAlarm")

    _, found = asked("--sandbox", "--drill")

    assert found["drill"]["mark"] == "not_told"  # this cloud's alarms keep no history of what they did
    history = watch.describe_alarm_history(AlarmName=name)["AlarmHistoryItems"]
    assert [each["HistorySummary"].rpartition(" ")[2] for each in history[:2]] == ["OK", "ALARM"]


@pytest.fixture
def user(well: Home) -> Iterator[Any]:
    """Somebody who may do in the account what the command line's page says that this takes, and nothing else."""
    iam = well.state.cloud.client("iam")
    iam.create_user(UserName="owner")
    key = iam.create_access_key(UserName="owner")["AccessKey"]

    def may(actions: set[str]) -> None:
        allowed = {"Effect": "Allow", "Action": sorted(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        iam.put_user_policy(UserName="owner", PolicyName="page", PolicyDocument=document)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", well.state.cloud.endpoint_url)
        patch.setenv("AWS_DEFAULT_REGION", well.state.cloud.region)
        patch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        patch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        yield may
    iam.delete_user_policy(UserName="owner", PolicyName="page")
    iam.delete_access_key(UserName="owner", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="owner")


def test_with_the_documented_permissions_the_doctor_sees_everything_and_with_fewer_it_says_what_is_missing(
    well: Home, user: Any
) -> None:
    listed = {CALLED_HERE.get(action, action) for action in documented("all", "doctor")}

    user(listed)
    _, found = asked("--stack", well.state.stack.name)
    assert marks(found) == NOT_IN_THIS_CLOUD

    user(listed - {"sns:ListSubscriptionsByTopic", "lambda:InvokeFunction"})
    status, found = asked("--stack", well.state.stack.name)
    assert status == 1
    assert found["subscriber"]["says"] == "you may not ask: it needs sns:ListSubscriptionsByTopic"
    assert found["genuine calls"]["says"] == "you may not ask: it needs lambda:InvokeFunction"
    assert {name for name in marks(found) if name not in NOT_IN_THIS_CLOUD} == {
        "subscriber",
        "genuine calls",
        "strangers",
    }
