"""The stand-in as a web application: login, API and control plane at one address, each a thin shell over the core."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlencode, urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from sandbox.legrand.answer import Answer, Refusal
from sandbox.legrand.consent_page import consent_page
from sandbox.legrand.control import control_routes
from sandbox.legrand.gateway import Gateway
from sandbox.legrand.gateway import Request as Call
from sandbox.legrand.notifier import Notifier
from sandbox.legrand.play import Player
from sandbox.legrand.provider import Provider, Settings

API_PATH = "/smarther/v2.0"


class Dropped(Response):
    """No answer: the connection ends. Needs the server of this package."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        drop = scope.get("extensions", {}).get("sandbox.drop")
        if drop is None:
            raise RuntimeError("only sandbox.legrand.server can drop a connection")
        drop()
        while (await receive())["type"] != "http.disconnect":
            pass


def create_app(settings: Settings | None = None, provider: Provider | None = None) -> Starlette:
    """The application over `provider`, or over a new one made with `settings`; it is kept at `app.state.provider`."""
    provider = provider or Provider(settings)
    gateway = Gateway(provider)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        limits = provider.settings
        async with Notifier(provider.dispatch, limit_ms=limits.limit_ms, concurrency=limits.concurrency) as notifier:
            app.state.notifier = notifier
            app.state.player = Player(provider, notifier)
            yield
            await app.state.player.stop()

    async def api(request: Request) -> Response:
        return await _carry(gateway.answer(await _call(request)), request)

    app = Starlette(
        routes=[
            Route("/authorize", _authorize, methods=["GET", "POST"]),
            Route("/token", _token, methods=["POST"]),
            Mount("/_control", routes=control_routes()),
            Mount(API_PATH, routes=[Route("/{path:path}", api, methods=["GET", "POST", "DELETE", "PUT", "PATCH"])]),
        ],
        lifespan=lifespan,
    )
    app.state.provider = provider
    return app


async def _call(request: Request) -> Call:
    return Call(
        method=request.method,
        path=request.url.path.removeprefix(API_PATH),
        headers={name.lower(): value for name, value in request.headers.items()},
        query=dict(request.query_params),
        body=await request.body(),
    )


async def _token(request: Request) -> Response:
    provider: Provider = request.app.state.provider
    body = await request.body()
    content_type = request.headers.get("content-type", "")
    answer = provider.faults.answer("token", lambda: provider.login.answer_token(body, content_type))
    _note(provider, "token", answer)
    return await _carry(answer, request)


async def _authorize(request: Request) -> Response:
    """GET shows the page, POST takes the decision; both look at the same query."""
    provider: Provider = request.app.state.provider
    query = dict(request.query_params)
    body = await request.body()

    def work() -> Answer:
        try:
            application = provider.login.check_authorize(query)
        except Refusal as refusal:
            return refusal.answer
        if request.method == "POST":
            return _decided(provider, query, allowed=b"decision=allow" in body.split(b"&"))
        homes = [plant.name for plant in provider.world.plants.values()]
        page = HTMLResponse(consent_page(application.name, homes))
        return Answer(200, bytes(page.body), page.headers["content-type"], {"Cache-Control": "no-store"})

    answer = provider.faults.answer("authorize", work)
    _note(provider, "authorize", answer)
    return await _carry(answer, request)


def _decided(provider: Provider, query: dict[str, str], *, allowed: bool) -> Answer:
    """The way back to the application, the state carried along."""
    result = {"code": provider.login.consent(query["client_id"])} if allowed else {"error": "access_denied"}
    if "state" in query:
        result["state"] = query["state"]
    back = query["redirect_uri"]
    joint = "&" if urlsplit(back).query else "?"
    response = RedirectResponse(f"{back}{joint}{urlencode(result)}", 302)
    return Answer(302, headers={"Location": response.headers["location"], "Cache-Control": "no-store"})


def _note(provider: Provider, operation: str, answer: Answer) -> None:
    provider.calls.add(operation, 0 if answer.dropped else answer.status, provider.clock.now())


async def _carry(answer: Answer, request: Request) -> Response:
    """Send the notifications that the call caused on their way, wait if told to, and answer."""
    await _empty_outbox(request.app)
    if answer.delay_ms:
        await asyncio.sleep(answer.delay_ms / 1000)
    if answer.dropped:
        return Dropped()
    headers = dict(answer.headers)
    if answer.content_type is not None:
        headers["Content-Type"] = answer.content_type
    return Response(answer.content, answer.status, headers)


async def _empty_outbox(app: Starlette) -> None:
    provider: Provider = app.state.provider
    while provider.outbox:
        push = provider.outbox.popleft()
        await app.state.notifier.ready()
        app.state.notifier.start(push)
