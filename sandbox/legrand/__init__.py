"""A stand-in for Legrand's cloud: login, Smarther v2.0 API and notifier on loopback, with simulated homes.

`python -m sandbox.legrand --port 0` starts it; `serve_in_thread()` runs it inside a test; `Provider` is all of it
without HTTP. Each rule names the source of what is known about the real service.
"""

from sandbox.legrand.http.app import create_app
from sandbox.legrand.http.server import RunningStandIn, serve_in_thread
from sandbox.legrand.provider.provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    REDIRECT_URI,
    SUBSCRIPTION_KEY,
    Provider,
    Settings,
)

__all__ = [
    "CLIENT_ID",
    "CLIENT_SECRET",
    "REDIRECT_URI",
    "SUBSCRIPTION_KEY",
    "Provider",
    "RunningStandIn",
    "Settings",
    "create_app",
    "serve_in_thread",
]
