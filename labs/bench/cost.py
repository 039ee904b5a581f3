"""Computes what a month costs and writes it into docs/running/cost.md.

`python -m labs.bench.cost` multiplies the figures of `labs/bench/results/latest.json` and of a simulated day by a dated
table of prices.
"""

from __future__ import annotations

import json
import math
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from samtranslator.yaml_helper import yaml_parse

from labs.bench import document, places

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCUMENT = places.PROJECT / "docs" / "running" / "cost.md"

DAYS = 30.4
HOURS_A_DAY = 24
HOURS = DAYS * HOURS_A_DAY
GIGABYTE = 1e9
MILLION = 1_000_000

# What cannot be measured here. Each is estimated too high rather than too low.
DYNAMODB_SECONDS = 0.005  # AWS says single-digit milliseconds; the measured time includes the emulator's own
KEEPER_SECONDS, KEEPER_GIGABYTES = 3.0, 0.25  # a token, a list of subscriptions, a handful of secrets and items
ROLLUP_SECONDS, ROLLUP_GIGABYTES = 1.0, 0.5  # for a home; grows with the thermostats
WIDGET_SECONDS, WIDGET_GIGABYTES, WIDGET_VIEWS_A_DAY = 0.5, 0.5, 20
ACCESS_LOG_VALUES = {
    "requestId": "0" * 16,  # as long as those of HTTP APIs (their answers' header `Apigw-Requestid`)
    "routeKey": "POST /notifications/{secret}",
    "status": "200",
    "responseLatency": "25",
    "integrationLatency": "20",
    "integrationStatus": "200",
}
LOG_OVERHEAD_BYTES = 26  # CloudWatch adds these to every event
RUN_LOG_BYTES = 1_000  # one run of the keeper or the rollup
COLD_STARTS_A_DAY = 30  # with warm-up events; Lambda replaces environments at will
SPILL_POLLS_A_MONTH = 5 * 3 * 60 * HOURS  # five pollers that wait 20 s each on an empty queue


class _AccessLogLine(Template):
    """A line of the access log, as the template gives it to API Gateway."""

    delimiter = "$context."


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The measured figures of one notification."""

    warm_seconds: float
    cold_seconds: float
    memory_mb: int
    log_bytes: float
    access_log_bytes: int
    item_bytes: int
    a_day: float
    statistics_read: float
    statistics_written: float
    rollup_read: float
    rollup_written: float


def measured(result: Mapping[str, Any]) -> Measured:
    """The benchmark's figures at the template's memory size."""
    traffic = result["traffic"]
    template: dict[str, Any] = yaml_parse((places.PROJECT / "template.yaml").read_text())
    memory = int(template["Parameters"]["ReceiverMemory"]["Default"])
    line = _AccessLogLine(template["Resources"]["HttpApi"]["Properties"]["AccessLogSettings"]["Format"])
    limited = result["by_memory"][str(memory)]["ours"]
    return Measured(
        warm_seconds=limited["warm_ms"]["median"] / 1e3 + DYNAMODB_SECONDS,
        cold_seconds=limited["cold_ms"]["median"] / 1e3 + 2 * DYNAMODB_SECONDS,
        memory_mb=memory,
        log_bytes=result["figures"]["ours"]["log_bytes"]["median"] + LOG_OVERHEAD_BYTES,
        access_log_bytes=len(line.substitute(ACCESS_LOG_VALUES)) + LOG_OVERHEAD_BYTES,
        item_bytes=traffic["item_bytes"],
        a_day=traffic["a_day"],
        statistics_read=traffic["statistics_units_read_for_each"],
        statistics_written=traffic["statistics_units_written_a_day"] / traffic["a_day"],
        rollup_read=traffic["rollup_units_read_a_run"],
        rollup_written=traffic["rollup_units_written_a_run"],
    )


def per_million(each: Measured, prices: Mapping[str, Any]) -> dict[str, float]:
    """Dollars for a million notifications, without free tiers and cold starts."""
    billed = math.ceil(each.warm_seconds * 1e3) / 1e3
    logs = prices["logs"]
    logged = each.log_bytes * logs["ingested_gigabyte"]
    logged += each.access_log_bytes * logs["ingested_gigabyte_infrequent"]
    return {
        "HTTP API": prices["http_api"]["request"] * MILLION,
        "Lambda, requests": prices["lambda"]["request"] * MILLION,
        "Lambda, time": prices["lambda"]["gigabyte_second_arm64"] * each.memory_mb / 1024 * billed * MILLION,
        "DynamoDB, the reading": prices["dynamodb"]["write_unit"] * math.ceil(each.item_bytes / 1024) * MILLION,
        "Logs, ingested": logged * MILLION / GIGABYTE,
        "Hours and days, read again": prices["dynamodb"]["read_unit"] * each.statistics_read * MILLION,
        "Hours and days, written": prices["dynamodb"]["write_unit"] * each.statistics_written * MILLION,
    }


def floors(prices: Mapping[str, Any]) -> dict[str, float]:
    """Dollars for a million that no work of ours can save: one request, one call of a function and one write unit.

    What `per_million` has beyond these is ours to shrink.
    """
    return {
        "HTTP API": prices["http_api"]["request"] * MILLION,
        "Lambda, requests": prices["lambda"]["request"] * MILLION,
        "DynamoDB, the reading": prices["dynamodb"]["write_unit"] * MILLION,
    }


def notification_alone(million: Mapping[str, float]) -> float:
    """Dollars to receive and store a million notifications, without their statistics."""
    return sum(million.values()) - statistics_alone(million)


def statistics_alone(million: Mapping[str, float]) -> float:
    """Dollars for the statistics of a million notifications."""
    return sum(dollars for name, dollars in million.items() if name.startswith("Hours and days"))


def a_month(
    each: Measured, prices: Mapping[str, Any], *, thermostats: int, stacks: int = 1, accounts: int | None = None
) -> dict[str, float]:
    """Dollars a month, with a year of stored readings and every option on, less AWS's permanent free tiers.

    A stack is one account at Legrand. Each has its own AWS account, unless `accounts` says how many there are.
    """
    accounts = stacks if accounts is None else accounts
    count = thermostats * each.a_day * DAYS
    runs = 48 * DAYS
    unit = per_million(each, prices)
    touches = 12 * HOURS
    gigabyte_second = prices["lambda"]["gigabyte_second_arm64"]
    warm = each.memory_mb / 1024 * each.warm_seconds
    cold = each.memory_mb / 1024 * each.cold_seconds * COLD_STARTS_A_DAY * DAYS
    stored = count * 12 * (each.item_bytes + 100) / GIGABYTE
    ingested = count * each.log_bytes / GIGABYTE + stacks * (runs + HOURS) * RUN_LOG_BYTES / GIGABYTE
    ingested_rarely_read = count * each.access_log_bytes / GIGABYTE
    dynamodb, cloudwatch, logs = prices["dynamodb"], prices["cloudwatch"], prices["logs"]
    free = accounts * logs["free_gigabytes"]
    return {
        "Three secrets": stacks * (3 * prices["secrets"]["secret_month"] + 5 * runs * prices["secrets"]["call"]),
        "HTTP API": unit["HTTP API"] * count / MILLION,
        "Lambda, the receiver": (unit["Lambda, requests"] + unit["Lambda, time"]) * count / MILLION,
        "Lambda, kept warm and cold starts": stacks
        * (touches * (prices["lambda"]["request"] + warm * gigabyte_second) + cold * gigabyte_second),
        "Lambda, keeper, rollup and widget": stacks
        * gigabyte_second
        * (
            runs * KEEPER_SECONDS * KEEPER_GIGABYTES
            + HOURS * ROLLUP_SECONDS * ROLLUP_GIGABYTES
            + WIDGET_VIEWS_A_DAY * DAYS * WIDGET_SECONDS * WIDGET_GIGABYTES
        ),
        "DynamoDB, readings, hours and days": (unit["DynamoDB, the reading"] + statistics_alone(unit)) * count / MILLION
        + stacks * (touches + 20 * runs + HOURS * each.rollup_read) * dynamodb["read_unit"]
        + stacks * HOURS * each.rollup_written * dynamodb["write_unit"],
        "DynamoDB, a year stored, with its backup": max(0.0, stored - accounts * dynamodb["free_gigabytes"])
        * dynamodb["gigabyte_month"]
        + stored * dynamodb["backup_gigabyte_month"],
        "Logs": max(0.0, ingested - free) * logs["ingested_gigabyte"]
        + max(0.0, ingested_rarely_read - max(0.0, free - ingested)) * logs["ingested_gigabyte_infrequent"]
        + (ingested + ingested_rarely_read) * 0.15 * logs["stored_gigabyte_month"],
        "Metrics, alarms, dashboard": max(0, 10 * stacks - accounts * cloudwatch["free_metrics"])
        * cloudwatch["metric_month"]
        + max(0, 10 * stacks - accounts * cloudwatch["free_alarms"]) * cloudwatch["alarm_month"]
        + max(0, stacks - accounts * cloudwatch["free_dashboards"]) * cloudwatch["dashboard_month"],
        "Spill queue, polled": max(0.0, stacks * SPILL_POLLS_A_MONTH - accounts * prices["sqs"]["free_requests"])
        * prices["sqs"]["request"],
    }


def second_stack(each: Measured, prices: Mapping[str, Any]) -> float:
    """Dollars a month that two homes in one AWS account cost more than in two, which have the free tiers twice."""
    shared, apart = (
        sum(a_month(each, prices, thermostats=10, stacks=2, accounts=accounts).values()) for accounts in (1, 2)
    )
    return shared - apart


def block(result: Mapping[str, Any]) -> str:
    """The computed part of the page."""
    prices = tomllib.loads((Path(__file__).parent / "prices.toml").read_text())
    each = measured(result)
    million = per_million(each, prices)
    least = floors(prices)
    lowest = sum(least.values())
    sizes = {
        "a home, 5 thermostats": a_month(each, prices, thermostats=5),
        "a hundred homes, 500, one stack": a_month(each, prices, thermostats=500),
        "a hundred homes, 500, each its own stack and account": a_month(each, prices, thermostats=500, stacks=100),
        "a hundred homes, 500, a hundred stacks in one account": a_month(
            each, prices, thermostats=500, stacks=100, accounts=1
        ),
        "a fleet, 1,000,000, 200,000 stacks": a_month(each, prices, thermostats=1_000_000, stacks=200_000),
    }
    lines = [
        (
            f"Prices of {prices['region']}, {prices['as_of']}. One notification: {each.warm_seconds * 1e3:.1f} ms at "
            f"{each.memory_mb} MB (a cold start {each.cold_seconds * 1e3:.0f} ms), {each.item_bytes} bytes stored, "
            f"{each.log_bytes:.0f} bytes of log and {each.access_log_bytes} of access log; "
            f"{each.a_day:.0f} a day from a thermostat."
        ),
        "",
        "| a million notifications | US$ | floor |",
        "| --- | --: | --: |",
        *(f"| {name} | {dollars:.3f} | {least.get(name, 0):.3f} |" for name, dollars in million.items()),
        f"| **received and stored** | **{notification_alone(million):.2f}** | {lowest:.2f} |",
        f"| **all in, with their part of the hours and days** | **{sum(million.values()):.2f}** | {lowest:.2f} |",
        "",
        "| a month, US$ | " + " | ".join(sizes) + " |",
        "| --- " + "| --: " * len(sizes) + "|",
    ]
    lines += [
        f"| {name} | " + " | ".join(f"{size[name]:,.2f}" for size in sizes.values()) + " |"
        for name in next(iter(sizes.values()))
    ]
    totals = [sum(size.values()) for size in sizes.values()]
    lines += ["| **in all** | " + " | ".join(f"**{total:,.2f}**" for total in totals) + " |"]
    lines += [
        "",
        f"A second home in an account of AWS costs {second_stack(each, prices):.2f} US$ a month more than in its own.",
    ]
    return "\n".join(lines)


def main() -> int:
    """Update the page's figures; returns the exit status."""
    from labs.bench import statistics_units, traffic  # noqa: PLC0415 - the simulation takes its time to load
    from labs.bench.item_size import reading, stored_size  # noqa: PLC0415 - as above
    from smarther import telemetry  # noqa: PLC0415 - as above

    telemetry.logger.setLevel("WARNING")  # each run of the rollup that is counted would log a line
    path = places.RESULTS / "latest.json"
    result = json.loads(path.read_text())
    units = statistics_units.a_day()
    result["traffic"] = {
        "a_day": round(traffic.day().a_day, 1),
        "item_bytes": stored_size(reading("observed")),
        "statistics_units_read_for_each": round(units.read / units.notifications, 2),
        "statistics_units_written_a_day": units.written,
        "rollup_units_read_a_run": units.read_for_all / HOURS_A_DAY,
        "rollup_units_written_a_run": units.written_for_all / HOURS_A_DAY,
    }
    path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    computed = block(result)
    document.put(DOCUMENT, "costs", computed)
    sys.stdout.write(computed + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
