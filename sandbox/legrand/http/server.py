"""Serves on loopback, in a thread or a process, with a protocol that can close a connection without an answer."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import uvicorn
from starlette.applications import Starlette
from starlette.types import Receive, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.legrand.http.app import create_app
from sandbox.legrand.provider.provider import Provider, Settings

HOST = "127.0.0.1"
_START_SECONDS = 20


class DroppableProtocol(H11Protocol):
    """HTTP with `extensions["sandbox.drop"]` in its scope: a function that closes the connection without an answer."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # narrowed by uvicorn
        """Give the application access to the connection."""
        super().connection_made(transport)
        application = self.app

        async def holding(scope: Scope, receive: Receive, send: object) -> None:
            scope.setdefault("extensions", {})["sandbox.drop"] = transport.abort
            await application(scope, receive, send)

        self.app = holding


class AnnouncingServer(uvicorn.Server):
    """Calls `ready` when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then call `ready`."""
        await super().startup(sockets)
        self._ready()


@dataclass(frozen=True, slots=True)
class RunningStandIn:
    """A running stand-in: its address, and its provider, which tests may read but must change through HTTP."""

    url: str
    provider: Provider


def listen(port: int = 0) -> socket.socket:
    """A listening socket on loopback; port 0 takes a free one. Raises OSError if the port is taken."""
    # asyncio sends small answers at once (TCP_NODELAY) only if the socket names its protocol; else each waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
    except OSError:
        listener.close()
        raise
    return listener


def url_of(listener: socket.socket) -> str:
    """The address to call."""
    return f"http://{HOST}:{listener.getsockname()[1]}"


def server(app: Starlette, ready: Callable[[], None]) -> AnnouncingServer:
    """A server for `app` that does not log and can drop connections."""
    config = uvicorn.Config(
        app, http=DroppableProtocol, ws="none", lifespan="on", log_level="warning", access_log=False, loop="asyncio"
    )
    return AnnouncingServer(config, ready)


@contextlib.contextmanager
def serve_in_thread(settings: Settings | None = None, provider: Provider | None = None) -> Iterator[RunningStandIn]:
    """Run a stand-in in a thread, on a free port of loopback, during the block.

    Raises RuntimeError if it does not start.
    """
    provider = provider or Provider(settings)
    listener = listen()
    up = threading.Event()
    running = server(create_app(provider=provider), up.set)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, name="legrand-stand-in", daemon=True)
    thread.start()
    try:
        if not up.wait(_START_SECONDS):
            raise RuntimeError("the stand-in did not come up")
        yield RunningStandIn(url_of(listener), provider)
    finally:
        running.should_exit = True
        thread.join()
        listener.close()
