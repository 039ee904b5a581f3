"""Invented notifications in the form in which Legrand sends them."""

from __future__ import annotations

import uuid
from typing import Any

PLANT = "b5e48d6f-cbad-2711-e053-27182d0ad74c"
USER = "a122e653-53fb-450e-b000-d47659807585"


def status(module_id: str, **changes: Any) -> dict[str, Any]:
    """A thermostat's status in the observed form, with changes; None removes a field."""
    whole = {
        "function": "HEATING",
        "mode": "MANUAL",
        "setPoint": {"value": "19.10000", "unit": "C"},
        "programs": [{"number": "1"}],
        "activationTime": "2026-11-22T02:00:47Z",
        "temperatureFormat": "C",
        "loadState": "ACTIVE",
        "time": "2026-11-21T15:30:20+00:00",
        "thermometer": {"measures": [{"timeStamp": "2026-11-21T15:30:19+00:00", "value": "18.6", "unit": "C"}]},
        "hygrometer": {"measures": [{"timeStamp": "2026-11-21T15:30:19+00:00", "value": "52.4", "unit": "%"}]},
        "sender": {
            "addressType": "AddressLocation",
            "system": "thermoregulation",
            "plant": {"id": PLANT, "module": {"id": module_id}},
        },
        "receiver": {"oid": [USER]},
    }
    return {name: value for name, value in (whole | changes).items() if value is not None}


def envelope(*statuses: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "eventType": "DeviceToCloud",
        "subject": f"///bs_cloud_{PLANT}//",
        "eventTime": "2026-11-21T15:30:20Z",
        "data": {"chronothermostats": list(statuses)},
        "subjectElements": {"plantId": f"bs_cloud_{PLANT}"},
    }
