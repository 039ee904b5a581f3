"""`python -m smarther_cli.deploy`: what `make deploy`, `make build` and `make addon` run."""

from __future__ import annotations

import argparse
import sys

import typer
from botocore.exceptions import BotoCoreError, ClientError

from smarther_cli.deploy import add_on, sam, story
from smarther_cli.deploy.asking.interview import Said
from smarther_cli.deployment import Deployment, place_of
from smarther_cli.errors import Failure, NotLoggedIn, Status, explained
from smarther_cli.place import Place
from smarther_cli.show import screen

_LOG_IN = (
    "Log in as you do for the AWS CLI (`aws login`, `aws sso login`, `aws configure`), or name a profile: `make deploy"
    " PROFILE=name`. Without an account, `make demo` shows everything on this machine."
)


def main() -> int:
    """Run one command; returns its exit status."""
    arguments = parser().parse_args()
    try:
        if arguments.command == "build":
            sam.build(arguments.processor)
            return Status.FINE
        if arguments.command in {"addon", "addon-remove"}:
            _beside(arguments)
            return Status.FINE
        options = {name: value for name, value in vars(arguments).items() if name != "command"}
        return Status.FINE if story.deploy(Said(**options)) else Status.FAILED
    except Failure as failure:
        told = failure
    except (ClientError, BotoCoreError) as error:
        told = explained(error, Place(region=arguments.region))
        if isinstance(told, NotLoggedIn):
            told.remedy = _LOG_IN
    except (typer.Abort, KeyboardInterrupt, story.BrokenOff) as ended:
        screen.remark()
        screen.paragraph(str(ended) or "Nothing was deployed.")
        return Status.STOPPED
    screen.paragraph(str(told), style="bold red")
    if told.remedy:
        screen.paragraph(told.remedy)
    return told.status


def _beside(arguments: argparse.Namespace) -> None:
    """Deploy an add-on, or remove it."""
    place = place_of(
        stack=arguments.stack, profile=arguments.profile, region=arguments.region, sandbox=arguments.sandbox
    )
    core, name = Deployment(place), arguments.name
    if arguments.command == "addon-remove":
        add_on.remove(core, name)
        screen.paragraph(f"{name} is removed. {core.place.stack} is as it was.")
        return
    told = add_on.deploy(core, name, given=arguments.parameters or "", report=lambda text: screen.remark(f"· {text}"))
    screen.paragraph(f"{name} is deployed beside {core.place.stack}:")
    screen.show_facts(told)


def parser() -> argparse.ArgumentParser:
    """The parser of the command line, which the Makefile calls."""
    parser = argparse.ArgumentParser(prog="make", description="What `make deploy`, `make build` and `make addon` run.")
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="build what is deployed")
    build.add_argument("--processor", choices=["arm64", "x86_64"], default="arm64")
    deploy = commands.add_parser("deploy", help="ask, build, deploy")
    for flag in ("--yes", "--ask", "--at-once"):
        deploy.add_argument(flag, action="store_true")
    for option in ("stack", "region", "profile", "time-zone", "alarm-email", "processor", "table", "parameters"):
        deploy.add_argument(f"--{option}")
    for command in ("addon", "addon-remove"):
        beside = commands.add_parser(command, help="an add-on beside the recorder")
        beside.add_argument("--name", required=True)
        beside.add_argument("--sandbox", action="store_true")
        for option in ("stack", "region", "profile", "parameters"):
            beside.add_argument(f"--{option}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
