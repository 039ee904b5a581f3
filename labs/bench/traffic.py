"""How many notifications thermostats send: the stand-in simulates a winter day of many, without a network."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sandbox.legrand.home.homes import Homes, invent_plants

ZONE = ZoneInfo("Europe/Rome")
DAY = datetime(2026, 1, 14, tzinfo=ZONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Notifications of one thermostat: per day, and per second in the busiest minute, hour and evening hour."""

    thermostats: int
    a_day: float
    a_second_in_the_busiest_minute: float
    a_second_in_the_busiest_hour: float
    busiest_minute: str
    a_second_in_the_busiest_evening_minute: float
    evening_minute: str


def day(thermostats: int = 1_000, seed: int = 1) -> Traffic:
    """A day of homes with five thermostats each; the peaks are means over all of them."""
    homes = Homes(invent_plants(thermostats // 5, thermostats), seed, DAY - timedelta(hours=6), ZONE)
    homes.advance(DAY)  # at the start of a simulation all of them report at once
    reports = [snapshot.at.astimezone(ZONE) for snapshot in homes.advance(DAY + timedelta(days=1))]
    minutes = Counter(at.strftime("%H:%M") for at in reports)
    evening = Counter({minute: count for minute, count in minutes.items() if "17:00" <= minute <= "23:00"})
    hours = Counter(at.strftime("%H") for at in reports)
    (minute, most), (evening_minute, evening_most) = minutes.most_common(1)[0], evening.most_common(1)[0]
    return Traffic(
        thermostats=thermostats,
        a_day=len(reports) / thermostats,
        a_second_in_the_busiest_minute=most / 60 / thermostats,
        a_second_in_the_busiest_hour=hours.most_common(1)[0][1] / 3600 / thermostats,
        busiest_minute=minute,
        a_second_in_the_busiest_evening_minute=evening_most / 60 / thermostats,
        evening_minute=evening_minute,
    )
