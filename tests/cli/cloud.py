"""CloudFormation and Lambda as far as the command line uses them, answering on the loopback interface.

Table and secrets are moto's; a call to them that comes here, as all of the sandbox's do, is handed on to it. So is
whatever Lambda is asked about functions, except what moto cannot tell.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_NAMESPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/"

_SERVICES = {"secretsmanager": "secretsmanager", "AmazonSQS": "sqs"}
"""Moto's names of services by what targets begin with."""


@dataclass
class Stack:
    """A stack as `DescribeStacks` and `ListStackResources` describe it; resources are types and names in the cloud."""

    outputs: dict[str, str]
    parameters: dict[str, str]
    state: str = "CREATE_COMPLETE"
    resources: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass
class Cloud:
    """What the two services know, and what they were asked.

    A `fault` (code and message) answers their every call instead; `refused` holds faults for single operations of table
    and secrets.
    """

    stacks: dict[str, Stack] = field(default_factory=dict)
    functions: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    function_errors: dict[str, str] = field(default_factory=dict)
    invoked: list[tuple[str, Any]] = field(default_factory=list)
    fault: tuple[str, str] | None = None
    refused: dict[str, tuple[str, str]] = field(default_factory=dict)
    layer: bytes = b""
    """The content of every layer."""
    unreserved: int = 1000
    """Executions at once that are for all functions."""
    url: str = ""

    @contextmanager
    def serving(self) -> Iterator[Cloud]:
        """Answer until the end of the block."""
        with ThreadingHTTPServer(("127.0.0.1", 0), self._handler()) as server:
            self.url = f"http://127.0.0.1:{server.server_port}"
            thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                yield self
            finally:
                server.shutdown()
                thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        cloud = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                self._send(*cloud.answer(self.path, dict(self.headers), body))

            def do_GET(self) -> None:
                self._send(*cloud.look_up(self.path, dict(self.headers)))

            def _send(self, status: int, headers: Mapping[str, str], answer: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's own name
                """Tests are quiet."""

        return Handler

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        """The answer to one call."""
        if (target := headers.get("X-Amz-Target")) is not None:
            fault = self.refused.get(target.partition(".")[2])
            return _from_moto(headers, body) if fault is None else _json_refusal(*fault)
        if self.fault is not None:
            return 400, {}, _refusal(*self.fault)
        if path == "/":
            asked = parse_qs(body.decode())
            described = self._describe if asked["Action"] == ["DescribeStacks"] else self._list
            return described(asked["StackName"][0])
        return self._invoke(path.split("/")[3], json.loads(body))

    def _describe(self, name: str) -> tuple[int, Mapping[str, str], bytes]:
        stack = self.stacks.get(name)
        if stack is None:
            return 400, {}, _refusal("ValidationError", f"Stack with id {name} does not exist")
        outputs = _members("Output", stack.outputs)
        parameters = _members("Parameter", stack.parameters)
        described = (
            f'<DescribeStacksResponse xmlns="{_NAMESPACE}"><DescribeStacksResult><Stacks><member>'
            f"<StackName>{name}</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime>"
            f"<StackStatus>{stack.state}</StackStatus><Outputs>{outputs}</Outputs>"
            f"<Parameters>{parameters}</Parameters></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
        )
        return 200, {"content-type": "text/xml"}, described.encode()

    def _list(self, name: str) -> tuple[int, Mapping[str, str], bytes]:
        members = "".join(
            f"<member><LogicalResourceId>{logical_id}</LogicalResourceId><ResourceType>{kind}</ResourceType>"
            f"<PhysicalResourceId>{escape(physical_id)}</PhysicalResourceId>"
            f"<LastUpdatedTimestamp>2026-01-01T00:00:00Z</LastUpdatedTimestamp>"
            f"<ResourceStatus>CREATE_COMPLETE</ResourceStatus></member>"
            for logical_id, (kind, physical_id) in self.stacks[name].resources.items()
        )
        listed = (
            f'<ListStackResourcesResponse xmlns="{_NAMESPACE}"><ListStackResourcesResult><StackResourceSummaries>'
            f"{members}</StackResourceSummaries></ListStackResourcesResult></ListStackResourcesResponse>"
        )
        return 200, {"content-type": "text/xml"}, listed.encode()

    def look_up(self, path: str, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        """The answer of Lambda, or of the address of a layer's content."""
        if path == "/layer":
            return 200, {}, self.layer
        if path.endswith("/account-settings"):
            limit = {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": self.unreserved}
            return 200, {}, json.dumps({"AccountLimit": limit, "AccountUsage": {}}).encode()
        if "find=LayerVersion" in path:
            version = {"CompatibleArchitectures": ["arm64"], "Content": {"Location": f"{self.url}/layer"}}
            return 200, {}, json.dumps(version).encode()
        signed = {name: value for name, value in headers.items() if name != "Host"}
        answer = requests.get(f"https://lambda.eu-south-1.amazonaws.com{path}", headers=signed, timeout=5)
        return answer.status_code, {"x-amzn-errortype": answer.headers.get("x-amzn-errortype", "")}, answer.content

    def _invoke(self, name: str, event: Any) -> tuple[int, Mapping[str, str], bytes]:
        self.invoked.append((name, event))
        if name in self.function_errors:
            failed = {"errorType": self.function_errors[name], "errorMessage": "words that may hold anything"}
            return 200, {"x-amz-function-error": "Unhandled"}, json.dumps(failed).encode()
        return 200, {}, json.dumps(self.functions[name](event)).encode()


def _json_refusal(code: str, message: str) -> tuple[int, Mapping[str, str], bytes]:
    return (
        400,
        {"content-type": "application/x-amz-json-1.1"},
        json.dumps({"__type": code, "message": message}).encode(),
    )


def _from_moto(headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
    service = _SERVICES.get(headers["X-Amz-Target"].partition(".")[0], "dynamodb")
    signed = {name: value for name, value in headers.items() if name not in {"Host", "Content-Length"}}
    answer = requests.post(f"https://{service}.eu-south-1.amazonaws.com/", headers=signed, data=body, timeout=5)
    return answer.status_code, {"content-type": "application/x-amz-json-1.0"}, answer.content


def _members(kind: str, values: Mapping[str, str]) -> str:
    return "".join(
        f"<member><{kind}Key>{key}</{kind}Key><{kind}Value>{escape(value)}</{kind}Value></member>"
        for key, value in values.items()
    )


def _refusal(code: str, message: str) -> bytes:
    return (
        f'<ErrorResponse xmlns="{_NAMESPACE}"><Error><Type>Sender</Type><Code>{code}</Code>'
        f"<Message>{escape(message)}</Message></Error></ErrorResponse>"
    ).encode()
