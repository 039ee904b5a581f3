"""What people look at and what wakes them: every graph and every alarm can move, costs nothing and says what to do."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest

from smarther.domain.account.quota import Need, Quota
from smarther.telemetry import Metric
from smarther_cli.doctor.checks import ANSWER_LIMIT_MS
from tests.template.conftest import PROJECT, of_type
from tests.template.named_metrics import Named, in_alarms, in_dashboard, rendered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.template.conftest import Resources

FREE = 10
"""Custom metrics, and metrics in alarms, that cost nothing (https://aws.amazon.com/cloudwatch/pricing/)."""
FREE_ON_A_DASHBOARD = 50
ON = {"HasAlarms": True, "HasAlarmEmail": True}
OFF = {"HasAlarms": False, "HasAlarmEmail": False}


@dataclass(frozen=True, slots=True)
class Emitted:
    """What AWS emits for a resource. A dimension's value is a resource's type and what is taken of it, or words."""

    namespace: str
    metrics: frozenset[str]
    dimensions: dict[str, str | frozenset[str]]
    source: str


AWS_EMITS = (
    # The names of an HTTP API are not those of a REST API (`5XXError` under `ApiName`).
    Emitted(
        "AWS/ApiGateway",
        frozenset({"4xx", "5xx", "Count", "IntegrationLatency", "Latency", "DataProcessed"}),
        {"ApiId": "AWS::ApiGatewayV2::Api"},
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html",
    ),
    Emitted(
        "AWS/Lambda",
        frozenset({"Invocations", "Errors", "Throttles", "Duration"}),
        {"FunctionName": "AWS::Lambda::Function"},
        "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html",
    ),
    # `NumberOfMessagesSent` is not here: of a dead-letter queue it does not count what SQS itself moves there.
    Emitted(
        "AWS/SQS",
        frozenset({"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"}),
        {"QueueName": "AWS::SQS::Queue.QueueName"},
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html",
    ),
    # Only with an operation; for the table as a whole there is none.
    Emitted(
        "AWS/DynamoDB",
        frozenset({"ThrottledRequests"}),
        {
            "TableName": "AWS::DynamoDB::Table",
            "Operation": frozenset({"PutItem", "GetItem", "UpdateItem", "DeleteItem", "Query"}),
        },
        "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html",
    ),
)


def dashboard(resources: Resources, conditions: dict[str, bool] = ON) -> dict[str, Any]:
    (only,) = of_type(resources, "AWS::CloudWatch::Dashboard").values()
    body: dict[str, Any] = json.loads(rendered(only["Properties"]["DashboardBody"], conditions))
    return body


def alarms(resources: Resources) -> dict[str, dict[str, Any]]:
    found = of_type(resources, "AWS::CloudWatch::Alarm")
    return {name: rendered(alarm["Properties"], ON) for name, alarm in found.items()}


@pytest.fixture(scope="module")
def named(resources: Resources) -> list[Named]:
    """Every metric that is looked at or alarmed on."""
    return [*in_dashboard(dashboard(resources)), *in_alarms(alarms(resources).values())]


def our_namespace(template: dict[str, Any]) -> str:
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    namespace: str = rendered(variables["POWERTOOLS_METRICS_NAMESPACE"], ON)
    return namespace


def is_emitted(metric: Named, resources: Resources) -> bool:
    """Whether AWS emits a metric of this name, with just these dimensions, for the resources that they name."""
    dimensions = dict(metric.dimensions)
    return any(
        (row.namespace, set(row.dimensions)) == (metric.namespace, set(dimensions))
        and metric.name in row.metrics
        and all(_fits(dimensions[name], kind, resources) for name, kind in row.dimensions.items())
        for row in AWS_EMITS
    )


def _fits(value: str, kind: str | frozenset[str], resources: Resources) -> bool:
    if isinstance(kind, frozenset):
        return value in kind
    logical_id, dot, attribute = value.strip("<>").partition(".")
    return logical_id in resources and resources[logical_id]["Type"] + dot + attribute == kind


# ---- No alarm and no graph that can never move ----


def test_every_metric_of_aws_is_one_that_aws_emits_for_that_very_resource(
    named: list[Named], resources: Resources
) -> None:
    theirs = [metric for metric in named if metric.namespace.startswith("AWS/")]

    assert theirs
    assert not [str(metric) for metric in theirs if not is_emitted(metric, resources)]


@pytest.mark.parametrize(
    ("namespace", "name", "dimensions"),
    [
        ("AWS/ApiGateway", "5XXError", {"ApiName": "<HttpApi>"}),
        ("AWS/ApiGateway", "5XXError", {"ApiId": "<HttpApi>"}),
        ("AWS/ApiGateway", "5xx", {"ApiId": "<ReceiverFunction>"}),
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": "<DeadLetterQueue>"}),  # that is its address
        ("AWS/DynamoDB", "ThrottledRequests", {"TableName": "<Table>"}),
        ("AWS/DynamoDB", "ThrottledRequests", {"TableName": "<Table>", "Operation": "Put"}),
        ("AWS/Lambda", "Errors", {"FunctionName": "<NoSuchFunction>"}),
        ("AWS/Lambda", "Error", {"FunctionName": "<ReceiverFunction>"}),
    ],
)
def test_a_metric_that_nobody_emits_is_noticed(
    resources: Resources, namespace: str, name: str, dimensions: dict[str, str]
) -> None:
    assert not is_emitted(Named(namespace, name, frozenset(dimensions.items()), "a plant"), resources)


def test_every_custom_metric_is_one_of_the_codes_and_each_of_those_is_looked_at(
    named: list[Named], template: dict[str, Any]
) -> None:
    ours = {metric for metric in named if not metric.namespace.startswith("AWS/")}

    assert {metric.namespace for metric in ours} == {our_namespace(template)}
    assert {metric.dimensions for metric in ours} == {frozenset({("service", "recorder")})}
    assert {metric.name for metric in ours} == set(Metric)


def test_throttles_are_shown_only_for_operations_that_some_function_may_do(
    named: list[Named], resources: Resources
) -> None:
    roles = json.dumps(list(of_type(resources, "AWS::IAM::Role").values()))
    shown = {value for metric in named for name, value in metric.dimensions if name == "Operation"}

    assert shown
    assert not {operation for operation in shown if f'"dynamodb:{operation}"' not in roles}


# ---- It costs nothing ----


def test_alarms_custom_metrics_and_dashboard_are_within_what_is_free(
    named: list[Named], resources: Resources, template: dict[str, Any]
) -> None:
    ours = {metric for metric in named if metric.namespace == our_namespace(template)}

    assert len(ours) <= FREE
    assert len(alarms(resources)) <= FREE
    assert not [name for name, alarm in alarms(resources).items() if "Metrics" in alarm]  # each would count
    assert not of_type(resources, "AWS::Logs::MetricFilter")  # its metric would be one more custom one
    assert not of_type(resources, "AWS::CloudWatch::CompositeAlarm")  # never free
    assert len(list(in_dashboard(dashboard(resources)))) <= FREE_ON_A_DASHBOARD


def test_the_api_emits_no_metrics_per_route_because_they_are_billed(resources: Resources) -> None:
    (stage,) = of_type(resources, "AWS::ApiGatewayV2::Stage").values()
    settings = [stage["Properties"]["DefaultRouteSettings"], *stage["Properties"]["RouteSettings"].values()]

    assert not [each for each in settings if each.get("DetailedMetricsEnabled")]


def test_the_documentation_lists_every_metric_and_tells_the_dashboards_size(resources: Resources) -> None:
    page = (PROJECT / "docs" / "running" / "metrics.md").read_text()

    assert not [metric for metric in Metric if f"| `{metric}` |" not in page]
    assert f"| 1, with {len(list(in_dashboard(dashboard(resources))))} metrics |" in page


# ---- Who is woken knows what to do ----


def test_every_alarm_tells_the_topic_when_it_begins_and_when_it_ends(resources: Resources) -> None:
    for name, alarm in alarms(resources).items():
        assert alarm["AlarmActions"] == alarm["OKActions"] == ["<AlarmTopic>"], name
        assert resources[name]["Condition"] == "HasAlarms"


def test_every_alarm_says_what_to_do_in_both_languages_and_the_runbook_has_a_chapter_for_it(
    resources: Resources,
) -> None:
    chapters = set(
        re.findall(r"^## (.+)$", (PROJECT / "docs" / "running" / "runbook.md").read_text(), flags=re.MULTILINE)
    )
    anchors = {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in chapters}
    for name, alarm in alarms(resources).items():
        words, _, anchor = alarm["AlarmDescription"].rpartition("docs/running/runbook.md#")
        english, _, italian = words.partition("\nItaliano: ")
        assert len(english.split()) > 15, name
        assert len(italian.split()) > 15, name
        assert sorted(re.findall(r"`[^`]+`", english)) == sorted(re.findall(r"`[^`]+`", italian)), name
        assert re.findall(r"\d+", english) == re.findall(r"\d+", italian), name
        assert words.isascii(), "CloudFormation shows question marks for all else"
        assert anchor in anchors, name
        assert alarm["AlarmName"] == f"<AWS::StackName>-{anchor}", name


def test_every_alarm_has_a_reason_for_how_it_takes_missing_data(resources: Resources) -> None:
    written = re.findall(
        r"^ +TreatMissingData: \w+( # .{20,})?$", (PROJECT / "template.yaml").read_text(), re.MULTILINE
    )

    assert all(written)
    assert (
        len(written) == len(alarms(resources)) == sum("TreatMissingData" in each for each in alarms(resources).values())
    )


TOLD_OTHERWISE = {
    "PreTrafficFunction": "only a deploy calls it, which fails with it and says so",
}
"""Functions whose errors need no alarm, and why."""


def destinations(function: str, resources: Resources) -> Iterator[str]:
    """Where Lambda sends failed asynchronous events: of the version that a schedule calls, and no other."""
    called = "live" if f"{function}Aliaslive" in resources else "$LATEST"
    for each in of_type(resources, "AWS::Lambda::EventInvokeConfig").values():
        properties = each["Properties"]
        if properties["FunctionName"] == {"Ref": function}:
            assert properties["Qualifier"] == called, function
            yield properties["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0]


def alarms_of_errors(resources: Resources) -> dict[str, set[str]]:
    """The alarms by which each function's errors are told, by the way on which the function is called.

    Behind the API an error is a 5xx. What is called asynchronously, as schedules do, and fails three times, Lambda
    sends to the function's destination for that; what a queue hands out too often goes to that queue's dead letters.
    """
    found: dict[str, set[str]] = {name: set() for name in of_type(resources, "AWS::Lambda::Function")}
    watched = {
        value.strip("<>").partition(".")[0]: name
        for name, alarm in alarms(resources).items()
        for value in (each["Value"] for each in alarm["Dimensions"])
        if alarm["MetricName"] in {"5xx", "ApproximateNumberOfMessagesVisible"}
    }
    scheduled = json.dumps(
        [each["Properties"]["Target"]["Arn"] for each in of_type(resources, "AWS::Scheduler::Schedule").values()]
    )
    for function, told in found.items():
        for api, each in of_type(resources, "AWS::ApiGatewayV2::Api").items():
            if f"${{{function}" in json.dumps(each["Properties"]["Body"]) and api in watched:
                told.add(watched[api])
        if f'"{function}' in scheduled:
            told.update(watched[queue] for queue in destinations(function, resources) if queue in watched)
        for source in of_type(resources, "AWS::Lambda::EventSourceMapping").values():
            if source["Properties"]["FunctionName"] == {"Ref": function}:
                origin = resources[source["Properties"]["EventSourceArn"]["Fn::GetAtt"][0]]["Properties"]
                policy = origin.get("RedrivePolicy")  # a queue has its own dead letters, a stream those of its reader
                told_to = (
                    source["Properties"]["DestinationConfig"]["OnFailure"]["Destination"]
                    if policy is None
                    else policy["deadLetterTargetArn"]
                )
                dead = told_to["Fn::GetAtt"][0]
                told.update({watched[dead]} if dead in watched else ())
    return found


@pytest.mark.shows("schedule fails three times")
def test_the_errors_of_every_function_ring_an_alarm(resources: Resources) -> None:
    told = alarms_of_errors(resources)
    assert {name for name, each in told.items() if not each} == set(TOLD_OTHERWISE)
    assert told["RollupFunction"] == told["WidgetFunction"] == {"RunFailedAlarm"}
    assert told["ReceiverFunction"] == {"AnswersFailingAlarm", "RunFailedAlarm"}
    assert told["RedriverFunction"] == {"SpillGivenUpAlarm"}


def test_failed_scheduled_runs_go_to_a_queue_that_an_alarm_watches(resources: Resources) -> None:
    for name, schedule in of_type(resources, "AWS::Scheduler::Schedule").items():
        called = json.dumps(schedule["Properties"]["Target"]["Arn"])
        (function,) = [each for each in of_type(resources, "AWS::Lambda::Function") if f'"{each}' in called]
        assert list(destinations(function, resources)) == ["DeadLetterQueue"], name


def test_every_dead_letter_queue_wakes_somebody(resources: Resources) -> None:
    watched = {
        alarm["Dimensions"][0]["Value"] for alarm in alarms(resources).values() if alarm["Namespace"] == "AWS/SQS"
    }
    text = json.dumps(rendered(resources, ON))
    targets = re.findall(r'"(?:deadLetterTargetArn|DeadLetterConfig)": (?:{"Arn": )?"<(\w+)\.Arn>"', text)

    assert {f"<{queue}.QueueName>" for queue in targets} == watched


def test_only_this_stacks_alarms_may_publish_to_the_topic(resources: Resources) -> None:
    (policy,) = of_type(resources, "AWS::SNS::TopicPolicy").values()
    (statement,) = rendered(policy["Properties"]["PolicyDocument"]["Statement"], ON)

    assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert statement["Action"] == "sns:Publish"
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "<AWS::AccountId>"}
    assert statement["Condition"]["ArnLike"]["aws:SourceArn"].endswith(":alarm:<AWS::StackName>-*")


def test_the_topic_is_not_under_a_key_that_alarms_cannot_use(resources: Resources) -> None:
    (topic,) = of_type(resources, "AWS::SNS::Topic").values()

    assert "alias/aws/sns" not in json.dumps(topic)


def test_turned_off_nothing_is_left_that_refers_to_an_alarm(template: dict[str, Any], resources: Resources) -> None:
    conditions = template["Conditions"]
    assert conditions["HasAlarms"] == {"Fn::Equals": [{"Ref": "Alarms"}, "true"]}
    assert {"Condition": "HasAlarms"} in conditions["HasAlarmEmail"]["Fn::And"]
    kept = {name: each for name, each in resources.items() if OFF.get(each.get("Condition", ""), True)}

    text = json.dumps(rendered({name: each["Properties"] for name, each in kept.items() if "Properties" in each}, OFF))

    assert not [name for name in kept if "Alarm" in name]
    assert {name for name, each in template["Outputs"].items() if each.get("Condition")} == {"AlarmTopicArn"}
    assert not re.findall(r"<Alarm\w+|<\w+Alarm", text)


# ---- A page that can be read ----


@pytest.mark.parametrize("conditions", [ON, OFF], ids=["alarms on", "alarms off"])
def test_the_dashboard_is_laid_out_without_gaps_at_the_side_and_without_overlaps(
    resources: Resources, conditions: dict[str, bool]
) -> None:
    widgets = dashboard(resources, conditions)["widgets"]
    cells = [
        {(x, y) for x in range(w["x"], w["x"] + w["width"]) for y in range(w["y"], w["y"] + w["height"])}
        for w in widgets
    ]

    assert not [pair for pair in combinations(cells, 2) if pair[0] & pair[1]]
    covered = set().union(*cells)
    assert covered == {(x, y) for x in range(24) for y in range(max(y for _, y in covered) + 1)}


def test_the_home_comes_first_and_the_alarms_before_any_graph(resources: Resources) -> None:
    kinds = [widget["type"] for widget in sorted(dashboard(resources)["widgets"], key=lambda each: each["y"])]

    assert kinds[0] == "custom"
    assert kinds.index("alarm") < kinds.index("metric")


def test_the_dashboard_shows_the_state_of_every_alarm(resources: Resources) -> None:
    (states,) = [each for each in dashboard(resources)["widgets"] if each["type"] == "alarm"]

    assert sorted(states["properties"]["alarms"]) == sorted(f"<{name}.Arn>" for name in alarms(resources))


def test_every_graph_has_a_title_a_unit_and_a_plain_word_for_each_line(resources: Resources) -> None:
    for widget in dashboard(resources)["widgets"]:
        if widget["type"] != "metric":
            continue
        properties = widget["properties"]
        assert len(properties["title"]) > 10
        assert properties["yAxis"]["left"]["label"], properties["title"]
        labels = [row[-1]["label"] for row in properties["metrics"]]
        assert len(labels) == len(set(labels)), properties["title"]
        for row in properties["metrics"]:
            assert "stat" in properties or {"stat", "expression"} & row[-1].keys(), properties["title"]


def test_the_lines_in_graphs_are_at_the_limits_of_the_code_and_the_provider(resources: Resources) -> None:
    lines = {
        widget["properties"]["title"]: [
            line["value"] for line in widget["properties"].get("annotations", {}).get("horizontal", [])
        ]
        for widget in dashboard(resources)["widgets"]
        if widget["type"] == "metric"
    }

    assert lines["Calls to Legrand today (UTC)"] == [Quota(100).limit(need) for need in (Need.OPTIONAL, Need.REQUIRED)]
    assert lines["How long Legrand waited for an answer"] == [ANSWER_LIMIT_MS]
    assert alarms(resources)["AnswersSlowAlarm"]["Threshold"] == ANSWER_LIMIT_MS
