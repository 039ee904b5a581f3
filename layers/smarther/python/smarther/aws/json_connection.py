"""One connection to a service of AWS that speaks JSON: sends a POST to `/` and reads its answer, in HTTP/1.1.

Python's `http.client` would do the same. It reads headers with the package `email`, which takes a tenth of a cold start
to load, and a tenth of the processor time of a notification to run. The rules are those of RFC 9112; the tests compare
what is read with what `http.client` reads.
"""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping

_STATUS_LINE: Final = re.compile(rb"HTTP/1\.(?P<minor>\d) (?P<status>[1-5]\d\d)(?: |$)")
_LONGEST_LINE: Final = 65_536
_MOST_FIELDS: Final = 100
_MOST_DIGITS: Final = 15  # of a length
_FINAL: Final = 200
"""Statuses below this one announce another answer."""


class BrokenAnswerError(Exception):
    """The answer ended too early, or is not HTTP."""


class Address(NamedTuple):
    """Where a service listens. `port` is None for that of the scheme."""

    secure: bool
    host: str
    port: int | None = None

    @property
    def authority(self) -> str:
        """The host, with the port where one is given: the header `Host`."""
        return self.host if self.port is None else f"{self.host}:{self.port}"


class JsonAnswer(NamedTuple):
    """The status and the content of an answer."""

    status: int
    content: bytes


class JsonConnection:
    """An open connection. It is for one caller at a time.

    Every method raises OSError, TimeoutError among them, if the network fails. After an error, close it.
    """

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._reader = connected.makefile("rb")
        self.reusable = True
        """Whether another request may be sent; False once the service has announced that it closes the connection."""

    @classmethod
    def open(cls, address: Address, context: ssl.SSLContext | None, *, seconds: float) -> JsonConnection:
        """Connect within this time; a secure address needs a context. Raises ssl.SSLError if TLS fails."""
        host = address.host.encode()  # a text would be encoded by the rules for names in all scripts, which load slowly
        port = address.port or (443 if address.secure else 80)
        connected = socket.create_connection((host, port), seconds)  # type: ignore[arg-type] # it takes bytes too
        try:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # send a request without waiting for more
            if context is not None:
                connected = context.wrap_socket(connected, server_hostname=host)
            return cls(connected)
        except BaseException:
            connected.close()
            raise

    def wait_for(self, seconds: float) -> None:
        """Wait this long for each part of an answer, from now on."""
        self._socket.settimeout(seconds)

    def post(self, headers: Mapping[str, str], body: bytes) -> JsonAnswer:
        """Send a body with these headers, and wait for the answer; raises BrokenAnswerError."""
        lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
        head = f"POST / HTTP/1.1\r\nAccept-Encoding: identity\r\n{''.join(lines)}Content-Length: {len(body)}\r\n\r\n"
        self._socket.sendall(head.encode("latin-1") + body)
        status, fields = self._head()
        while status < _FINAL:
            status, fields = self._head()
        return JsonAnswer(status, self._content(fields))

    def close(self) -> None:
        """Close it; never raises."""
        self._reader.close()
        self._socket.close()

    def _head(self) -> tuple[int, dict[bytes, bytes]]:
        """The status and the header fields; of a field that is there more than once, the first value."""
        first = _STATUS_LINE.match(self._line())
        if first is None:
            raise BrokenAnswerError
        fields: dict[bytes, bytes] = {}
        for _ in range(_MOST_FIELDS):
            line = self._line()
            if not line:
                break
            name, _, value = line.partition(b":")
            fields.setdefault(name.lower(), value.strip())
        else:
            raise BrokenAnswerError
        if first["minor"] == b"0" or b"close" in fields.get(b"connection", b"").lower():
            self.reusable = False
        return int(first["status"]), fields

    def _content(self, fields: Mapping[bytes, bytes]) -> bytes:
        if fields.get(b"transfer-encoding", b"").lower() == b"chunked":
            return b"".join(self._chunks())
        length = fields.get(b"content-length")
        if length is None:
            self.reusable = False
            return self._reader.read()
        return self._exactly(_number(length, 10))

    def _chunks(self) -> Iterator[bytes]:
        while size := _number(self._line().partition(b";")[0].strip(), 16):
            yield self._exactly(size)
            self._line()
        while self._line():  # fields that follow the last chunk
            pass

    def _exactly(self, size: int) -> bytes:
        content = self._reader.read(size)
        if len(content) < size:
            raise BrokenAnswerError
        return content

    def _line(self) -> bytes:
        line = self._reader.readline(_LONGEST_LINE)
        if not line.endswith(b"\n"):
            raise BrokenAnswerError
        return line.rstrip(b"\r\n")


def _number(digits: bytes, base: int) -> int:
    if not (digits.isalnum() and len(digits) <= _MOST_DIGITS):
        raise BrokenAnswerError
    try:
        return int(digits, base)
    except ValueError:
        raise BrokenAnswerError from None
