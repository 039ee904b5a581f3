"""No alarm and no graph that can never move: what they name is found in what the functions really wrote.

Locally a line in embedded metric format stays a line in the log, from which AWS would take the metrics; so the lines
are read. What AWS itself emits stands in a table in tests/template/test_observability.py.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.envelopes import envelope, status
from tests.template.named_metrics import Named, in_alarms, in_dashboard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Home

FREE = 10


def written(home: Home) -> set[Named]:
    """Every metric, with its dimensions, that AWS would take from the lines in the logs."""
    records = [json.loads(line) for line in home.logs().splitlines() if line.startswith("{") and '"_aws"' in line]
    return {metric for record in records for metric in _metrics(record)}


def _metrics(record: dict[str, Any]) -> Iterator[Named]:
    for directive in record["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            dimensions = frozenset((name, record[name]) for name in names)
            for metric in directive["Metrics"]:
                assert record[metric["Name"]], "a metric without a value"
                yield Named(directive["Namespace"], metric["Name"], dimensions, "the log")


@pytest.fixture(scope="module")
def lived(home: Home) -> Home:
    """A home in which everything has happened once that is counted."""
    thermostat = "4d1a7d4e-6ff5-4d3f-8c6d-0a1f6f3f8a11"
    event = envelope(status(thermostat))
    assert home.recorded([event])["stored"] == 1
    assert home.recorded([event])["duplicates"] == 1
    assert home.recorded(b"nobody can read this")["quarantined"] == 1
    with home.forbidden("ReceiverRole", "dynamodb:PutItem"):
        assert home.notify([envelope(status(thermostat, time="2026-11-21T15:45:20+00:00"))]).json()["deferred"] == 1
    home.run_keeper()
    return home


@pytest.fixture(scope="module")
def named(lived: Home) -> list[Named]:
    """Every metric that the deployed dashboard and the deployed alarms name."""
    watch = lived.state.cloud.client("cloudwatch")
    body = json.loads(watch.get_dashboard(DashboardName=lived.physical("Dashboard"))["DashboardBody"])
    alarms = watch.describe_alarms()["MetricAlarms"]
    assert alarms
    return [*in_dashboard(body), *in_alarms(alarms)]


def test_every_custom_metric_that_a_graph_or_an_alarm_names_was_really_written(lived: Home, named: list[Named]) -> None:
    ours = [metric for metric in named if not metric.namespace.startswith("AWS/")]

    assert ours
    assert not [str(metric) for metric in set(ours) - written(lived)]


def test_every_metric_written_is_used_and_free(lived: Home, named: list[Named]) -> None:
    emitted = written(lived)

    assert not [str(metric) for metric in emitted - set(named)]
    assert len(emitted) <= FREE
