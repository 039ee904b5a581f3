"""The weather outside: a year, a day, and the mood of each day."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

COLDEST_DAY = 20
"""Day of the year; the warmest is half a year later."""
COLDEST_HOUR = 5.0
"""Hour of the day in UTC; the warmest is twelve hours later."""


@dataclass(frozen=True, slots=True)
class Climate:
    """What is usual: the year's mean, how far seasons and hours swing about it, how far a day may be off (all °C)."""

    mean: float = 13.0
    season: float = 9.5
    day: float = 4.5
    mood: float = 3.0

    @property
    def bounds(self) -> tuple[float, float]:
        """Between these two it always stays."""
        reach = self.season + self.day + self.mood
        return self.mean - reach, self.mean + reach


class Weather:
    """The temperature outside at any instant, the same for the same seed."""

    def __init__(self, seed: int, climate: Climate | None = None) -> None:
        self._seed = seed
        self.climate = climate or Climate()
        self._moods: dict[int, float] = {}

    def temperature(self, at: datetime) -> float:
        """°C outside at `at`; no jumps, not even at midnight."""
        hour = at.hour + at.minute / 60 + at.second / 3600
        season = self.season(at)
        day = -math.cos(2 * math.pi * (hour - COLDEST_HOUR) / 24)
        climate = self.climate
        return climate.mean + climate.season * season + climate.day * day + self._mood(at, hour / 24)

    @staticmethod
    def season(at: datetime) -> float:
        """-1 on the coldest day of the year, 1 on the warmest."""
        day = at.timetuple().tm_yday + (at.hour + at.minute / 60 + at.second / 3600) / 24
        return -math.cos(2 * math.pi * (day - COLDEST_DAY) / 365.25)

    def _mood(self, at: datetime, through_the_day: float) -> float:
        today, tomorrow = self._mood_of(at), self._mood_of(at + timedelta(days=1))
        return today + (tomorrow - today) * through_the_day

    def _mood_of(self, at: datetime) -> float:
        ordinal = at.toordinal()
        if ordinal not in self._moods:
            dice = Random(f"{self._seed}:weather:{ordinal}")  # noqa: S311 - weather, not cryptography
            self._moods[ordinal] = dice.uniform(-self.climate.mood, self.climate.mood)
        return self._moods[ordinal]
