"""One call of the command line: where its stack is, how it prints, and the options that every command shares."""

from __future__ import annotations

import errno
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

import typer
from botocore.exceptions import BotoCoreError, ClientError
from typer.core import TyperCommand, TyperGroup

from smarther_cli.deployment import Deployment, place_of
from smarther_cli.errors import ADAPTER_ERRORS, Failure, Status, explained
from smarther_cli.output import discard_standard_output, not_written
from smarther_cli.place import Place
from smarther_cli.show import screen

_SHARED: Final = (
    "On every command: `--stack NAME`, `--profile NAME`, `--region NAME`, `--sandbox`, `--json`;"
    " `smarther --help` explains them."
)
_FLAGS: Final = frozenset({"--sandbox", "--json"})
_WITH_VALUE: Final = frozenset({"--stack", "--profile", "--region"})


@dataclass(frozen=True)
class Call:
    """The values of the shared options, None if one is not given, and when the command was called."""

    stack: str | None
    profile: str | None
    region: str | None
    sandbox: bool
    json: bool
    at: datetime

    @cached_property
    def place(self) -> Place:
        """Where the stack is; raises WrongUse if the answers file is broken."""
        return place_of(stack=self.stack, profile=self.profile, region=self.region, sandbox=self.sandbox)

    @cached_property
    def deployment(self) -> Deployment:
        """The stack, looked up when a command first needs it."""
        return Deployment(self.place)


def epilog(example: str) -> str:
    """The end of a command's help: an example, and the options that all commands share."""
    return f"Example: smarther {example}\n\n{_SHARED}"


def clock() -> datetime:
    """This instant."""
    return datetime.now(UTC)


def this_call(context: typer.Context) -> Call:
    """The call that a command belongs to."""
    call: Call = context.find_root().obj
    return call


def ended(status: Status) -> typer.Exit:
    """The exception by which a command ends with an exit status."""
    return typer.Exit(status.value)


def _with_plain_flags(params: list[Any]) -> list[Any]:
    """The parameters for the help, with flags without a value: typer would print `<bool>` after them."""
    for each in params:
        if getattr(each, "is_flag", False) and each.metavar is None:
            each.metavar = ""
    return params


class OwnersCommand(TyperCommand):
    """A command."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The options and arguments of the command."""
        return _with_plain_flags(super().get_params(ctx))


class Owners(TyperGroup):
    """Commands that belong together."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The options of the group."""
        return _with_plain_flags(super().get_params(ctx))


class OwnersGroup(Owners):
    """All commands: the shared options may be anywhere on the line, and errors are printed in the owner's words."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments with the shared options moved to the front, where the group expects them."""
        return super().parse_args(ctx, shared_first(args))

    def invoke(self, ctx: Any) -> Any:
        """Run the command; errors are printed on standard error, and decide the exit status."""
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()
        except typer.Abort:  # Ctrl-C at a question
            raise ended(Status.STOPPED) from None
        except Failure as failure:
            told = failure
        except OSError as error:
            if error.errno == errno.EPIPE:  # the reader has closed the pipe; typer handles that
                raise
            discard_standard_output()
            told = not_written(error)
        except (ClientError, BotoCoreError, *ADAPTER_ERRORS) as error:
            told = explained(error, _place(ctx))
        screen.remark(str(told), style="bold red")
        if told.remedy:
            screen.remark(told.remedy)
        raise ended(told.status)


def shared_first(args: list[str]) -> list[str]:
    """The arguments with all shared options before a `--` moved to the front."""
    front: list[str] = []
    rest: list[str] = []
    left = iter(args)
    for argument in left:
        if argument == "--":
            return [*front, *rest, argument, *left]
        if argument in _FLAGS or argument.partition("=")[0] in _WITH_VALUE:
            front.append(argument)
            if argument in _WITH_VALUE:
                front.extend([value for value in [next(left, None)] if value is not None])
        else:
            rest.append(argument)
    return front + rest


def _place(ctx: Any) -> Place:
    call: Call | None = ctx.obj
    if call is None:
        return Place()
    # The deployment knows the region and the sandbox's stack, once there is one.
    return call.deployment.place if "deployment" in vars(call) else call.place
