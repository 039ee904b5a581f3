"""A sample that the machine spoils is measured again and counted: it ends no benchmark and enters no figure."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from labs.bench.container import ConnectionLostError, Container, SampleLostError, SpilledError
from labs.bench.measure import MOST_TRIES, retry_lost

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"statusCode": 200  '


@contextmanager
def emulator(says: bytes) -> Iterator[int]:
    """A port on which a runtime says so much of an answer, and then hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(says)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 20", ANSWER[:-5], b"nonsense\r\n\r\n"])
def test_a_connection_that_ends_before_its_answer_loses_the_sample(says: bytes, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("what the function wrote")
    with emulator(says) as port, pytest.raises(ConnectionLostError, match="what the function wrote"):
        Container(port, tmp_path / "notes", log).invoke({})


@pytest.mark.parametrize(
    "error", [ConnectionLostError("ConnectionResetError: reset\nthe log"), SpilledError("the log")]
)
def test_a_lost_sample_is_measured_again_and_told_in_a_line(error: SampleLostError) -> None:
    results: list[SampleLostError | None] = [error, error, None]
    told: list[str] = []

    def work() -> str:
        if (failure := results.pop(0)) is not None:
            raise failure
        return "measured"

    assert retry_lost(work, told.append) == "measured"
    assert len(told) == 2
    assert not any("the log" in line for line in told)


def test_what_is_lost_each_time_is_no_sample() -> None:
    told: list[str] = []

    def work() -> None:
        raise ConnectionLostError("ConnectionResetError: reset")

    with pytest.raises(ConnectionLostError):
        retry_lost(work, told.append)
    assert len(told) == MOST_TRIES - 1


def test_a_fault_of_the_function_is_not_measured_again() -> None:
    with pytest.raises(RuntimeError, match="wrong"):
        retry_lost(fail, pytest.fail)


def fail() -> None:
    """What a function that answers wrongly leads to."""
    raise RuntimeError("wrong")
