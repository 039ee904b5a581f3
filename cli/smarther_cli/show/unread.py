"""The attributes that could not be read in a thermostat's newest readings."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from smarther.store.past.rows import TimeRange
from smarther_cli.show import screen
from smarther_cli.show.decimals import json_value

if TYPE_CHECKING:
    from smarther.store.past.rows import Rows

READINGS: Final = 40
"""How many of the newest readings are checked: a few hours of a busy thermostat, and one page of the table."""

_LONGEST: Final = 80  # characters of what was sent that are shown


@dataclass(frozen=True, slots=True)
class Unread:
    """An attribute that could not be read, in how many readings, and what was last sent for it."""

    attribute: str
    readings: int
    sent: Any

    def text(self) -> str:
        """In one line, for people."""
        sent = screen.plain(json.dumps(self.sent, ensure_ascii=False, default=json_value))
        shown = sent if len(sent) <= _LONGEST else f"{sent[: _LONGEST - 1]}…"
        return (
            f"{screen.plain(self.attribute)} in {self.readings} of the newest {READINGS} readings, last sent as {shown}"
        )


def unread_lately(rows: Rows, module_id: str) -> list[Unread]:
    """The attributes that could not be read in the newest readings of a thermostat."""
    found: dict[str, Unread] = {}
    for row in rows.newest(module_id, TimeRange(), limit=READINGS):
        for attribute, sent in row.get("unread", {}).items():
            last = found.get(attribute)
            found[attribute] = Unread(attribute, last.readings + 1, last.sent) if last else Unread(attribute, 1, sent)
    return [found[attribute] for attribute in sorted(found)]
