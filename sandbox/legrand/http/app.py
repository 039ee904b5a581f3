"""The stand-in as a web application: login, API and control plane at one address, each a thin shell over the core."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from sandbox.legrand.account.answer import Answer
from sandbox.legrand.http.control import control_routes
from sandbox.legrand.http.login_endpoints import LoginEndpoints
from sandbox.legrand.provider import gateway
from sandbox.legrand.provider.play import Player
from sandbox.legrand.provider.provider import Provider, Settings
from sandbox.legrand.pushes.notifier import Notifier, push_headers

API_PATH = "/smarther/v2.0"


def create_app(settings: Settings | None = None, provider: Provider | None = None) -> Starlette:
    """The application for `provider`, or for a new one made with `settings`; it is at `app.state.provider`."""
    provider = provider or Provider(settings)
    login = LoginEndpoints(provider)
    api = gateway.Gateway(provider)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        limits = provider.settings
        async with Notifier(
            provider.dispatch,
            limit_ms=limits.limit_ms,
            concurrency=limits.concurrency,
            headers=lambda: push_headers(provider.variants),
        ) as notifier:
            app.state.notifier = notifier
            app.state.player = Player(provider, notifier)
            yield
            await app.state.player.stop()

    async def show_consent(request: Request) -> Response:
        return await _carry(login.show_consent(request.query_params), request)

    async def decide(request: Request) -> Response:
        return await _carry(login.decide(request.query_params, await request.body()), request)

    async def token(request: Request) -> Response:
        content_type = request.headers.get("content-type", "")
        return await _carry(login.token(await request.body(), content_type), request)

    async def call(request: Request) -> Response:
        return await _carry(api.answer(await _call(request)), request)

    app = Starlette(
        routes=[
            Route("/authorize", show_consent, methods=["GET"]),
            Route("/authorize", decide, methods=["POST"]),
            Route("/token", token, methods=["POST"]),
            Mount("/_control", routes=control_routes()),
            Mount(API_PATH, routes=[Route("/{path:path}", call, methods=["GET", "POST", "DELETE", "PUT", "PATCH"])]),
        ],
        lifespan=lifespan,
    )
    app.state.provider = provider
    return app


class Dropped(Response):
    """No answer: the connection is closed. Needs the server of this package."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        drop = scope.get("extensions", {}).get("sandbox.drop")
        if drop is None:
            raise RuntimeError("only sandbox.legrand.http.server can drop a connection")
        drop()
        while (await receive())["type"] != "http.disconnect":
            pass


async def _call(request: Request) -> gateway.Request:
    return gateway.Request(
        method=request.method,
        path=request.url.path.removeprefix(API_PATH),
        headers={name.lower(): value for name, value in request.headers.items()},
        query=dict(request.query_params),
        body=await request.body(),
    )


async def _carry(answer: Answer, request: Request) -> Response:
    """Send the notifications that the call caused, wait if a fault says so, and answer."""
    provider: Provider = request.app.state.provider
    notifier: Notifier = request.app.state.notifier
    while provider.outbox:
        push = provider.outbox.popleft()
        await notifier.ready()
        notifier.start(push)
    await _wait(answer.delay_ms / 1000, request)
    if answer.dropped:
        return Dropped()
    headers = dict(answer.headers)
    if answer.content_type is not None:
        headers["Content-Type"] = answer.content_type
    return Response(answer.content, answer.status, headers)


async def _wait(seconds: float, request: Request) -> None:
    """Wait before an answer, but not longer than the caller does."""
    if not seconds:
        return
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while (await request.receive())["type"] != "http.disconnect":
                pass
