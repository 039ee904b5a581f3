"""The places where a notification waits: as safe, and as patient, as docs/promises/reliability.md says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from smarther.receiver import deadlines
from tests.support import deployed

DOCUMENT = (deployed.PROJECT / "docs" / "promises" / "reliability.md").read_text()
QUEUES = ["SpillQueue", "SpillDeadLetterQueue"]


def properties(name: str) -> dict[str, Any]:
    found: dict[str, Any] = deployed.template()["Resources"][name]["Properties"]
    return found


@pytest.mark.parametrize("name", QUEUES)
def test_a_queue_outlives_the_stack(name: str) -> None:
    queue = deployed.template()["Resources"][name]
    assert (queue["DeletionPolicy"], queue["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


@pytest.mark.shows("table is away for hours")
def test_the_spill_queue_waits_fifteen_hours_and_keeps_for_fourteen_days() -> None:
    spill = properties("SpillQueue")
    policy = spill["RedrivePolicy"]
    assert policy["deadLetterTargetArn"] == {"Fn::GetAtt": ["SpillDeadLetterQueue", "Arn"]}
    assert timedelta(seconds=policy["maxReceiveCount"] * spill["VisibilityTimeout"]) == timedelta(hours=15)
    for name in QUEUES:
        assert timedelta(seconds=properties(name)["MessageRetentionPeriod"]) == timedelta(days=14)


def test_the_receiver_may_write_to_the_spill_queue_and_knows_where_it_is() -> None:
    assert properties("ReceiverFunction")["Environment"]["Variables"]["SPILL_QUEUE_URL"] == {"Ref": "SpillQueue"}
    (policy,) = properties("ReceiverRole")["Policies"]
    granted = [(statement["Action"], statement["Resource"]) for statement in policy["PolicyDocument"]["Statement"]]
    assert ("sqs:SendMessage", {"Fn::GetAtt": ["SpillQueue", "Arn"]}) in granted


def test_the_redriver_reports_the_outcome_of_each_message_within_its_timeout() -> None:
    redriver = properties("RedriverFunction")
    (source,) = redriver["Events"].values()
    assert source["Properties"]["Queue"] == {"Fn::GetAtt": ["SpillQueue", "Arn"]}
    assert source["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert properties("SpillQueue")["VisibilityTimeout"] >= 6 * redriver["Timeout"]
    # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html: six times, so that no message that is
    # being stored is handed out again


def test_lambda_ends_no_receiver_before_its_own_deadlines_do() -> None:
    assert properties("ReceiverFunction")["Timeout"] > 2 * deadlines.ANSWER_SECONDS


@pytest.mark.parametrize(
    "promised",
    [
        f"| {deadlines.TABLE_LAST_CALL_SECONDS * 1000:.0f} ms | a write to the table may still begin |",
        f"| {deadlines.TABLE_UNTIL_SECONDS * 1000:.0f} ms | the table:",
        f"| {deadlines.SPILL_UNTIL_SECONDS * 1000:.0f} ms | the spill queue |",
        f"| {deadlines.ANSWER_SECONDS * 1000:.0f} ms | the log,",
        f"({deadlines.CONNECT_TIMEOUT_SECONDS * 1000:.0f} ms to connect,",
        f"{deadlines.READ_TIMEOUT_SECONDS * 1000:.0f} ms to read, one attempt)",
        f"begins nothing new after {deadlines.REDRIVE_SECONDS:.0f} s",
        f"its timeout of {properties('RedriverFunction')['Timeout']} s",
    ],
)
def test_the_page_says_the_numbers_that_are_in_the_code(promised: str) -> None:
    assert promised in DOCUMENT
