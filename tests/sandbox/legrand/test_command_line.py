import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from sandbox.legrand.http.server import listen
from sandbox.legrand.variants import USUAL, with_answers

COMMAND = [sys.executable, "-m", "sandbox.legrand"]


@contextmanager
def started(*arguments: str) -> Iterator[str]:
    """The stand-in in a process of its own; its address."""
    with subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ours
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()


def test_it_says_where_it_listens_once_it_can_be_called() -> None:
    with started("--port", "0", "--plants", "3", "--modules", "7") as url, httpx.Client(trust_env=False) as http:
        assert url.startswith("http://127.0.0.1:")
        plants = http.get(f"{url}/_control/plants").json()["plants"]
        assert sum(len(plant["modules"]) for plant in plants) == 7
        assert len(plants) == 3


def test_it_starts_in_the_world_that_is_named() -> None:
    with started("--world", "online=true,token_fields=strings") as url, httpx.Client(trust_env=False) as http:
        answers = http.get(f"{url}/_control/world").json()["answers"]
        assert answers == with_answers(USUAL, {"online": "true", "token_fields": "strings"}).answers


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=60, check=False)  # noqa: S603


def test_help_teaches() -> None:
    told = run("--help").stdout
    assert all(words in told for words in ("--port", "--seed", "--home", "--limit-ms", "/_control", "127.0.0.1"))


def test_a_taken_port_is_said_and_fails() -> None:
    taken = listen()
    taken.listen()
    try:
        result = run("--port", str(taken.getsockname()[1]))
    finally:
        taken.close()
    assert result.returncode != 0
    assert "in use" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    "arguments", [("--plants", "9"), ("--port", "70000"), ("--home", "not-there.json"), ("--world", "x=y")]
)
def test_settings_that_make_no_sense_fail(arguments: tuple[str, str]) -> None:
    assert run(*arguments).returncode == 2
