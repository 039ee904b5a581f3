"""The keys of the one table. They are made here and nowhere else; `schema` says which items have them.

A key is `{"pk": …, "sk": …}`. Instants in keys have a fixed width, so that texts sort as time does.
The receiver pays for each import of this module.
"""

from __future__ import annotations

from datetime import UTC, date
from typing import TYPE_CHECKING, Final

from smarther.domain.readings.arrival import fixed_width
from smarther.domain.readings.reading import reading_digest
from smarther.store.items import instant_of

if TYPE_CHECKING:
    from datetime import datetime

    from smarther.domain.readings.arrival import Unusual
    from smarther.domain.readings.reading import Reading

type ItemKey = dict[str, str]

ARRIVALS: Final = "ARRIVALS"
CONSENT: Final = "CONSENT"
DIRECTORY: Final = "DIRECTORY"
QUOTA: Final = "QUOTA"

LEASE: Final[ItemKey] = {"pk": "LEASE", "sk": "KEEPER"}
DIGESTS: Final[ItemKey] = {"pk": "WEBHOOK", "sk": "DIGESTS"}
MEMORY: Final[ItemKey] = {"pk": "KEEPER", "sk": "MEMORY"}
REPORT: Final[ItemKey] = {"pk": "KEEPER", "sk": "REPORT"}
REFRESHED: Final[ItemKey] = {"pk": DIRECTORY, "sk": "REFRESHED"}
ROLLUP_STATE: Final[ItemKey] = {"pk": "ROLLUP", "sk": "STATE"}

_MODULE: Final = "MODULE#"
_PLANT: Final = "PLANT#"
_READING: Final = "READING#"
_HOUR: Final = "HOUR#"
_DAY: Final = "DAY#"
_QUARANTINE: Final = "QUARANTINE#"
_BODY: Final = "BODY#"
_AFTER_ALL: Final = "~"  # sorts behind every character that a key has

QUARANTINE_PARTITIONS: Final = "0123456789abcdef"
"""Quarantined bodies are spread over sixteen partitions, by the first hex digit of their SHA-256."""


# ---- readings


def module_partition(module_id: str) -> str:
    """The partition of one thermostat's items; for an empty id the prefix that all these partitions have."""
    return f"{_MODULE}{module_id}"


def module_in(partition: str) -> str | None:
    """The thermostat whose partition this is; None if it is no thermostat's."""
    return partition.removeprefix(_MODULE) if partition.startswith(_MODULE) else None


def sort_key(reading: Reading, digest: str | None = None) -> str:
    """The sort key of a reading. The time in it has a fixed width, so that keys sort by the thermostat's clock."""
    return f"{_READING}{fixed_width(reading.time)}#{digest or reading_digest(reading)}"


def reading_key(reading: Reading, digest: str | None = None) -> ItemKey:
    """The key of a reading: the same for the same content, however often it comes and in whatever envelope.

    A reading that comes from an export has the `digest` that its key had.
    """
    return {"pk": module_partition(reading.module_id), "sk": sort_key(reading, digest)}


def reading_range(since: datetime | None, until: datetime | None) -> tuple[str, str]:
    """The sort keys between which the readings from `since` up to but not including `until` lie; None is open.

    A reading at `until` itself sorts after the second key, because its own key continues with a digest.
    """
    return (
        _READING + ("" if since is None else fixed_width(since)),
        _READING + (_AFTER_ALL if until is None else fixed_width(until)),
    )


def time_in(reading_key: str) -> str:
    """The instant, as text, in a reading's sort key."""
    return reading_key.removeprefix(_READING).partition("#")[0]


def reading_digest_in(reading_key: str) -> str:
    """The digest in a reading's sort key."""
    return reading_key.rpartition("#")[2]


def arrival_key(kind: Unusual, module_id: str) -> ItemKey:
    """The key of the item that notes a thermostat's last late, or last misdated, reading."""
    return {"pk": ARRIVALS, "sk": f"{kind}#{module_id}"}


ALL_ARRIVALS: Final = ("late#", f"misdated#{_AFTER_ALL}")
"""The sort keys between which all notes of arrivals lie."""


# ---- statistics


def hour_key(hour: datetime) -> str:
    """The sort key of an hour of UTC."""
    return f"{_HOUR}{hour.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='hours')}Z"


def hour_range(since: datetime | None, until: datetime | None) -> tuple[str, str]:
    """The sort keys between which the hours lie from the one that holds `since` to the one that holds `until`."""
    return (_HOUR if since is None else hour_key(since), _HOUR + _AFTER_ALL if until is None else hour_key(until))


def hour_in(key: str) -> datetime | None:
    """The hour that a sort key names; None if it names none."""
    hour = instant_of(key.removeprefix(_HOUR))
    return hour if hour is not None and hour_key(hour) == key else None


def day_key(day: date) -> str:
    """The sort key of a local day of the home."""
    return f"{_DAY}{day.isoformat()}"


def day_range(first: date | None, last: date | None) -> tuple[str, str]:
    """The sort keys between which the days lie from the first to the last, both included."""
    return (_DAY if first is None else day_key(first), _DAY + _AFTER_ALL if last is None else day_key(last))


def day_in(key: str) -> date | None:
    """The day that a sort key names; None if it names none."""
    try:
        day = date.fromisoformat(key.removeprefix(_DAY))
    except ValueError:
        return None
    return day if day_key(day) == key else None


# ---- the directory


def plant_key(plant_id: str) -> ItemKey:
    """The key of a plant and its name."""
    return {"pk": DIRECTORY, "sk": f"{_PLANT}{plant_id}"}


def listing_key(plant_id: str, module_id: str) -> ItemKey:
    """The key of a thermostat as one plant lists it."""
    return {"pk": DIRECTORY, "sk": f"{_MODULE}{plant_id}#{module_id}"}


LISTINGS_AND_PLANTS: Final = (_MODULE, f"{_PLANT}{_AFTER_ALL}")
"""The sort keys between which all of the directory lies, but not when it was refreshed."""

WHOLE_DIRECTORY: Final = (_MODULE, REFRESHED["sk"])
"""The sort keys between which all of the directory lies."""


# ---- the keeper


def consent_key(state_digest: str) -> ItemKey:
    """The key of a consent, by the digest of its state."""
    return {"pk": CONSENT, "sk": state_digest}


def quota_key(day: str) -> ItemKey:
    """The key of a UTC day's count of calls; `day` is YYYY-MM-DD."""
    return {"pk": QUOTA, "sk": day}


# ---- quarantine


def quarantine_partition(digest: str) -> str:
    """The partition of the bodies whose SHA-256 begins with the same hex digit."""
    return f"{_QUARANTINE}{digest[0]}"


def body_range(digest: str) -> tuple[str, str]:
    """The sort keys between which the parts of a body lie, or of all bodies whose digest begins with `digest`."""
    return f"{_BODY}{digest}", f"{_BODY}{digest}{_AFTER_ALL}"


def body_key(digest: str, part: int) -> ItemKey:
    """The key of a part of a body; parts are numbered from 1."""
    return {"pk": quarantine_partition(digest), "sk": f"{_BODY}{digest}#{part:03d}"}


def digest_in(body_key: str) -> str:
    """The SHA-256 in the sort key of a body's part."""
    return body_key.removeprefix(_BODY).partition("#")[0]
