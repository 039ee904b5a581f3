"""The sandbox's command line: `python -m sandbox up | down | demo | credentials | event`."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Final

from rich.console import Console

from sandbox.running import lifecycle, lived, local_invoke, owner, paths, processes
from sandbox.running.processes import SandboxError
from sandbox.running.state import State
from sandbox.shows import demo, hints

TWO_DAYS: Final = timedelta(days=2)


def main() -> int:
    """Run one command; returns its exit status: 0 for success, 1 for a failure, 2 for wrong usage."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="The whole stack on this machine: a local cloud, a stand-in for Legrand's, the deployed template.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start it, deploy the stack, leave it running")
    up.add_argument("--legrand-url", help="use this stand-in for Legrand's login and API instead of the project's own")
    up.add_argument("--lived", action="store_true", help="with credentials, consent, and two days that were lived")
    _may_replace(up)
    commands.add_parser("down", help="end it")
    commands.add_parser("credentials", help="print what Legrand would give to the owner, for `smarther configure`")
    show = commands.add_parser("demo", help="play a day of a simulated home and show what was stored")
    show.add_argument("--once", action="store_true", help="end by itself; the exit status tells whether all was stored")
    show.add_argument("--lose-one", action="store_true", help="make one notification disappear, to see it noticed")
    _may_replace(show)
    event = commands.add_parser("event", help="print an example event with this sandbox's webhook secret in it")
    event.add_argument("file", type=Path, help="for example events/receiver/observed.json")
    arguments = parser.parse_args()

    console = Console(stderr=arguments.command != "demo", highlight=False)
    try:
        match arguments.command:
            case "demo":
                _end_running(console, fresh=arguments.fresh)
                return demo.run(console, once=arguments.once, lose_one=arguments.lose_one)
            case "event":
                sys.stdout.write(local_invoke.event(State.load(), arguments.file))
            case "credentials":
                sys.stdout.write(json.dumps(owner.credentials()) + "\n")
            case "up":
                _end_running(console, fresh=arguments.fresh)
                _up(console, legrand_url=arguments.legrand_url, is_lived=arguments.lived)
            case _:
                ended = lifecycle.down()
                console.print(f"ended: {', '.join(ended)}" if ended else "no sandbox was running")
    except SandboxError as error:
        console.print(str(error), style="red", markup=False)
        return 1
    return 0


def _up(console: Console, *, legrand_url: str | None, is_lived: bool) -> None:
    """Start the sandbox, and print what to try next."""

    def report(text: str) -> None:
        console.print(f"· {text}")

    state = lifecycle.up(report=report, legrand_url=legrand_url)
    if is_lived:
        lived.prepare(state, report=report)
        report("living two days")
        lived.live(state, TWO_DAYS)
    console.print(f"ready: AWS at {state.cloud.endpoint_url}, Legrand at {state.legrand_url}")
    console.print(f"what tools need to know is in {paths.shown(paths.STATE)}")
    console.print("To try next, in this folder:")
    hints.show(console, (*hints.LIVED, hints.of_aws(state), hints.END) if is_lived else hints.untouched())


def _may_replace(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fresh", action="store_true", help="end the sandbox that runs here, and all that it holds")


def _end_running(console: Console, *, fresh: bool) -> None:
    """Make sure that no sandbox runs in this folder; `fresh` ends a running one. Raises SandboxError."""
    running = processes.running()
    if not running:
        return
    if not fresh:
        raise SandboxError(
            "A sandbox is running already, and would be ended with all that it holds.\n"
            "Use it; or end it with `make sandbox-stop`, or with FRESH=1 behind your command;\n"
            "or start another beside it, with SANDBOX_FOLDER=.sandbox/second before your command."
        )
    console.print("· ending the sandbox that was running; what it held is gone")
    lifecycle.down()


if __name__ == "__main__":
    sys.exit(main())
