"""A Reading: what one thermostat said at one instant, its identity, and the form in which it is stored."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

type Stored = str | Decimal | bool | list[Stored] | Mapping[str, Stored] | None
"""What a table attribute can hold; numbers are Decimals within DynamoDB's range."""

type Source = Literal["push", "poll"]

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
"""What a typed number may be, both ends included; the bounds are stated here and nowhere else.

Temperatures: what the room of a thermostat can have, with much to spare on either side (set points go from 3 to 40 °C,
the vendor's schema). Outside are the values by which sensors and clouds say that they have none: 85 °C (a DS18B20 that
was just switched on, its data sheet), 126.5 and 127 °C (off and on at AVM, github.com/KartoffelToby/better_thermostat
pull request 1991), -127 °C (no sensor, the DallasTemperature library), -46.85 and -45 °C (all bits of a Si7021 or SHT3x
zero, by the formulas in their data sheets), -3276.8 °C (bosch-thermostat/home-assistant-bosch-custom-component issue
459). Humidity is relative, so 255 % is a byte with all its bits set. A program has a number from 0 to 11 (the vendor's
schema); a byte is room enough.

Every reader holds what is within: a mean to four places has fewer than the 28 digits of Python's decimals, a chart has
room, and columns of exports are doubles and whole numbers of 64 bits.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One thermostat status, typed: Celsius and percent as Decimal, instants aware and in UTC, words in upper case.

    What the sender left out is None. `temperature_f` and `setpoint_f` hold the original of a value that came in
    Fahrenheit. `extra` is what the status held and the model does not know; `event_extra` the same of the envelope.

    `unread` is what was sent for attributes that are None because it cannot be read, or is beyond their BOUNDS: by the
    attributes' names, as it was sent. Under `extra` and `event_extra` it lists the fields there that are not quite as
    they were sent. `key_only` is what version 0.1.0 typed and this one does not, by attribute: it is part of the key,
    so that a redelivery across an upgrade is known, and not stored.
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
    extra: Mapping[str, Stored] = field(default_factory=dict)
    event_id: str | None = None
    event_type: str | None = None
    event_time: datetime | None = None
    event_extra: Mapping[str, Stored] = field(default_factory=dict)
    unread: Mapping[str, Stored] = field(default_factory=dict)
    key_only: Mapping[str, Stored] = field(default_factory=dict)


_STORED = tuple(name for name in Reading.__slots__ if name != "key_only")


def bounded(attribute: str, number: Decimal | None) -> Decimal | None:
    """The number if that attribute of a reading may hold it, else None, as if it had not been sent.

    Readers of the table ask this of every number: items that version 0.1.0 wrote may hold any that DynamoDB can.
    """
    if number is None:
        return None
    lowest, highest = BOUNDS[attribute]
    return number if lowest <= number <= highest else None


# What says the same thing twice without being the same words: the envelope differs between redeliveries, and the
# address type is spelled `AddressLocation` in a push and `addressLocation` in an answer to a poll.
_NOT_IDENTITY = frozenset({"event_id", "event_type", "event_time", "event_extra", "sender_address_type", "unread"})


def reading_digest(reading: Reading) -> str:
    """The same 16 hex digits for the same content, however it was spelled, wrapped or delivered."""
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
    """The reading as the table holds it, without its key; what was not sent is absent.

    With a retention, `expires_at` counts from the arrival: a device whose clock is years behind loses nothing.
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
    """Epoch seconds at which an item that arrived then may go."""
    return Decimal(int((received_at + timedelta(days=retention_days)).timestamp()))


def instant_text(instant: datetime) -> str:
    """UTC ISO 8601 with `Z`; microseconds only when there are any."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _content(reading: Reading) -> dict[str, Stored]:
    """What the sender said, under the table's attribute names."""
    content: dict[str, Stored] = {}
    for name in _STORED:
        value = getattr(reading, name)
        if isinstance(value, datetime):
            content[name] = instant_text(value)
        elif value is not None and value != {}:
            content[name] = value
    return content


def _plain_number(value: object) -> str:
    """Decimals come here normalised, so equal numbers have equal text; the mark keeps 19 and "19" apart."""
    if isinstance(value, Decimal):
        return f"N:{value}"
    raise TypeError(f"{type(value).__name__} has no place in a reading")
