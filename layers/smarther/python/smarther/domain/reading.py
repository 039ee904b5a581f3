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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One thermostat status, typed: Celsius and percent as Decimal, instants aware and in UTC, words in upper case.

    What the sender left out is None. `temperature_f` and `setpoint_f` hold the original of a value that came in
    Fahrenheit. `extra` is what the status held and the model does not know; `event_extra` the same of the envelope.
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


# What says the same thing twice without being the same words: the envelope differs between redeliveries, and the
# address type is spelled `AddressLocation` in a push and `addressLocation` in an answer to a poll.
_NOT_IDENTITY = frozenset({"event_id", "event_type", "event_time", "event_extra", "sender_address_type"})


def reading_digest(reading: Reading) -> str:
    """The same 16 hex digits for the same content, however it was spelled, wrapped or delivered."""
    content = {name: value for name, value in _content(reading).items() if name not in _NOT_IDENTITY}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), default=_plain_number)
    return hashlib.sha256(canonical.encode()).hexdigest()[:DIGEST_LENGTH]


def partition_key(module_id: str) -> str:
    """The partition that holds everything of one thermostat."""
    return f"MODULE#{module_id}"


def sort_key(reading: Reading) -> str:
    """Fixed width up to the digest, so that keys sort as the device's clock does and the last is the latest state."""
    instant = reading.time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    return f"READING#{instant}Z#{reading_digest(reading)}"


def stored(reading: Reading, *, received_at: datetime, source: Source, retention_days: int | None) -> dict[str, Stored]:
    """The reading as the table holds it, key included; what was not sent is absent.

    With a retention, `expires_at` counts from the arrival: a device whose clock is years behind loses nothing.
    """
    item: dict[str, Stored] = {
        "pk": partition_key(reading.module_id),
        "sk": sort_key(reading),
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
    for name in Reading.__slots__:
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
