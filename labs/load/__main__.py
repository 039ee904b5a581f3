"""`make load`: sends notifications of many thermostats to the deployed stack, and checks that all are stored."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
from boto3.dynamodb.types import TypeDeserializer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from labs.load.verdict import Verdict, judge, shown
from sandbox.legrand import Settings, serve_in_thread
from sandbox.running import lifecycle, owner
from sandbox.running.lived import settle
from sandbox.running.processes import SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.running.state import State

THERMOSTATS, PLANTS = 200, 20
NOTIFICATIONS = 10_000
DUPLICATE_PERCENT = 5
OUTAGE = {"after_hours": 1 / 3, "hours": 1 / 3}
"""Each hour the provider holds everything back for twenty minutes, and then sends it at once."""
BEGIN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=24)
"""In the past, but not long ago: readings from the future and very late ones cost an additional write each."""
LIMIT_MS = 30_000
"""The stand-in waits longer than the provider would, so that a slow machine causes slow answers but no bans."""


def main() -> int:
    """Run the load; returns 0 if the verdict is good, 1 if it is not or if the sandbox does not start."""
    parser = argparse.ArgumentParser(prog="python -m labs.load", description=__doc__)
    parser.add_argument("--notifications", type=int, default=NOTIFICATIONS, help="send at least so many")
    parser.add_argument("--thermostats", type=int, default=THERMOSTATS)
    parser.add_argument("--at-once", type=int, default=4, help="notifications on their way at the same time")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same homes and days")
    parser.add_argument("--lose-one", action="store_true", help="make one disappear on the way, to see it noticed")
    wanted = parser.parse_args()
    console = Console(stderr=True, highlight=False)
    settings = Settings(
        seed=wanted.seed,
        plants=min(PLANTS, wanted.thermostats),
        modules=wanted.thermostats,
        limit_ms=LIMIT_MS,
        concurrency=wanted.at_once,
    )
    try:
        with serve_in_thread(settings) as legrand:
            verdict = _run(console, legrand.url, wanted)
    except SandboxError as error:
        console.print(str(error), style="red", markup=False)
        return 1
    Console(highlight=False).print(shown(verdict))
    return 0 if verdict.good else 1


def _run(console: Console, legrand_url: str, wanted: argparse.Namespace) -> Verdict:
    state = lifecycle.up(report=lambda text: console.print(f"· {text}"), legrand_url=legrand_url)
    try:
        owner.put_credentials(state)
        page = owner.give_consent(state)
        if page.status_code != httpx.codes.OK:
            raise SandboxError(f"consent failed: the callback answered {page.status_code}")
        if wanted.lose_one:
            _control(state, "lose", {})
        _play(console, state, wanted.notifications)
        console.print("· waiting for what the redriver still has to store")
        settle(state)
        console.print("· holding the books against each other")
        return judge(
            _control(state, "ledger")["entries"],
            _items(state),
            _records(state),
            wanted=wanted.notifications,
            thermostats=wanted.thermostats,
        )
    finally:
        lifecycle.down()


def _play(console: Console, state: State, wanted: int) -> None:
    """Play hour after hour, until enough notifications were sent."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("notifications", total=wanted)
        begin, sent = BEGIN, 0
        while sent < wanted:
            order = {"start": begin.isoformat(), "hours": 1, "duplicate_percent": DUPLICATE_PERCENT, "outage": OUTAGE}
            _control(state, "play", order)
            while not (hour := _control(state, "play?wait=1"))["done"]:
                progress.update(task, completed=sent + hour["settled"])
            if hour["state"] != "finished":
                raise SandboxError(f"the stand-in ended its play: {hour['error'] or hour['state']}")
            begin, sent = begin + timedelta(hours=1), sent + hour["settled"]
            progress.update(task, completed=sent)


def _control(state: State, what: str, order: Mapping[str, Any] | None = None) -> Any:
    """Read from the stand-in's control plane, or send it an order."""
    method = "GET" if order is None else "POST"
    answer = httpx.request(method, f"{state.legrand_url}/_control/{what}", json=order, timeout=60)
    answer.raise_for_status()
    return answer.json()


def _items(state: State) -> list[dict[str, Any]]:
    """Every item of the table, as plain values."""
    decode = TypeDeserializer().deserialize
    pages = state.cloud.client("dynamodb").get_paginator("scan").paginate(TableName=state.stack.outputs["TableName"])
    return [{name: decode(value) for name, value in item.items()} for page in pages for item in page["Items"]]


def _records(state: State) -> list[dict[str, Any]]:
    """The receiver's log records of its notifications."""
    pages = (
        state.cloud.client("logs")
        .get_paginator("filter_log_events")
        .paginate(logGroupName=f"/smarther/{state.stack.name}/receiver")
    )
    lines = [event["message"] for page in pages for event in page["events"] if '"answer_ms"' in event["message"]]
    return [json.loads(line) for line in lines]


if __name__ == "__main__":
    sys.exit(main())
