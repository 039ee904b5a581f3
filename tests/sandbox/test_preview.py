"""The preview passes the console's calls on, and lets the home live without a gap from its past into the present."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import httpx
import pytest

from sandbox.running import stack
from sandbox.running.cloud import Cloud
from sandbox.running.processes import SandboxError
from sandbox.running.stack import Stack
from sandbox.running.state import State
from sandbox.shows import preview

STATE = State(
    Cloud("http://127.0.0.1:1", 1),
    "http://legrand.test",
    Stack("home", {"WidgetFunctionName": "home-widget"}),
    "unused",
)


@pytest.fixture
def invoked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What functions were called with which events; the widget answers with a page."""
    calls: list[tuple[str, Any]] = []

    def invoke(_: Cloud, function_name: str, event: Any) -> Any:
        calls.append((function_name, event))
        if event == {"describe": True}:
            return {"markdown": "# The home"}
        if event == {"fail": True}:
            raise SandboxError("home-widget failed: too bad")
        return "<p>home</p>"

    monkeypatch.setattr(stack, "invoke", invoke)
    return calls


def answer_to(method: str, path: str, event: Any = None) -> httpx.Response:
    """What the preview answers, asked without a socket."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(preview.application(STATE))
        async with httpx.AsyncClient(transport=transport, base_url="http://preview.test") as client:
            return await client.request(method, path, json=event)

    return asyncio.run(ask())


def test_the_console_s_call_reaches_the_function_and_its_html_comes_back(invoked: list[tuple[str, Any]]) -> None:
    answer = answer_to("POST", "/widget", {"module": "m1"})
    assert (answer.status_code, answer.text) == (200, "<p>home</p>")
    assert invoked == [("home-widget", {"module": "m1"})]
    assert "cwdb-action" in answer_to("GET", "/").text


def test_the_widget_s_documentation_is_asked_for_as_the_console_asks(invoked: list[tuple[str, Any]]) -> None:
    answer = answer_to("GET", "/documentation")
    assert (answer.status_code, answer.text) == (200, "# The home")
    assert invoked == [("home-widget", {"describe": True})]


@pytest.mark.usefixtures("invoked")
def test_a_failing_function_is_told() -> None:
    answer = answer_to("POST", "/widget", {"fail": True})
    assert (answer.status_code, answer.text) == (502, "home-widget failed: too bad")


def orders_of(monkeypatch: pytest.MonkeyPatch, *, answer: int) -> list[dict[str, Any]]:
    """The plays that `live` orders from a stand-in that gives this answer and is over with each at once."""
    orders: list[dict[str, Any]] = []

    def control(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"done": True})
        orders.append(json.loads(request.content))
        return httpx.Response(answer, json={})

    monkeypatch.setattr(httpx, "AsyncClient", partial(httpx.AsyncClient, transport=httpx.MockTransport(control)))
    asyncio.run(preview.live(STATE))
    return orders


def test_the_home_lives_from_its_past_into_the_present(
    monkeypatch: pytest.MonkeyPatch, invoked: list[tuple[str, Any]]
) -> None:
    now = datetime.now(UTC)
    orders = orders_of(monkeypatch, answer=202)
    starts = [datetime.fromisoformat(order["start"]) for order in orders]
    ends = [start + timedelta(hours=order["hours"]) for start, order in zip(starts, orders, strict=True)]
    assert [order["realtime_factor"] for order in orders] == [None, 12, 1]
    assert all(abs(starts[number + 1] - end) < timedelta(seconds=1) for number, (end, _) in enumerate(pairwise(ends)))
    # At twelve times the clock's speed, two hours behind are caught up with when the play ends and not before.
    assert abs((ends[1] - now) - (ends[1] - starts[1]) / 12) < timedelta(seconds=5)
    assert invoked == [("home-rollup", {})] * 3


def test_a_play_that_is_on_already_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, invoked: list[tuple[str, Any]]
) -> None:
    assert len(orders_of(monkeypatch, answer=409)) == 1
    assert invoked == []
