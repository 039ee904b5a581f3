"""A thermostat's state as JSON, in notifications and in REST answers.

The notification is the array of envelopes of the only full capture known (artumino/smarther-rs
`validation/c2c_event.json`): numbers as text with uneven decimals, program numbers as text, UTC times with `+00:00`,
the plant with a prefix in `subject`. REST answers differ (the same project's capture): program numbers as numbers,
local times, `addressLocation`. The naive local `activationTime` is from openhab-addons issue 9253.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from hashlib import sha256
from typing import Any

from sandbox.legrand.home.homes import Module, Plant
from sandbox.legrand.home.program import WeeklyProgram
from sandbox.legrand.home.snapshot import Mode, Snapshot
from sandbox.legrand.variants import USUAL, Variants

type Document = dict[str, Any]

MEASURED_BEFORE = timedelta(seconds=1)
"""In the captured notification the measures are a second older than the event; in the captured answer, as old."""
CAPABILITIES = ("function", "mode", "setPoint", "programs", "activationTime", "loadState", "thermometer", "hygrometer")
"""One for each field (bticino_x8000_component issue 5 shows the first three); not all of them can be set."""
ONLY_TOLD = frozenset({"loadState", "thermometer", "hygrometer"})


def notification(
    snapshot: Snapshot, envelope_id: str, receivers: Sequence[str], variants: Variants = USUAL
) -> list[Document]:
    """One change, as an array of one envelope."""
    status = _status(snapshot, UTC, "AddressLocation", measured_before=MEASURED_BEFORE)
    status["programs"] = [{"number": str(snapshot.program)}]
    if "activationTime" in status and variants.end_in_pushes == "zulu":
        status["activationTime"] += "Z"
    if variants.online != "missing":
        status["online"] = variants.online == "true" or (variants.online == "either" and snapshot.at.minute % 2 == 0)
    status["receiver"] = {"oid": list(receivers)}
    return [
        {
            "id": envelope_id,
            "eventType": "DeviceToCloud",
            "subject": f"///bs_cloud_{snapshot.plant_id}//",
            "eventTime": _zulu(snapshot.at - MEASURED_BEFORE),
            "data": {"chronothermostats": [status]},
            "subjectElements": {"plantId": f"bs_cloud_{snapshot.plant_id}"},
        }
    ]


def device_time(snapshot: Snapshot) -> str:
    """The device's time, as in the notification."""
    return _stamp(snapshot.told, UTC)


def status_answer(snapshot: Snapshot, zone: tzinfo) -> Document:
    """The answer to "get status"."""
    return {"chronothermostats": [_status(snapshot, zone, "addressLocation")]}


def measures_answer(snapshot: Snapshot, zone: tzinfo) -> Document:
    """The answer to "measures"."""
    sender = _sender(snapshot.plant_id, snapshot.module_id, "addressLocation")
    return {**_measures(snapshot, zone, timedelta()), "sender": sender}


def programs_answer(plant_id: str, module_id: str, programs: Sequence[WeeklyProgram]) -> Document:
    """The answer to "programlist"; number 0 is the built-in one, which clients hide."""
    known = [{"number": each.number, "name": each.name} for each in programs]
    return {"chronothermostats": [{"programs": known, "sender": _sender(plant_id, module_id, "addressLocation")}]}


def plants_answer(plants: Sequence[Plant], *, bare: bool = False) -> Document:
    """The answer to "plants"; `bare` omits what was missing in smarther-rs's first live run (d8a0b65)."""
    if bare:
        return {"plants": [{"id": plant.id} for plant in plants]}
    return {"plants": [{"id": plant.id, "name": plant.name, "type": "house"} for plant in plants]}


def topology_answer(plant: Plant, *, bare: bool = False) -> Document:
    """The answer to "topology"; `bare` as in "plants"."""
    modules = [_module(module) | ({} if bare else {"capabilities": _capabilities()}) for module in plant.modules]
    return {"plant": {"id": plant.id, "name": plant.name, "modules": modules}}


def encoded(document: object) -> bytes:
    """The document as the bytes of a body."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def content_of(envelopes: Sequence[Mapping[str, Any]]) -> str:
    """A short digest of a notification's content, the same for a copy under another envelope id."""
    said = json.dumps([envelope["data"] for envelope in envelopes], sort_keys=True)
    return sha256(said.encode()).hexdigest()[:16]


def _status(
    snapshot: Snapshot, zone: tzinfo, address_type: str, *, measured_before: timedelta = timedelta()
) -> Document:
    status: Document = {"function": snapshot.function.value, "mode": snapshot.mode.value}
    if snapshot.set_point is not None:
        status["setPoint"] = {"value": f"{snapshot.set_point:.5f}", "unit": "C"}
    status["programs"] = [{"number": snapshot.program}]
    if snapshot.until is not None and snapshot.mode is not Mode.AUTOMATIC:
        status["activationTime"] = f"{snapshot.until:%Y-%m-%dT%H:%M:%S}"
    return {
        **status,
        "temperatureFormat": "C",
        "loadState": "ACTIVE" if snapshot.active else "INACTIVE",
        "time": _stamp(snapshot.told, zone),
        **_measures(snapshot, zone, measured_before),
        "sender": _sender(snapshot.plant_id, snapshot.module_id, address_type),
    }


def _measures(snapshot: Snapshot, zone: tzinfo, before: timedelta) -> Document:
    stamp = _stamp(snapshot.measured_at or snapshot.at - before, zone)
    return {
        "thermometer": {"measures": [{"timeStamp": stamp, "value": _shortest(snapshot.temperature), "unit": "C"}]},
        "hygrometer": {"measures": [{"timeStamp": stamp, "value": f"{snapshot.humidity:.1f}", "unit": "%"}]},
    }


def _sender(plant_id: str, module_id: str, address_type: str) -> Document:
    return {
        "addressType": address_type,
        "system": "thermoregulation",
        "plant": {"id": plant_id, "module": {"id": module_id}},
    }


def _module(module: Module) -> Document:
    return {"device": "chronothermostat", "id": module.id, "name": module.name}


def _capabilities() -> list[Document]:
    return [
        {
            "capability": field,
            "canDo": {
                "command": {"do": field not in ONLY_TOLD},
                "request": {"do": True},
                "notification": {"do": True},
            },
        }
        for field in CAPABILITIES
    ]


def _shortest(value: Decimal) -> str:
    """`20` and `19.5`, never `20.0`: as captured."""
    return str(int(value)) if value == int(value) else str(value)


def _stamp(at: datetime, zone: tzinfo) -> str:
    try:
        local = at.astimezone(zone)
    except OverflowError:  # within hours of either end of the calendar
        local = at
    return local.isoformat(timespec="seconds")


def _zulu(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
