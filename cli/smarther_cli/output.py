"""Writing results to files and to standard output, and the errors of that."""

from __future__ import annotations

import os
import sys
from io import UnsupportedOperation
from typing import TYPE_CHECKING

from smarther_cli.errors import Failure, WrongUse

if TYPE_CHECKING:
    from pathlib import Path


def check_output(output: Path, *, overwrite: bool) -> None:
    """Raise WrongUse where the file cannot be made there, or exists and may not be overwritten."""
    if not output.parent.is_dir():
        raise WrongUse(f"There is no folder {output.parent} for {output.name}.", "Make it first, or name another.")
    if output.is_dir():
        raise WrongUse(f"{output} is a folder.", "Name a file in it.")
    if output.exists() and not overwrite:
        raise WrongUse(f"{output} is there already.", "Give another name, or --overwrite.")


def write_whole(output: Path, content: bytes) -> None:
    """Write a file atomically: where that fails, an existing file is not changed."""
    new = output.with_name(output.name + ".new")
    try:
        new.write_bytes(content)
        new.replace(output)
    except OSError:
        new.unlink(missing_ok=True)
        raise


def not_written(error: OSError) -> Failure:
    """The failure for a file that cannot be written or read."""
    place = "The output" if error.filename is None else str(error.filename)
    return Failure(f"{place} cannot be written or read: {error.strerror or type(error).__name__}.")


def discard_standard_output() -> None:
    """Discard what is buffered for standard output: a write failed, and Python would try again at exit."""
    try:
        descriptor = sys.stdout.fileno()
    except UnsupportedOperation:  # no file of the machine's
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
