"""What the local cloud does with a batch of a stream is what Lambda does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.emulator import stream_batches

BATCH = [
    {"dynamodb": {"SequenceNumber": str(number), "ApproximateCreationDateTime": 1000 + number}} for number in (7, 8, 9)
]
WHOLE = len(BATCH)


def failures(*numbers: object) -> dict[str, Any]:
    return {"body": {"batchItemFailures": [{"itemIdentifier": number} for number in numbers]}}


@pytest.mark.parametrize(
    ("answer", "count"),
    [
        (failures(), WHOLE),
        ({"body": None}, WHOLE),
        ({"body": {}}, WHOLE),
        ({"body": {"batchItemFailures": None}}, WHOLE),
        (failures("7"), 0),
        (failures("9"), 2),
        (failures("9", "8"), 1),
        ({"body": json.dumps(failures("8")["body"])}, 1),
        (failures("no record of it"), 0),
        (failures("9", None), 0),
        ({"error": True, "body": {"errorType": "KeyError"}}, 0),
    ],
)
def test_records_after_the_first_reported_one_are_delivered_again(answer: dict[str, Any], count: int) -> None:
    assert stream_batches.taken(BATCH, answer, reports=True) == count


@pytest.mark.parametrize(("answer", "count"), [(failures("7"), WHOLE), ({"error": True}, 0)])
def test_a_function_that_does_not_report_takes_all_or_fails(answer: dict[str, Any], count: int) -> None:
    assert stream_batches.taken(BATCH, answer, reports=False) == count


@pytest.mark.parametrize(
    ("most", "now", "is_given_up"), [(60, 1067, False), (60, 1068, True), (-1, 10**9, False), (None, 10**9, False)]
)
def test_a_batch_is_given_up_by_the_age_of_its_first_record(most: int | None, now: float, *, is_given_up: bool) -> None:
    mapping = {"MaximumRecordAgeInSeconds": most}
    assert stream_batches.is_too_old(BATCH, mapping, now=now) is is_given_up
