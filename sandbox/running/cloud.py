"""The local cloud: MiniStack on the loopback interface, with IAM enforced."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

from sandbox.running import paths, processes
from smarther.aws.botocore_client import config_of
from smarther.aws.timeouts import Timeouts

if TYPE_CHECKING:
    from collections.abc import Mapping

REGION = "us-east-1"
_PATIENT = config_of(Timeouts(connect_seconds=60, read_seconds=180))
"""Long timeouts and one attempt: a call may run a function to its end, and must not run it twice."""

_ACCESS_KEY_ID = "test"
_SECRET_ACCESS_KEY = "test"  # noqa: S105 - the emulator's root caller, on the loopback interface only


@dataclass(frozen=True, slots=True)
class Cloud:
    """A running local cloud: its address, the port of its AWS IoT Core on 127.0.0.1, and the credentials to call it."""

    endpoint_url: str
    mqtt_port: int
    region: str = REGION
    access_key_id: str = _ACCESS_KEY_ID
    secret_access_key: str = _SECRET_ACCESS_KEY

    def client(self, service: str) -> Any:
        """A boto3 client of the service, as the account's root caller."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint_url,
            region_name=self.region,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            config=_PATIENT,
        )

    def environment(self) -> Mapping[str, str]:
        """Environment variables that point any AWS tool at this cloud, overriding the user's own settings."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }


def start(emulator: str = "sandbox.emulator") -> Cloud:
    """Start the local cloud on a free port and return when it is ready.

    It gets its own environment: Lambda workers inherit it, so the user's variables must not reach it. All its files are
    under `.sandbox/`. `emulator` is the module that its interpreter runs.
    """
    port, mqtt_port = processes.free_ports(2)
    cloud = Cloud(f"http://127.0.0.1:{port}", mqtt_port)
    temporary = paths.TEMPORARY
    temporary.mkdir(parents=True, exist_ok=True)
    processes.start(
        "cloud",
        [str(paths.CLOUD_ENVIRONMENT / "bin" / "python"), "-m", emulator],
        {
            "PATH": f"{paths.CLOUD_ENVIRONMENT / 'bin'}:{os.defpath}",
            "HOME": str(temporary),
            "TMPDIR": str(temporary),
            "GATEWAY_PORT": str(port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION,
            "AUTH": "true",
            "ACCESS_RECORD": str(paths.ACCESS_RECORD),
            "IOT_MTLS_PORT": str(cloud.mqtt_port),
            "S3_DATA_DIR": str(temporary / "s3"),
            "STATE_DIR": str(temporary / "state"),
            "PYTHONUNBUFFERED": "1",
        },
        ready=lambda: processes.answers(f"{cloud.endpoint_url}/_ministack/ready"),
    )
    return cloud
