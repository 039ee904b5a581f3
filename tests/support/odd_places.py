"""The places of a notification that can hold something odd."""

from __future__ import annotations

from tests.support.mutated import ENVELOPE, STATUS, changed
from tests.support.oddities import places

HOME = [
    changed(
        ENVELOPE,
        "data.chronothermostats",
        [{**STATUS, "firmware": "1.2.3"}, changed(STATUS, "sender.plant.module.id", "N")],
    ),
    changed({**ENVELOPE, "topic": "T"}, "data.chronothermostats.0.sender.plant.module.id", "O"),
]
"""A notification with every possible field."""
EVERYWHERE = [steps for steps in places(HOME) if steps[0] == 0 and steps[:4] != (0, "data", "chronothermostats", 1)]
