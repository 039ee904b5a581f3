"""`make home-assistant`: does a real Home Assistant find the sandbox's thermostats, also with an empty memory?

It starts the sandbox in a folder of its own, lets its home live half a day, deploys the add-ons, and has Home Assistant
read from the local cloud's broker with the certificate. What it shows is compared with the table.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import httpx
from rich.console import Console

from sandbox.running import lifecycle, lived, paths, processes
from sandbox.running.processes import SandboxError
from smarther.store.listings import Listings
from smarther.store.past.history import History
from smarther.store.table import Table
from smarther_cli.deploy import add_on
from smarther_cli.deployment import Deployment, place_of
from smarther_cli.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sandbox.running.state import State

    type Shown = dict[str, float | None]
    """The temperature of each thermostat by its name."""

HALF_A_DAY: Final = timedelta(hours=12)
HASS: Final = paths.PROJECT / ".venv-home-assistant" / "bin" / "hass"
PATIENCE_SECONDS: Final = 120
USER, PASSWORD = "owner", "password"  # of a Home Assistant that ends with this program


def main() -> int:
    """Run it; returns 0 where Home Assistant showed twice what the table has, 1 where it did not."""
    argparse.ArgumentParser(prog="python -m labs.home_assistant", description=__doc__).parse_args()
    console = Console(highlight=False)

    def report(text: str) -> None:
        console.print(f"· {text}", markup=False)

    try:
        state = lifecycle.up(report=report)
        try:
            lived.prepare(state, report=report)
            report("living half a day")
            lived.live(state, HALF_A_DAY)
            return 0 if _finds_all(state, report=report) else 1
        finally:
            lifecycle.down(own_only=True)
    except (SandboxError, Failure) as error:
        console.print(str(error), style="red", markup=False)
        return 1


def _finds_all(state: State, *, report: Any) -> bool:
    folder = paths.TEMPORARY / "home-assistant"
    folder.mkdir(mode=0o700)
    client_id = certified(state, folder, report=report)["ClientId"]
    expected = in_table(state)
    port = processes.free_port()
    configure(folder, state, client_id, port)
    agreed = True
    for memory in ("with an empty memory", "once more, its memory emptied"):
        report(f"starting Home Assistant {memory}")
        for each in (folder / ".storage").glob("core.*_registry"):
            each.unlink()
        with running(folder, port) as url:
            seen = shown(url, until=expected)
        report(f"it shows {', '.join(f'{name} {celsius} °C' for name, celsius in sorted(seen.items())) or 'nothing'}")
        agreed = agreed and seen == expected
    report(f"the table has {len(expected)} thermostats: {'the same' if agreed else f'other values, {expected}'}")
    return agreed and bool(expected)


def certified(state: State, folder: Path, *, events: str = "", report: Callable[[str], None]) -> dict[str, str]:
    """Deploy `events`, with these parameters, and `home_assistant` with a certificate for a key that is made here.

    The folder gets `key.pem`, `certificate.pem`, and `ca.pem`, the local cloud's authority. Returns the outputs of
    `home_assistant`. Raises Failure, or boto3's own error.
    """
    ask = ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run(  # noqa: S603 - ours alone
        [*ask, "-subj", "/CN=home-assistant", "-keyout", "key.pem", "-out", "csr.pem"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    core = Deployment(place_of(sandbox=True))
    add_on.deploy(core, "events", given=events, report=report)
    outputs = add_on.deploy(core, "home_assistant", given=f"Csr='@{folder}/csr.pem'", report=report)
    iot = state.cloud.client("iot")
    described = iot.describe_certificate(certificateId=outputs["CertificateId"])["certificateDescription"]
    (folder / "certificate.pem").write_text(described["certificatePem"])
    authority = httpx.get(f"{state.cloud.endpoint_url}/_ministack/iot/ca.pem").raise_for_status()
    (folder / "ca.pem").write_text(authority.text)
    return outputs


def in_table(state: State) -> Shown:
    """The newest temperature of each thermostat, as the table has it."""
    table = Table(state.cloud.client("dynamodb"), state.stack.outputs["TableName"])
    newest = {
        each.name: History(table).newest(each.module_id, limit=1)[0].snapshot.temperature
        for each in Listings(table).thermostats()
    }
    return {name: None if celsius is None else float(celsius) for name, celsius in newest.items()}


def configure(folder: Path, state: State, client_id: str, port: int) -> None:
    """Write what Home Assistant needs to begin without a person: a user, and the broker with its certificate."""
    (folder / "configuration.yaml").write_text(
        f"http:\n  server_host: 127.0.0.1\n  server_port: {port}\nsensor: []\nclimate: []\n"
    )
    subprocess.run(  # noqa: S603 - ours alone
        [str(HASS), "--script", "auth", "-c", str(folder), "add", USER, PASSWORD], check=True, capture_output=True
    )
    storage = folder / ".storage"
    broker = {
        "broker": "localhost",
        "port": state.cloud.mqtt_port,
        "client_id": client_id,
        "protocol": "5",
        "certificate": (folder / "ca.pem").read_text(),
        "client_cert": (folder / "certificate.pem").read_text(),
        "client_key": (folder / "key.pem").read_text(),
        "discovery": True,
        "discovery_prefix": "homeassistant",
    }
    entry = {
        "entry_id": "recorder",
        "version": 1,
        "minor_version": 2,
        "domain": "mqtt",
        "title": "recorder",
        "data": broker,
        "options": {},
        "pref_disable_new_entities": False,
        "pref_disable_polling": False,
        "source": "user",
        "unique_id": None,
        "disabled_by": None,
        "discovery_keys": {},
        "subentries": [],
        "created_at": "2025-01-01T00:00:00+00:00",
        "modified_at": "2025-01-01T00:00:00+00:00",
    }
    for key, version, minor, data in (
        ("core.config_entries", 1, 5, {"entries": [entry]}),
        ("onboarding", 4, 1, {"done": ["user", "core_config", "analytics", "integration"]}),
    ):
        told = {"version": version, "minor_version": minor, "key": key, "data": data}
        (storage / key).write_text(json.dumps(told))


@contextmanager
def running(folder: Path, port: int) -> Iterator[str]:
    """While inside, Home Assistant runs and answers at this address. Raises SandboxError if it does not."""
    log = paths.LOGS / "home-assistant.log"
    with log.open("w") as output:
        process = subprocess.Popen(  # noqa: S603 - ours alone
            [str(HASS), "-c", str(folder), "--skip-pip"],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={"PATH": os.defpath, "HOME": str(folder)},
        )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not processes.answers(f"{url}/manifest.json") and not processes.answers(f"{url}/auth/providers"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SandboxError(f"Home Assistant did not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.5)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_SECONDS)


def shown(url: str, *, until: Shown) -> Shown:
    """What the climate devices of Home Assistant show, as soon as it is what is expected, or when patience ends."""
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {_token(url)}"}) as api:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            states = api.get("/api/states").raise_for_status().json()
            seen = {
                each["attributes"]["friendly_name"]: each["attributes"].get("current_temperature")
                for each in states
                if each["entity_id"].startswith("climate.")
            }
            if seen == until or time.monotonic() > deadline:
                return seen
            time.sleep(1)


def _token(url: str) -> str:
    """An access token of the one user: https://developers.home-assistant.io/docs/auth_api/."""
    asked = {"client_id": f"{url}/", "handler": ["homeassistant", None], "redirect_uri": f"{url}/"}
    flow = httpx.post(f"{url}/auth/login_flow", json=asked).raise_for_status().json()
    said = {"client_id": f"{url}/", "username": USER, "password": PASSWORD}
    code = httpx.post(f"{url}/auth/login_flow/{flow['flow_id']}", json=said).raise_for_status().json()["result"]
    granted = httpx.post(
        f"{url}/auth/token", data={"client_id": f"{url}/", "grant_type": "authorization_code", "code": code}
    )
    token: str = granted.raise_for_status().json()["access_token"]
    return token


if __name__ == "__main__":
    sys.exit(main())
