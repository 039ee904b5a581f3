"""An endpoint on loopback that a stand-in can push to: keeps what arrives, answers as told."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Endpoint:
    """Answers `status`, or never when `silent`; a context manager."""

    def __init__(self, *, status: int = 200, silent: bool = False) -> None:
        self.status = status
        self.location: str | None = None
        self.bodies: list[bytes] = []
        self.content_types: list[str] = []
        self.headers: list[dict[str, str]] = []
        self._lock = threading.Lock()
        self._released = threading.Event()
        if not silent:
            self._released.set()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                endpoint.receive(self)

            def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the inherited name
                """Keep the tests' output quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self.url = f"http://127.0.0.1:{self._server.server_port}/notifications/not-told-to-anybody"

    def __enter__(self) -> "Endpoint":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def receive(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        self._released.wait()
        with self._lock:
            self.bodies.append(body)
            self.content_types.append(request.headers["Content-Type"])
            self.headers.append(dict(request.headers))
        try:
            request.send_response(self.status)
            request.send_header("Content-Length", "0")
            if self.location is not None:
                request.send_header("Location", self.location)
            request.end_headers()
        except (BrokenPipeError, ConnectionResetError):
            pass  # whoever waited has given up: that is what silence is for
