"""The sandbox's background processes: started detached, recorded on disk, and ended only if they are still ours."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import httpx

from sandbox.running import paths

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_TIMEOUT_SECONDS = 60
_LOG_TAIL_CHARACTERS = 3000

_started_here: dict[int, subprocess.Popen[bytes]] = {}
"""Those that this process started: it must reap them when they have ended."""


class SandboxError(Exception):
    """Something that the sandbox needs failed; the message says what, and where to look."""


@dataclass(frozen=True, slots=True)
class Background:
    """A process that outlives the command that started it.

    `fingerprint` is its start time and command line, so that another process that got the same number is never
    signalled.
    """

    name: str
    pid: int
    fingerprint: str


def free_port() -> int:
    """A free TCP port on the loopback interface."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """This many free ports, all different."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def start(
    name: str, command: Sequence[str], environment: Mapping[str, str], *, ready: Callable[[], bool]
) -> Background:
    """Start a process in the background and return when `ready` returns true.

    Its output goes to `.sandbox/logs/<name>.log`. Raises SandboxError with the end of that log if the process ends or
    does not become ready.
    """
    paths.LOGS.mkdir(parents=True, exist_ok=True)
    log = paths.LOGS / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - the commands are our own
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=paths.PROJECT,
            start_new_session=True,
        )
    _started_here[process.pid] = process
    background = Background(name, process.pid, _fingerprint(process.pid))
    _remember([*_remembered(), background])
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            end = log.read_text(errors="replace")[-_LOG_TAIL_CHARACTERS:]
            raise SandboxError(f"{name} did not start; the end of {paths.shown(log)}:\n{end}")
        time.sleep(0.05)
    return background


def stop_all(*, own_only: bool = False) -> list[str]:
    """End the sandbox's processes, the newest first; returns the names of those that were running.

    With `own_only`, only those that this process started: another may have started a new sandbox in this folder.
    """
    ended = []
    left = [each for each in _remembered() if own_only and each.pid not in _started_here]
    for background in reversed(_remembered()):
        if background in left or _fingerprint(background.pid) != background.fingerprint:
            continue
        with suppress(ProcessLookupError):  # it may just have ended by itself
            os.killpg(background.pid, signal.SIGTERM)
        deadline = time.monotonic() + _TIMEOUT_SECONDS / 6
        while _fingerprint(background.pid) == background.fingerprint:
            if time.monotonic() > deadline:
                os.killpg(background.pid, signal.SIGKILL)
                break
            time.sleep(0.05)
        if child := _started_here.pop(background.pid, None):
            child.wait()
        ended.append(background.name)
    if left:
        _remember(left)
    else:
        paths.REGISTER.unlink(missing_ok=True)
    return ended


def started_here() -> bool:
    """Whether a process that this process started is running."""
    return any(each.pid in _started_here and _fingerprint(each.pid) == each.fingerprint for each in _remembered())


def running() -> list[str]:
    """The names of the sandbox's running processes."""
    return [each.name for each in _remembered() if _fingerprint(each.pid) == each.fingerprint]


def answers(url: str) -> bool:
    """Whether this address answers successfully."""
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.TransportError:
        return False


def _fingerprint(pid: int) -> str:
    """Start time and command line of a process, from `ps`; empty if it does not run, or is a zombie.

    The line is never cut to the terminal's width, so it is the same from everywhere.
    """
    told = subprocess.run(  # noqa: S603
        ["ps", "-ww", "-o", "stat=,lstart=,command=", "-p", str(pid)],  # noqa: S607 - ps is where the system has it
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    status, _, identity = told.partition(" ")
    return "" if status.startswith("Z") else identity.strip()


def _remembered() -> list[Background]:
    if not paths.REGISTER.exists():
        return []
    return [Background(**each) for each in json.loads(paths.REGISTER.read_text())]


def _remember(backgrounds: list[Background]) -> None:
    paths.REGISTER.write_text(json.dumps([asdict(each) for each in backgrounds], indent=2))
