"""From notifications to statistics and to the dashboard's home, through the deployed rollup and widget."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.support.envelopes import envelope, status

if TYPE_CHECKING:
    from tests.e2e.conftest import Home


def test_what_was_pushed_becomes_statistics_and_is_drawn(home: Home) -> None:
    thermostat = home.control("plants")["plants"][0]["modules"][0]
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=6)
    for minutes in (0, 30, 60):
        at = (hour + timedelta(minutes=minutes)).isoformat()
        home.notify([envelope(status(thermostat["id"], time=at))])

    home.roll_up()  # as the schedule does, which need not look back so far
    home.roll_up(**{"from": hour.isoformat(), "to": (hour + timedelta(hours=2)).isoformat()})

    assert f"HOUR#{hour:%Y-%m-%dT%H}Z" in [each["sk"] for each in home.hours(thermostat["id"])]
    assert thermostat["name"] in home.widget()
