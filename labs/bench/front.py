"""DynamoDB over TLS on the loopback interface: a proxy in front of the local cloud, or a stub.

On AWS a cold start includes a TLS handshake and reading the authorities' certificates, so the benchmark's do too: its
authority is at the end of a bundle as long as that of AWS's own SDK. Every call is counted.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import ssl
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

type Backend = Callable[[dict[str, str], bytes], tuple[int, bytes]]
"""From headers and body of a request to (status, body) of its answer."""


@dataclass
class Front:
    """A running TLS server: its address, its certificate authority, and the operations called (`PutItem`), in order.

    `authority` is the file of its authority, `bundle` has that authority at the end of many.
    """

    url: str
    bundle: Path
    authority: Path
    calls: list[str] = field(default_factory=list)


@contextmanager
def front(backend: Backend, folder: Path, authorities: Path) -> Iterator[Front]:
    """Run a TLS server; its authority is added to a copy of the bundle `authorities`."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate, authority = _certificates(folder)
    bundle = folder / "bundle.pem"
    bundle.write_bytes(authorities.read_bytes() + b"\n" + authority.read_bytes())
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    server = _Server(("127.0.0.1", 0), _Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.backend = backend
    server.front = Front(f"https://127.0.0.1:{server.server_port}", bundle, authority)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield server.front
    finally:
        server.shutdown()
        server.server_close()


def forwarding(port: int) -> Backend:
    """Forward to the local cloud, over one persistent connection for each thread."""
    held = threading.local()

    def forward(headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        connection: http.client.HTTPConnection | None = getattr(held, "connection", None)
        if connection is None:
            connection = held.connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("POST", "/", body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()

    return forward


def stub(digest: str) -> Backend:
    """A backend that has the digest of one webhook secret and accepts every item."""
    known = json.dumps({"Item": {"current": {"S": digest}}}).encode()

    def answer(headers: dict[str, str], _: bytes) -> tuple[int, bytes]:
        return 200, known if headers["X-Amz-Target"].endswith(".GetItem") else b"{}"

    return answer


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    backend: Backend
    front: Front

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore callers that hang up or do not trust the certificate; raise every other error."""
        if not isinstance(sys.exception(), ssl.SSLError | ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type] # as the library hands them over


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body are sent in one packet
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, _Server)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.front.calls.append(self.headers["X-Amz-Target"].partition(".")[2])
        kept = {name: value for name, value in self.headers.items() if name.lower() not in {"host", "connection"}}
        status, answer = server.backend(kept, body)
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Log nothing: the calls are counted above."""


def _certificates(folder: Path) -> tuple[Path, Path]:
    """A certificate for the loopback interface with its key, and its authority."""
    now = datetime.now(UTC)
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer, subject = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("Benchmark", "127.0.0.1")
    )
    blank = x509.CertificateBuilder().issuer_name(issuer).not_valid_before(now - timedelta(minutes=5))
    blank = blank.not_valid_after(now + timedelta(days=2))
    authority = (
        blank.subject_name(issuer)
        .public_key(authority_key.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=True,
                crl_sign=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    leaf = (
        blank.subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    certificate, vouching = folder / "front.pem", folder / "authority.pem"
    certificate.touch(mode=0o600)
    certificate.write_bytes(private + leaf.public_bytes(pem))
    vouching.write_bytes(authority.public_bytes(pem))
    return certificate, vouching


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
