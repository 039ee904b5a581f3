"""What to try next in a sandbox: command lines to copy."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from sandbox.running.state import State

type Hint = tuple[str, str]
"""What the command shows, and the command line."""

SMARTHER: Final = ".venv/bin/smarther --sandbox"

LIVED: Final[tuple[Hint, ...]] = (
    ("what the owner sees", f"{SMARTHER} status"),
    ("what the thermostats said", f"{SMARTHER} history --since 3h"),
    ("a picture of a day", f"{SMARTHER} plot --module soggiorno --output soggiorno.svg --overwrite"),
    ("the dashboard, in your browser", "make preview"),
)
"""For a sandbox with readings."""


END: Final[Hint] = ("end it", "make sandbox-stop")


def untouched() -> tuple[Hint, ...]:
    """For a sandbox without credentials and consent."""
    configure = f"{line('.venv/bin/python -m sandbox credentials')} | {line(f'{SMARTHER} configure --stdin')}"
    return (
        ("store what Legrand would have given to the owner", configure),
        ("give consent: press Allow in the browser", f"{SMARTHER} authorize"),
        ("what the owner sees then", f"{SMARTHER} status"),
        ("or begin again with all that done, and two days lived", "make sandbox FRESH=1 LIVED=1"),
        END,
    )


def of_aws(state: State) -> Hint:
    """For a user of the AWS CLI."""
    cloud = state.cloud
    settings = (
        f"AWS_ENDPOINT_URL={cloud.endpoint_url} AWS_DEFAULT_REGION={cloud.region}"
        f" AWS_ACCESS_KEY_ID={cloud.access_key_id} AWS_SECRET_ACCESS_KEY={cloud.secret_access_key}"
    )
    table = state.stack.outputs["TableName"]
    return ("with any AWS tool", f"{settings} aws dynamodb scan --table-name {table} --max-items 3")


def line(command: str) -> str:
    """The command line for this sandbox, which may have another folder than the usual one."""
    folder = os.environ.get("SANDBOX_FOLDER")
    return f"SANDBOX_FOLDER={folder} {command}" if folder and not command.startswith("AWS_") else command


def show(console: Console, hints: Iterable[Hint]) -> None:
    """Print each hint; command lines are not wrapped, so that they can be copied."""
    for what, command in hints:
        console.print(f"  # {what}", style="dim", markup=False)
        console.print(f"  {command if ' | ' in command else line(command)}", markup=False, soft_wrap=True)
