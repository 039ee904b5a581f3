"""A service on the loopback interface that answers, refuses, hangs or hangs up, as a test wants.

Adapters and functions get its address through the endpoint variables that AWS's own clients read, so the fault passes
the real client, its timeouts and its retries.
"""

from __future__ import annotations

import json
import socket
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; with an `error`, one of AWS's JSON protocol. `last` closes the connection after it."""

    status: int = 200
    error: str | None = None
    content: dict[str, Any] = field(default_factory=dict)
    last: bool = False

    def body(self) -> bytes:
        told = {"__type": f"com.amazonaws.dynamodb.v20120810#{self.error}", "message": "told in a test"}
        return json.dumps(told if self.error else self.content).encode()


Behaviour = Answer | Literal["hang", "hang up"]

DENIED = Answer(400, "AccessDeniedException")
THROTTLED = Answer(400, "ProvisionedThroughputExceededException")
NO_TABLE = Answer(400, "ResourceNotFoundException")
CONDITION_FAILED = Answer(400, "ConditionalCheckFailedException")
INVALID = Answer(400, "ValidationException")
BROKEN = Answer(500, "InternalServerError")
AWAY = Answer(503)


@dataclass
class FaultyService:
    """The next requests get the behaviours of `script`, in order, and then `otherwise`."""

    url: str
    script: list[Behaviour] = field(default_factory=list)
    otherwise: Behaviour = field(default_factory=Answer)
    requests: list[dict[str, Any]] = field(default_factory=list)
    released: Event = field(default_factory=Event)


@contextmanager
def faulty_service() -> Iterator[FaultyService]:
    """Run a service; at the end hanging requests are released."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    service = FaultyService(f"http://127.0.0.1:{server.server_port}")
    server.service = service  # type: ignore[attr-defined] # the standard library's way to hand a handler its world
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield service
    finally:
        service.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def refusing_address() -> Iterator[str]:
    """An address that refuses connections: its port is bound, so that no other program takes it, but not open."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


@contextmanager
def silent_address() -> Iterator[str]:
    """An address that accepts a connection and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(16)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        service: FaultyService = self.server.service  # type: ignore[attr-defined] # see faulty_service
        length = int(self.headers["content-length"])
        service.requests.append(json.loads(self.rfile.read(length)))
        behaviour = service.script.pop(0) if service.script else service.otherwise
        if behaviour == "hang":
            service.released.wait()
        if not isinstance(behaviour, Answer):
            self.close_connection = True
            return
        body = behaviour.body()
        self.send_response(behaviour.status)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", str(len(body)))
        if behaviour.last:
            self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the overridden method's own name
        """Log nothing: tests read `requests`."""
