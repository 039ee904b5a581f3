"""The webhook's secret replaced while the homes go on talking: nothing is refused, nothing is lost."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.balance import balance
from sandbox.demo import settle

if TYPE_CHECKING:
    from tests.e2e.conftest import Home

HOURS = 24
FASTER = 900
"""Times real time: the day takes 96 seconds, the rotation about 75 of them."""
RUNS = 5


def test_no_push_is_refused_and_each_is_stored_once(home: Home) -> None:
    before = json.loads(home.secret("WebhookSecretArn") or "")["current"]
    mark = home.control("ledger")["last"]
    start = datetime.now(UTC) - timedelta(hours=HOURS)
    home.control("play", {"start": start.isoformat(), "hours": HOURS, "seed": 7, "realtime_factor": FASTER})

    outcomes = [home.run_keeper(rotate_webhook=True)["webhook"]]
    while outcomes[-1] != "rotated" and len(outcomes) < RUNS:  # an address that cannot be proven now waits for later
        outcomes.append(home.run_keeper()["webhook"])
    while not home.control("play")["done"]:
        time.sleep(0.2)
    settle(home.state)

    assert outcomes[-1] == "rotated"
    assert json.loads(home.secret("WebhookSecretArn") or "")["current"] != before
    during = home.control(f"ledger?since={mark}")["entries"]
    assert len({entry["endpoint"] for entry in during}) > 2
    assert not [entry for entry in during if entry["outcome"] == "refused"]
    ledger = home.control("ledger")["entries"]
    modules = {entry["module_id"] for entry in ledger if entry["module_id"]}
    books = balance(ledger, [reading for module in modules for reading in home.readings(module)])
    assert (books.missing, books.doubled, books.unexplained) == ((), (), ())

    home.run_keeper()
    ours = [each for each in home.control("summary")["subscriptions"] if each["ours"]]
    assert len(ours) == len(home.control("plants")["plants"])
