"""`smarther`: the commands put together."""

from importlib import metadata
from typing import Annotated

import typer

from smarther_cli.call import Call, Owners, OwnersCommand, OwnersGroup, clock, epilog
from smarther_cli.commands.account.authorize import authorize
from smarther_cli.commands.account.configure import configure
from smarther_cli.commands.doctor import doctor
from smarther_cli.commands.keeper import keeper, rotate_webhook
from smarther_cli.commands.readings.export import export
from smarther_cli.commands.readings.history import history
from smarther_cli.commands.readings.import_past import import_past
from smarther_cli.commands.readings.plot import plot
from smarther_cli.commands.readings.republish import republish
from smarther_cli.commands.report_problem import report_problem
from smarther_cli.commands.rollup import rollup
from smarther_cli.commands.status import status
from smarther_cli.commands.waiting.quarantine import quarantine
from smarther_cli.commands.waiting.redrive import redrive
from smarther_cli.errors import WrongUse
from smarther_cli.place import DEFAULT_STACK
from smarther_cli.show import screen

_LAST = "that of your last `make deploy`"

app = typer.Typer(
    name="smarther",
    cls=OwnersGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
    rich_markup_mode="markdown",
    epilog=(
        "Exit statuses: 0 all is well; 1 it failed, or not everything is well; 2 wrong use; 3 a person is needed;"
        " 4 not found; 130 stopped with Ctrl-C."
    ),
)


def _print_version(asked: bool) -> None:  # noqa: FBT001 - typer calls it so
    if asked:
        screen.say(f"smarther {metadata.version('smarther-recorder')}")
        raise typer.Exit


@app.callback()
def shared(  # noqa: PLR0913 - each is an option that people type
    context: typer.Context,
    *,
    stack: Annotated[
        str | None,
        typer.Option(
            envvar="SMARTHER_STACK", help=f"Name of the stack [default: {_LAST}, or {DEFAULT_STACK}].", metavar="NAME"
        ),
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help=f"AWS profile [default: {_LAST}, or the usual one].", metavar="NAME")
    ] = None,
    region: Annotated[
        str | None, typer.Option(help=f"AWS region [default: {_LAST}, AWS_REGION, or the profile's].", metavar="NAME")
    ] = None,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="The sandbox on this machine instead of AWS.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Your Smarther Recorder: what you do with it, and what you want to know of it.

    A new stack needs two commands: `smarther configure`, then `smarther authorize`. After that, `smarther status`
    says whether all is well with the home, and `smarther doctor` whether the stack is what it should be. The options
    below may stand anywhere on the line.
    """
    screen.speak_of_sandbox(is_one=sandbox)
    context.obj = Call(stack, profile, region, sandbox, json, clock())
    if sandbox and (profile or region):
        raise WrongUse("--sandbox has its own region and keys.", "Leave --profile and --region out.")


app.command(cls=OwnersCommand, epilog=epilog("configure"))(configure)
app.command(cls=OwnersCommand, epilog=epilog("authorize --no-browser"))(authorize)
app.command(cls=OwnersCommand, epilog=epilog("status --stack my-home --region eu-south-1"))(status)
app.command(cls=OwnersCommand, epilog=epilog("doctor --drill"))(doctor)
app.command("report-problem", cls=OwnersCommand, epilog=epilog("report-problem --output problem.json"))(report_problem)
app.add_typer(keeper, name="keeper", cls=Owners)
app.command("rotate-webhook", cls=OwnersCommand, epilog=epilog("rotate-webhook"))(rotate_webhook)
app.command(cls=OwnersCommand, epilog=epilog("history --module kitchen --since 7d --every day"))(history)
app.command(cls=OwnersCommand, epilog=epilog("export --output readings.csv --since 2026-01-01"))(export)
app.command("import", cls=OwnersCommand, epilog=epilog("import history.csv --mapping mapping.toml --dry-run"))(
    import_past
)
app.command(cls=OwnersCommand, epilog=epilog("plot --module kitchen --since 7d --output kitchen.svg"))(plot)
app.command(cls=OwnersCommand, epilog=epilog("republish --since 3d"))(republish)
app.add_typer(quarantine, name="quarantine", cls=Owners)
app.command(cls=OwnersCommand, epilog=epilog("redrive --dry-run"))(redrive)
app.command(cls=OwnersCommand, epilog=epilog("rollup --from 2026-01-01 --to 2026-01-31"))(rollup)


def main() -> None:
    """Run one command; leaves with its exit status."""
    app(prog_name="smarther")
