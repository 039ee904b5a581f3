"""Events of a stored reading: that it was recorded, and what changed with it.

Whose reading it is and when it was so must be readable. All else that is not, or is beyond its bounds, is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from smarther.store import items, keys

from .event import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from smarther.store.items import Item

_IDENTITY: Final = ("plant_id", "module_id", "time", "received_at", "source")
_SAID: Final[Mapping[str, Callable[[Item, str], object]]] = {
    **dict.fromkeys(("function", "mode", "load_state", "activation_time"), items.text),
    **dict.fromkeys(("temperature_c", "humidity_percent", "setpoint_c"), items.measured),
    "program": items.whole,
    "online": items.flag,
}
"""What an event says of a reading, by the names of its attributes (docs/data.md), and how each is read. What the model
does not know (`extra`) is not among it: nobody can promise a form for that."""

_STATE: Final = ("load_state", "mode", "setpoint_c")
"""A reading in which one of these differs from the reading before has a changed state."""


class UnreadableError(Exception):
    """No event can be made of an item. The message says why, and quotes nothing of it."""


def is_imported(item: Item) -> bool:
    """Whether its owner brought the reading along: that is no news."""
    return "imported_at" in item


def recorded(item: Item, *, republished: bool = False) -> Event:
    """That a reading was recorded. Raises UnreadableError."""
    said = _identity(item) | _said(item)
    return Event("ReadingRecorded", _id(item), said | ({"republished": True} if republished else {}))


def changed(before: Item, item: Item) -> Event | None:
    """What changed from the reading before; None if nothing did. What one of the two does not say did not change."""
    was, now = _said(before), _said(item)
    differs = [name for name in _STATE if name in was and name in now and was[name] != now[name]]
    if not differs:
        return None
    earlier = {"time": items.text(before, "time")} | {name: was[name] for name in _STATE if name in was}
    return Event("StateChanged", _id(item), _identity(item) | now | {"changed": differs, "before": earlier})


def _identity(item: Item) -> dict[str, object]:
    said: dict[str, object] = {name: items.text(item, name) for name in _IDENTITY}
    absent = [name for name, value in said.items() if not value]
    absent += [name for name in ("time", "received_at") if name not in absent and items.instant(item, name) is None]
    if absent:
        raise UnreadableError(f"a reading without {', '.join(absent)}")
    return said


def _said(item: Item) -> dict[str, object]:
    read = {name: reader(item, name) for name, reader in _SAID.items()}
    return {name: value for name, value in read.items() if value is not None}


def _id(item: Item) -> str:
    sk = item["sk"]["S"]
    return f"{items.text(item, 'module_id')}#{keys.time_in(sk)}#{keys.reading_digest_in(sk)}"
