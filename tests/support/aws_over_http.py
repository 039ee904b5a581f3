"""moto behind HTTP, for a client other than botocore's; moto itself replaces only that one."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import boto3
from botocore import xform_name
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.faulty_service import Answer


@dataclass
class Aws:
    """Its address, and the operations called, in order; `fault` may give another answer to one."""

    url: str
    clients: dict[str, Any]
    calls: list[str] = field(default_factory=list)
    fault: Callable[[str], Answer | None] = lambda _: None


@contextmanager
def aws_over_http() -> Iterator[Aws]:
    """Run DynamoDB and SQS in AWS's JSON protocol; needs moto's `mock_aws` around it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    clients = {"DynamoDB_20120810": boto3.client("dynamodb"), "AmazonSQS": boto3.client("sqs")}
    aws = Aws(f"http://127.0.0.1:{server.server_port}", clients)
    server.aws = aws  # type: ignore[attr-defined] # the standard library's way to hand a handler its world
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield aws
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body are sent in one packet

    def do_POST(self) -> None:
        aws: Aws = self.server.aws  # type: ignore[attr-defined] # see aws_over_http
        target, _, operation = self.headers["x-amz-target"].partition(".")
        assert self.headers["authorization"].startswith("AWS4-HMAC-SHA256 ")
        parameters = json.loads(self.rfile.read(int(self.headers["content-length"])))
        aws.calls.append(operation)
        if (fault := aws.fault(operation)) is not None:
            self._send(fault.status, fault.body())
            return
        try:
            told = getattr(aws.clients[target], xform_name(operation))(**parameters)
        except ClientError as error:
            self._answer(400, {"__type": f"com.amazonaws#{error.response['Error']['Code']}"})
        else:
            self._answer(200, {name: value for name, value in told.items() if name != "ResponseMetadata"})

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        self._send(status, json.dumps(content).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the overridden method's own name
        """Log nothing: tests read `calls`."""
