"""The local cloud's MQTT listener, as far as AWS IoT Core admits clients by certificates.

MiniStack's own listens on every interface of the machine, and serves a client that has no certificate as if it might do
everything. Here it listens on the loopback interface, and such a client is refused in the handshake:
https://docs.aws.amazon.com/iot/latest/developerguide/client-authentication.html. Works in the local cloud's own process.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from ministack.services import iot

if TYPE_CHECKING:
    from types import CodeType

_EVERYWHERE, _HERE = "0.0.0.0", "127.0.0.1"  # noqa: S104 - what is replaced


def install() -> None:
    """Have the listener be so. Raises RuntimeError where MiniStack's is of another form than this one knows."""
    start = iot._mtls_start_locked.__code__  # noqa: SLF001 - MiniStack offers no other way
    iot._mtls_start_locked.__code__ = on_loopback(start)  # noqa: SLF001 - the same
    build = iot._mtls_build_ssl_context  # noqa: SLF001 - the same

    def requiring() -> ssl.SSLContext:
        context: ssl.SSLContext = build()
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    iot._mtls_build_ssl_context = requiring  # noqa: SLF001 - the same


def on_loopback(code: CodeType) -> CodeType:
    """The code of a function that listens, with the one address in it replaced. Raises RuntimeError without it."""
    if _EVERYWHERE not in code.co_consts:
        raise RuntimeError("MiniStack's MQTT listener is not what it was")
    return code.replace(co_consts=tuple(_HERE if each == _EVERYWHERE else each for each in code.co_consts))
