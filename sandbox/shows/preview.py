"""Shows the widget in the browser as the CloudWatch console would, while the simulated home sends readings.

The deployed function draws. This only replaces the console: it makes the event, shows the HTML, follows the
`cwdb-action`s, and refreshes every few seconds. `python -m sandbox.shows.preview`, ended with Ctrl-C.
"""

from __future__ import annotations

import asyncio
import sys
import webbrowser
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import uvicorn
from rich.console import Console
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.running import lifecycle, lived, paths, processes, stack
from sandbox.running.processes import SandboxError
from sandbox.running.state import State

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

PAGE = Path(__file__).parent / "console" / "page.html"
PAST = timedelta(hours=48)
"""Played first, as fast as the stack answers."""
CATCHING_UP, TIMES_AS_FAST = timedelta(hours=2), 12
"""Then the home runs faster than the clock, so that there is something to see, until it has caught up; then in real
time."""
AFTER_THAT = timedelta(days=7)


def main() -> int:
    """Preview until Ctrl-C; returns the exit status. A sandbox that it started is ended."""
    console = Console(highlight=False)

    def report(text: str) -> None:
        console.print(f"· {text}")

    running = paths.STATE.exists() and bool(processes.running())
    try:
        state = State.load() if running else lifecycle.up(report=report)
        if not any(each["ours"] for each in lived.get(state, "summary")["subscriptions"]):
            lived.prepare(state, report=report)
        url = f"http://127.0.0.1:{(port := processes.free_port())}/"
        console.print(f"The home is at [bold]{url}[/bold], drawn again every five seconds, until Ctrl-C.")
        console.print(
            f"It lives its last two days, as fast as this machine can; then {TIMES_AS_FAST} times as fast as the clock"
            " until it has caught up. So far its newest word is an hour or two old."
        )
        webbrowser.open(url)
        uvicorn.run(application(state), host="127.0.0.1", port=port, log_level="warning")
    except SandboxError as error:
        console.print(str(error), style="red", markup=False)
        return 1
    except KeyboardInterrupt:
        pass
    finally:
        if not running:
            console.print("\nending the sandbox")
            lifecycle.down(own_only=True)
    return 0


def application(state: State) -> Starlette:
    """A web application that replaces the console; while it runs, the home sends readings."""

    async def page(_: Request) -> Response:
        return FileResponse(PAGE)

    async def widget(request: Request) -> Response:
        function = state.stack.outputs["WidgetFunctionName"]
        try:
            html = await run_in_threadpool(stack.invoke, state.cloud, function, await request.json())
        except SandboxError as failed:
            return PlainTextResponse(str(failed), status_code=502)
        return Response(html, media_type="text/html")

    async def documentation(_: Request) -> Response:
        told = await run_in_threadpool(
            stack.invoke, state.cloud, state.stack.outputs["WidgetFunctionName"], {"describe": True}
        )
        return PlainTextResponse(told["markdown"])

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        life = asyncio.create_task(live(state))
        yield
        life.cancel()
        with suppress(asyncio.CancelledError):
            await life

    return Starlette(
        routes=[
            Route("/", page),
            Route("/widget", widget, methods=["POST"]),
            Route("/documentation", documentation),
        ],
        lifespan=lifespan,
    )


async def live(state: State) -> None:
    """Play the past at once, then fast until the clock is caught up with, then in real time.

    Statistics are made in between, as the schedule would do. A play that somebody else started is left running.
    """
    async with httpx.AsyncClient(base_url=f"{state.legrand_url}/_control", timeout=60) as control:
        now = datetime.now(UTC)
        caught_up = now + CATCHING_UP / (TIMES_AS_FAST - 1)
        acts: list[tuple[datetime, datetime, int | None]] = [
            (now - CATCHING_UP - PAST, now - CATCHING_UP, None),
            (now - CATCHING_UP, caught_up, TIMES_AS_FAST),
            (caught_up, caught_up + AFTER_THAT, 1),
        ]
        for start, end, factor in acts:
            order: dict[str, Any] = {"start": start.isoformat(), "hours": (end - start) / timedelta(hours=1)}
            answer = await control.post("/play", json={**order, "realtime_factor": factor})
            if answer.status_code == httpx.codes.CONFLICT:
                return
            answer.raise_for_status()
            await _over(control)
            await run_in_threadpool(stack.invoke, state.cloud, f"{state.stack.name}-rollup", {})


async def _over(control: httpx.AsyncClient) -> None:
    """Wait until the running play has ended."""
    while not (await control.get("/play", params={"wait": 30})).json()["done"]:
        pass


if __name__ == "__main__":
    sys.exit(main())
