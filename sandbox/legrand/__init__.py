"""A stand-in for Legrand's cloud: login, Smarther v2.0 API and notifier on loopback, with homes that live.

`python -m sandbox.legrand --port 0` starts it; `serve_in_thread()` runs it inside a test; `Provider` is the whole of it
without HTTP. What is known of the real service, and from whom, stands beside each rule in the modules.
"""

from sandbox.legrand.http.app import create_app
from sandbox.legrand.http.server import Stand, serve_in_thread
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
    "Settings",
    "Stand",
    "create_app",
    "serve_in_thread",
]
