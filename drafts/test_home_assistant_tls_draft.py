"""The add-on `home_assistant` beside the deployed core and `events`: the broker retains what the table has."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from smarther_cli.deploy import add_on
from smarther_cli.deployment import Deployment, place_of
from tests.support.envelopes import envelope, status

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.conftest import Home

PATIENCE_SECONDS = 60


class Mirrored:
    """The deployed add-on, and the certificate's files as an owner has them."""

    def __init__(self, home: Home, outputs: dict[str, str], folder: Path) -> None:
        self.outputs = outputs
        self._home = home
        self._folder = folder

    def state(self, module_id: str) -> dict[str, Any]:
        """The retained state of a thermostat; empty where there is none."""
        data = self._home.state.cloud.client("iot-data")
        try:
            message = data.get_retained_message(topic=f"{self.outputs['StateTopics']}{module_id}")
        except data.exceptions.ResourceNotFoundException:
            return {}
        found: dict[str, Any] = json.loads(message["payload"])
        return found

    def discovered_at(self, module_id: str) -> int:
        """When the retained discovery of a thermostat was published (epoch milliseconds); 0 where there is none."""
        data = self._home.state.cloud.client("iot-data")
        try:
            message = data.get_retained_message(topic=f"{self.outputs['DiscoveryTopics']}{module_id}/config")
        except data.exceptions.ResourceNotFoundException:
            return 0
        at: int = message["lastModifiedTime"]
        return at

    def connected(self, client_id: str, *, certificate: bool) -> bytes:
        """What the listener answers to a client's first packet (MQTT 3.1.1); nothing where it hangs up."""
        context = ssl.create_default_context(cafile=self._folder / "ca.pem")
        if certificate:
            context.load_cert_chain(self._folder / "home-assistant.crt", self._folder / "home-assistant.key")
        name = client_id.encode()
        body = b"\x00\x04MQTT\x04\x02\x00\x3c" + len(name).to_bytes(2) + name
        with (
            socket.create_connection(("127.0.0.1", self._home.state.mqtt_port), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as secured,
        ):
            secured.sendall(b"\x10" + bytes([len(body)]) + body)
            try:
                return secured.recv(4)
            except ssl.SSLError, ConnectionError:
                return b""
