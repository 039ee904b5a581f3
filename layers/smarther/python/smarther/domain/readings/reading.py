"""A reading: what one thermostat said at one instant, its identity, and its attributes in the table."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

type Stored = str | Decimal | bool | list[Stored] | Mapping[str, Stored] | None
"""What a table attribute can hold; numbers are Decimals within DynamoDB's range."""

type Source = Literal["push", "poll", "import:file", "import:home-assistant", "import:influxdb"]
"""`push`: it was sent to us; `poll`: we asked; `import:…`: its owner brought it along from there."""

DIGEST_LENGTH = 16  # hex digits; 64 bits tell apart the few readings that share a module and an instant

_ROOM_C = (Decimal(-40), Decimal(70))
_ROOM_F = (Decimal(-40), Decimal(158))
BOUNDS: Mapping[str, tuple[Decimal, Decimal]] = {
    "temperature_c": _ROOM_C,
    "temperature_f": _ROOM_F,
    "setpoint_c": _ROOM_C,
    "setpoint_f": _ROOM_F,
    "humidity_percent": (Decimal(0), Decimal(100)),
    "program": (Decimal(0), Decimal(255)),
}
"""The least and the greatest value of each typed number, both included. They are stated here and nowhere else.

Temperatures: far more than a room can have (set points go from 3 to 40 °C, by the vendor's schema). Outside are the
values that sensors and clouds send when they have none: 85 °C (a DS18B20 just switched on, by its data sheet), 126.5
and 127 °C (off and on at AVM, github.com/KartoffelToby/better_thermostat pull request 1991), -127 °C (no sensor, the
DallasTemperature library), -46.85 and -45 °C (all bits zero in a Si7021 or SHT3x, by the formulas in their data
sheets), -3276.8 °C (bosch-thermostat/home-assistant-bosch-custom-component issue 459).

Humidity is relative: 255 % is a byte with all bits set. A program has a number from 0 to 11 by the vendor's schema; a
byte leaves room for more.

Every reader of the table can hold these values: a mean to four places needs fewer than the 28 digits of Python's
decimals, charts have room for them, and columns of exports are doubles and 64-bit integers.
"""

_NOTHING: Mapping[str, Stored] = MappingProxyType({})


class Reading(NamedTuple):
    """One thermostat status, typed: Celsius and percent as Decimal, instants aware and in UTC, words in upper case.

    What was not sent is None. `temperature_f` and `setpoint_f` are the originals of values that were sent in
    Fahrenheit. `extra` holds the fields of the status that the model does not know, `event_extra` those of the
    envelope.

    `unread` holds, by attribute, what was sent for attributes that are None because it cannot be read or is beyond
    their BOUNDS. Under `extra` and `event_extra` it lists the fields there that had to be altered. `key_only` holds, by
    attribute, values that version 0.1.0 stored and this one does not. They are not stored, but are part of the key, so
    that a redelivery after an upgrade is recognised.
    """

    plant_id: str
    module_id: str
    time: datetime
    function: str | None = None
    mode: str | None = None
    load_state: str | None = None
    temperature_c: Decimal | None = None
    temperature_f: Decimal | None = None
    temperature_time: datetime | None = None
    humidity_percent: Decimal | None = None
    humidity_time: datetime | None = None
    setpoint_c: Decimal | None = None
    setpoint_f: Decimal | None = None
    program: Decimal | None = None
    activation_time: str | None = None
    temperature_format: str | None = None
    online: bool | None = None
    sender_system: str | None = None
    sender_address_type: str | None = None
    extra: Mapping[str, Stored] = _NOTHING
    event_id: str | None = None
    event_type: str | None = None
    event_time: datetime | None = None
    event_extra: Mapping[str, Stored] = _NOTHING
    unread: Mapping[str, Stored] = _NOTHING
    key_only: Mapping[str, Stored] = _NOTHING


_STORED = tuple(name for name in Reading._fields if name != "key_only")


def bounded(attribute: str, number: Decimal | None) -> Decimal | None:
    """The number if it is within the BOUNDS of that attribute; else None, as if it had not been sent.

    Readers of the table apply this to every number: an item that version 0.1.0 wrote may hold any number.
    """
    if number is None:
        return None
    lowest, highest = BOUNDS[attribute]
    return number if lowest <= number <= highest else None


# These may differ where the content is the same: the envelope differs between redeliveries, and the address type is
# spelled `AddressLocation` in a push and `addressLocation` in the answer to a poll.
_NOT_IDENTITY = frozenset({"event_id", "event_type", "event_time", "event_extra", "sender_address_type", "unread"})


def reading_digest(reading: Reading) -> str:
    """16 hex digits, the same for the same content, however it is spelled, wrapped or delivered."""
    said = {**_identity(_content(reading)), **reading.key_only}
    unread = {name: value for name, value in _identity(reading.unread).items() if name not in reading.key_only}
    content = {**said, "unread": unread} if unread else said
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), default=_plain_number)
    return hashlib.sha256(canonical.encode()).hexdigest()[:DIGEST_LENGTH]


def _identity(content: Mapping[str, Stored]) -> dict[str, Stored]:
    return {name: value for name, value in content.items() if name not in _NOT_IDENTITY}


def attributes(
    reading: Reading, *, received_at: datetime, source: Source, retention_days: int | None
) -> dict[str, Stored]:
    """The attributes of a reading's item, without its key; what was not sent is absent.

    With a retention, `expires_at` counts from the arrival, so that a thermostat whose clock is years behind loses
    nothing.
    """
    item: dict[str, Stored] = {
        **_content(reading),
        "received_at": instant_text(received_at),
        "source": source,
    }
    if retention_days is not None:
        item["expires_at"] = expiry(received_at, retention_days)
    return item


def expiry(received_at: datetime, retention_days: int) -> Decimal:
    """Epoch seconds from which an item that arrived at `received_at` may be deleted."""
    return Decimal(int((received_at + timedelta(days=retention_days)).timestamp()))


def instant_text(instant: datetime) -> str:
    """UTC ISO 8601 with `Z`; with microseconds only where they are not zero."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _content(reading: Reading) -> dict[str, Stored]:
    """What was sent, by the names of the table's attributes."""
    content: dict[str, Stored] = {}
    for name in _STORED:
        value = getattr(reading, name)
        if isinstance(value, datetime):
            content[name] = instant_text(value)
        elif value is not None and value != {}:
            content[name] = value
    return content


def _plain_number(value: object) -> str:
    """A normalised Decimal as text: equal numbers have equal texts. The mark keeps 19 and "19" apart."""
    if isinstance(value, Decimal):
        return f"N:{value}"
    raise TypeError(f"{type(value).__name__} has no place in a reading")
