"""The check before a new version goes live, deployed: its own role calls a real version of the receiver.

The local cloud has no CodeDeploy. What the check tells it is told to a listener of the test's, in its own protocol.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.running import stack
from tests.support.deployed import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Home

ASKED: dict[str, str] = json.loads((PROJECT / "events" / "pre_traffic" / "before_traffic.json").read_text())
RECORDED = "1ee68d6f-46b7-8f11-e053-27182d0a846a"
"""The thermostat of the recorded notification; no other deployed test uses it."""


@contextmanager
def codedeploy() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Where it listens, and what it is told."""
    told: list[dict[str, str]] = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["x-amz-target"] == "CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus"
            told.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the overridden method's own name
            """Nothing: the tests look at what was told."""

    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", told
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def told(bare_home: Home) -> Iterator[list[dict[str, str]]]:
    """What CodeDeploy is told by the deployed check."""
    functions, name = bare_home.state.cloud.client("lambda"), f"{bare_home.state.stack.name}-pre-traffic"
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    with codedeploy() as (url, told):
        changed = variables | {"AWS_ENDPOINT_URL_CODEDEPLOY": url}
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": changed})
        yield told
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


def check(home: Home) -> Any:
    return stack.invoke(home.state.cloud, f"{home.state.stack.name}-pre-traffic", ASKED)["fault"]


def test_a_version_that_stores_goes_live_and_the_check_leaves_nothing(
    bare_home: Home, told: list[dict[str, str]]
) -> None:
    assert check(bare_home) is None
    assert [each["status"] for each in told] == ["Succeeded"]
    assert told[0]["deploymentId"] == ASKED["DeploymentId"]
    assert bare_home.readings(RECORDED) == []


@pytest.mark.shows("new version cannot store", "receiver is rehearsed")
def test_a_version_whose_role_lacks_something_does_not(bare_home: Home, told: list[dict[str, str]]) -> None:
    with bare_home.forbidden("ReceiverRole", "dynamodb:PutItem"):
        assert "AccessDenied" in check(bare_home)
    assert [each["status"] for each in told] == ["Failed"]
    assert bare_home.readings(RECORDED) == []
