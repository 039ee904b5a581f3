"""`.sandbox/state.json`: the addresses and names of a running sandbox, for tools and tests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.running import paths
from sandbox.running.cloud import Cloud
from sandbox.running.processes import SandboxError
from sandbox.running.stack import Stack

if TYPE_CHECKING:
    from typing import Self

_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class State:
    """A running sandbox: its cloud, Legrand's stand-in, the deployed stack, and the webhook's full address.

    `webhook_url` holds the webhook's secret, so the file is readable by its owner only and ignored by git.
    """

    cloud: Cloud
    legrand_url: str
    stack: Stack
    webhook_url: str

    def save(self) -> None:
        """Write the file, readable by its owner only."""
        paths.STATE.touch(mode=_OWNER_ONLY)
        paths.STATE.write_text(
            json.dumps(
                {
                    "aws": {
                        "endpoint_url": self.cloud.endpoint_url,
                        "mqtt_port": self.cloud.mqtt_port,
                        "region": self.cloud.region,
                        "access_key_id": self.cloud.access_key_id,
                        "secret_access_key": self.cloud.secret_access_key,
                    },
                    "legrand": {"url": self.legrand_url},
                    "stack": {"name": self.stack.name, "outputs": dict(self.stack.outputs)},
                    "webhook_url": self.webhook_url,
                },
                indent=2,
            )
        )

    @classmethod
    def load(cls) -> Self:
        """The running sandbox. Raises SandboxError if there is none."""
        if not paths.STATE.exists():
            raise SandboxError("no sandbox is running; start one with `make sandbox`")
        told = json.loads(paths.STATE.read_text())
        return cls(
            Cloud(**told["aws"]),
            told["legrand"]["url"],
            Stack(told["stack"]["name"], told["stack"]["outputs"]),
            told["webhook_url"],
        )
