"""From notifications to statistics and to the dashboard's home, through the deployed rollup and widget."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.support.envelopes import envelope, status

if TYPE_CHECKING:
    from tests.e2e.conftest import Home


@pytest.mark.shows("impossible value")
def test_what_was_pushed_becomes_statistics_and_is_drawn(home: Home) -> None:
    thermostat = home.control("plants")["plants"][0]["modules"][0]
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=6)
    for minutes, value in ((0, "18.6"), (20, "3.4028235E38"), (40, "85.00000"), (50, "18.6"), (60, "18.6")):
        at = (hour + timedelta(minutes=minutes)).isoformat()
        measured = {"measures": [{"timeStamp": at, "value": value, "unit": "C"}]}
        home.recorded([envelope(status(thermostat["id"], time=at, thermometer=measured))])

    home.roll_up()  # as the schedule does, which need not look back so far
    home.roll_up(**{"from": hour.isoformat(), "to": (hour + timedelta(hours=2)).isoformat()})

    (made,) = [each for each in home.hours(thermostat["id"]) if each["sk"] == f"HOUR#{hour:%Y-%m-%dT%H}Z"]
    assert [made[f"temperature_{name}"] for name in ("min", "max", "mean")] == [Decimal("18.6")] * 3
    assert made["temperature_minutes"] == 30  # from what no room can have nothing is known of it
    assert thermostat["name"] in home.widget()
