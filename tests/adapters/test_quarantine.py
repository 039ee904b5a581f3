"""Quarantined bodies in the table that the template deploys."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from smarther.domain.readings.json_fields import MAX_BODY_BYTES
from smarther.domain.readings.notification import Reject
from smarther.store.items import decoded
from smarther.store.quarantine import Quarantine
from tests.support import deployed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from smarther.store.table import Table

ARRIVAL = datetime(2026, 1, 14, 6, 30, 6, tzinfo=UTC)
REJECTS = [Reject("[0]", "element holds no thermostat status"), Reject("[1]", "element has the wrong type")]


def test_a_body_is_quarantined_verbatim_with_all_reasons(table: Table, dynamodb: DynamoDBClient) -> None:
    body = '[{"é": "\n'.encode()
    assert Quarantine(table).keep(body, REJECTS, received_at=ARRIVAL)
    digest = hashlib.sha256(body).hexdigest()
    (item,) = deployed.items(dynamodb, "QUARANTINE")
    assert decoded(item) == {
        "pk": f"QUARANTINE#{digest[0]}",
        "sk": f"BODY#{digest}#001",
        "reason": "[0]: element holds no thermostat status; [1]: element has the wrong type",
        "rejected": 2,
        "body": body.decode(),
        "encoding": "text",
        "part": 1,
        "parts": 1,
        "received_at": "2026-01-14T06:30:06Z",
    }


def test_the_same_body_again_changes_nothing(table: Table, dynamodb: DynamoDBClient) -> None:
    Quarantine(table).keep(b"x", REJECTS, received_at=ARRIVAL)
    before = deployed.items(dynamodb, "QUARANTINE")
    assert not Quarantine(table).keep(b"x", REJECTS[:1], received_at=ARRIVAL + timedelta(days=1))
    assert deployed.items(dynamodb, "QUARANTINE") == before


@pytest.mark.parametrize("body", [b"", "é€😀".encode() * 200_000, b"\xff" * 700_000, b"x" * MAX_BODY_BYTES])
def test_any_body_can_be_put_together_again(table: Table, dynamodb: DynamoDBClient, body: bytes) -> None:
    Quarantine(table).keep(body, REJECTS, received_at=ARRIVAL)
    parts = [decoded(item) for item in deployed.items(dynamodb, "QUARANTINE")]
    assert [part["part"] for part in parts] == list(range(1, int(parts[0]["parts"]) + 1))
    text = "".join(part["body"] for part in parts)
    assert (base64.b64decode(text) if parts[0]["encoding"] == "base64" else text.encode()) == body
    assert Quarantine(table).body(hashlib.sha256(body).hexdigest()) == body


def test_very_many_reasons_are_cut(table: Table, dynamodb: DynamoDBClient) -> None:
    Quarantine(table).keep(b"x", REJECTS * 5_000, received_at=ARRIVAL)
    (item,) = deployed.items(dynamodb, "QUARANTINE")
    assert len(item["reason"]["S"]) == 1_000
    assert item["rejected"] == {"N": "10000"}


def test_an_interrupted_quarantine_is_completed(table: Table, dynamodb: DynamoDBClient) -> None:
    body = b"x" * 200_000
    Quarantine(table).keep(body, REJECTS, received_at=ARRIVAL)
    complete = deployed.items(dynamodb, "QUARANTINE")
    dynamodb.delete_item(TableName=deployed.TABLE, Key={name: complete[-1][name] for name in ("pk", "sk")})
    assert Quarantine(table).keep(body, REJECTS, received_at=ARRIVAL)
    assert deployed.items(dynamodb, "QUARANTINE") == complete


def test_a_body_that_lacks_a_part_is_not_taken_for_the_whole(table: Table, dynamodb: DynamoDBClient) -> None:
    body = b"x" * MAX_BODY_BYTES
    Quarantine(table).keep(body, REJECTS, received_at=ARRIVAL)
    last = deployed.items(dynamodb, "QUARANTINE")[-1]
    dynamodb.delete_item(TableName=deployed.TABLE, Key={name: last[name] for name in ("pk", "sk")})

    with pytest.raises(ValueError, match="do not make up the body"):
        Quarantine(table).body(hashlib.sha256(body).hexdigest())


def test_bodies_are_found_by_a_digest_s_beginning_and_each_counts_once(table: Table) -> None:
    kept = [b"x" * MAX_BODY_BYTES, *(bytes([number]) for number in range(40))]
    for body in kept:
        Quarantine(table).keep(body, REJECTS, received_at=ARRIVAL)
    digests = sorted(hashlib.sha256(body).hexdigest() for body in kept)

    assert Quarantine(table).size() == len(kept)
    assert sorted(body.digest for body in Quarantine(table).bodies()) == digests
    for beginning in (digests[0][0], digests[0][:2], digests[0], "0" * 64):
        found = [body.digest for body in Quarantine(table).bodies(beginning)]
        assert found == [digest for digest in digests if digest.startswith(beginning)]
