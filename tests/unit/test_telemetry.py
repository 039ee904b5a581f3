"""What a measured record looks like in the log, from which CloudWatch takes the metrics."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from botocore.session import Session

from smarther import telemetry
from smarther.telemetry import Metric

if TYPE_CHECKING:
    from collections.abc import Mapping

FREE_METRICS = 10  # https://aws.amazon.com/cloudwatch/pricing/, free tier


@pytest.fixture(autouse=True)
def _namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry.metrics.provider, "namespace", "Test")


def written(capsys: pytest.CaptureFixture[str], values: Mapping[Metric, float | None]) -> dict[str, Any]:
    telemetry.measure("something_happened", values, kept="table")
    record: dict[str, Any] = json.loads(capsys.readouterr().out)
    return record


def names(record: Mapping[str, Any]) -> set[str]:
    return {metric["Name"] for metric in record["_aws"]["CloudWatchMetrics"][0]["Metrics"]}


def test_all_custom_metrics_together_are_free() -> None:
    assert len(Metric) <= FREE_METRICS


def test_a_record_carries_its_metrics_with_one_dimension_and_its_facts(capsys: pytest.CaptureFixture[str]) -> None:
    record = written(capsys, {Metric.READINGS_STORED: 2, Metric.DELIVERY_LAG: 1.5})

    (directive,) = record["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Test"
    assert directive["Dimensions"] == [["service"]]
    assert record["service"] == "recorder"
    assert directive["Metrics"] == [
        {"Name": "ReadingsStored", "Unit": "Count"},
        {"Name": "DeliveryLag", "Unit": "Seconds"},
    ]
    assert (record["ReadingsStored"], record["DeliveryLag"]) == ([2.0], [1.5])
    assert (record["event"], record["kept"]) == ("something_happened", "table")


def test_the_zero_of_a_standing_is_told_and_the_zero_of_an_event_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    record = written(capsys, {Metric.PERSON_NEEDED: 0, Metric.BODIES_QUARANTINED: 0, Metric.DAYS_TO_RENEWAL: -0.5})

    assert names(record) == {"PersonNeeded", "DaysToRenewal"}
    assert record["DaysToRenewal"] == [-0.5]


def test_what_nobody_knows_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    record = written(capsys, {Metric.LEGRAND_CALLS_TODAY: None, Metric.THERMOSTATS_SILENT: 1})

    assert names(record) == {"ThermostatsSilent"}


def test_a_start_leaves_no_lines_of_the_sdk_in_the_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    caplog.set_level(logging.INFO)  # as the runtime sets it in the functions

    assert Session().get_credentials() is not None

    assert not caplog.records
