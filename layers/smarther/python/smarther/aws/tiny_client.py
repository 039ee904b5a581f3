"""The tiny client: three operations for the receiver, without the cost of an SDK at a cold start.

Loading botocore, its endpoint rules and the descriptions of two services takes most of a cold start, and a receiver
that starts slowly loses readings (docs/promises/performance.md, docs/decisions/0020-a-client-of-three-operations.md).
In the usual environment (Lambda's credentials in variables, a region of the standard partition) requests are signed
here and sent over a connection of our own, with botocore's names for operations and failures. In any other environment
botocore's client is used.
"""

from __future__ import annotations

import importlib.util
import json
import ssl
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from smarther.aws.json_connection import Address, BrokenAnswerError, JsonConnection
from smarther.aws.service_call import ConnectionClosedError, ServiceFailedError
from smarther.aws.sigv4 import AwsKeys, signed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smarther.aws.timeouts import Timeouts

_TARGETS: Final = {"dynamodb": "DynamoDB_20120810", "sqs": "AmazonSQS"}
"""The name of each service in AWS's JSON protocol 1.0."""

_OK: Final = 200
_UNUSUAL = ("HTTPS_PROXY", "https_proxy", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT")
_OTHER_PARTITIONS = ("cn-", "us-iso", "eu-iso", "eusc-")


def client(service: str, timeouts: Timeouts, environ: Mapping[str, str]) -> Any:
    """A client of `dynamodb` or `sqs`: the tiny client in the usual environment, else botocore's."""
    if is_usual(environ):
        return TinyClient(service, timeouts, environ)
    import botocore.session  # noqa: PLC0415 - only where it is needed: loading it is what this module avoids

    from smarther.aws import botocore_client  # noqa: PLC0415 - as above

    return botocore_client.create_client(botocore.session.get_session(), service, timeouts)


def is_usual(environ: Mapping[str, str]) -> bool:
    """Whether TinyClient does in this environment what botocore's client would do.

    With SnapStart, for example, the credentials are not in the environment and change while the function runs.
    """
    region = _region(environ)
    return (
        bool(region and environ.get("AWS_ACCESS_KEY_ID") and environ.get("AWS_SECRET_ACCESS_KEY"))
        and not region.startswith(_OTHER_PARTITIONS)
        and not any(environ.get(name) for name in _UNUSUAL)
    )


def _region(environ: Mapping[str, str]) -> str:
    return environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or ""


class TinyClient:
    """`put_item`, `get_item`, `send_message`: parameters and answers are those of botocore's client.

    Raises ServiceFailedError, with botocore's name for the failure where it has one. A call is made once, without
    retries. Connections stay open between calls. Several threads may call at the same time.
    """

    def __init__(self, service: str, timeouts: Timeouts, environ: Mapping[str, str]) -> None:
        self._service = service
        self._timeouts = timeouts
        self._region = _region(environ)
        self._keys = AwsKeys(
            access_key_id=environ["AWS_ACCESS_KEY_ID"],
            secret_access_key=environ["AWS_SECRET_ACCESS_KEY"],
            session_token=environ.get("AWS_SESSION_TOKEN"),
        )
        self._address = _address(service, self._region, environ)
        self._authorities = _authorities(environ)
        self._context: ssl.SSLContext | None = None
        self._idle: deque[JsonConnection] = deque()

    def put_item(self, **parameters: Any) -> Any:
        """DynamoDB's PutItem."""
        return self._call("PutItem", parameters)

    def get_item(self, **parameters: Any) -> Any:
        """DynamoDB's GetItem."""
        return self._call("GetItem", parameters)

    def send_message(self, **parameters: Any) -> Any:
        """SQS's SendMessage."""
        return self._call("SendMessage", parameters)

    def close(self) -> None:
        """Close the open connections."""
        while self._idle:
            self._idle.pop().close()

    def _call(self, operation: str, parameters: Mapping[str, Any]) -> Any:
        body = json.dumps(parameters, separators=(",", ":")).encode()
        connection = self._connection()
        try:
            answer = connection.post(self._headers(operation, body), body)
        except TimeoutError as error:
            connection.close()
            raise ServiceFailedError("ReadTimeoutError") from error
        except (OSError, BrokenAnswerError) as error:
            connection.close()
            self.close()  # connections that have been idle as long will be closed too
            raise ConnectionClosedError from error
        if connection.reusable:
            self._idle.append(connection)
        else:
            connection.close()
        if answer.status != _OK:
            raise ServiceFailedError(_kind(answer.status, answer.content))
        try:
            return json.loads(answer.content)
        except ValueError as error:
            raise ServiceFailedError("ResponseParserError") from error

    def _connection(self) -> JsonConnection:
        try:
            return self._idle.pop()
        except IndexError:
            return self._connected()

    def _connected(self) -> JsonConnection:
        """A new connection. Where the first bundle of authorities does not verify the server, the next is tried."""
        if self._address.secure and self._context is None:
            self._context = ssl.create_default_context(cafile=self._authorities[0])
        try:
            connection = JsonConnection.open(self._address, self._context, seconds=self._timeouts.connect_seconds)
        except TimeoutError as error:
            raise ServiceFailedError("ConnectTimeoutError") from error
        except ssl.SSLError as error:
            if isinstance(error, ssl.SSLCertVerificationError) and len(self._authorities) > 1:
                self._authorities, self._context = self._authorities[-1:], None
                return self._connected()
            raise ServiceFailedError("SSLError") from error
        except OSError as error:
            raise ServiceFailedError("EndpointConnectionError") from error
        connection.wait_for(self._timeouts.read_seconds)
        return connection

    def _headers(self, operation: str, body: bytes) -> dict[str, str]:
        headers = {
            "Host": self._address.authority,
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"{_TARGETS[self._service]}.{operation}",
        }
        return signed(
            headers,
            body,
            service=self._service,
            region=self._region,
            keys=self._keys,
            now=datetime.now(UTC),
        )


def _address(service: str, region: str, environ: Mapping[str, str]) -> Address:
    chosen = environ.get(f"AWS_ENDPOINT_URL_{service.upper()}") or environ.get("AWS_ENDPOINT_URL")
    if not chosen:
        return Address(secure=True, host=f"{service}.{region}.amazonaws.com")
    from urllib.parse import urlsplit  # noqa: PLC0415 - only where it is needed: it takes its time to load

    parts = urlsplit(chosen)
    return Address(secure=parts.scheme == "https", host=parts.hostname or "", port=parts.port)


def _authorities(environ: Mapping[str, str]) -> list[str | None]:
    """The bundles of certificate authorities to try, in order; None is the system's own.

    Reading all the authorities of a whole bundle takes a fifth of a cold start. AWS's endpoints have certificates of
    Amazon's own five authorities (https://www.amazontrust.com/repository/), which the layer's build puts in a bundle of
    their own.
    """
    if chosen := environ.get("AWS_CA_BUNDLE"):
        return [chosen]
    package = importlib.util.find_spec("certifi")
    if package is None or package.origin is None:
        return [None]
    bundles = (Path(package.origin).with_name(name) for name in ("amazon.pem", "cacert.pem"))
    return [str(bundle) for bundle in bundles if bundle.is_file()]


def _kind(status: int, content: bytes) -> str:
    """The service's name for a failure; the HTTP status where it gives none."""
    try:
        told = json.loads(content)
    except ValueError:
        return str(status)
    name = told.get("__type") if isinstance(told, dict) else None
    return name.rpartition("#")[2] if isinstance(name, str) and name else str(status)
