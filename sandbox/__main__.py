"""The sandbox's command line: `python -m sandbox up | down | demo`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console

from sandbox.running import lifecycle, local_invoke, places
from sandbox.running.processes import SandboxError
from sandbox.running.state import State
from sandbox.shows import demo


def main() -> int:
    """Run one command; returns its exit status (0 it went well, 1 it failed, 2 it was called wrongly)."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="The whole stack on this machine: a local cloud, a stand-in for Legrand's, the deployed template.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start it, deploy the stack, leave it running")
    up.add_argument("--legrand-url", help="use this stand-in for Legrand's login and API instead of the project's own")
    commands.add_parser("down", help="end it")
    show = commands.add_parser("demo", help="play a day of a simulated home and show what was stored")
    show.add_argument("--once", action="store_true", help="end by itself; the exit status tells whether all was stored")
    show.add_argument("--lose-one", action="store_true", help="make one notification disappear, to see it noticed")
    event = commands.add_parser("event", help="print an example event with this sandbox's webhook secret in it")
    event.add_argument("file", type=Path, help="for example events/receiver/observed.json")
    arguments = parser.parse_args()

    console = Console(stderr=arguments.command != "demo", highlight=False)
    try:
        if arguments.command == "demo":
            return demo.run(console, once=arguments.once, lose_one=arguments.lose_one)
        if arguments.command == "event":
            sys.stdout.write(local_invoke.event(State.load(), arguments.file))
            return 0
        if arguments.command == "up":
            state = lifecycle.up(report=lambda text: console.print(f"· {text}"), legrand_url=arguments.legrand_url)
            console.print(f"ready: AWS at {state.cloud.endpoint_url}, Legrand at {state.legrand_url}")
            console.print(f"what tools need to know is in {places.STATE.relative_to(places.PROJECT)}")
        else:
            ended = lifecycle.down()
            console.print(f"ended: {', '.join(ended)}" if ended else "no sandbox was running")
    except SandboxError as error:
        console.print(str(error), style="red", markup=False)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
