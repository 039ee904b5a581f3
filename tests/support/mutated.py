"""The vendor's example with random changes."""

from __future__ import annotations

import base64
import copy
import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

PROJECT = Path(__file__).parents[2]
EVENTS = PROJECT / "events" / "receiver"
USER = "0d9c1f6e-1111-4222-8333-444455556666"
STATUS: dict[str, Any] = {
    "function": "HEATING",
    "mode": "MANUAL",
    "setPoint": {"value": "20.50000", "unit": "C"},
    "programs": [{"number": "2"}],
    "activationTime": "2026-01-14T22:15:00",
    "temperatureFormat": "C",
    "loadState": "ACTIVE",
    "time": "2026-01-14T07:30:04+01:00",
    "thermometer": {"measures": [{"timeStamp": "2026-01-14T06:30:02+00:00", "value": "18.70", "unit": "C"}]},
    "hygrometer": {"measures": [{"timeStamp": "2026-01-14T06:30:03Z", "value": "52.0", "unit": "%"}]},
    "online": True,
    "sender": {
        "addressType": "AddressLocation",
        "system": "thermoregulation",
        "plant": {"id": "P", "module": {"id": "M"}},
    },
    "receiver": {"oid": [USER]},
}
ENVELOPE: dict[str, Any] = {
    "id": "E",
    "eventType": "DeviceToCloud",
    "subject": "///bs_cloud_P//",
    "eventTime": "2026-01-14T06:30:05Z",
    "data": {"chronothermostats": [STATUS]},
    "subjectElements": {"plantId": "bs_cloud_P"},
}
GONE = object()


def body(document: object) -> bytes:
    return json.dumps(document).encode()


def changed(original: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """A copy with the value at a dotted path replaced or removed."""
    copied = copy.deepcopy(original)
    *parents, last = (int(step) if step.isdigit() else step for step in path.split("."))
    at: Any = copied
    for step in parents:
        at = at[step]
    if value is GONE:
        del at[last]
    else:
        at[last] = value
    return copied


def event_body(name: str) -> bytes:
    event = json.loads((EVENTS / f"{name}.json").read_text())
    raw: bytes = event["body"].encode()
    return base64.b64decode(raw) if event["isBase64Encoded"] else raw


GOOD_EVENTS = {
    "observed": 1,
    "single_envelope": 1,
    "bare_object": 1,
    "bare_status": 1,
    "boost": 1,
    "off": 1,
    "protection": 1,
    "manual_until_local_time": 1,
    "cooling": 1,
    "fahrenheit": 1,
    "two_thermostats_in_one_event": 2,
    "two_events_in_one_request": 2,
    "several_measures": 1,
    "unknown_fields": 1,
    "nulls": 1,
    "base64": 1,
    "duplicate_key": 1,
    "unreadable_fields": 1,
    "impossible_values": 1,
}
GENUINE = [
    body([ENVELOPE]),
    *(event_body(name) for name in [*GOOD_EVENTS, "unreadable_neighbour", "validation_handshake"]),
]
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
keys = st.sampled_from([*STATUS, *ENVELOPE, "chronothermostats", "measures", "value", "unit", "plant", "oid", "", "é"])
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=8
)


def places(document: Any) -> list[tuple[Any, Any]]:
    """Every place in a document, as a container and a key in it."""
    entries = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    return [place for key, value in list(entries) for place in [(document, key), *places(value)]]


@st.composite
def mutated(draw: st.DrawFn) -> object:
    """A genuine document with some places replaced, removed, or copied to another place."""
    root = [json.loads(draw(st.sampled_from(GENUINE)))]
    for _ in range(draw(st.integers(1, 4))):
        container, key = draw(st.sampled_from(places(root)))
        what = draw(st.sampled_from(["replace", "remove", "copy", "add"]))
        if what == "remove" and container is not root:
            del container[key]
        elif what == "copy":
            source, name = draw(st.sampled_from(places(root)))
            container[key] = copy.deepcopy(source[name])
        elif what == "add" and isinstance(container, dict):
            container[draw(keys)] = draw(json_values)
        else:
            container[key] = draw(json_values)
    return root[0]
