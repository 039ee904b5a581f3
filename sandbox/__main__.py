"""The sandbox's command line: `python -m sandbox up | down | demo`."""

from __future__ import annotations

import argparse
import sys

from rich.console import Console

from sandbox import lifecycle, places
from sandbox.processes import SandboxError


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
    arguments = parser.parse_args()

    console = Console(stderr=True, highlight=False)
    try:
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
