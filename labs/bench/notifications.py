"""The notifications of benchmarks: the observed body, each with another time, as an HTTP API's event."""

from __future__ import annotations

import hashlib
import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from labs.bench import places

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "benchmark_benchmark_benchmark_benchmark_ben"
DIGEST = hashlib.sha256(SECRET.encode()).hexdigest()

_EXAMPLE = places.PROJECT / "events" / "receiver" / "observed.json"
_FIRST = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=12)
"""In the past, but not long ago: readings from the future and very late ones cost an additional write each."""


def events(modules: int = 1) -> Iterator[dict[str, Any]]:
    """Endless notifications, of the thermostats in turn, each a second later than the last."""
    for number in itertools.count():
        yield event(number, f"1ee68d6f-46b7-8f11-e053-{number % modules:012x}")


def event(number: int, module_id: str) -> dict[str, Any]:
    """The notification with this number, from this thermostat."""
    told: dict[str, Any] = json.loads(_EXAMPLE.read_text())
    instant = _FIRST + timedelta(seconds=number)
    envelopes = json.loads(told["body"])
    for envelope in envelopes:
        envelope["id"] = f"6f1c2a34-5b7d-4e8f-9a01-{number:012x}"
        envelope["eventTime"] = f"{instant:%Y-%m-%dT%H:%M:%SZ}"
        for status in envelope["data"]["chronothermostats"]:
            status["time"] = f"{instant:%Y-%m-%dT%H:%M:%S+00:00}"
            status["sender"]["plant"]["module"]["id"] = module_id
            for instrument in ("thermometer", "hygrometer"):
                status[instrument]["measures"][0]["timeStamp"] = status["time"]
    told["body"] = json.dumps(envelopes, separators=(",", ":"))
    told["pathParameters"]["secret"] = SECRET
    told["rawPath"] = told["requestContext"]["http"]["path"] = f"/notifications/{SECRET}"
    return told
