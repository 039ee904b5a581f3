"""The simulated home through the deployed stack: what was sent is stored, once."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.legrand.account.oddities import KNOWN
from sandbox.running.lived import settle
from sandbox.shows.balance import balance

if TYPE_CHECKING:
    from tests.e2e.conftest import Home

HOURS = 3


def test_everything_acknowledged_is_stored_exactly_once(home: Home) -> None:
    """Each oddity that the stand-in knows is among it, once.

    Where the machine is too busy for the sender's 750 ms, what it gave up waiting for may be there or not.
    """
    for name in KNOWN:
        home.control("odd", {"known": name})
    unreadable = len(home.quarantined())
    start = datetime.now(UTC) - timedelta(hours=HOURS)
    home.control("play", {"start": start.isoformat(), "hours": HOURS, "duplicate_percent": 20})
    while not home.control("play")["done"]:
        time.sleep(0.2)
    settle(home.state)

    ledger = home.control("ledger")["entries"]
    modules = {entry["module_id"] for entry in ledger}
    readings = [reading for module in modules for reading in home.readings(module)]
    books = balance(ledger, readings)

    assert [reading for reading in readings if "unread" in reading]
    assert len(home.quarantined()) == unreadable
    assert len(modules) == 5
    assert books.repeated > 0
    acknowledged = {entry["content"] for entry in ledger if entry["outcome"] == "acknowledged"}
    content_of = {entry["envelope_id"]: entry["content"] for entry in ledger}
    assert acknowledged
    assert [each for each in books.missing if content_of[each] in acknowledged] == []
    assert (books.doubled, books.unexplained) == ((), ())
