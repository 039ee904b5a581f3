"""What a command does when nobody takes its output: a sentence and an exit status, as with anything else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]

PROGRAM = """
import sys
import smarther_cli.app as app
from smarther_cli.show import screen
from smarther_cli.errors import Status
from smarther_cli.call import ended

@app.app.command("speak")
def speak(status: int = 0) -> None:
    screen.say("x" * 100)
    if status:
        raise ended(Status(status))

app.main()
"""


def spoken(stdout: int, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PROGRAM, "speak", *words],
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
        env={**os.environ, "PYTHONPATH": f"{PROJECT / 'cli'}:{PROJECT / 'layers/smarther/python'}"},
        timeout=60,
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("words", [(), ("--status", "3")])
def test_a_full_disk_behind_standard_output_is_told_in_a_sentence(words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = spoken(full.fileno(), *words)
    assert done.stderr.decode() == "The output cannot be written or read: No space left on device.\n"
    assert done.returncode == 1


def test_who_has_read_enough_hears_no_complaint() -> None:
    read, write = os.pipe()
    os.close(read)
    done = spoken(write)
    os.close(write)
    assert done.stderr == b""
