"""Records as they are written, a notification kept in the log, and a logging library that fails."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime
from random import Random
from typing import Any
from unittest.mock import Mock

import pytest

from smarther import telemetry
from smarther.domain.readings.spilled import Spilled
from smarther.telemetry import Metric


class Lines:
    """What was written to the log since the last look."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture

    def raw(self) -> list[str]:
        return self._capture.readouterr().out.splitlines()

    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.raw()]


class Stdout:
    """Standard output as it is now: pytest puts another one in its place for each test."""

    def write(self, text: str) -> None:
        sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Lines:
    monkeypatch.setattr(telemetry.logger.registered_handler, "stream", Stdout())
    return Lines(capsys)


def spilled(body: bytes) -> Spilled:
    return Spilled(
        body=body, received_at=datetime(2026, 1, 14, 6, 30, 6, tzinfo=UTC), presented="0f" * 32, verified=False
    )


def test_the_time_of_every_record_is_one_that_lambda_reads(lines: Lines) -> None:
    """A record with any other form of time has for Lambda no level of its own (its page on log formats): RFC 3339."""
    telemetry.log("something_happened")
    telemetry.warn("something_odd")
    telemetry.spill_to_log(spilled(b"[]"), reason="why")
    times = [record["timestamp"] for record in lines.records()]
    assert len(times) == 3
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", time) for time in times), times


def test_a_record_is_an_event_with_keys(lines: Lines) -> None:
    telemetry.log("something_happened", count=3)
    telemetry.warn("something_odd", reason="why")
    happened, odd = lines.records()
    assert (happened["message"], happened["count"], happened["level"]) == ("something_happened", 3, "INFO")
    assert (odd["message"], odd["reason"], odd["level"]) == ("something_odd", "why", "WARNING")


def test_one_outcome_leaves_nothing_for_the_next(lines: Lines) -> None:
    telemetry.measure("first", {Metric.READINGS_STORED: 2}, answer_ms=5)
    telemetry.measure("second", {Metric.READINGS_DUPLICATE: 1})
    _, second = lines.records()
    assert "ReadingsStored" not in second
    assert "answer_ms" not in second


def test_an_outcome_without_numbers_is_a_plain_record(lines: Lines) -> None:
    telemetry.measure("notification_recorded", {Metric.READINGS_STORED: 0}, handshake=True)
    (record,) = lines.records()
    assert (record["message"], record["handshake"], "_aws" in record) == ("notification_recorded", True, False)


@pytest.mark.parametrize("stored", [0, 1])
def test_a_key_without_a_value_is_left_out(stored: int, lines: Lines) -> None:
    telemetry.measure("something_happened", {Metric.READINGS_STORED: stored}, kept="spill", failure=None)
    (record,) = lines.records()
    assert record["kept"] == "spill"
    assert "failure" not in record


def recovered(records: list[dict[str, Any]]) -> Spilled:
    assert [record["part"] for record in records] == list(range(1, records[0]["parts"] + 1))
    assert len({(record["digest"], record["received_at"]) for record in records}) == 1
    return Spilled.from_fields({**records[0], "body": "".join(record["body"] for record in records)})


@pytest.mark.parametrize("body", [b"", b'[{"mode": "\xff"}]', bytes(range(256)) * 400, b"\x00\x01" * 500_000])
def test_a_notification_kept_in_the_log_can_be_put_together_again(lines: Lines, body: bytes) -> None:
    telemetry.spill_to_log(spilled(body), reason="Throttled")
    records = lines.records()
    assert {record["message"] for record in records} == {"notification_recoverable"}
    assert {record["reason"] for record in records} == {"Throttled"}
    assert recovered(records) == spilled(body)


@pytest.mark.shows("body is too long for the queue")
def test_a_body_that_does_not_fit_into_one_record_takes_several(lines: Lines) -> None:
    noise = Random(1).randbytes(400_000)  # noqa: S311 - it only must not compress
    telemetry.spill_to_log(spilled(noise), reason="Throttled")
    raw = lines.raw()
    assert len(raw) == 4
    assert all(len(line) < 256_000 for line in raw)
    assert recovered([json.loads(line) for line in raw]) == spilled(noise)


class DiskFullError(Exception):
    """What a platform can come up with."""


def fail(*_: object, **__: object) -> None:
    raise DiskFullError


def test_a_logger_that_fails_costs_no_notification(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("info", "warning", "error"):
        monkeypatch.setattr(telemetry.logger, name, fail)
    telemetry.log("something_happened")
    telemetry.warn("something_odd")
    telemetry.spill_to_log(spilled(b"[]"), reason="Throttled")
    happened, odd, kept = lines.records()
    assert (happened["message"], happened["telemetry_failed"]) == ("something_happened", "DiskFullError")
    assert odd["message"] == "something_odd"
    assert kept["message"] == "notification_recoverable"
    assert recovered([kept]) == spilled(b"[]")


@pytest.mark.shows("telemetry raises")
def test_metrics_that_fail_cost_no_notification_and_leave_nothing_for_the_next(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as failing:
        failing.setattr(telemetry.metrics, "flush_metrics", fail)
        telemetry.measure("notification_recorded", {Metric.READINGS_STORED: 1}, answer_ms=5)
    telemetry.measure("notification_recorded", {Metric.READINGS_DUPLICATE: 1})
    first, second = lines.records()
    assert (first["message"], first["telemetry_failed"], first["answer_ms"]) == (
        "notification_recorded",
        "DiskFullError",
        5,
    )
    assert "ReadingsStored" not in second


@pytest.mark.shows("output fails")
def test_an_output_that_fails_costs_no_notification(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    written = Mock(side_effect=OSError(28, "No space left on device"))
    monkeypatch.setattr(telemetry.logger, "info", fail)
    with monkeypatch.context() as failing:
        failing.setattr(sys.stdout, "write", written)
        telemetry.log("something_happened")
    assert written.called
    assert lines.records() == []
