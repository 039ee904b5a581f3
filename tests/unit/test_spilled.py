"""A notification put aside comes back as it was, or not at all."""

from __future__ import annotations

import base64
import json
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smarther.domain.readings.json_fields import MAX_BODY_BYTES
from smarther.domain.readings.spilled import MalformedError, Spilled

SPILLED = Spilled(
    body=b"[]", received_at=datetime(2026, 1, 14, 6, 30, 6, 123456, tzinfo=UTC), presented="0f" * 32, verified=False
)


@given(st.binary(), st.datetimes(timezones=st.just(UTC)), st.booleans())
@example(b"x" * 99_999, SPILLED.received_at, True)  # noqa: FBT003 - the last argument of the test
@example(b"x" * MAX_BODY_BYTES, SPILLED.received_at, True)  # noqa: FBT003 - the last argument of the test
def test_it_comes_back_as_it_was(body: bytes, received_at: datetime, verified: bool) -> None:  # noqa: FBT001 - drawn
    spilled = Spilled(body=body, received_at=received_at, presented="0f" * 32, verified=verified)
    assert Spilled.from_message(spilled.message()) == spilled
    assert Spilled.from_fields(spilled.fields()) == spilled


def test_a_message_shows_its_facts() -> None:
    assert json.loads(SPILLED.message()) == {
        "body": "W10=",
        "encoding": "base64",
        "received_at": "2026-01-14T06:30:06.123456Z",
        "presented": "0f" * 32,
        "verified": False,
    }


def test_a_body_of_780_kilobytes_fits_into_a_message_of_the_queue() -> None:
    """Whatever it holds; https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html."""
    spilled = Spilled(body=bytes(780_000), received_at=SPILLED.received_at, presented="0f" * 32, verified=False)
    assert len(spilled.message()) <= 1_048_576


@given(st.binary(max_size=200_000))
@example(b"x" * MAX_BODY_BYTES)
def test_what_an_earlier_release_compressed_is_read_still(body: bytes) -> None:
    """It may wait in a queue for two weeks, and in a log for years."""
    compressed = changed("encoding", "zlib+base64") | {"body": base64.b64encode(zlib.compress(body)).decode()}
    assert Spilled.from_fields(compressed).body == body
    assert Spilled.from_message(json.dumps(compressed)).body == body


def changed(name: str, value: object) -> dict[str, Any]:
    return {**SPILLED.fields(), name: value}


@pytest.mark.parametrize(
    "fields",
    [
        None,
        [],
        "text",
        {},
        *({k: v for k, v in SPILLED.fields().items() if k != name} for name in SPILLED.fields()),
        changed("body", 7),
        changed("body", "W10"),
        changed("body", "é"),
        changed("encoding", "gzip"),
        changed("encoding", "zlib+base64"),
        changed("received_at", "yesterday"),
        changed("received_at", "2026-01-14T06:30:06"),
        changed("received_at", 7),
        changed("presented", None),
        changed("verified", "true"),
        {**changed("encoding", "zlib+base64"), "body": base64.b64encode(zlib.compress(b"x" * 100)[:-1]).decode()},
        {**changed("encoding", "zlib+base64"), "body": base64.b64encode(zlib.compress(bytes(17_000_000))).decode()},
    ],
)
def test_anything_else_is_malformed(fields: object) -> None:
    with pytest.raises(MalformedError):
        Spilled.from_fields(fields)
    with pytest.raises(MalformedError):
        Spilled.from_message(json.dumps(fields))


@pytest.mark.parametrize("text", ["", "{", "[" * 200_000, "NaN"])
def test_a_message_that_is_no_object_is_malformed(text: str) -> None:
    with pytest.raises(MalformedError):
        Spilled.from_message(text)


def test_the_error_quotes_nothing() -> None:
    with pytest.raises(MalformedError) as caught:
        Spilled.from_message(
            json.dumps({"body": "SECRETIVE", "encoding": "SECRETIVE", "received_at": "2026-01-14T06:30:06Z"})
        )
    assert "SECRETIVE" not in str(caught.value)
