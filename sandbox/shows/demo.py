"""Plays a day of a simulated home against the real stack, and compares what was sent with what is stored."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from sandbox.legrand.pushes.dispatch import ANSWER_LIMIT_MS
from sandbox.running import lifecycle, lived, processes
from sandbox.shows import hints
from sandbox.shows.balance import balance

if TYPE_CHECKING:
    from rich.console import Console

    from sandbox.running.state import State
    from sandbox.shows.balance import Balance

HOURS = 24
_DUPLICATE_PERCENT = 2


def run(console: Console, *, once: bool, lose_one: bool) -> int:
    """Play the day and print the result; returns 0 only if every notification sent is stored exactly once.

    With `once` it ends by itself, otherwise the sandbox stays up until Ctrl-C. With `lose_one` the stand-in claims one
    notification that it never sent, to show that the comparison notices it.
    """
    console.print("[bold]Smarther Recorder[/bold]: a day of a simulated home on this machine\n")

    def report(text: str) -> None:
        console.print(f"· {text}")

    try:
        state = lifecycle.up(report=report)
        lived.prepare(state, report=report)
        console.print()
        if lose_one:
            lived.post(state, "lose")
        _play_a_day(console, state)
        even = _print_result(console, state)
        if not once:
            _stay(console, state)
    except KeyboardInterrupt:
        console.print("\nending the sandbox")
        return 0 if not once else 130
    finally:
        lifecycle.down(own_only=True)
    return 0 if even else 1


def _play_a_day(console: Console, state: State) -> None:
    """Play the last 24 hours as fast as the stack answers."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("notifications · home's clock {task.fields[clock]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("playing a day", total=None, clock="")

        def show(play: Any) -> None:
            clock = datetime.fromisoformat(play["virtual_time"]).strftime("%H:%M")
            progress.update(task, total=play["total"], completed=play["sent"], clock=clock)

        lived.live(state, timedelta(hours=HOURS), duplicate_percent=_DUPLICATE_PERCENT, progress=show)


def _print_result(console: Console, state: State) -> bool:
    """Print the latest readings and the comparison; returns whether sent and stored agree."""
    items = _items(state)
    readings = [item for item in items if item["pk"].startswith("MODULE#") and "received_at" in item]
    quarantined = [item for item in items if item["pk"].startswith("QUARANTINE")]
    summary = lived.get(state, "summary")
    books = balance(lived.get(state, "ledger")["entries"], readings)
    console.print(_latest(items, readings))
    console.print(_comparison(books, len(quarantined), summary))
    for what, ids in (
        ("missing from the table", books.missing),
        ("stored more than once", books.doubled),
        ("stored but never sent", books.unexplained),
    ):
        if ids:
            console.print(f"[red]{what}[/red]: {len(ids)}, the first is {ids[0]}")
    if books.repeated:
        console.print(
            f"The stand-in repeated {_DUPLICATE_PERCENT} % on purpose, to show that a repetition changes nothing;"
            " Legrand sends each once."
        )
    if summary["failed"]:
        console.print(
            f"[yellow]{summary['failed']} answers were late or bad; Legrand waits {ANSWER_LIMIT_MS} ms.[/yellow] Late"
            " ones mean that this machine was busy: it does alone what AWS has many machines for"
            " (docs/promises/performance.md)."
        )
    if books.even:
        console.print("[green]Every notification that was sent is in DynamoDB exactly once.[/green]\n")
    return books.even


def _latest(items: list[dict[str, Any]], readings: list[dict[str, Any]]) -> Table:
    names = {item["module_id"]: item["name"] for item in items if item["sk"].startswith("MODULE#")}
    table = Table(title="The home now: the latest reading of every thermostat", title_justify="left")
    for column in ("thermostat", "°C", "set", "humidity", "mode", "load", "UTC"):
        table.add_column(column, justify="right" if column in {"°C", "set", "humidity"} else "left", no_wrap=True)
    newest = {reading["module_id"]: reading for reading in sorted(readings, key=lambda each: str(each["sk"]))}
    for name, reading in sorted((names.get(module_id, module_id), each) for module_id, each in newest.items()):
        table.add_row(
            name,
            _number(reading, "temperature_c", ".1f"),
            _number(reading, "setpoint_c", ".1f"),
            _number(reading, "humidity_percent", ".0f", " %"),
            str(reading.get("mode", "–")).lower(),
            str(reading.get("function", "on")).lower() if reading.get("load_state") == "ACTIVE" else "off",
            str(reading["time"])[11:16],
        )
    return table


def _number(reading: dict[str, Any], name: str, form: str, unit: str = "") -> str:
    return f"{reading[name]:{form}}{unit}" if name in reading else "–"


def _comparison(books: Balance, quarantined: int, summary: dict[str, Any]) -> Table:
    latency = summary["latency_ms"]
    table = Table(title="The books", title_justify="left", show_header=False)
    table.add_row("sent by the stand-in", f"{books.sent}", f"{books.distinct} different, {books.repeated} repeated")
    table.add_row("stored", f"{books.stored}", "readings in the table")
    table.add_row("duplicates", f"{books.sent - books.stored}", "sent, and changed nothing")
    table.add_row("quarantined", f"{quarantined}", "bodies that nobody could read")
    table.add_row("answered too late or badly", f"{summary['failed']}", "each a step towards a ban")
    table.add_row("dropped in a ban", f"{summary['dropped_in_ban']}", "never sent")
    for rank in ("p50", "p90", "p99", "max"):
        table.add_row(
            f"answer time, {rank}", f"{latency[rank]:.0f} ms", f"Legrand's patience ends at {ANSWER_LIMIT_MS} ms"
        )
    return table


def _stay(console: Console, state: State) -> None:
    """Print what to try next, and keep the sandbox up until Ctrl-C."""
    console.print("The sandbox stays up until Ctrl-C. To try next, in another terminal, in this folder:")
    hints.show(console, (*hints.LIVED, hints.of_aws(state)))
    while processes.started_here():
        time.sleep(1)
    console.print("Somebody else has ended this sandbox.", style="yellow")


def _items(state: State) -> list[dict[str, Any]]:
    """Every item of the table, as plain values."""
    decode = TypeDeserializer().deserialize
    pages = state.cloud.client("dynamodb").get_paginator("scan").paginate(TableName=state.stack.outputs["TableName"])
    return [{name: decode(value) for name, value in item.items()} for page in pages for item in page["Items"]]
