"""The local cloud's MQTT listener, which admits clients as AWS IoT Core does: by their certificate.

MiniStack's own listens on every interface, and does for a client without a certificate whatever it asks. Here it
listens on the loopback interface, and refuses such a client in the handshake:
https://docs.aws.amazon.com/iot/latest/developerguide/client-authentication.html. Works in the local cloud's own
process.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any

from ministack.services import iot

if TYPE_CHECKING:
    from collections.abc import Callable

# What is not MiniStack's to offer is looked for at the start, so that a version without it does not start.
_build: Callable[[], ssl.SSLContext] = iot._mtls_build_ssl_context  # noqa: SLF001
_port: Callable[[], int | None] = iot._mtls_port  # noqa: SLF001
_acceptor: Any = iot._MtlsAcceptor  # noqa: SLF001


def install() -> None:
    """Have the listener be so."""
    iot._mtls_start_locked = start  # noqa: SLF001
    iot._mtls_build_ssl_context = requiring  # noqa: SLF001


async def start() -> None:
    """Listen on the loopback interface. Raises OSError if the port is taken."""
    if iot._mtls_server is None:  # noqa: SLF001
        iot._mtls_loop = asyncio.get_running_loop()  # noqa: SLF001
        iot._mtls_server = await iot._mtls_loop.create_server(_acceptor, host="127.0.0.1", port=_port())  # noqa: SLF001


def requiring() -> ssl.SSLContext:
    """The TLS context of the listener, which asks for a certificate of the cloud's own authority."""
    context = _build()
    context.verify_mode = ssl.CERT_REQUIRED
    return context
