"""A person at a terminal: a command on a pseudo-terminal of 80 columns, its questions, and what is typed."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

ENTER: Final = "\n"
CTRL_C: Final = "\x03"

_ROWS_AND_COLUMNS: Final = struct.pack("HHHH", 24, 80, 0, 0)
_PATIENCE_SECONDS: Final = 120
"""Without output for this long, a command hangs."""
_AGAIN_SECONDS: Final = 3

_TAKES_THE_TERMINAL: Final = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
)
"""Makes the terminal the command's own, so that Ctrl-C reaches all that the command has started."""

_QUESTION: Final = re.compile(r"\n(?P<word>[A-Z][\w ]*)(?: \[(?P<default>[^\]\n]*)\])?[:?]?(?: \[Y/n\])?: $")
_ESCAPES: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and all that stood on the screen."""

    status: int
    screen: str
    asked: tuple[str, ...]
    """The words of its questions, one for each time that it asked."""


def at_a_terminal(command: Sequence[str], folder: Path, environment: Mapping[str, str], typed: Iterator[str]) -> Ended:
    """Run a command to its end; whenever it asks, the next of what is typed goes to it."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, _ROWS_AND_COLUMNS)
    process = subprocess.Popen(  # noqa: S603 - our own commands
        [sys.executable, "-c", _TAKES_THE_TERMINAL, *command],
        cwd=folder,
        env=dict(environment),
        stdin=its,
        stdout=its,
        stderr=its,
        start_new_session=True,
    )
    os.close(its)
    screen, asked, answered, last = "", [], 0, ""
    try:
        while (more := _read(ours, last)) is not None:
            screen += more
            question = _QUESTION.search(_plain(screen)[answered:])
            if question:
                asked.append(question["word"])
                answered = len(_plain(screen))
                last = next(typed)
                os.write(ours, last.encode())
        return Ended(process.wait(_PATIENCE_SECONDS), _plain(screen), tuple(asked))
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _read(terminal: int, last: str) -> str | None:
    """The output; None when the other end is closed. A Ctrl-C without effect is pressed again.

    Python sees a signal between showing a prompt and waiting for its answer only when something is typed.
    """
    for _ in range(_PATIENCE_SECONDS // _AGAIN_SECONDS):
        if select.select([terminal], [], [], _AGAIN_SECONDS)[0]:
            break
        if last == CTRL_C:
            os.write(terminal, CTRL_C.encode())
    else:
        raise AssertionError("the command hangs")
    try:
        return os.read(terminal, 65536).decode(errors="replace") or None
    except OSError:  # Linux's way of saying so
        return None


def _plain(screen: str) -> str:
    return _ESCAPES.sub("", screen).replace("\r\n", "\n").replace("\r", "\n")
