"""One execution environment: a function in the real Lambda runtime, from its cold start to its end.

AWS's Runtime Interface Emulator, which `sam` includes, starts the function's process with the first event, serves it
the Runtime API, and answers over HTTP.
"""

from __future__ import annotations

import http.client
import json
import os
import platform
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labs.bench import places

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from labs.bench.artefacts import Artefact

_EMULATOR = (
    places.SAM_ENVIRONMENT
    / "lib/python3.13/site-packages/samcli/local/rapid"
    / ("aws-lambda-rie-arm64" if platform.machine() in {"arm64", "aarch64"} else "aws-lambda-rie-x86_64")
)
_TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Note:
    """The probe's figures when the runtime asked for the next event: monotonic and processor seconds, peak memory."""

    at: float
    cpu: float
    peak_kb: int
    started: float = 0.0
    loaded: float = 0.0
    modules: int = 0


class SampleLostError(RuntimeError):
    """This sample says nothing about the function, because the machine or the emulator failed."""


class SpilledError(SampleLostError):
    """The machine was too slow: the table's answer came after the receiver's deadline."""


class ConnectionLostError(SampleLostError):
    """The emulator closed a connection before it answered."""


class Container:
    """A running execution environment; `invoke` it, then read its `notes`."""

    def __init__(self, port: int, notes: Path, log: Path) -> None:
        self._port = port
        self._notes = notes
        self._log = log

    def invoke(self, event: Mapping[str, Any]) -> tuple[float, float]:
        """Returns (when the event was sent, seconds until its answer). Raises RuntimeError, or its SampleLostError."""
        body = json.dumps(event).encode()
        sent = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_TIMEOUT_SECONDS)
        try:
            connection.request("POST", "/2015-03-31/functions/function/invocations", body)
            answer = connection.getresponse().read()
        except (OSError, http.client.HTTPException) as error:
            raise ConnectionLostError(f"{type(error).__name__}: {error}\n{self.log()[-6000:]}") from error
        finally:
            connection.close()
        took = time.monotonic() - sent
        told = json.loads(answer)
        if '"deferred":1' in str(told.get("body")):
            raise SpilledError(self.log()[-6000:])
        if told.get("statusCode") != http.HTTPStatus.OK:
            raise RuntimeError(f"{answer.decode()[:2000]}\n{self._log.read_text(errors='replace')[-6000:]}")
        return sent, took

    def notes(self, expected: int) -> list[Note]:
        """One note at the end of the initialisation, and one for each invocation."""
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        while len(lines := self._notes.read_text().splitlines()) < expected:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the probe noted {len(lines)} of {expected}")
            time.sleep(0.002)
        return [Note(**json.loads(line)) for line in lines]

    def log(self) -> str:
        """The output of function and emulator."""
        return self._log.read_text(errors="replace")


@contextmanager
def container(artefact: Artefact, environment: Mapping[str, str], group: Path | None = None) -> Iterator[Container]:
    """A new execution environment. With `group` its invocations are limited by that control group."""
    folder = places.WORK / "containers"
    folder.mkdir(parents=True, exist_ok=True)
    port, api_port = _free_port(), _free_port()
    notes, log = folder / f"{port}.jsonl", folder / f"{port}.log"
    notes.write_text("")
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - the command is our own
            [
                _EMULATOR,
                "--runtime-interface-emulator-address",
                f"127.0.0.1:{port}",
                "--runtime-api-address",
                f"127.0.0.1:{api_port}",
                places.RUNTIME_PYTHON,
                places.PROBE,
                "app.handler",
            ],
            cwd=artefact.task,
            env=_environment(artefact, environment, notes, group),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _await(port)
            yield Container(port, notes, log)
        finally:
            process.terminate()  # the emulator ends the function's process first
            process.wait(_TIMEOUT_SECONDS)
            _await_end(group)
    notes.unlink()
    log.unlink()


def _environment(artefact: Artefact, environment: Mapping[str, str], notes: Path, group: Path | None) -> dict[str, str]:
    """The environment variables that a function has on Lambda, and none of the user's."""
    return {
        "PATH": os.defpath,
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "LAMBDA_TASK_ROOT": str(artefact.task),
        "AWS_LAMBDA_FUNCTION_NAME": artefact.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "PYTHONPATH": str(artefact.opt or ""),
        "PYTHONDONTWRITEBYTECODE": "1",  # on Lambda the code is read-only
        **environment,
        **artefact.environment,
        "PROBE_FILE": str(notes),
        "PROBE_CPU_GROUP": str(group or ""),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(port: int) -> None:
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.005)
        else:
            return


def _await_end(group: Path | None) -> None:
    """Wait until the last process has left the control group: only then can it be removed."""
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while group is not None and (group / "cgroup.procs").read_text().strip() and time.monotonic() < deadline:
        time.sleep(0.005)
