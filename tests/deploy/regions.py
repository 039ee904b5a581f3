"""STS as an account sees it in which some regions are not enabled: there it does not know the caller."""

from __future__ import annotations

import re
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
_KNOWN = (
    f'<GetCallerIdentityResponse xmlns="{_NAMESPACE}"><GetCallerIdentityResult>'
    "<Arn>arn:aws:iam::000000000000:user/owner</Arn><UserId>owner</UserId><Account>000000000000</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)
_UNKNOWN = (
    f'<ErrorResponse xmlns="{_NAMESPACE}"><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code>'
    "<Message>The security token included in the request is invalid</Message></Error></ErrorResponse>"
)


@contextmanager
def not_enabled(*regions: str) -> Iterator[str]:
    """While inside, an STS at this address; which region is asked stands in the signature's scope."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            scope = re.search(r"Credential=[^/]+/\d+/([^/]+)/sts/", self.headers["authorization"])
            known = scope is not None and scope[1] not in regions
            answer = (_KNOWN if known else _UNKNOWN).encode()
            self.send_response(200 if known else 403)
            self.send_header("content-type", "text/xml")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's own name
            """Tests are quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
